"""Who keeps how much here, and when they were last here."""

from __future__ import annotations

import streamlit as st

from exchange.sentences import conversations
from store.people import Person
from ui.admin_page.names import name_of
from ui.admin_page.table import table
from ui.markdown.safe import as_label
from ui.phrases import local_time
from ui.visit import Visit

MOST = 100
"""People that are listed one by one."""
HEAD = ("Who", "Conversations", "In trash", "Size", "Links", "Last here")


def draw(visit: Visit) -> None:
    """Draw everybody of whom anything is kept, the last seen first."""
    st.header("People", anchor=False)
    everybody = visit.store.people.everybody()
    if not everybody:
        st.caption("Nothing is kept of anybody yet.")
        return
    kept = sum(each.conversations + each.in_trash for each in everybody)
    people = "1 person" if len(everybody) == 1 else f"{len(everybody):,} people"
    st.markdown(f"{people}, {conversations(kept)}, {size(sum(each.bytes for each in everybody))}.")
    st.markdown(table(HEAD, map(_row, everybody[:MOST]), numbers=(1, 2, 3, 4)))
    if len(everybody) > MOST:
        st.caption(f"The {MOST} who were here last. `python -m store owners` lists all.")
    st.caption(_days(visit.services.settings.visitor_days))


def size(count: int) -> str:
    """Return a number of bytes as people read it, rounded up: `1 KB`, `3 MB`."""
    kilobytes = -(-count // 1024)
    return f"{kilobytes:,} KB" if kilobytes < 10_000 else f"{-(-kilobytes // 1024):,} MB"


def _row(person: Person) -> tuple[str, ...]:
    last_seen = "not noted yet" if person.last_seen is None else local_time(person.last_seen)
    numbers = f"{person.conversations:,}", f"{person.in_trash:,}", size(person.bytes), f"{person.shares:,}"
    return as_label(name_of(person.owner)), *numbers, last_seen


def _days(days: int) -> str:
    if not days:
        return "Visitors who stay away are kept until they erase everything themselves."
    return (
        f"Everything of visitors who stay away for {days:,} days is erased (`CHATKEEP_VISITOR_DAYS`), unless something "
        "of theirs is pinned that changed since."
    )
