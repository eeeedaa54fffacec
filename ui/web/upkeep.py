"""Visitors who stay away: noted whenever somebody is here, and erased at the start and once a day while the app runs.

A page that is open counts as a visit on each of those days, however long nobody has touched it.
"""

from __future__ import annotations

import asyncio
import logging

from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from chat.conversation import utc_now
from chat.replies.background import Background
from store.conversations import ConversationStore, StoreError

_log = logging.getLogger(__name__)

EVERY_SECONDS = 24 * 60 * 60

_here: dict[str, tuple[tuple[str, ...], str]] = {}
"""Who was here when a page was last drawn in each of Streamlit's sessions, by the session's id: the owners, and what
the last of them is called. Names are in memory alone, and for as long as their page is open."""


def note_visit(store: ConversationStore, *owner_ids: str, name: str = "") -> None:
    """Note that these owners are here, who are one person. A store that cannot take it says so elsewhere."""
    context = get_script_run_ctx()
    if context is not None:
        _here[context.session_id] = owner_ids, name
    try:
        for owner_id in owner_ids:
            store.people.seen(owner_id, utc_now())
    except StoreError as error:
        _log.info("a visit could not be noted (%s)", error)


def owners_here() -> frozenset[str]:
    """Return whose pages are open in this process."""
    return frozenset(owner_id for owner_ids, _ in _open_pages() for owner_id in owner_ids)


def names_here() -> dict[str, str]:
    """Return what those are called whose pages are open in this process, as far as they have a name."""
    return {owner_ids[-1]: name for owner_ids, name in _open_pages() if name}


def _open_pages() -> tuple[tuple[tuple[str, ...], str], ...]:
    if not runtime.exists():
        return ()
    for session_id in tuple(_here):
        if not runtime.get_instance().is_active_session(session_id):
            _here.pop(session_id, None)
    return tuple(_here.values())


def begin_upkeep(store: ConversationStore, background: Background, visitor_days: int) -> None:
    """Erase visitors who stayed away for so many days (0: never), now and then, for as long as the loop runs."""
    background.submit(_keep_up(store, visitor_days))


async def _keep_up(store: ConversationStore, visitor_days: int) -> None:
    while True:
        await asyncio.to_thread(erase_unseen, store, visitor_days)
        await asyncio.sleep(EVERY_SECONDS)


def erase_unseen(store: ConversationStore, visitor_days: int) -> None:
    """Erase them once; what keeps it from that is logged, and it is tried again the next day."""
    now = utc_now()
    try:
        for owner_id in owners_here():
            store.people.seen(owner_id, now)
        erased = store.people.erase_unseen(visitor_days, now)
    except StoreError as error:
        _log.warning("visitors who stayed away could not be erased (%s)", error)
    except Exception:
        _log.exception("visitors who stayed away could not be erased")
    else:
        if erased:
            _log.info("visitors who stayed away for %s days were erased: %s", visitor_days, len(erased))
