"""Downloads: one conversation, some, or all that a search finds, in any format.

What they give is made when they are clicked, never before, and costs no run of the page.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import streamlit as st

from chat.conversation import Conversation, utc_now
from formats.exports import (
    EXPORT_FORMATS,
    ExportFormat,
    ending_of_many,
    export_one,
    file_name_of_one,
    format_named,
    mime_of_many,
    write_many,
)
from store.conversations import NotFound
from ui import state
from ui.guard import guarded
from ui.visit import Visit

MANY = 300
"""Conversations from which on a download shows how far it is."""
LOOK_SECONDS = 0.5


@dataclass(slots=True)
class Progress:
    """How far a download is. Written by the thread that makes it."""

    total: int
    done: int = 0
    is_running: bool = False


def draw_downloads(visit: Visit, conversation_id: str, title: str) -> None:
    """Draw a choice of formats and the download button of one conversation."""
    form = _pick_format(conversation_id)
    st.download_button(
        "Download",
        data=lambda: export_one(visit.store.get(visit.owner.id, conversation_id), form),
        file_name=file_name_of_one(title, form),
        mime=form.mime,
        key=f"download-{conversation_id}",
        icon=":material/download:",
        on_click="ignore",
    )


def draw_download_of(visit: Visit, ids: Callable[[], Iterable[str]], count: int, *, label: str, key: str) -> None:
    """Draw a choice of formats and the download button of many conversations. Their ids are asked for at the click."""
    form = _pick_format(key)
    progress = Progress(count)
    st.download_button(
        label,
        data=lambda: _written(_conversations(visit, ids()), form, progress),
        file_name=f"chatkeep-{utc_now():%Y-%m-%d}{ending_of_many(form)}",
        mime=mime_of_many(form),
        key=f"download-{key}",
        icon=":material/download:",
        type="primary",
        on_click="ignore",
    )
    if count >= MANY:
        _draw_progress(progress)


def _pick_format(key: str) -> ExportFormat:
    names = [form.name for form in EXPORT_FORMATS]
    name = st.selectbox(
        "Format",
        names,
        index=names.index(state.export_format()),
        format_func=lambda name: format_named(name).label,
        key=f"format-{key}",
    )
    state.set_export_format(name)
    form = format_named(name)
    st.caption(form.help)
    return form


def _written(conversations: Iterable[Conversation], form: ExportFormat, progress: Progress) -> bytes:
    def count(done: int) -> None:
        progress.done = done

    progress.done, progress.is_running = 0, True
    try:
        # By way of the disk: what grows in memory is copied again and again, and would be there twice in the end.
        with tempfile.TemporaryFile() as file:
            write_many(conversations, file, form, utc_now(), count)
            file.seek(0)
            return file.read()
    finally:
        progress.is_running = False


def _draw_progress(progress: Progress) -> None:
    @st.fragment(run_every=LOOK_SECONDS)
    @guarded()
    def look() -> None:
        if progress.is_running:
            st.progress(
                min(1.0, progress.done / max(1, progress.total)),
                f"Preparing {progress.done:,} of {progress.total:,} conversations …",
            )
        else:
            st.empty()

    look()


def _conversations(visit: Visit, ids: Iterable[str]) -> Iterator[Conversation]:
    for conversation_id in ids:
        try:
            yield visit.store.get(visit.owner.id, conversation_id)
        except NotFound:
            continue  # erased, or set aside as damaged, since it was listed
