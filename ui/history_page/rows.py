"""The list of the History page: a row for each conversation that was found."""

from __future__ import annotations

from contextlib import suppress
from math import ceil

import streamlit as st

from exchange.sentences import conversations
from store.conversations import NotFound
from store.queries import Found, Hit, Passage, Query, Summary
from ui import actions, state
from ui.conversation_dialog import conversation_dialog
from ui.guard import guarded, said_on_the_page
from ui.history_page.pages import asked_page, draw_pages, page_among
from ui.history_page.preview import preview_dialog
from ui.markdown.safe import as_label
from ui.phrases import local_time
from ui.visit import Visit

ROWS = 20
LOOK_SECONDS = 1.0
PAGE = state.history.PAGE_NUMBER


def found(visit: Visit, query: Query) -> Found:
    """Return the page of what the query finds that is to be shown; the last one where there are fewer by now."""
    page = asked_page(PAGE)
    shown = visit.store.search(visit.owner.id, query, limit=ROWS, offset=(page - 1) * ROWS)
    there = page_among(page, ceil(shown.total / ROWS))
    if there == page:
        return shown
    return visit.store.search(visit.owner.id, query, limit=ROWS, offset=(there - 1) * ROWS)


def draw_list(visit: Visit, query: Query, shown: Found) -> None:
    """Draw the rows, and the pages below them."""
    for hit in shown.hits:
        _draw_row(visit, hit)
    draw_pages(PAGE, shown.total, ROWS)


def how_many(query: Query, shown: Found) -> str:
    """Return how many were found, in words."""
    count = conversations(shown.total)
    return f"{count} in the trash" if query.trashed else count


def _draw_row(visit: Visit, hit: Hit) -> None:
    summary = hit.summary
    is_selected = summary.id in state.history.selected()
    with st.container(border=True, key=f"row-{summary.id}", gap="xxsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.checkbox(
                f"Select {as_label(summary.title)}",
                value=is_selected,
                key=f"select-{summary.id}-{is_selected}",
                label_visibility="collapsed",
                on_change=state.history.follow_selection_box,
                args=(summary.id, is_selected),
            )
            if summary.trashed_at is None:
                _draw_title(summary)
                _draw_buttons(visit, summary)
            else:
                st.markdown(f"**{as_label(summary.title)}**", width="stretch")
                _draw_buttons_in_trash(visit, summary)
        st.caption(" · ".join(_facts(visit, summary)))
        if hit.passage is not None and hit.passage.message_id is not None:
            _draw_passage(visit, summary, hit.passage)


def _draw_title(summary: Summary) -> None:
    with st.container(width="stretch"):
        st.button(
            f"**{as_label(summary.title)}**",
            key=f"continue-{summary.id}",
            icon=":material/keep:" if summary.pinned else None,
            type="tertiary",
            wrap=False,
            on_click=state.chat.open_conversation,
            args=(summary.id,),
        )


def _draw_buttons(visit: Visit, summary: Summary) -> None:
    _preview_button(visit, summary)
    st.button(
        "More",
        key=f"more-{summary.id}",
        icon=":material/more_horiz:",
        type="tertiary",
        on_click=_open_more,
        args=(visit, summary.id),
    )


@said_on_the_page
def _open_more(visit: Visit, conversation_id: str) -> None:
    with suppress(NotFound):  # erased in another tab since it was listed: the list shows that now
        conversation_dialog(visit, visit.store.get(visit.owner.id, conversation_id))


def _preview_button(visit: Visit, summary: Summary) -> None:
    st.button(
        "Preview",
        key=f"preview-{summary.id}",
        icon=":material/visibility:",
        type="tertiary",
        on_click=preview_dialog,
        args=(visit, summary.id),
    )


def _draw_buttons_in_trash(visit: Visit, summary: Summary) -> None:
    _preview_button(visit, summary)
    st.button(
        "Restore",
        key=f"restore-{summary.id}",
        icon=":material/restore_from_trash:",
        type="tertiary",
        on_click=actions.restore,
        args=(visit, summary.id),
    )


def _facts(visit: Visit, summary: Summary) -> list[str]:
    messages = "1 message" if summary.message_count == 1 else f"{summary.message_count} messages"
    facts = [as_label(visit.model_label(summary.model)), messages, f"updated {local_time(summary.updated_at)}"]
    facts += [f"deleted {local_time(summary.trashed_at)}"] if summary.trashed_at else []
    facts += ["answering"] if summary.streaming else []
    return [*facts, *(as_label(f"#{tag}") for tag in summary.tags)]


def _draw_passage(visit: Visit, summary: Summary, passage: Passage) -> None:
    words = "".join(_marked(text) if is_match else _unmarked(text) for text, is_match in passage.parts)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(words, width="stretch")
        if summary.trashed_at is None:
            st.button(
                "Open here",
                key=f"passage-{summary.id}",
                icon=":material/arrow_forward:",
                type="tertiary",
                on_click=actions.open_at,
                args=(visit, summary.id, passage.message_id),
                help="Open the conversation at this message",
            )


def _marked(text: str) -> str:
    return f":orange-background[{as_label(text)}]" if text.strip() else text


def _unmarked(text: str) -> str:
    # `as_label` takes away the spaces at the ends, which here stand between words.
    start = " " if text[:1].isspace() else ""
    end = " " if text[-1:].isspace() else ""
    return f"{start}{as_label(text)}{end}" if text.strip() else " "


def draw_nothing(query: Query) -> None:
    """Say that nothing was found, and what to do next."""
    if query == Query(trashed=True, zone=query.zone):
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
