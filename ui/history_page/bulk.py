"""What is done with many conversations at once, how far it is, and the windows that ask before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import streamlit as st

from exchange.sentences import conversations
from store.keeping import OUT_OF_REACH, Step
from store.queries import Summary
from ui import actions, state
from ui.dialogs import closing_button, dialog
from ui.downloads import draw_download_of
from ui.guard import said_on_the_page
from ui.limits.room import check_text
from ui.markdown.safe import as_label
from ui.notices import Undo
from ui.visit import Visit
from ui.work.many import Tried, try_each
from ui.work.work import begin

WORK = "many"
"""Where the page shows how far it is."""
TAGS = "tags_for_many"
"""Widget key of what is chosen in the window."""
NAMED = 5
"""Conversations that are named before they are erased."""


def all_of(visit: Visit, *, trashed: bool) -> tuple[Summary, ...]:
    """Return every conversation that is in the trash, or every one that is not."""
    return visit.store.list(visit.owner.id, limit=None, trashed=trashed)


def restore(visit: Visit, ids: Sequence[str]) -> None:
    """Take these out of the trash."""
    _leave_list(ids)
    _try_each(
        ids,
        lambda each: visit.store.restore(visit.owner.id, each),
        "Restoring",
        "Restored",
        _restored,
    )


def _restored(tried: Tried) -> None:
    state.history.select_more(tried.failed)
    actions.offer_no_undo_of(tried.done)


def _leave_list(ids: Iterable[str]) -> None:
    """Have these be selected no more, from the first moment on in which the other list may show them: nobody means to
    do something with them there."""
    if state.page.work() is None:  # else nothing is begun
        state.history.unselect(ids)


def _have_left(ids: Iterable[str]) -> None:
    """Note that these are no longer in the list in which they were chosen."""
    state.history.unselect(ids)
    actions.offer_no_undo_of(ids)


def pin(visit: Visit, ids: Sequence[str], pinned: bool) -> None:
    """Pin these above the others, or let them go."""
    doing, did = ("Pinning", "Pinned") if pinned else ("Unpinning", "Unpinned")
    _try_each(ids, lambda each: visit.store.update(visit.owner.id, each, pinned=pinned), doing, did)


def delete(visit: Visit, ids: Sequence[str]) -> None:
    """Put these into the trash, and offer to take that back."""
    # Offered before the first is deleted: whatever ends the work, all of it can be taken back.
    _offer_undo(ids)
    _leave_list(ids)
    _try_each(ids, visit.trash, "Deleting", "Deleted", _deleted)


def _deleted(tried: Tried) -> None:
    state.history.select_more(tried.failed)
    _offer_undo(tried.done)


def _offer_undo(ids: Sequence[str]) -> None:
    state.page.offer_undo(Undo("", conversations(len(ids)), conversation_ids=tuple(ids)) if ids else None)


def _try_each(
    ids: Sequence[str],
    change: Callable[[str], object],
    doing: str,
    did: str,
    then: Callable[[Tried], None] | None = None,
) -> None:
    """Do something with each, show how far it is, and have the page say what could not be done.

    What is selected stays so, for the next thing that is done with it, unless `then` takes it out.
    """

    def taken_in(tried: Tried) -> None:
        state.history.unselect(tried.gone)
        if said := tried.in_words(did):
            state.page.notify(said, is_error=True)
        if then is not None:
            then(tried)

    def change_each(step: Step) -> Tried:
        return try_each(ids, change, lambda number: step(number, len(ids)))

    begin(WORK, doing, change_each, taken_in)


@dialog("Download", icon=":material/download:")
def download_dialog(visit: Visit, ids: tuple[str, ...]) -> None:
    """Offer these conversations in any format."""
    st.markdown(f"{conversations(len(ids))}.")
    draw_download_of(visit, lambda: ids, len(ids), label="Download", key="many")


@dialog("Tag", icon=":material/sell:")
def tag_dialog(visit: Visit, ids: tuple[str, ...]) -> None:
    """Add tags to these conversations, or take them away."""
    st.markdown(f"{conversations(len(ids))}.")
    buttons = st.container(horizontal=True)  # above: what the list offers as one types lies over all that is below
    tags = st.multiselect(
        "Tags", visit.tags(), key=TAGS, accept_new_options=True, placeholder="Choose or type a new one"
    )
    with buttons:
        closing_button("Add", None, _add_tags, visit, ids, key="add_tags", type="primary", disabled=not tags)
        closing_button("Remove", None, _remove_tags, visit, ids, key="remove_tags", type="secondary", disabled=not tags)


@said_on_the_page
def _add_tags(visit: Visit, ids: tuple[str, ...]) -> None:
    tags = tuple(st.session_state[TAGS])
    check_text(visit, "".join(tags))
    _try_each(ids, lambda each: _change_tags(visit, each, tags, ()), "Tagging", "Tagged")


def _remove_tags(visit: Visit, ids: tuple[str, ...]) -> None:
    tags = tuple(st.session_state[TAGS])
    _try_each(ids, lambda each: _change_tags(visit, each, (), tags), "Removing tags", "Changed")


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
    ids = tuple(summary.id for summary in chosen)
    icon = ":material/delete_forever:"
    closing_button("Erase for good", icon, erase, visit, ids, key="erase_for_good", type="primary")


def erase(visit: Visit, ids: tuple[str, ...]) -> None:
    """Erase those of these conversations that are in the trash now; say how many are not."""

    def erase_those(_step: Step) -> int:
        in_trash = {summary.id for summary in all_of(visit, trashed=True)}
        meant = [each for each in ids if each in in_trash]
        if meant:
            visit.erase(meant)
        return len(meant)

    def taken_in(erased: int) -> None:
        _have_left(ids)
        left = len(ids) - erased
        if left:
            are = "is" if left == 1 else "are"
            words = f"Erased {conversations(erased)}. {conversations(left)} {are} not in the trash any more."
            state.page.notify(words, is_error=True)

    begin(WORK, "Erasing", erase_those, taken_in)
