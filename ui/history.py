"""The list of the History page: a row for each conversation, and a read-only preview."""

from __future__ import annotations

from datetime import datetime
from math import ceil
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from store.conversations import NotFound
from store.queries import Summary
from ui import actions, state
from ui.dialogs import rename_dialog
from ui.downloads import draw_downloads
from ui.markdown import as_label
from ui.messages import draw_message
from ui.visit import Visit

ROWS = 25
PREVIEW_MESSAGES = 50


def draw_list(visit: Visit, count: int) -> None:
    """Draw one page of this owner's conversations, the last active first."""
    pages = ceil(count / ROWS)
    page = st.pagination(pages, key="history_page") if pages > 1 else 1
    for summary in visit.store.list(visit.owner.id, limit=ROWS, offset=(page - 1) * ROWS):
        _draw_row(visit, summary)


def _draw_row(visit: Visit, summary: Summary) -> None:
    with st.container(border=True, key=f"row-{summary.id}", gap="xsmall"):
        st.markdown(f"**{as_label(summary.title)}**")
        st.caption(" · ".join(_facts(visit, summary)))
        with st.container(horizontal=True, gap="small"):
            if st.button("Preview", key=f"preview-{summary.id}", icon=":material/visibility:", type="tertiary"):
                _preview_dialog(visit, summary)
            st.button(
                "Continue chat",
                key=f"continue-{summary.id}",
                icon=":material/chat:",
                type="tertiary",
                on_click=state.open_conversation,
                args=(summary.id,),
            )
            if st.button("Rename", key=f"rename-{summary.id}", icon=":material/edit:", type="tertiary"):
                rename_dialog(visit, summary.id, summary.title)
            draw_downloads(visit, summary.id, summary.title)
            st.button(
                "Delete",
                key=f"delete-{summary.id}",
                icon=":material/delete:",
                type="tertiary",
                on_click=actions.delete,
                args=(visit, summary.id, summary.title),
            )


def _facts(visit: Visit, summary: Summary) -> list[str]:
    messages = "1 message" if summary.message_count == 1 else f"{summary.message_count} messages"
    facts = [as_label(visit.model_label(summary.model)), messages, f"updated {local_time(summary.updated_at)}"]
    return [*facts, "answering"] if summary.streaming else facts


def local_time(moment: datetime) -> str:
    """Return the moment as the browser's clock shows it, to the minute."""
    try:
        zone = ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo("UTC")
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"


@st.dialog("Preview", width="large", icon=":material/visibility:")
def _preview_dialog(visit: Visit, summary: Summary) -> None:
    try:
        conversation = visit.store.get(visit.owner.id, summary.id)
    except NotFound:
        st.info("This conversation is not here any more.")
        return
    st.markdown(f"#### {as_label(conversation.title)}", anchors=False)
    path = conversation.path()
    if len(path) > PREVIEW_MESSAGES:
        st.caption(f"The last {PREVIEW_MESSAGES} of {len(path)} messages. Continue the chat to see all.")
    for message in path[-PREVIEW_MESSAGES:]:
        draw_message(message)
