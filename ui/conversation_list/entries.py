"""The conversations in the sidebar: those last active, by when that was, the pinned ones above; or what is found."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

import streamlit as st

from chat.conversation import utc_now
from store.queries import Query, Summary
from store.query_text import parse
from ui import actions, state
from ui.browser.rows import Click, Group, Row, draw_rows
from ui.conversation_list.menu import act, menu_of
from ui.guard import said_on_the_page
from ui.phrases import local, period, zone
from ui.sharing.address import share_address
from ui.visit import Visit

PINNED = 20
FOUND = 15


@dataclass(frozen=True, slots=True)
class Entry:
    """A conversation as the sidebar lists it."""

    summary: Summary
    message_id: str | None = None
    """Where it is opened; None: at its end."""


def sign_of_list(visit: Visit, words: str) -> object:
    """Return what changes with the list, and not with each word of an answer that is on its way: its rows as they are
    drawn, and what is said below them."""
    entries, rest = _found(visit, words) if words else _recent(visit)
    rows = [(name, [_row(entry) for entry in group]) for name, group in entries.items()]
    return words, rows, rest, visit.store.count(visit.owner.id) > 0


def draw_found(visit: Visit, words: str) -> int:
    """Draw the conversations in which these words are found; return how many there are, those in the trash included."""
    entries, total = _found(visit, words)
    if not any(entries.values()):
        st.caption("Nothing was found.")
    _draw(visit, entries, key="found")
    return total


def draw_recent(visit: Visit) -> bool:
    """Draw the conversations that were last active; return whether there are more."""
    entries, has_more = _recent(visit)
    _draw(visit, entries, key="recent")
    return has_more


def _found(visit: Visit, words: str) -> tuple[dict[str, list[Entry]], int]:
    found = visit.store.search(visit.owner.id, parse(words, zone()), limit=FOUND)
    entries = [
        Entry(hit.summary, None if hit.passage is None else hit.passage.message_id)
        for hit in found.hits
        if hit.summary.trashed_at is None
    ]
    return {"": entries}, found.total


def _recent(visit: Visit) -> tuple[dict[str, list[Entry]], bool]:
    pinned = _pinned(visit)
    groups = {"Pinned": [Entry(summary) for summary in pinned]}
    count = state.sidebar.listed()
    recent = visit.store.list(visit.owner.id, limit=count + 1)
    today = local(utc_now()).date()
    above = {summary.id for summary in pinned}
    listed = (summary for summary in recent[:count] if summary.id not in above)
    for name, group in groupby(listed, key=lambda summary: period(local(summary.updated_at).date(), today)):
        groups[name] = [Entry(summary) for summary in group]
    return groups, len(recent) > count


def _pinned(visit: Visit) -> list[Summary]:
    hits = visit.store.search(visit.owner.id, Query(pinned=True, sort="updated"), limit=PINNED).hits
    return [hit.summary for hit in hits]


def _draw(visit: Visit, groups: Mapping[str, Iterable[Entry]], *, key: str) -> None:
    listed = {entry.summary.id: entry for entries in groups.values() for entry in entries}
    if not listed:
        return
    draw_rows(
        [Group([_row(entry) for entry in entries], name) for name, entries in groups.items() if entries],
        functools.partial(_clicked, visit, listed),
        key=key,
        name="Conversations",
        look="list",
        address=address_of_chats(),
    )


def address_of_chats() -> str:
    """Return what the address of a conversation begins with, before its id."""
    return share_address(st.context.url or "", state.page.page_path(), state.chat.PARAMETER, "")


def _row(entry: Entry) -> Row:
    summary = entry.summary
    return Row(
        summary.id,
        summary.title,
        icon="answering" if summary.streaming else "",
        is_open=summary.id == state.chat.open_id(),
        message=entry.message_id or "",
        menu=menu_of(summary),
    )


@said_on_the_page
def _clicked(visit: Visit, listed: Mapping[str, Entry], click: Click) -> None:
    entry = listed.get(click.id)
    if entry is None:
        return
    if click.what == "open":
        state.sidebar.choose()
        actions.open_at(visit, entry.summary.id, entry.message_id)
    else:
        act(visit, entry.summary, click.what)
