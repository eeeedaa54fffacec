"""Going on with a shared copy in a place of one's own: a fork there, of which whoever shared it sees nothing."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from chat.conversation import utc_now
from chat.sharing import fork_of
from exchange.room import size_of
from ui import state
from ui.guard import said_on_the_page, say
from ui.identity import sign_in, waiting
from ui.limits.room import check_room
from ui.page import visiting
from ui.services import services
from ui.visit import Visit


@said_on_the_page
def go_on(token: str) -> None:
    """Copy what the link shows into the reader's own place and open it, or have them sign in first. A callback.

    What this session has copied already it opens: the second click of two makes no second copy.
    """
    visit = visiting(services())
    if (copy_id := state.share.continued(token)) is not None:
        state.share.leave()
        state.chat.open_conversation(copy_id)
        return
    if sign_in.is_needed(visit.services.settings, visit.identity):
        state.share.set_signing_in(True)
        waiting.put(visit.owner.id, waiting.Wish(share=token))
    else:
        _take_over(visit, token)


def go_on_after_sign_in(visit: Visit) -> None:
    """Go on where this browser wanted to before it was signed in. For the page that it comes back to."""
    browser = visit.identity.browser
    wish = None if browser is None else waiting.take(browser.id)
    if wish is None:
        return
    if wish.conversation is not None:
        state.chat.open_conversation(wish.conversation)  # which says so where it is not theirs
    if wish.share is not None:
        try:
            _take_over(visit, wish.share)
        except Exception as error:
            say(error)
    st.rerun()  # what says it, and lists the conversation, is drawn already


def _take_over(visit: Visit, token: str) -> None:
    copy = visit.store.shares.open(token)
    fork = replace(fork_of(copy, visit.owner.id, utc_now()), settings=visit.new_settings())
    check_room(visit, new=1, more=size_of(fork))
    visit.store.create(fork)
    state.share.set_continued(token, fork.id)
    state.share.leave()
    state.chat.open_conversation(fork.id)
