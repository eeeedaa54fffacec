"""The list of the History page: a row for each conversation that was found."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from math import ceil

import streamlit as st

from chat.conversation import utc_now
from exchange.sentences import conversations
from store.conversations import NotFound
from store.queries import Found, Hit, Query, Summary
from ui import actions, state
from ui.browser.rows import Click, Group, Row, draw_rows
from ui.conversation_dialog import conversation_dialog
from ui.conversation_list.entries import address_of_chats
from ui.guard import guarded, said_on_the_page
from ui.history_page.pages import asked_page, draw_pages, page_among
from ui.history_page.preview import preview_dialog
from ui.phrases import ago, local_time
from ui.visit import Visit

ROWS = 20
LOOK_SECONDS = 1.0
PAGE = state.history.PAGE_NUMBER
PREVIEW, MORE, RESTORE = ("preview", "Preview"), ("more", "More"), ("restore", "Restore")

_TASK = re.compile(r"(?<!\S)(?:[-+*]|[0-9]{1,9}[.)]) \[([ xX])\](?!\S)")
"""An item of a list of tasks, in a passage that has lost its lines."""


def found(visit: Visit, query: Query) -> Found:
    """Return the page of what the query finds that is to be shown; the last one where there are fewer by now."""
    page = asked_page(PAGE)
    shown = visit.store.search(visit.owner.id, query, limit=ROWS, offset=(page - 1) * ROWS)
    there = page_among(page, ceil(shown.total / ROWS))
    if there == page:
        return shown
    return visit.store.search(visit.owner.id, query, limit=ROWS, offset=(there - 1) * ROWS)


def draw_list(visit: Visit, shown: Found) -> None:
    """Draw the rows, and the pages below them."""
    found_at = {hit.summary.id: hit for hit in shown.hits}
    now = utc_now()
    draw_rows(
        [Group([_row(visit, hit, now) for hit in shown.hits])],
        functools.partial(_clicked, visit, found_at),
        key="history",
        name="Conversations found",
        look="cards",
        address=address_of_chats(),
    )
    draw_pages(PAGE, shown.total, ROWS)


def how_many(query: Query, shown: Found) -> str:
    """Return how many were found, in words."""
    count = conversations(shown.total)
    return f"{count} in the trash" if query.trashed else count


def _row(visit: Visit, hit: Hit, now: datetime) -> Row:
    summary, passage = hit.summary, hit.passage
    in_trash = summary.trashed_at
    return Row(
        summary.id,
        summary.title,
        icon="answering" if summary.streaming else "pinned" if summary.pinned else "",
        is_link=in_trash is None,
        facts=tuple(_facts(visit, summary)),
        when=f"deleted {ago(in_trash, now)}" if in_trash else ago(summary.updated_at, now),
        when_whole=f"deleted {local_time(in_trash)}" if in_trash else f"updated {local_time(summary.updated_at)}",
        checked=summary.id in state.history.selected(),
        message=(passage.message_id or "") if passage is not None else "",
        passage=readable(passage.parts) if passage is not None and passage.message_id is not None else (),
        buttons=(PREVIEW, RESTORE) if in_trash else (PREVIEW, MORE),
    )


def readable(passage: Iterable[tuple[str, bool]]) -> tuple[tuple[str, bool], ...]:
    """Return the parts of a passage with the boxes of tasks as the signs that an answer shows (`markdown/prose.py`)."""
    return tuple((_TASK.sub(lambda task: "☐" if task[1] == " " else "☑", text), is_match) for text, is_match in passage)


def _facts(visit: Visit, summary: Summary) -> list[str]:
    messages = "1 message" if summary.message_count == 1 else f"{summary.message_count} messages"
    facts = [visit.model_label(summary.model), messages]
    facts += ["answering"] if summary.streaming else []
    return [*facts, *(f"#{tag}" for tag in summary.tags)]


@said_on_the_page
def _clicked(visit: Visit, found_at: Mapping[str, Hit], click: Click) -> None:
    hit = found_at.get(click.id)
    if hit is None:
        return
    match click.what:
        case "select":
            state.history.select_more((click.id,))
        case "unselect":
            state.history.unselect((click.id,))
        case "preview":
            preview_dialog(visit, click.id)
        case "restore":
            actions.restore(visit, click.id)
        case "more":
            with suppress(NotFound):  # erased in another tab since it was listed: the list shows that now
                conversation_dialog(visit, visit.store.get(visit.owner.id, click.id))
        case "open":
            state.chat.open_conversation(click.id)
        case "open_here":
            actions.open_at(visit, click.id, None if hit.passage is None else hit.passage.message_id)


def draw_nothing(query: Query) -> None:
    """Say that nothing was found, and what to do next."""
    if query == Query(trashed=True, zone=query.zone, sort=query.sort):
        st.info("The trash is empty.")
    else:
        st.info("Nothing was found. Try fewer or other words, or clear the filters.")


def draw_rebuilding(visit: Visit) -> None:
    """Show how far the list is, while it is made anew in the background."""
    if visit.store.rebuilding() is None:
        return

    is_first_look = True

    @st.fragment(run_every=LOOK_SECONDS)
    @guarded()
    def look() -> None:
        nonlocal is_first_look
        progress = visit.store.rebuilding()
        if progress is not None:
            done, total = progress
            st.progress(min(1.0, done / max(1, total)), f"The list is made anew: {done:,} of {total:,} conversations …")
        elif not is_first_look and not state.page.dialog_is_open():  # else what was clicked, or is open, would be lost
            st.rerun()
        is_first_look = False

    look()
