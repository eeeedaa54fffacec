"""What can be done with many conversations at once: those that are selected, or all that were found."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import streamlit as st

from store.backups.backup import OUT_OF_REACH
from store.conversations import NotFound, StoreError
from store.queries import Found, Query
from ui import actions, state
from ui.downloads import draw_download_of
from ui.phrases import conversations
from ui.visit import Visit

STEP = 20
"""Conversations between two looks at how far it is."""


def draw_selection(visit: Visit, query: Query, shown: Found) -> None:
    """Draw how to select, and what can be done with what is selected."""
    selected = state.selected()
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="selection"):
        on_page = [hit.summary.id for hit in shown.hits]
        st.button(
            "Select page", key="select_page", type="tertiary", on_click=lambda: state.select({*selected, *on_page})
        )
        if shown.total > len(on_page):
            st.button(
                f"Select all {shown.total:,}",
                key="select_all",
                type="tertiary",
                on_click=lambda: state.select(found_ids(visit, query)),
            )
        if not selected:
            if st.button("Download all", key="download_found", icon=":material/download:", type="tertiary"):
                download_dialog(visit, tuple(found_ids(visit, query)))
            return
        st.button("Select none", key="select_none", type="tertiary", on_click=state.select, args=((),))
        st.markdown(f"**{len(selected):,} selected**", width="content")
        if st.button("Download", key="download_selected", icon=":material/download:"):
            download_dialog(visit, tuple(_in_order(visit, query, selected)))
        if query.trashed:
            _draw_for_trash(visit, selected)
        else:
            _draw_for_others(visit, selected)


def _draw_for_trash(visit: Visit, selected: set[str]) -> None:
    if st.button("Restore", key="restore_selected", icon=":material/restore_from_trash:"):
        _for_each(selected, lambda each: visit.store.restore(visit.owner.id, each), "Restoring")
    if st.button("Erase", key="erase_selected", icon=":material/delete_forever:"):
        erase_dialog(visit, tuple(selected))


def _draw_for_others(visit: Visit, selected: set[str]) -> None:
    if st.button("Tag", key="tag_selected", icon=":material/sell:"):
        tag_dialog(visit, tuple(selected))
    if st.button("Pin", key="pin_selected", icon=":material/keep:"):
        _for_each(selected, lambda each: visit.store.update(visit.owner.id, each, pinned=True), "Pinning")
    if st.button("Unpin", key="unpin_selected", icon=":material/keep_off:"):
        _for_each(selected, lambda each: visit.store.update(visit.owner.id, each, pinned=False), "Unpinning")
    if st.button("Delete", key="delete_selected", icon=":material/delete:"):
        # Offered before the first is deleted: whatever ends this run, all of it can be taken back.
        state.offer_undo(state.Undo("", conversations(len(selected)), conversation_ids=tuple(selected)))
        _for_each(selected, lambda each: visit.store.trash(visit.owner.id, each), "Deleting")


def _for_each(ids: Iterable[str], work: Callable[[str], object], doing: str) -> None:
    """Do something with each, show how far it is, and draw the page anew."""
    every = sorted(ids)
    bar = st.progress(0.0, f"{doing} …")
    try:
        for number, each in enumerate(every):
            if number % STEP == 0:
                bar.progress(number / len(every), f"{doing} {number:,} of {len(every):,} …")
            try:
                work(each)
            except NotFound:  # erased by somebody else meanwhile
                continue
    except StoreError as error:
        state.notify(str(error), is_error=True)
    else:
        state.select(())
    st.rerun()


@st.dialog("Download", icon=":material/download:", on_dismiss=state.dialog_closed)
def download_dialog(visit: Visit, ids: tuple[str, ...]) -> None:
    """Offer these conversations in any format."""
    state.set_dialog_open(True)
    st.markdown(f"{conversations(len(ids))}.")
    draw_download_of(visit, lambda: ids, len(ids), label="Download", key="many")


@st.dialog("Tag", icon=":material/sell:", on_dismiss=state.dialog_closed)
def tag_dialog(visit: Visit, ids: tuple[str, ...]) -> None:
    """Add tags to these conversations, or take them away."""
    state.set_dialog_open(True)
    known = [name for name, _ in visit.store.facets(visit.owner.id).tags]
    tags = st.multiselect(
        "Tags", known, key="tags_for_many", accept_new_options=True, placeholder="Choose or type a new one"
    )
    with st.container(horizontal=True):
        add = st.button("Add", key="add_tags", type="primary", disabled=not tags)
        remove = st.button("Remove", key="remove_tags", disabled=not tags)
    if add:
        _for_each(ids, lambda each: _change_tags(visit, each, tags, ()), "Tagging")
    if remove:
        _for_each(ids, lambda each: _change_tags(visit, each, (), tags), "Removing tags")


def _change_tags(visit: Visit, conversation_id: str, add: Iterable[str], remove: Iterable[str]) -> None:
    unwanted = {tag.casefold() for tag in remove}
    kept = visit.store.get(visit.owner.id, conversation_id).tags
    wanted = actions.tidy_tags(tag for tag in (*kept, *add) if tag.casefold() not in unwanted)
    if wanted != kept:
        visit.store.update(visit.owner.id, conversation_id, tags=wanted)


@st.dialog("Erase", icon=":material/delete_forever:", on_dismiss=state.dialog_closed)
def erase_dialog(visit: Visit, ids: tuple[str, ...]) -> None:
    """Ask before these conversations are gone for good."""
    state.set_dialog_open(True)
    st.markdown(f"Erase {conversations(len(ids))} for good? This cannot be undone.")
    st.caption(OUT_OF_REACH)
    if not st.button("Erase for good", key="erase_for_good", type="primary", icon=":material/delete_forever:"):
        return
    try:
        with st.spinner("Erasing …"):
            visit.store.erase_many(visit.owner.id, ids)
    except StoreError as error:
        state.notify(str(error), is_error=True)
    else:
        state.select(())
    st.rerun()


def found_ids(visit: Visit, query: Query) -> list[str]:
    """Return the ids of all that the query finds."""
    return [hit.summary.id for hit in visit.store.search(visit.owner.id, query, limit=None).hits]


def _in_order(visit: Visit, query: Query, selected: set[str]) -> Iterable[str]:
    """Return what is selected, what the list shows first and in its order."""
    listed = [each for each in found_ids(visit, query) if each in selected]
    return [*listed, *sorted(selected.difference(listed))]
