"""Download buttons. What they give is made when they are clicked, never before, and costs no run of the page."""

from __future__ import annotations

import io
from collections.abc import Iterator

import streamlit as st

from chat.conversation import Conversation, utc_now
from formats.archive import write_archive
from formats.history import to_history
from formats.jsonl import to_jsonl
from formats.names import file_name
from store.conversations import NotFound
from ui.visit import Visit

JSONL_HELP = "One {“messages”: […]} a line, ready for fine-tuning"


def draw_downloads(visit: Visit, conversation_id: str, title: str) -> None:
    """Draw the download buttons of one conversation."""
    st.download_button(
        "Download",
        data=lambda: to_history(visit.store.get(visit.owner.id, conversation_id)),
        file_name="history.json",
        mime="application/json",
        key=f"download-{conversation_id}",
        icon=":material/download:",
        type="tertiary",
        width="stretch",
        on_click="ignore",
        help="history.json: the messages as role and content",
    )
    st.download_button(
        "Download JSONL",
        data=lambda: to_jsonl([visit.store.get(visit.owner.id, conversation_id)]),
        file_name=file_name(title, ".jsonl"),
        mime="application/jsonl",
        key=f"download-jsonl-{conversation_id}",
        icon=":material/model_training:",
        type="tertiary",
        width="stretch",
        on_click="ignore",
        help=JSONL_HELP,
    )


def draw_downloads_of_all(visit: Visit) -> None:
    """Draw the download buttons of everything this owner has."""
    st.download_button(
        "Download all",
        data=lambda: _archive(visit),
        file_name=f"chatkeep-{utc_now():%Y-%m-%d}.zip",
        mime="application/zip",
        key="download_all",
        icon=":material/folder_zip:",
        on_click="ignore",
        help="A zip with one history.json for each conversation, and a manifest",
    )
    st.download_button(
        "Download all as JSONL",
        data=lambda: to_jsonl(_conversations(visit)),
        file_name=f"chatkeep-{utc_now():%Y-%m-%d}.jsonl",
        mime="application/jsonl",
        key="download_all_jsonl",
        icon=":material/model_training:",
        on_click="ignore",
        help=JSONL_HELP,
    )


def _archive(visit: Visit) -> bytes:
    file = io.BytesIO()
    write_archive(_conversations(visit), file, utc_now())
    return file.getvalue()


def _conversations(visit: Visit) -> Iterator[Conversation]:
    for summary in visit.store.list(visit.owner.id, limit=None):
        try:
            yield visit.store.get(visit.owner.id, summary.id)
        except NotFound:
            continue  # deleted, or set aside as damaged, since it was listed
