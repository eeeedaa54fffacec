"""Bringing conversations in: choose a file, see what it would do, import it."""

from __future__ import annotations

import streamlit as st

from exchange.importing import Importing, in_words
from exchange.incoming import Tally
from ui import state
from ui.dialogs import dialog
from ui.guard import guarded
from ui.markdown.safe import as_label
from ui.visit import Visit

LOOK_SECONDS = 0.4
SHOWN = 50
"""Skipped conversations that are named one by one."""
WHAT = (
    "Exports of ChatGPT, Claude, Open WebUI, LibreChat, Le Chat and LM Studio; Chatkeep's own JSON and zips; "
    "`history.json`, JSONL and ShareGPT. Nothing is imported before you have seen what it would do."
)


def draw_import(visit: Visit) -> None:
    """Draw the button that opens the import's window."""
    if st.button("Import", key="import", icon=":material/upload:"):
        import_dialog(visit)


@dialog("Import", icon=":material/upload:", width="medium")
def import_dialog(visit: Visit) -> None:
    """Take a file, say what an import of it would do, and do it."""

    # All of it in one fragment that looks again by itself: a run of the page, which shows an end, closes the window.
    @st.fragment(run_every=LOOK_SECONDS)
    @guarded()
    def look() -> None:
        job: Importing | None = state.import_job()
        if job is None:
            _ask_for_file(visit)
        elif job.is_working:
            _draw_progress(job)
        else:
            _draw_outcome(job)

    look()


def _ask_for_file(visit: Visit) -> None:
    file = st.file_uploader("File", key="import_file")
    st.caption(WHAT)
    if file is not None:
        state.set_import_job(Importing(visit.store, visit.owner.id, file.name, file))
        st.rerun(scope="fragment")


def _draw_progress(job: Importing) -> None:
    doing = "Looking through" if job.stage == "looking" else "Importing"
    st.progress(job.progress, f"{doing} {as_label(job.name)} … {in_words(job.tally)}")
    st.button("Cancel", key="cancel_import", on_click=job.cancel)


def _draw_outcome(job: Importing) -> None:
    if job.stage == "failed":
        st.error(as_label(job.problem), icon=":material/error:")
        _draw_again("Choose another file")
    elif job.is_cancelled:
        was = "Nothing was imported." if job.stage == "looked" else f"Imported so far: {in_words(job.tally)}."
        st.info(f"Cancelled. {was}")
        _draw_again("Choose another file")
    elif job.stage == "looked":
        st.markdown(f"**{as_label(job.name)}**, an export of {as_label(job.product)}: {in_words(job.tally)}.")
        _draw_skipped(job.tally)
        if job.tally.new or job.tally.grown:
            if st.button("Import now", key="import_now", type="primary", icon=":material/upload:"):
                job.merge()
                st.rerun(scope="fragment")
        else:
            st.info("There is nothing new in this file.")
        _draw_again("Choose another file")
    else:
        st.success(f"Imported: {in_words(job.tally)}.", icon=":material/check:")
        _draw_skipped(job.tally)
        _draw_again("Import another file")


def _draw_skipped(tally: Tally) -> None:
    if not tally.skipped:
        return
    with st.expander(f"{len(tally.skipped):,} skipped"):
        for title, reason in tally.skipped[:SHOWN]:
            st.markdown(f"- “{as_label(title)}” {as_label(reason)}")
        if len(tally.skipped) > SHOWN:
            st.caption(f"And {len(tally.skipped) - SHOWN:,} more.")


def _draw_again(label: str) -> None:
    if st.button(label, key="import_again", type="tertiary"):
        state.set_import_job(None)
        st.session_state.pop("import_file", None)
        st.rerun(scope="fragment")
