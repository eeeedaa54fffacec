// Draws what rows.py hands over. Everything is made by text and attributes: no word of a conversation is ever markup.
// Drawn anew with every run of the page; a row that has not changed keeps its elements, and with them its focus.

const SHAPES = {
  pinned: 'M14 3h-4v7l-3 4h4.2v7h1.6v-7H17l-3-4z',
  answering: 'M6 10.5a1.5 1.5 0 1 1 0 3 1.5 1.5 0 0 1 0-3zm6 0a1.5 1.5 0 1 1 0 3 1.5 1.5 0 0 1 0-3zm6 0a1.5 1.5 0 1 1 0 3 1.5 1.5 0 0 1 0-3z',
  menu: 'M12 4a2 2 0 1 1 0 4 2 2 0 0 1 0-4zm0 6a2 2 0 1 1 0 4 2 2 0 0 1 0-4zm0 6a2 2 0 1 1 0 4 2 2 0 0 1 0-4z',
  preview: 'M12 5C6.5 5 2.7 9 1.2 12 2.7 15 6.5 19 12 19s9.300-4 10.800-7C21.300 9 17.500 5 12 5zm0 11.500a4.500 4.500 0 1 1 0-9 4.500 4.500 0 0 1 0 9zm0-2a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5z',
  more: 'M5 10a2 2 0 1 1 0 4 2 2 0 0 1 0-4zm7 0a2 2 0 1 1 0 4 2 2 0 0 1 0-4zm7 0a2 2 0 1 1 0 4 2 2 0 0 1 0-4z',
  restore: 'M12 5a7.500 7.500 0 1 1-7.200 9.600l1.900-.6A5.500 5.500 0 1 0 8 8.700L10.500 11H4V4.500l2.600 2.700A7.500 7.500 0 0 1 12 5z',
};

function main({ parentElement, data, setStateValue }) {
  const root = parentElement.querySelector('.rows');
  const page = (root.page ??= new Rows(root));
  page.show(data, setStateValue);
}

class Rows {
  constructor(root) {
    this.root = root;
    this.menu = root.nextElementSibling;
    this.drawn = new Map();
    this.waiting = [];
    this.last = 0;
    this.root.onkeydown = event => this.moveByKey(event);
    this.menu.onkeydown = event => this.moveInMenu(event);
    this.menu.addEventListener('toggle', event => this.placeMenu(event.newState === 'open'));
    this.close = () => this.menu.hidePopover();
  }

  show(data, send) {
    this.data = data;
    this.send = send;
    this.waiting = this.waiting.filter(click => click.number > data.seen);
    this.root.className = `rows ${data.look}`;
    this.root.setAttribute('aria-label', data.name);
    const focused = this.root.getRootNode().activeElement;
    const was = focused?.closest('li')?.dataset.id;
    const kept = new Map();
    const parts = data.groups.map(group => {
      const part = make('section', {});
      const list = make('ul', { role: 'list' });
      if (group.name) {
        const name = make('div', { class: 'group', id: `group-${kept.size}` }, group.name);
        list.setAttribute('aria-labelledby', name.id);
        part.append(name);
      }
      for (const row of group.rows) {
        const like = JSON.stringify(row);
        const before = this.drawn.get(row.id);
        const item = before?.like === like ? before.item : this.makeRow(row);
        kept.set(row.id, { like, item });
        list.append(item);
      }
      part.append(list);
      return part;
    });
    this.drawn = kept;
    this.root.replaceChildren(...parts);
    for (const click of this.waiting) this.foresee(click);
    this.letOneRowHaveTheFocus();
    if (was) (focused.isConnected ? focused : kept.get(was)?.item.querySelector('a'))?.focus({ preventScroll: true });
  }

  makeRow(row) {
    const item = make('li', { class: row.is_open ? 'row open' : 'row' });
    item.dataset.id = row.id;
    if (row.checked !== null) {
      const box = make('input', { type: 'checkbox', 'aria-label': `Select ${row.title}` });
      box.checked = row.checked;
      box.onchange = () => this.click(row.id, box.checked ? 'select' : 'unselect');
      item.append(box);
    }
    const words = make('div', { class: 'words' });
    words.append(this.makeTitle(row));
    if (row.facts.length) words.append(makeFacts(row));
    item.append(words);
    for (const [what, label] of row.buttons) item.append(this.makeButton(row, what, label));
    if (row.menu.length) item.append(this.makeMenuButton(row));
    if (row.passage.length) item.append(this.makePassage(row));
    return item;
  }

  makeTitle(row) {
    if (!row.is_link) return make('span', { class: 'title', title: row.title, dir: 'auto' }, row.title);
    const link = make('a', { class: 'title', href: this.addressOf(row, this.data.look === 'list'), title: row.tip || row.title });
    if (row.is_open) link.setAttribute('aria-current', 'page');
    if (row.icon) link.append(draw(row.icon));
    link.append(make('span', { dir: 'auto' }, row.title));
    link.onclick = event => {
      // With a key held down the browser does what it does with links: another tab, another window, a download.
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      this.open(row, 'open');
    };
    return link;
  }

  makeButton(row, what, label) {
    const button = make('button', { type: 'button', class: 'act', 'aria-label': label, title: label });
    button.append(draw(what));
    button.onclick = () => this.click(row.id, what);
    return button;
  }

  makeMenuButton(row) {
    const name = `Menu: ${row.title}`;
    const button = make('button', { type: 'button', class: 'act', 'aria-label': name, 'aria-haspopup': 'menu' });
    button.append(draw('menu'));
    button.popoverTargetElement = this.menu;
    button.onclick = () => {
      this.menuButton = button;
      this.menu.setAttribute('aria-label', name);
      this.menu.replaceChildren(...row.menu.map(([what, label]) => {
        const entry = make('button', { type: 'button', role: 'menuitem', tabindex: '-1' }, label);
        entry.onclick = () => {
          this.menu.hidePopover();
          this.click(row.id, what);
        };
        return entry;
      }));
    };
    return button;
  }

  makePassage(row) {
    const line = make('div', { class: 'passage' });
    const words = make('span', { dir: 'auto' });
    for (const [text, isMatch] of row.passage) words.append(isMatch ? make('mark', {}, text) : text);
    line.append(words);
    if (row.is_link) {
      const button = make('button', { type: 'button', title: 'Open the conversation at this message' }, 'Open here');
      button.onclick = () => this.open(row, 'open_here');
      line.append(button);
    }
    return line;
  }

  // To the chat from another page, as with any link: Streamlit follows an address that the browser has come to. Asked by
  // a click it would first give this page the address's parameters, and Back would lead there in place of a search.
  goToChat(row, isHere) {
    const top = location.pathname.replace(new RegExp(`/${this.data.page}/?$`), '/');
    history.pushState({}, '', top + new URL(this.addressOf(row, isHere), location.href).search);
    window.dispatchEvent(new PopStateEvent('popstate'));
  }

  open(row, what) {
    if (this.data.page) this.goToChat(row, what === 'open_here' || this.data.look === 'list');
    else this.click(row.id, what);
  }

  addressOf(row, isHere) {
    const place = isHere && row.message ? this.data.place + encodeURIComponent(row.message) : '';
    return this.data.address + encodeURIComponent(row.id) + place;
  }

  // All clicks that the page has not yet said it took: none is lost to another that comes before it is drawn anew.
  click(id, what) {
    this.last = Math.max(this.last, this.data.seen) + 1;
    this.waiting.push({ number: this.last, id, what });
    this.send('clicks', [...this.waiting]);
  }

  foresee({ id, what }) {
    const box = this.drawn.get(id)?.item.querySelector('input');
    if (box && (what === 'select' || what === 'unselect')) box.checked = what === 'select';
  }

  // A list of links is one stop of the Tab key, with the menu of its row as the next one; arrows go from row to row.
  letOneRowHaveTheFocus(wanted) {
    if (this.data.look !== 'list') return;
    const items = [...this.root.querySelectorAll('li')];
    const at = wanted ?? items.find(item => item.dataset.id === this.stop) ?? items.find(item => item.matches('.open'));
    const stop = at ?? items[0];
    this.stop = stop?.dataset.id;
    for (const item of items) for (const each of item.querySelectorAll('a, button')) each.tabIndex = item === stop ? 0 : -1;
  }

  moveByKey(event) {
    const items = [...this.root.querySelectorAll('li')];
    const at = items.indexOf(event.target.closest('li'));
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (this.data.look !== 'list' || to === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    if (!items[to]) return;
    this.letOneRowHaveTheFocus(items[to]);
    items[to].querySelector(event.target.matches('button') ? 'button' : 'a').focus();
  }

  moveInMenu(event) {
    const entries = [...this.menu.children];
    const at = entries.indexOf(event.target);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: entries.length - 1 }[event.key];
    if (event.key === 'Tab') this.menu.hidePopover();
    if (to === undefined) return;
    event.preventDefault();
    entries.at(to % entries.length).focus();
  }

  placeMenu(isOpen) {
    this.menuButton?.setAttribute('aria-expanded', String(isOpen));
    window[isOpen ? 'addEventListener' : 'removeEventListener']('scroll', this.close, true);
    if (!isOpen) {
      const focused = this.root.getRootNode().activeElement;
      const isLost = !focused && document.activeElement === document.body;
      if (isLost || this.menu.contains(focused)) this.menuButton?.focus();
      return;
    }
    const by = this.menuButton.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.menu;
    const top = by.bottom + height + 8 > window.innerHeight ? by.top - height - 4 : by.bottom + 4;
    this.menu.style.top = `${Math.max(8, top)}px`;
    this.menu.style.left = `${Math.max(8, Math.min(by.left, window.innerWidth - width - 8))}px`;
    this.menu.firstElementChild?.focus();
  }
}

function makeFacts(row) {
  const facts = make('div', { class: 'facts', title: [...row.facts, row.when_whole].join(' · ') });
  facts.append(make('span', { dir: 'auto' }, row.facts.join(' · ')));
  facts.append(make('time', { title: row.when_whole }, row.when));
  return facts;
}

function make(name, attributes, text) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

function draw(shape) {
  const picture = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  picture.setAttribute('viewBox', '0 0 24 24');
  picture.setAttribute('aria-hidden', 'true');
  path.setAttribute('d', SHAPES[shape]);
  picture.append(path);
  return picture;
}
