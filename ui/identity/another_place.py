"""How this browser gets another visitor's place: by one of the server's routes, or by the script that keeps its token.

A click notes the wish in the session, and every run of the page draws the script that does it, until it is done: so no
interruption loses it. When it is done the page loads anew, as the visitor that the browser is then.
"""

from __future__ import annotations

import streamlit as st

from chat.conversation import new_id
from chat.owner import new_token
from ui import state
from ui.guard import draw_notices
from ui.identity.script_cookie import COOKIE_JS, cookie_data
from ui.state.place import Wish
from ui.visit import Visit
from ui.web.places import LEAVE

PLACE = "another_place"
"""Where the page says why it could not be done."""
UNREACHED = "The server could not be reached, so nothing was changed. Check the connection, then try again."

_KEY = "another_place"
# The page's own address begins with where the app is, whatever prefix a host serves it below.
_JS = (
    COOKIE_JS
    + """
export default function ({ data, setTriggerValue }) {
  const root = location.pathname.replace(/[/]+$/, '').replace(/[^/]*$/, '');
  const ask = async () => {
    const body = JSON.stringify({ code: data.code, framed: isFramed() });
    const headers = { 'Content-Type': 'application/json' };
    const answer = await fetch(root + data.route, { method: 'POST', headers, body, cache: 'no-store' });
    const said = await answer.json();
    return said.done ? '' : said.said;
  };
  const go = async () => {
    if (data.route) return ask().catch(() => data.unreached);
    tokenCookie(data).write(data.token);
    return '';
  };
  // Drawn anew meanwhile, it waits for what it has begun.
  if (window.chatkeepWish?.id !== data.wish) window.chatkeepWish = { id: data.wish, refusal: go() };
  window.chatkeepWish.refusal.then(refusal => {
    if (refusal) setTriggerValue('refused', refusal);
    else location.assign(root + location.search);
  });
}
"""
)

_mount = st.components.v2.component("chatkeep_another_place", html="<span></span>", js=_JS)


def ask(route: str, *, code: str | None = None) -> None:
    """Have the browser ask this route for another place. For callbacks."""
    state.place.set_wish(Wish(new_id(), route, code))


def keep(token: str) -> None:
    """Have the script of the page keep another token. For callbacks."""
    state.place.set_wish(Wish(new_id(), token=token))


def begin_anew(visit: Visit) -> None:
    """Have this browser be a new visitor, with nothing kept yet. For callbacks."""
    state.place.set_shown_code(None)
    if visit.identity.kept_by == "script":
        keep(new_token())
    elif visit.identity.kept_by == "cookie":
        ask(LEAVE)
    else:  # nothing but the session knows this one
        st.session_state.clear()


def draw() -> None:
    """Draw what does what was wished, and why it could not be done."""
    draw_notices(PLACE)
    wish = state.place.wish()
    if wish is None:
        return
    st.caption("One moment …")
    asked = {"wish": wish.id, "route": wish.route, "code": wish.code, "unreached": UNREACHED}
    _mount(key=_KEY, data=cookie_data(wish.token or "") | asked, on_refused_change=_hear, height=1)


def _hear() -> None:
    if state.place.wish() is None:
        return  # it was said already
    state.place.set_wish(None)
    refusal = st.session_state[_KEY].refused
    state.page.notify(refusal if isinstance(refusal, str) else UNREACHED, is_error=True, place=PLACE)
