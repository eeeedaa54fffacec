"""What this browser kept before somebody signed in, and how it comes along: offered once, from then on on Settings."""

from __future__ import annotations

import streamlit as st

from chat.owner import Owner
from exchange.sentences import conversations
from store.people import Given
from ui import state
from ui.guard import said_on_the_page
from ui.limits.room import check_gift
from ui.visit import Visit


def offer(visit: Visit) -> str | None:
    """Return how much can be brought along, in words; None for nothing, or where somebody said yes or not now."""
    giver = visit.identity.browser
    if giver is None or visit.store.preferences(giver.id).stays_behind:
        return None
    return _kept_by(visit, giver)


def draw_offer(visit: Visit) -> None:
    """Offer to bring along what this browser kept, until somebody said yes or not now."""
    giver, said = visit.identity.browser, offer(visit)
    if giver is not None and said is not None:
        with st.container(border=True):
            _draw(visit, giver, said, may_wait=True)


def draw_on_settings(visit: Visit) -> None:
    """Draw the same where it was answered with not now."""
    giver = visit.identity.browser
    if giver is None or not visit.store.preferences(giver.id).stays_behind:
        return
    said = _kept_by(visit, giver)
    if said is not None:
        _draw(visit, giver, said, may_wait=False)


def _kept_by(visit: Visit, giver: Owner) -> str | None:
    """Return how much this browser kept, in words; None for nothing."""
    count, in_trash = visit.store.count(giver.id), visit.store.count(giver.id, trashed=True)
    if not count:
        return f"{conversations(in_trash)} in the trash" if in_trash else None
    return conversations(count) + (f", and {in_trash:,} in the trash" if in_trash else "")


def _draw(visit: Visit, giver: Owner, said: str, *, may_wait: bool) -> None:
    st.markdown(
        f"Before you signed in, this browser kept {said}. Bring along what it kept, and it is there wherever you sign "
        "in. On a computer that others use it may be somebody else's: then leave it."
    )
    with st.container(horizontal=True):
        st.button(
            "Bring along", key="bring_along", on_click=_bring, args=(visit, giver), icon=":material/move_to_inbox:"
        )
        if may_wait:
            st.button("Not now", key="not_now", on_click=_leave, args=(visit, giver), type="tertiary")


@said_on_the_page
def _bring(visit: Visit, giver: Owner) -> None:
    check_gift(visit.services, giver.id, visit.owner)
    state.page.notify(in_words(visit.store.people.give(giver.id, visit.owner.id)))


@said_on_the_page
def _leave(visit: Visit, giver: Owner) -> None:
    visit.store.set_preferences(giver.id, stays_behind=True)


def in_words(given: Given) -> str:
    """Return what came along, in one line."""
    grown = f", and {conversations(given.grown)} that were here got what they lacked" if given.grown else ""
    waiting = f" {conversations(given.waiting)} will follow when the answer in it has ended." if given.waiting else ""
    return f"Brought along: {conversations(given.conversations)}{grown}.{waiting}"
