"""Bringing conversations in: choose a file, see what it would do, import it.

What a person does here is done in callbacks: they act first, whatever else happens to the run that they come with.
"""

from __future__ import annotations

from dataclasses import replace

import streamlit as st
from streamlit.runtime.uploaded_file_manager import DeletedFile, UploadedFile

from chat.errors import OverLimit
from exchange import sentences
from exchange.importing import Importing
from exchange.tally import Tally
from formats.imports import HOW_TO_EXPORT, LIMITS, VISITOR_LIMITS
from formats.imports.limits import Limits
from ui import state
from ui.dialogs import dialog
from ui.guard import guarded, said_on_the_page
from ui.limits.room import room_of, spend_upload
from ui.markdown.safe import as_label
from ui.uploads import let_go
from ui.visit import Visit

FILE = "import_file"
ENCODING = "encoding"
"""Widget keys of what is chosen in the window."""
LOOK_SECONDS = 0.4
SHOWN = 50
"""Conversations that are named one by one."""
WHAT = (
    "Exports of ChatGPT, Claude, Gemini and other products; Chatkeep's own JSON and zips; `history.json`, JSONL and "
    "ShareGPT. Nothing is imported before you have seen what it would do."
)
HOW = "How to get your chats out of another product"


def draw_import(visit: Visit) -> None:
    """Draw the button that opens the import's window."""
    st.button("Import", key="import", icon=":material/upload:", on_click=_open_import, args=(visit,))


def _open_import(visit: Visit) -> None:
    """Open the window: with nothing chosen yet, but where it is at work or nobody has seen what came of that."""
    if state.history.import_was_seen():
        _begin_again()
    import_dialog(visit)


@dialog("Import", icon=":material/upload:", width="medium")
def import_dialog(visit: Visit) -> None:
    """Take a file, say what an import of it would do, and do it. Says, folded, how a person gets such a file."""

    # All of it in one fragment that looks again by itself: a run of the page, which shows an end, closes the window.
    @st.fragment(run_every=LOOK_SECONDS)
    @guarded()
    def look() -> None:
        job: Importing | None = state.history.import_job()
        if job is None:
            _ask_for_file(visit)
        elif job.is_working:
            _draw_progress(job)
        else:
            _draw_outcome(job)

    look()
    # Outside of what is drawn anew by a timer: what is not always there in that comes and goes in the browser too.
    with st.expander(HOW):
        st.markdown("\n".join(f"- **{product}**: {how}" for product, how in HOW_TO_EXPORT.items()))


def _ask_for_file(visit: Visit) -> None:
    refused = state.history.import_refusal()
    if refused:
        st.error(as_label(refused), icon=":material/error:")
    st.file_uploader(
        "File", key=FILE, max_upload_size=_limits(visit).upload_mib, on_change=_look_through, args=(visit,)
    )
    st.caption(WHAT)


@said_on_the_page
def _look_through(visit: Visit) -> None:
    file: UploadedFile | DeletedFile | None = st.session_state[FILE]
    # A file that was let go of is named once more by what the browser sends before it has seen that.
    if not isinstance(file, UploadedFile):
        return
    try:
        spend_upload(visit, file.size)
    except OverLimit as error:
        state.history.refuse_import(str(error))
    else:
        job = Importing(visit.store, visit.owner.id, file.name, file, _limits(visit), room_of(visit))
        state.history.set_import_job(job)
    let_go(file)
    file.close()


def _limits(visit: Visit) -> Limits:
    """Return how much of a file is read for whoever this is, and how large it may be."""
    if visit.owner.is_personal:
        return LIMITS
    most = visit.allowances.upload_megabytes
    return VISITOR_LIMITS if most is None else replace(VISITOR_LIMITS, upload_mib=most)


def _draw_progress(job: Importing) -> None:
    doing = "Looking through" if job.stage == "looking" else "Importing"
    st.progress(job.progress, f"{doing} {as_label(job.name)} … {sentences.in_words(job.tally)}")
    # On the side where no button comes as the work ends: one that imports would lie under a pointer on its way here.
    with st.container(horizontal=True, horizontal_alignment="right"):
        st.button("Cancel", key="cancel_import", on_click=job.cancel)


def _draw_outcome(job: Importing) -> None:
    state.history.note_import_seen()
    if job.stage == "failed":
        # What follows the first paragraph is how to export from each product, which is below, folded.
        st.error(as_label(job.problem.partition("\n\n")[0]), icon=":material/error:")
        _draw_again("Choose another file")
    elif job.stage == "unclear":
        _ask_for_encoding(job)
        _draw_again("Choose another file")
    elif job.is_cancelled:
        st.info(sentences.cancelled(job.tally, was_merging=job.stage == "merged"))
        _draw_again("Choose another file")
    elif job.stage == "looked":
        st.markdown(as_label(sentences.looked_through(job.name, job.product, job.tally)))
        _draw_named(job.tally)
        if job.tally.new or job.tally.grown:
            st.button(
                "Import now",
                key="import_now",
                type="primary",
                icon=":material/upload:",
                on_click=_import_now,
                args=(job,),
            )
        else:
            st.info(sentences.NOTHING_NEW)
        _draw_again("Choose another file")
    else:
        st.success(sentences.imported(job.tally), icon=":material/check:")
        _draw_named(job.tally)
        _draw_again("Import another file")


def _import_now(job: Importing) -> None:
    if job.stage == "looked":  # else this is the second click of two
        job.merge()


def _ask_for_encoding(job: Importing) -> None:
    st.warning(as_label(job.problem), icon=":material/warning:")
    chosen = st.selectbox("Encoding", job.encodings, format_func=lambda each: each.title, key=ENCODING)
    st.caption(f"So it reads: “{as_label(chosen.sample)}”")
    st.button("Look through it", key="read_as", type="primary", on_click=_read_as_chosen, args=(job,))


def _read_as_chosen(job: Importing) -> None:
    if job.stage == "unclear":
        job.read_as(st.session_state[ENCODING].name)


def _draw_named(tally: Tally) -> None:
    for named in sentences.named(tally):
        with st.expander(named.heading):
            st.markdown("\n".join(f"- {as_label(line)}" for line in named.lines[:SHOWN]))
            more = len(named.lines) - SHOWN + named.more
            if more > 0:
                st.caption(f"And {more:,} more.")


def _draw_again(label: str) -> None:
    st.button(label, key="import_again", type="tertiary", on_click=_begin_again)


def _begin_again() -> None:
    job: Importing | None = state.history.import_job()
    if job is not None:
        job.let_go()
    state.history.set_import_job(None)
    st.session_state.pop(FILE, None)
