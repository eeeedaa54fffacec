"""What the History page looks for: the search box, the filters beside it and the order, as one query."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

import streamlit as st

from store.queries import SORTS, Facets, Query
from store.query_text import parse
from ui import state
from ui.markdown.safe import as_label
from ui.phrases import zone
from ui.visit import Visit

SORT_LABELS = {
    "best": "Best match",
    "updated": "Last active",
    "created": "Newest",
    "title": "Title",
    "messages": "Longest",
}
SEARCH_HELP = (
    "Words, beginnings of words, “whole phrases”. Also `model:small` `tag:work` `before:2026-03` `after:2026-01-15` "
    "`rating:up` `has:errors` `is:pinned` `in:trash`."
)
RATINGS = {"Rated up": 1, "Rated down": -1}


CONVERSATIONS, TRASH = "Conversations", "Trash"


def draw_view(visit: Visit) -> None:
    """Draw the choice between the conversations and the trash, where anything is kept."""
    if visit.store.count(visit.owner.id) or visit.store.count(visit.owner.id, trashed=True):
        st.radio(
            "What is listed",
            (CONVERSATIONS, TRASH),
            horizontal=True,
            key=state.history.VIEW,
            label_visibility="collapsed",
            on_change=state.history.first_page,
            persist_state="session",
        )


def draw_query(visit: Visit) -> Query:
    """Draw the search box with its filters, and return what they ask for together."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        text = st.text_input(
            "Search",
            key=state.history.SEARCH,
            type="search",
            placeholder="Search in titles and messages",
            help=SEARCH_HELP,
            icon=":material/search:",
            bind="query-params",
            on_change=state.history.first_page,
        )
        filters = st.popover("Filters", icon=":material/filter_list:", key="filters", on_change="rerun")
        if filters.open:
            with filters:
                _draw_filters(visit.store.facets(visit.owner.id))
    return _filtered(parse(text or "", zone()))


def _draw_filters(facets: Facets) -> None:
    st.selectbox(
        "Order",
        SORTS,
        key="history_sort",
        format_func=lambda sort: SORT_LABELS[sort],
        on_change=state.history.first_page,
        persist_state="session",
    )
    for label, key, found in (
        ("Model", "filter_models", facets.models),
        ("Provider", "filter_providers", facets.providers),
        ("Tag", "filter_tags", facets.tags),
    ):
        counts = dict(found)
        options = list(dict.fromkeys([*counts, *st.session_state.get(key, [])]))
        if options:
            st.multiselect(
                label,
                options,
                key=key,
                format_func=functools.partial(_counted, counts),
                on_change=state.history.first_page,
                persist_state="session",
            )
    with st.container(horizontal=True):
        st.date_input(
            "Active from", value=None, key="filter_from", on_change=state.history.first_page, persist_state="session"
        )
        st.date_input(
            "Active until", value=None, key="filter_until", on_change=state.history.first_page, persist_state="session"
        )
    st.multiselect(
        "Only",
        [*RATINGS, "Pinned", "With errors"],
        key="filter_only",
        on_change=state.history.first_page,
        persist_state="session",
    )
    st.button("Clear filters", key="clear_filters", on_click=_clear, type="tertiary", icon=":material/filter_list_off:")


def _counted(counts: Mapping[str, int], name: str) -> str:
    return f"{name} ({counts.get(name, 0)})"


FILTER_KEYS = (
    "filter_models",
    "filter_providers",
    "filter_tags",
    "filter_from",
    "filter_until",
    "filter_only",
    "history_sort",
)


def _filtered(query: Query) -> Query:
    chosen = {key: st.session_state.get(key) for key in FILTER_KEYS}
    only = chosen["filter_only"] or []
    start: date | None = chosen["filter_from"]
    end: date | None = chosen["filter_until"]
    return replace(
        query,
        models=(*query.models, *(chosen["filter_models"] or ())),
        providers=(*query.providers, *(chosen["filter_providers"] or ())),
        tags=(*query.tags, *(chosen["filter_tags"] or ())),
        after=max(filter(None, (query.after, start)), default=None),
        before=min(filter(None, (query.before, end + timedelta(days=1) if end else None)), default=None),
        ratings=(*query.ratings, *(RATINGS[name] for name in only if name in RATINGS)),
        pinned=True if "Pinned" in only else query.pinned,
        has_errors=True if "With errors" in only else query.has_errors,
        trashed=query.trashed or st.session_state.get(state.history.VIEW) == TRASH,
        sort=chosen["history_sort"] or query.sort,
    )


def draw_chosen(query: Query) -> None:
    """Say which filters hold, since their window is closed as a rule."""
    said = [*query.models, *query.providers, *(f"#{tag}" for tag in query.tags)]
    said += [f"from {query.after}"] if query.after else []
    said += [f"before {query.before}"] if query.before else []
    said += [name for name, rating in RATINGS.items() if rating in query.ratings]
    said += ["pinned"] if query.pinned else []
    said += ["with errors"] if query.has_errors else []
    if said:
        st.caption("Filtered: " + as_label(", ".join(said)))


def _clear() -> None:
    for key in FILTER_KEYS:
        st.session_state.pop(key, None)
    state.history.first_page()
