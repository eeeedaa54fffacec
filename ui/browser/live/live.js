// One on a page: holds the page's channel, and shows in each open text what has arrived and is not yet drawn above it.

const FIRST_MS = 1000; // for the first word of all from the server
const QUIET_MS = 1500; // without a word from the server, which asks every second, nothing is heard any more
const LOST_MS = 3000; // without a piece of what was asked for, after which that is asked for again
const KINDS = ['thinking', 'text']; // in frames by their place here (ui/live/feed.py)
const AGAIN_MS = [250, 1000, 4000, 15000];
const HELD = 'data-chatkeep-held';
const PARTS = '[data-testid="stElementContainer"], [data-testid="stLayoutWrapper"]'; // what Streamlit draws one by one

class Live {
  name = '';
  texts = new Map(); // by the id of the message
  ids = new Map(); // of messages, by their numbers in frames
  places = new Set();
  tries = 0;

  constructor() {
    setInterval(() => this.check(), 500);
    document.addEventListener('visibilitychange', () => this.draw());
    const waiting = window.chatkeepOpenTexts ?? [];
    window.chatkeepOpenTexts = { push: component => this.take(component) };
    for (const component of waiting) this.take(component);
    // By the page's own sheet, so that nothing is held where the open text is gone: Streamlit keeps what is gone to the
    // end of a run, and does not show it.
    const sheet = new CSSStyleSheet();
    const shown = '.chatkeep-open-text:not([data-retained="true"] *)';
    sheet.replaceSync(`[aria-label^="Chat message"]:has(${shown}) [${HELD}] { display: none; }`);
    document.adoptedStyleSheets.push(sheet);
  }

  listen(name) {
    if (name === this.name) return;
    this.name = name;
    this.tries = 0;
    this.connect();
  }

  connect() {
    clearTimeout(this.again);
    const before = this.socket;
    this.socket = null;
    before?.close();
    if (!this.name) return;
    const address = new URL(location.pathname.replace(/\/*$/, '/') + 'chatkeep/live', location.href);
    address.protocol = address.protocol.replace('http', 'ws');
    const socket = this.socket = new WebSocket(address, [this.name]);
    socket.onmessage = event => { if (socket === this.socket) this.hear(JSON.parse(event.data)); };
    socket.onclose = () => {
      if (socket !== this.socket) return;
      this.again = setTimeout(() => this.connect(), AGAIN_MS[Math.min(this.tries++, AGAIN_MS.length - 1)]);
    };
  }

  hear(frames) {
    this.heardAt = performance.now();
    this.tries = 0;
    for (const frame of frames) {
      if (Array.isArray(frame)) {
        const [number, kind, at, words] = frame;
        const grown = this.texts.get(this.ids.get(number));
        grown[KINDS[kind]] = grown[KINDS[kind]].slice(0, at) + words;
        continue;
      }
      if (frame.of === undefined) {
        this.socket.send('here');
        continue;
      }
      const said = this.texts.get(frame.of) ?? { text: '', thinking: '' };
      this.texts.set(frame.of, said);
      if (frame.as !== undefined) this.ids.set(frame.as, frame.of);
      if (frame.look) {
        const [from, settled, number, first] = frame.look;
        said.look = { kind: frame.kind, from, settled, number, first: firstOf(said.look, frame.kind) ?? first };
      }
      if (frame.end !== undefined) said.look = { kind: 'end', settled: 0, first: firstOf(said.look, 'text') ?? frame.end };
    }
    this.draw();
  }

  take(component) {
    const place = component.parentElement;
    place.openText ??= new OpenText(place);
    place.openText.component = component;
    place.openText.begin(component.data);
    this.places.add(place.openText);
    this.draw();
  }

  draw() {
    for (const place of this.places) {
      if (place.element.isConnected) place.show(this.texts.get(place.data.of));
      else {
        place.release();
        this.places.delete(place);
      }
    }
  }

  check() {
    const now = performance.now();
    for (const place of this.places) {
      const since = Math.max(this.heardAt ?? 0, place.begunAt);
      if (now - since > (this.heardAt === undefined ? FIRST_MS : QUIET_MS) && place.element.isConnected) place.ask({ kind: 'deaf', settled: 0 });
      if (place.asked !== undefined && now - place.askedAt > LOST_MS) place.forget();
    }
    this.draw();
  }
}

class OpenText {
  constructor(parent) {
    this.element = parent.querySelector('.chatkeep-open-text');
    Object.assign(this.element.style, { whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' });
    // The place of the text moves down as what is above it grows, with nothing of its own to be seen: its words are made
    // anew with each block. Hidden itself, it is no part of the page that has moved under a reader's eyes.
    const place = this.element.closest(`[class*="st-key-open-"]`) ?? this.element;
    for (let each = this.element; each !== place.parentElement; each = each.parentElement) {
      each.style.visibility = 'hidden';
    }
    this.message = this.element.closest('[aria-label^="Chat message"]') ?? document.body;
    for (const part of this.message.querySelectorAll(`[${HELD}]`)) part.removeAttribute(HELD);
    this.held = new Set();
    this.observer = new MutationObserver(records => this.watch(records));
    this.observer.observe(this.message, { childList: true, characterData: true, subtree: true });
  }

  // What was asked for is drawn above in pieces, as the browser comes to it. New parts are held back until all is there,
  // and shown in the very moment in which their words go from here, before anybody sees both or neither. A part that
  // grows is shown: up to where it does is known before.
  watch(records) {
    if (this.pending === undefined && !this.isAllPending) return;
    const above = records.filter(record => !this.element.contains(record.target));
    if (above.length > 0) this.askedAt = performance.now();
    const isMadeAnew = above.some(record => partsIn(record.removedNodes).length > 0);
    if (!isMadeAnew) {
      for (const record of above) {
        for (const part of partsIn(record.addedNodes)) {
          if (!part.contains(this.element)) this.held.add(part);
        }
      }
      for (const part of this.held) part.setAttribute(HELD, '');
    }
    const grown = above.length && this.lengthOutside() - this.outside;
    if (grown <= 0) return; // what stands there was only made anew
    this.outside += grown;
    if (isMadeAnew) this.from = this.isAllPending ? Infinity : this.pending;
    else this.from = Math.max(this.from, this.grownTo(grown));
    this.show(this.said);
  }

  // Up to where the part has grown with which the page ends that is drawn. Where the answer's end was asked for before a
  // look was drawn, it is for that look or for the end already: which of the two is nearer to so many characters. Marks of
  // formatting are not drawn, so it is neither to the letter.
  grownTo(grown) {
    if (this.pending === undefined) return this.endsAt;
    if (!this.isAllPending) return this.growsTo;
    return 2 * grown < this.growsTo + this.endsAt - 2 * this.from ? this.growsTo : this.endsAt;
  }

  release() {
    for (const part of this.held) part.removeAttribute(HELD);
    this.held.clear();
    this.outside = this.lengthOutside();
  }

  begin(data) {
    const isAnother = this.data?.of !== data.of || this.data?.kind !== data.kind;
    this.data = data;
    if (isAnother) {
      this.begunAt = performance.now();
      this.said = undefined;
      this.forget();
    }
    if (isAnother || data.from > this.from) this.from = data.from;
    if (data.from < (this.pending ?? 0)) return;
    this.pending = undefined;
    this.release(); // what was asked for stands there
  }

  forget() {
    this.asked = this.pending = undefined;
    this.isAllPending = false;
    this.release();
  }

  show(said) {
    this.said = said;
    const heard = (said?.[this.data.kind] ?? '').slice(this.from);
    const drawn = this.from === this.data.from ? this.data.words : '';
    const words = heard.length < drawn.length ? drawn : heard;
    const beyond = Math.max(heard.length, drawn ? this.data.length : 0) - this.data.most;
    const isWaiting = words === '' && this.from === 0;
    if (this.block?.from !== this.from || this.block.isWaiting !== isWaiting) {
      // Another element for another block: the one of before has not moved, it is gone.
      this.block = Object.assign(document.createElement('div'), { from: this.from, isWaiting });
      Object.assign(this.block.style, { opacity: isWaiting ? 0.6 : 1, visibility: 'visible' });
      this.element.replaceChildren(this.block);
    }
    // No half of a character at the end.
    const some = words.slice(0, this.data.most).replace(/[\ud800-\udbff]$/, '');
    this.fill(isWaiting ? this.data.waiting : some.replace(/^\n+/, '').trimEnd());
    this.count(beyond);
    const isReady = this.pending === undefined || said?.look?.kind === 'end';
    if (said?.look && !document.hidden && isReady) this.ask(said.look);
  }

  // As far from each other as paragraphs that are drawn: else the page becomes shorter as they are.
  fill(words) {
    const paragraphs = words.split(/\n{2,}/);
    while (this.block.childNodes.length > paragraphs.length) this.block.lastChild.remove();
    for (const [number, each] of paragraphs.entries()) {
      const place = this.block.childNodes[number] ?? this.block.appendChild(document.createElement('div'));
      place.style.marginTop = number ? '1rem' : '';
      if (place.textContent !== each) place.textContent = each;
    }
  }

  count(beyond) {
    if (beyond <= 0) {
      this.block.nextSibling?.remove();
      return;
    }
    if (this.block.nextSibling === null) {
      const note = document.createElement('div');
      Object.assign(note.style, { opacity: 0.6, visibility: 'visible', marginTop: '1rem' });
      this.element.append(note);
    }
    this.block.nextSibling.textContent = beyond.toLocaleString('en') + this.data.kept;
  }

  // How many characters are to be read above.
  lengthOutside() {
    const not = [this.element, ...this.held];
    return not.reduce((length, each) => length - each.textContent.length, this.message.textContent.length);
  }

  ask(look) {
    const what = `${look.kind} ${look.number} ${this.data.of}`;
    if (this.asked === what) return;
    this.asked = what;
    this.askedAt = performance.now();
    look.isAsked = true;
    this.outside = this.lengthOutside();
    if (look.kind === this.data.kind) {
      this.pending = look.from;
      this.growsTo = look.first;
    }
    if (look.kind === 'end' || look.kind === 'deaf') { // all of it is drawn elsewhere
      this.isAllPending = true;
      this.endsAt = look.first ?? Infinity;
    }
    this.component.setTriggerValue('look', { kind: look.kind, settled: look.settled });
  }
}

// Where the part ends with which the page ends that was not asked for this: as it is said of the first look after the one
// that it has drawn, once that part has ended.
function firstOf(look, kind) {
  const isNext = look !== undefined && look.kind === kind && !look.isAsked;
  return isNext && (look.first ?? 0) < look.from ? look.first ?? 0 : undefined;
}

function partsIn(nodes) {
  return [...nodes].filter(node => node.nodeType === Node.ELEMENT_NODE && node.matches(PARTS));
}

export default function ({ data }) {
  (window.chatkeepLive ??= new Live()).listen(data.name);
}
