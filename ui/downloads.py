"""Downloads: one conversation, some, or all that a search finds, in any format.

What they give is made when they are clicked, never before, and costs no run of the page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import streamlit as st

from chat.conversation import Conversation, utc_now
from exchange.exporting import Exporting, exported_many, file_name_of_many
from formats.exports import (
    EXPORT_FORMATS,
    ExportFormat,
    export_one,
    file_name_of_one,
    format_named,
    mime_of_many,
)
from ui import state
from ui.guard import guarded
from ui.phrases import local
from ui.visit import Visit

MANY = 300
"""Conversations from which on a download shows how far it is."""
LOOK_SECONDS = 0.5


def draw_downloads(visit: Visit, conversation_id: str, title: str) -> None:
    """Draw a choice of formats and the download button of one of the visitor's conversations."""
    draw_downloads_of(lambda: visit.store.get(visit.owner.id, conversation_id), title, key=conversation_id)


def draw_downloads_of(read: Callable[[], Conversation], title: str, *, key: str) -> None:
    """Draw a choice of formats and the download button of what `read` gives at the click."""
    form = _pick_format(key)
    st.download_button(
        "Download",
        data=lambda: export_one(read(), form),
        file_name=file_name_of_one(title, form),
        mime=form.mime,
        key=f"download-{key}",
        icon=":material/download:",
        on_click="ignore",
    )


def draw_download_of(visit: Visit, ids: Callable[[], Iterable[str]], count: int, *, label: str, key: str) -> None:
    """Draw a choice of formats and the download button of many conversations. Their ids are asked for at the click."""
    form = _pick_format(key)
    how_far = Exporting(count)
    st.download_button(
        label,
        data=lambda: exported_many(visit.store, visit.owner.id, ids(), form, how_far),
        file_name=file_name_of_many(form, local(utc_now()).date()),
        mime=mime_of_many(form),
        key=f"download-{key}",
        icon=":material/download:",
        type="primary",
        on_click="ignore",
    )
    draw_how_far(how_far)


def _pick_format(key: str) -> ExportFormat:
    names = [form.name for form in EXPORT_FORMATS]
    name = st.selectbox(
        "Format",
        names,
        index=names.index(state.page.export_format()),
        format_func=lambda name: format_named(name).label,
        key=f"format-{key}",
    )
    state.page.set_export_format(name)
    form = format_named(name)
    st.caption(form.help)
    return form


def draw_how_far(how_far: Exporting) -> None:
    """Say how far a download is, and afterwards what it lacks: the file itself says nothing of that."""

    @st.fragment(run_every=LOOK_SECONDS)
    @guarded()
    def look() -> None:
        if how_far.is_running and how_far.total >= MANY:
            st.progress(
                min(1.0, how_far.done / max(1, how_far.total)),
                f"Preparing {how_far.done:,} of {how_far.total:,} conversations …",
            )
        elif how_far.lacks_some and not how_far.is_running:
            st.warning(how_far.in_words(), icon=":material/warning:")
        else:
            st.empty()

    look()
