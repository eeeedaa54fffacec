"""What is done with many conversations at once, how far it is, and the windows that ask before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import streamlit as st

from exchange.sentences import conversations
from store.keeping import OUT_OF_REACH
from store.queries import Summary
from ui import actions, state
from ui.dialogs import close, dialog
from ui.downloads import draw_download_of
from ui.guard import said_on_the_page
from ui.many import Tried, try_each
from ui.markdown.safe import as_label
from ui.notices import Undo
from ui.visit import Visit

STEP = 20
"""Conversations between two looks at how far it is."""
NAMED = 5
"""Conversations that are named before they are erased."""


def all_of(visit: Visit, *, trashed: bool) -> tuple[Summary, ...]:
    """Return every conversation that is in the trash, or every one that is not."""
    return visit.store.list(visit.owner.id, limit=None, trashed=trashed)


def restore(visit: Visit, ids: Sequence[str]) -> None:
    """Take these out of the trash."""
    _try_each(ids, lambda each: visit.store.restore(visit.owner.id, each), "Restoring", "Restored")
    st.rerun()


def pin(visit: Visit, ids: Sequence[str], pinned: bool) -> None:
    """Pin these above the others, or let them go."""
    doing, did = ("Pinning", "Pinned") if pinned else ("Unpinning", "Unpinned")
    _try_each(ids, lambda each: visit.store.update(visit.owner.id, each, pinned=pinned), doing, did)
    st.rerun()


def delete(visit: Visit, ids: Sequence[str]) -> None:
    """Put these into the trash, and offer to take that back."""
    # Offered before the first is deleted: whatever ends this run, all of it can be taken back.
    _offer_undo(ids)
    tried = _try_each(ids, visit.trash, "Deleting", "Deleted")
    _offer_undo(tried.done)
    st.rerun()


def _offer_undo(ids: Sequence[str]) -> None:
    state.page.offer_undo(Undo("", conversations(len(ids)), conversation_ids=tuple(ids)) if ids else None)


def _try_each(ids: Sequence[str], work: Callable[[str], object], doing: str, did: str) -> Tried:
    """Do something with each, show how far it is, and have the page say what could not be done."""
    bar = st.progress(0.0, f"{doing} …")

    def step(number: int) -> None:
        if number % STEP == 0:
            bar.progress(number / len(ids), f"{doing} {number:,} of {len(ids):,} …")

    tried = try_each(ids, work, step)
    state.history.unselect((*tried.done, *tried.gone))
    if said := tried.in_words(did):
        state.page.notify(said, is_error=True)
    return tried


@dialog("Download", icon=":material/download:")
def download_dialog(visit: Visit, ids: tuple[str, ...]) -> None:
    """Offer these conversations in any format."""
    st.markdown(f"{conversations(len(ids))}.")
    draw_download_of(visit, lambda: ids, len(ids), label="Download", key="many")


@dialog("Tag", icon=":material/sell:")
def tag_dialog(visit: Visit, ids: tuple[str, ...]) -> None:
    """Add tags to these conversations, or take them away."""
    st.markdown(f"{conversations(len(ids))}.")
    tags = st.multiselect(
        "Tags", visit.tags(), key="tags_for_many", accept_new_options=True, placeholder="Choose or type a new one"
    )
    with st.container(horizontal=True):
        add = st.button("Add", key="add_tags", type="primary", disabled=not tags)
        remove = st.button("Remove", key="remove_tags", disabled=not tags)
    if add:
        _try_each(ids, lambda each: _change_tags(visit, each, tags, ()), "Tagging", "Tagged")
    if remove:
        _try_each(ids, lambda each: _change_tags(visit, each, (), tags), "Removing tags", "Changed")
    if add or remove:
        close()


def _change_tags(visit: Visit, conversation_id: str, add: Iterable[str], remove: Iterable[str]) -> None:
    unwanted = {tag.casefold() for tag in remove}
    kept = visit.store.get(visit.owner.id, conversation_id).tags
    wanted = actions.tidy_tags(tag for tag in (*kept, *add) if tag.casefold() not in unwanted)
    if wanted != kept:
        visit.store.update(visit.owner.id, conversation_id, tags=wanted)


@dialog("Erase", icon=":material/delete_forever:")
def erase_dialog(visit: Visit, chosen: tuple[Summary, ...]) -> None:
    """Ask before these conversations are gone for good."""
    st.markdown(f"Erase {conversations(len(chosen))} for good? This cannot be undone.")
    for summary in chosen[:NAMED]:
        st.markdown(f"- {as_label(summary.title)}")
    if len(chosen) > NAMED:
        st.caption(f"And {len(chosen) - NAMED:,} more.")
    st.caption(OUT_OF_REACH)
    if not st.button("Erase for good", key="erase_for_good", type="primary", icon=":material/delete_forever:"):
        return
    with st.spinner("Erasing …"):
        erase(visit, tuple(summary.id for summary in chosen))
    close()


@said_on_the_page
def erase(visit: Visit, ids: tuple[str, ...]) -> None:
    """Erase those of these conversations that are in the trash now; say how many are not."""
    in_trash = {summary.id for summary in all_of(visit, trashed=True)}
    meant = [each for each in ids if each in in_trash]
    if meant:
        visit.erase(meant)
    state.history.unselect(ids)
    left = len(ids) - len(meant)
    if left:
        are = "is" if left == 1 else "are"
        words = f"Erased {conversations(len(meant))}. {conversations(left)} {are} not in the trash any more."
        state.page.notify(words, is_error=True)
