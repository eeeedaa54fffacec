// Draws the row of every message. Loaded once per page; each row hands itself to `window.chatkeepMessageRows`.

const ICONS = {
  copy: 'M9 8h9a1 1 0 0 1 1 1v11a1 1 0 0 1-1 1H9a1 1 0 0 1-1-1V9a1 1 0 0 1 1-1z M16 5V4a1 1 0 0 0-1-1H6a1 1 0 0 0-1'
    + ' 1v11a1 1 0 0 0 1 1',
  done: 'M5 12.5l5 5L19 7',
  edit: 'M4 20l1-4.5L16 4.5l3.5 3.5L8.5 19z M13.5 7l3.5 3.5',
  regenerate: 'M19.6 9.5A8 8 0 1 0 20 13 M20 4v5.5h-5.5',
  good: 'M7 11l4-7.5c1.7 0 2.5 1 2.5 2.5v3.5h5a2 2 0 0 1 2 2.3l-1.1 6.5a2 2 0 0 1-2 1.7H7z M7 11H3.5v9H7',
  previous: 'M14.5 6l-6 6 6 6',
  next: 'M9.5 6l6 6-6 6',
  more: 'M5 12h.01 M12 12h.01 M19 12h.01',
};
const COPIED_MS = 1500;
const sheet = new CSSStyleSheet();
const rows = new Set();

const element = (name, properties = {}, attributes = {}) => {
  const made = Object.assign(document.createElement(name), properties);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
};

const icon = name => {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  path.setAttribute('d', ICONS[name]);
  svg.append(path);
  return svg;
};

const iconButton = (picture, label, attributes = {}, tip = label) => {
  const made = element('button', { type: 'button', className: 'icon', title: tip });
  for (const [key, value] of Object.entries({ 'aria-label': label, ...attributes })) made.setAttribute(key, value);
  made.append(icon(picture));
  return made;
};

// A page that is not served over HTTPS or from this machine has no clipboard; there the old way works.
const oldWay = text => {
  const area = element('textarea', { value: text });
  document.body.append(area);
  area.select();
  const copied = document.execCommand('copy');
  area.remove();
  return copied;
};

class Row {
  constructor(place) {
    this.place = place;
    this.root = element('div', { className: 'row' }, { role: 'group' });
    place.getRootNode().adoptedStyleSheets = [sheet];
    place.querySelector('.room')?.remove();
    place.append(this.root);
  }

  take(component) {
    this.send = (name, value = 0) => component.setTriggerValue('action', { name, value });
    const drawn = JSON.stringify(component.data);
    if (drawn !== this.drawn) {
      this.drawn = drawn;
      this.data = component.data;
      this.isStale = this.isOpen; // an open menu is not taken away
      if (!this.isOpen) this.draw();
    }
    if (this.waitsForText && this.data.text !== null) this.copy();
  }

  draw() {
    this.isStale = false;
    const { label, text, buttons, rating, versions, menu, facts, when } = this.data;
    const focused = this.place.getRootNode().activeElement?.getAttribute('aria-label');
    const parts = [];
    if (text !== '') parts.push(this.copyButton());
    for (const each of buttons) {
      const made = iconButton(each.name, each.label, {}, each.tip);
      made.onclick = () => this.send(each.name);
      parts.push(made);
    }
    if (rating !== null) parts.push(this.thumb(1, 'Good answer'), this.thumb(-1, 'Bad answer'));
    if (versions) parts.push(...this.switcher(versions));
    if (menu.length) parts.push(...this.menu(menu));
    if (facts) parts.push(element('span', { className: 'facts', textContent: facts, title: when }));
    this.live = element('span', { className: 'hidden' }, { 'aria-live': 'polite' });
    this.root.setAttribute('aria-label', label);
    this.root.replaceChildren(...parts, this.live);
    // What had the focus has it again: a keyboard must not be thrown back to the page's top by its own press.
    if (focused) [...this.root.querySelectorAll('button')].find(each => each.ariaLabel === focused)?.focus();
  }

  copyButton() {
    this.copier = iconButton('copy', 'Copy');
    this.copier.onclick = () => this.copy();
    return this.copier;
  }

  async copy() {
    if (this.data.text === null) { // a long one comes when it is asked for
      this.waitsForText = true;
      this.send('copy');
      return;
    }
    this.waitsForText = false;
    try {
      await navigator.clipboard.writeText(this.data.text);
      this.say('Copied', 'done');
    } catch {
      if (oldWay(this.data.text)) this.say('Copied', 'done');
      else this.say('Not copied: press again', 'copy');
    }
  }

  say(words, picture) {
    const set = (label, name) => {
      this.copier.setAttribute('aria-label', label);
      this.copier.title = label;
      this.copier.replaceChildren(icon(name));
    };
    set(words, picture);
    this.live.textContent = words;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      set('Copy', 'copy');
      this.live.textContent = '';
    }, COPIED_MS);
  }

  thumb(value, label) {
    const made = iconButton('good', label, { 'aria-pressed': String(this.data.rating === value) });
    if (value < 0) made.classList.add('turned');
    made.onclick = () => {
      const rating = made.ariaPressed === 'true' ? 0 : value;
      for (const each of this.root.querySelectorAll('[aria-pressed]')) each.ariaPressed = 'false';
      made.ariaPressed = String(rating === value);
      this.data = { ...this.data, rating };
      this.drawn = JSON.stringify(this.data); // where the server says the same, nothing is drawn anew
      this.send('rate', rating);
    };
    return made;
  }

  switcher({ place, count, shortcut }) {
    const turn = (name, label, key, arrow, there) => {
      const attributes = shortcut ? { 'aria-keyshortcuts': `Alt+Shift+${key}` } : {};
      if (!there) attributes['aria-disabled'] = 'true';
      const made = iconButton(name, label, attributes, shortcut ? `${label} (Alt+Shift+${arrow})` : label);
      made.onclick = () => { if (there) this.send(name); };
      return made;
    };
    return [
      turn('previous', 'Previous version', 'ArrowLeft', '←', place > 1),
      element('span', { className: 'place', textContent: `${place}/${count}`, title: `Version ${place} of ${count}` }),
      turn('next', 'Next version', 'ArrowRight', '→', place < count),
    ];
  }

  menu(items) {
    const opener = iconButton('more', 'More', { 'aria-haspopup': 'menu', 'aria-expanded': 'false' });
    const list = element('div', { className: 'menu', popover: 'auto' }, { role: 'menu', 'aria-label': 'More' });
    for (const { name, label } of items) {
      const item = element('button', { type: 'button', textContent: label, tabIndex: -1 }, { role: 'menuitem' });
      item.onclick = () => {
        list.hidePopover();
        this.send(name);
      };
      list.append(item);
    }
    const put = () => {
      const at = opener.getBoundingClientRect();
      const below = at.bottom + list.offsetHeight + 8 < innerHeight || at.top < list.offsetHeight + 8;
      list.style.top = `${below ? at.bottom + 4 : at.top - list.offsetHeight - 4}px`;
      list.style.left = `${Math.max(8, Math.min(at.left, document.documentElement.clientWidth - list.offsetWidth - 8))}px`;
    };
    // A browser gives the focus back by itself only where it had put it there.
    list.onbeforetoggle = event => {
      if (event.newState === 'open') this.isOpen = true;
      else if (list.contains(this.place.getRootNode().activeElement)) opener.focus();
    };
    list.ontoggle = event => {
      const isOpen = event.newState === 'open';
      opener.ariaExpanded = String(isOpen);
      const listen = isOpen ? window.addEventListener : window.removeEventListener;
      listen('scroll', put, true); // the page may move on below an answer that grows
      listen('resize', put);
      this.isOpen = isOpen;
      if (!isOpen && this.isStale) this.draw();
    };
    opener.onclick = () => {
      list.togglePopover();
      if (!list.matches(':popover-open')) return;
      put();
      list.firstElementChild.focus();
    };
    list.onkeydown = event => {
      const all = [...list.children];
      const at = all.indexOf(event.target);
      const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
      if (event.key === 'Tab') list.hidePopover();
      if (next === undefined) return;
      event.preventDefault();
      all.at(next % all.length).focus();
    };
    return [opener, list];
  }
}

const draw = component => {
  const { parentElement } = component;
  let row = parentElement.chatkeepRow;
  if (!row?.root.isConnected) {
    row = parentElement.chatkeepRow = new Row(parentElement);
    rows.add(row);
  }
  row.take(component);
};

// Alt+Shift and an arrow switch the versions of the one message that has the shortcut; in a text they mark words.
const switchByKey = event => {
  if (!event.altKey || !event.shiftKey || event.ctrlKey || event.metaKey) return;
  const name = { ArrowLeft: 'Previous version', ArrowRight: 'Next version' }[event.key];
  if (!name || document.activeElement?.value) return;
  for (const row of rows) {
    if (!row.root.isConnected) rows.delete(row);
    else if (row.data.versions?.shortcut) {
      event.preventDefault();
      row.root.querySelector(`[aria-label="${name}"]`)?.click();
    }
  }
};

export default function ({ data }) {
  if (window.chatkeepMessageRows?.draw) return;
  sheet.replaceSync(data.css);
  window.addEventListener('keydown', switchByKey);
  const waiting = window.chatkeepMessageRows ?? [];
  window.chatkeepMessageRows = { draw, push: draw };
  waiting.forEach(draw);
}
