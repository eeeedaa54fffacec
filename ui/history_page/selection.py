"""What can be done with many conversations at once: those that are selected among what was found, or all of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from store.queries import Found, Query, Summary
from ui import state
from ui.guard import said_on_the_page
from ui.history_page import bulk
from ui.history_page.rows import how_many
from ui.visit import Visit

DOWNLOAD_WIDTH = 210
"""Pixels: room for `Download 10,000 selected`."""
PARTIAL = "These are among the newest messages with these words; add a word to search further back."
ELSEWHERE_HELP = "Not among what is found now. Nothing is done with these until a search or filter shows them again."


@dataclass(frozen=True, slots=True)
class Selected:
    """What is selected, told apart by whether the page shows it as found now."""

    here: tuple[Summary, ...]
    """Found by the present query, in its order: what every action is for."""
    elsewhere: frozenset[str]
    """Ids of all others. Nothing is done with them until a query finds them again."""

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(summary.id for summary in self.here)


def draw_counts(query: Query, shown: Found, selected: Selected) -> None:
    """Draw how many were found and how many of them are selected, in one line whatever these are."""
    with st.container(horizontal=True, wrap=False, vertical_alignment="center", gap="small", key="counts"):
        st.caption(how_many(query, shown), width="content")
        if selected.here:
            st.caption(f"**{len(selected.here):,} selected**", width="content")
        if selected.elsewhere:
            more = "more " if selected.here else ""
            st.caption(f"{len(selected.elsewhere):,} {more}selected elsewhere", width="content", help=ELSEWHERE_HELP)
    if shown.is_partial:
        st.caption(PARTIAL)


def draw_selection(visit: Visit, query: Query, shown: Found, selected: Selected) -> None:
    """Draw how to select, and what can be done with what is selected among what the query finds.

    Every button is there before something is selected, so that nothing moves away under a pointer, at any width.
    """
    if not shown.total and not selected.elsewhere:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="selection"):
        if shown.total:
            _draw_selecting(visit, query, shown)
        st.button(
            "Select none",
            key="select_none",
            type="tertiary",
            on_click=state.history.select,
            args=((),),
            disabled=not selected.here and not selected.elsewhere,
        )
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="for_selected"):
        _draw_download(visit, query, shown, selected)
        if query.trashed:
            _draw_for_trash(visit, selected)
        else:
            _draw_for_others(visit, selected)


def selected_in(visit: Visit, query: Query) -> Selected:
    """Return what is selected, told apart by whether this query finds it."""
    selected = state.history.selected()
    if not selected:
        return Selected((), frozenset())
    hits = visit.store.search(visit.owner.id, query, limit=None).hits
    here = tuple(hit.summary for hit in hits if hit.summary.id in selected)
    elsewhere = frozenset(selected.difference(summary.id for summary in here))
    if elsewhere and visit.store.rebuilding() is None:
        kept = {each.id for trashed in (False, True) for each in bulk.all_of(visit, trashed=trashed)}
        elsewhere &= kept
        selected &= kept  # what was erased is selected no more
    return Selected(here, elsewhere)


def _draw_selecting(visit: Visit, query: Query, shown: Found) -> None:
    on_page = [hit.summary.id for hit in shown.hits]
    st.button("Select page", key="select_page", type="tertiary", on_click=state.history.select_more, args=(on_page,))
    if shown.total > len(on_page):
        st.button(
            f"Select all {shown.total:,}",
            key="select_all",
            type="tertiary",
            on_click=_select_found,
            args=(visit, query),
        )


def _draw_download(visit: Visit, query: Query, shown: Found, selected: Selected) -> None:
    """Draw the one download, whose label says of what; as wide whatever that is, so that nothing moves beside it."""
    count = len(selected.here) or shown.total
    scope = f"{count:,} selected" if selected.here else _scope(query, count)
    st.button(
        f"Download {scope}" if count else "Download",
        key="download_many",
        icon=":material/download:",
        width=DOWNLOAD_WIDTH,
        disabled=not count,
        on_click=bulk.download_dialog if selected.here else _download_found,
        args=(visit, selected.ids if selected.here else query),
    )


def _scope(query: Query, count: int) -> str:
    if query.trashed:
        return f"{count:,} in trash"
    return f"all {count:,}" if query == Query(zone=query.zone, sort=query.sort) else f"{count:,} found"


@said_on_the_page
def _download_found(visit: Visit, query: Query) -> None:
    bulk.download_dialog(visit, tuple(found_ids(visit, query)))


@said_on_the_page
def _select_found(visit: Visit, query: Query) -> None:
    state.history.select_more(found_ids(visit, query))


def _draw_for_trash(visit: Visit, selected: Selected) -> None:
    _button(
        *("Restore", "restore_selected", ":material/restore_from_trash:"), selected, bulk.restore, visit, selected.ids
    )
    icon = ":material/delete_forever:"
    _button("Erase", "erase_selected", icon, selected, bulk.erase_dialog, visit, selected.here)


def _draw_for_others(visit: Visit, selected: Selected) -> None:
    _button("Tag", "tag_selected", ":material/sell:", selected, bulk.tag_dialog, visit, selected.ids)
    _button("Delete", "delete_selected", ":material/delete:", selected, bulk.delete, visit, selected.ids)
    _button("Pin", "pin_selected", ":material/keep:", selected, bulk.pin, visit, selected.ids, True)
    _button("Unpin", "unpin_selected", ":material/keep_off:", selected, bulk.pin, visit, selected.ids, False)


def _button(
    label: str,
    key: str,
    icon: str,
    selected: Selected,
    on_click: Callable[..., None],
    *arguments: object,
) -> None:
    st.button(label, key=key, icon=icon, disabled=not selected.here, on_click=on_click, args=arguments)


def found_ids(visit: Visit, query: Query) -> list[str]:
    """Return the ids of all that the query finds."""
    return [hit.summary.id for hit in visit.store.search(visit.owner.id, query, limit=None).hits]
