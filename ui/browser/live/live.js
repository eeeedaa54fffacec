// One on a page: holds the page's channel, and shows in each open text what has arrived and is not yet drawn above it.

const FIRST_MS = 1000; // for the first word of all from the server
const QUIET_MS = 1500; // without a word from the server, which asks every second, nothing is heard any more
const LOST_MS = 3000; // without a piece of what was asked for, after which that is asked for again
const KINDS = ['thinking', 'text']; // in frames by their place here (ui/live/feed.py)
const OTHER = ['end', 'deaf', 'over']; // with these, something else is drawn in the place of the words
const AGAIN_MS = [250, 1000, 4000, 15000];
const PART = '[data-testid="stElementContainer"]'; // what Streamlit draws one by one

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
      const said = this.of(frame.of);
      if (frame.as !== undefined) {
        this.ids.set(frame.as, frame.of);
        said.ends = []; // what comes counts from what this page has drawn, or from the beginning
      }
      if (frame.look) {
        const [from, settled, number, ...ends] = frame.look;
        said.look = { kind: frame.kind, from, settled, number };
        said.ends = joined(said.ends, ends, said.endsOf === frame.kind);
        said.endsOf = frame.kind;
      }
      if (frame.end) comes(said, 'end', frame.end);
    }
    this.draw();
  }

  of(id) {
    if (!this.texts.has(id)) this.texts.set(id, { text: '', thinking: '' });
    return this.texts.get(id);
  }

  take(component) {
    const place = component.parentElement;
    const { of, next } = component.data;
    place.openText ??= new OpenText(place);
    place.openText.component = component;
    place.openText.begin(component.data);
    if (next) {
      comes(this.of(of), ...next);
      if (place.openText.isDeaf) place.openText.forget();
    }
    this.places.add(place.openText);
    this.draw();
  }

  draw() {
    for (const place of this.places) {
      if (place.element.isConnected) place.show(this.texts.get(place.data.of));
      else this.places.delete(place);
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
    this.observer = new MutationObserver(records => this.watch(records));
    this.observer.observe(this.message, { childList: true, characterData: true, subtree: true });
  }

  // What was asked for is drawn above part by part, as the browser comes to it. From the very moment on in which one
  // stands there, before anybody sees both or neither, its words are shown here no more: where it ends is known before.
  watch(records) {
    if (this.pending === undefined && !this.isAllPending) return;
    const above = records.filter(record => !this.element.contains(record.target));
    if (above.length === 0) return;
    this.askedAt = performance.now();
    const grown = this.lengthOutside() - this.outside;
    if (grown <= 0) return; // what stands there was only made anew
    this.outside += grown;
    const isOther = this.isAllPending && above.some(record => hasPart(record.removedNodes)); // made in another way
    this.from = Math.max(this.from, isOther ? Infinity : this.drawnTo(grown));
    this.show(this.said);
  }

  // Where the end was asked for before a look was drawn, the last part is drawn for that look or for the end already:
  // which of the two is nearer to so many characters. Marks of formatting are not drawn, so it is neither to the letter.
  drawnTo(grown) {
    const last = this.ends.length - 1;
    const number = Math.min(Math.max(this.countParts() - this.parts, 0), last);
    const isAll = this.isAllPending && this.pending === undefined && number === last;
    if (this.isDeaf || isAll) return Infinity;
    const end = this.ends[number] ?? this.pending ?? 0;
    if (this.pending === undefined || end <= this.pending) return end;
    return 2 * grown < this.pending + end - 2 * this.from ? this.pending : end;
  }

  countParts() {
    const isAbove = part => part.compareDocumentPosition(this.element) === Node.DOCUMENT_POSITION_FOLLOWING;
    return [...this.message.querySelectorAll(PART)].filter(isAbove).length;
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
    this.askedAt = Infinity; // what was asked for stands
    this.stands();
  }

  forget() {
    this.asked = this.pending = undefined;
    this.isAllPending = this.isDeaf = false;
  }

  stands() {
    this.outside = this.lengthOutside();
    this.parts = this.countParts();
    this.ends = (this.said?.ends ?? []).filter(end => end >= this.from);
  }

  show(said) {
    this.said = said;
    const heard = (said?.[this.data.kind] ?? '').slice(this.from);
    const gone = this.from - this.data.from;
    const drawn = this.data.words.slice(gone);
    const words = heard.length < drawn.length ? drawn : heard;
    const beyond = Math.max(heard.length, drawn ? this.data.length - gone : 0) - this.data.most;
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
    const isReady = this.pending === undefined || OTHER.includes(said?.look?.kind);
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

  lengthOutside() {
    return this.message.textContent.length - this.element.textContent.length;
  }

  ask(look) {
    const what = `${look.kind} ${look.number} ${this.data.of}`;
    if (this.asked === what || this.isAllPending) return;
    this.asked = what;
    this.askedAt = performance.now();
    if (this.pending === undefined) this.stands();
    else this.ends = (this.said?.ends ?? []).filter(end => end >= this.ends[0]); // more of what is on its way already
    if (look.kind === this.data.kind) this.pending = look.from;
    if (OTHER.includes(look.kind)) this.isAllPending = true;
    this.isDeaf = look.kind === 'deaf';
    this.component.setTriggerValue('look', { kind: look.kind, settled: look.settled });
  }
}

// Something else is drawn in the place of the words: what it is, and where its parts end.
function comes(said, kind, ends) {
  if (said.look?.kind === kind) return;
  said.look = { kind, settled: 0 };
  said.ends = joined(said.ends, ends, said.endsOf === 'text');
}

// Where all parts end that are known: the last one before may since have grown to the first of these.
function joined(before, ends, isSame) {
  if (!isSame) return ends;
  return [...before.slice(0, -1), ...(before.at(-1) < ends[0] ? [] : before.slice(-1)), ...ends].filter(
    (end, place, all) => end !== all[place - 1],
  );
}

function hasPart(nodes) {
  return [...nodes].some(node => node.nodeType === Node.ELEMENT_NODE && (node.matches(PART) || node.querySelector(PART)));
}

export default function ({ data }) {
  (window.chatkeepLive ??= new Live()).listen(data.name);
}
