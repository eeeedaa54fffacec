"""Links as their owner sees them: where each leads, what it shows and until when, and what can be done with it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import streamlit as st

from chat.conversation import Conversation, utc_now
from exchange.room import size_of
from store.conversations import NotFound, StoreError
from store.shares import Share
from ui import state
from ui.browser.copy_button import copy_button
from ui.guard import said
from ui.limits.room import check_room
from ui.markdown.safe import as_label
from ui.phrases import local_time
from ui.sharing.address import share_address
from ui.visit import Visit

DAYS = {7: "7 days", 30: "30 days", 365: "A year", None: "Never"}
"""How long a link lasts; None: until it is ended by hand."""
FIRST_DAYS = 30
FORGOTTEN = (
    "Where this link leads can be seen no more, because a file of the data folder is missing. It still works for those "
    "who have it. End it, and share again for another one."
)


def pick_days(first: int | None = FIRST_DAYS, *, key: str) -> int | None:
    """Draw how long a link is to last, at first so many days, and return it in days."""
    options = list(DAYS)
    days: int | None = st.selectbox(
        "Ends after",
        options,
        index=options.index(first),
        format_func=lambda days: DAYS[days],
        key=key,
        width=160,
    )
    return days


def draw_trouble() -> None:
    """Say why something was not done with a link, once."""
    trouble = state.share.take_trouble()
    if trouble is not None:
        st.error(as_label(trouble), icon=":material/error:")


def _draw_address(share: Share) -> None:
    """Draw where a link leads, and the button that copies it."""
    if share.token is None:
        st.caption(FORGOTTEN)
        return
    page_url = st.context.url
    address = share_address(page_url or "", state.page.page_path(), state.share.PARAMETER, share.token)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.code(address, language=None, wrap_lines=True)
        copy_button(address, key=f"copy-share-{share.id}")
    if page_url is None:
        st.caption("Put this behind the address of this app, which the page does not know.")


def draw_link(visit: Visit, share: Share, *, head: str | None = None) -> None:
    """Draw where a link leads, what it shows and until when, and what can be done with it.

    `head`: the message that is shown last where it is updated; None: as the conversation is.
    """
    _draw_address(share)
    st.caption(_in_words(share))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        days = pick_days(_days_of(share), key=f"ends-{share.id}")
        st.button(
            "Update to now",
            key=f"renew-{share.id}",
            icon=":material/sync:",
            on_click=renew,
            args=(visit, share.id, days),
            kwargs={"head": head},
            help="Have the same link show the conversation as it is now, and end as chosen from today on",
        )
        st.button(
            "End sharing",
            key=f"revoke-{share.id}",
            icon=":material/link_off:",
            on_click=revoke,
            args=(visit, share.id),
            help="From now on the link shows nothing, also where it is open",
        )


def _in_words(share: Share) -> str:
    """Return since when and until when a link is there."""
    since = f"As it was on {local_time(share.created_at)}"
    if share.expires_at is None:
        return f"{since}. The link does not end by itself."
    if share.is_expired(utc_now()):
        return f"{since}. The link ended on {local_time(share.expires_at)} and shows nothing."
    return f"{since}. The link ends on {local_time(share.expires_at)}."


def _days_of(share: Share) -> int | None:
    """Return how long a link was made to last: as long as when it is updated, unless its owner says otherwise."""
    if share.expires_at is None:
        return None
    days = round((share.expires_at - share.created_at) / timedelta(days=1))
    return days if days in DAYS else FIRST_DAYS


def share(visit: Visit, conversation: Conversation, days: int | None) -> None:
    """Make a link to the shown path; the second click of two makes none. A callback."""
    shares = visit.store.shares
    try:
        if not shares.list(visit.owner.id, conversation.id):
            check_room(visit, more=size_of(replace(conversation, messages=conversation.path())))
            shares.share(visit.owner.id, conversation.id, _end(days), head=conversation.head)
    except Exception as error:
        state.share.set_trouble(said(error))


def renew(visit: Visit, share_id: str, days: int | None, *, head: str | None = None) -> None:
    """Have a link show what there is now. A callback."""
    try:
        visit.store.shares.renew(visit.owner.id, share_id, _end(days), head=head)
    except Exception as error:
        state.share.set_trouble(said(error))


def revoke(visit: Visit, share_id: str) -> None:
    """End a link; one that has ended already is no trouble. A callback."""
    try:
        visit.store.shares.revoke(visit.owner.id, share_id)
    except NotFound:
        return
    except StoreError as error:
        state.share.set_trouble(said(error))


def _end(days: int | None) -> datetime | None:
    return None if days is None else utc_now() + timedelta(days=days)
