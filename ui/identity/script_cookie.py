"""A visitor's token in a cookie that a script of the page writes: for a browser whose connection brought none.

That is so where there is no middleware (plain mode), where a host keeps the server's cookie from the browser or does
not let it through again, and where the browser takes no cookies. The script says what the browser keeps, with one
round trip before anything else is drawn. A token that was there already counts, so that tabs, reloads and a host that
hides every cookie from the server find one visitor.

Such a cookie can be read by scripts, and Safari forgets it after seven days without a visit.
"""

from __future__ import annotations

import streamlit as st

from chat.owner import is_token
from ui import state
from ui.identity.identify import SCRIPT_NAMES, Identity
from ui.web.binding import mark_of
from ui.web.visitor_cookie import MAX_AGE

_KEY = "visitor_token"
_SETTLING = 150
"""Milliseconds in which tabs that begin at once have all written theirs; then the last one written counts in each."""

COOKIE_JS = """
// A frame of another site can keep only what is kept for that site alone.
const isFramed = () => {
  try { return window.top.location.origin !== location.origin; } catch { return true; }
};
const tokenCookie = data => {
  const isHttps = location.protocol === 'https:';
  const name = isHttps ? data.https : data.http;
  const write = token => {
    const site = isHttps && isFramed() ? 'SameSite=None; Partitioned' : 'SameSite=Lax';
    document.cookie = `${name}=${token}; Path=/; Max-Age=${data.age}; ${isHttps ? 'Secure; ' : ''}${site}`;
  };
  return { name, write };
};
"""
"""What a script needs that writes this cookie; `data` is `cookie_data`."""
_JS = (
    COOKIE_JS
    + """
export default function ({ data, setStateValue }) {
  const { name, write } = tokenCookie(data);
  const isToken = text => /^[A-Za-z0-9_-]{43}$/.test(text);
  const read = () => {
    const pairs = document.cookie.split('; ').filter(pair => pair.startsWith(name + '='));
    return pairs.map(pair => pair.slice(name.length + 1)).find(isToken) ?? '';
  };
  try {
    const kept = read();
    if (kept || data.token) write(kept || data.token);
    if (data.isKnown) return;
    setTimeout(() => setStateValue('kept', read()), kept ? 0 : data.settling);
  } catch { // a frame that may keep nothing
    setStateValue('kept', '');
  }
}
"""
)

_mount = st.components.v2.component("chatkeep_token", html="<span></span>", js=_JS)


def keep(identity: Identity, *, may_wait: bool) -> None:
    """Have a script of the page keep the token, where one has to.

    Ends the run where the browser must be asked first and that is worth waiting for; its answer begins the next one.
    """
    is_unknown = identity.kept_by == "session"
    # Whoever signed in may have been a visitor before (`bring_along.py`).
    is_only_asked = identity.kept_by == "account" and identity.browser is None
    if not (is_only_asked or identity.token) or not st.context.headers:  # without a browser there is nobody to ask
        return
    step = state.visitor.asking()
    if step == "told":
        return
    told = cookie_data(identity.token or "")
    told |= {"isKnown": not (is_unknown or is_only_asked), "settling": _SETTLING}
    _mount(key=_KEY, data=told, default={"kept": None}, on_kept_change=_hear, height=1)
    if is_unknown and may_wait and step == "not yet":
        state.visitor.set_asking("asked")
        st.stop()


def cookie_data(token: str) -> dict[str, object]:
    """Return what a script of the page is told of the cookie."""
    return {"https": SCRIPT_NAMES[True], "http": SCRIPT_NAMES[False], "token": token, "age": MAX_AGE}


def _hear() -> None:
    """Take what the browser keeps. A callback, so that the run that follows is the visitor's."""
    kept = st.session_state[_KEY].kept
    state.visitor.set_asking("told")
    if isinstance(kept, str) and is_token(kept):
        state.visitor.hold_token(kept, mark_of(st.context.cookies.to_dict()))
