"""What the History page wants back after a rerun: its search, its page, what is selected, the import it began."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import streamlit as st

from ui.state.session import kept, read

SEARCH = "q"
"""Widget key of the search box, and the query parameter that keeps it, so a search can be a bookmark."""
PAGE_NUMBER = "history_page"
VIEW = "history_view"
"""Widget key of what is listed: the conversations, or the trash."""

_SELECTED = "selected_conversations"
_IMPORT = "import_job"
_IMPORT_SEEN = "import_was_seen"
_IMPORT_REFUSAL = "refused_import"


def selected() -> set[str]:
    """Return the ids of the conversations that are selected on the History page."""
    return kept(_SELECTED, set())


def select(ids: Iterable[str]) -> None:
    """Select these and no others."""
    st.session_state[_SELECTED] = set(ids)


def select_more(ids: Iterable[str]) -> None:
    """Select these too."""
    selected().update(ids)


def unselect(ids: Iterable[str]) -> None:
    selected().difference_update(ids)


def import_job() -> Any:
    """Return the import that this session began last (an `Importing`), or None."""
    return read(_IMPORT, None)


def set_import_job(job: Any) -> None:
    st.session_state[_IMPORT] = job
    st.session_state[_IMPORT_SEEN] = False
    st.session_state.pop(_IMPORT_REFUSAL, None)


def note_import_seen() -> None:
    """Note that the page has shown what came of the import."""
    st.session_state[_IMPORT_SEEN] = True


def import_was_seen() -> bool:
    """Return whether nothing more is to be said of the last import; true where there was none."""
    return read(_IMPORT_SEEN, True)


def import_refusal() -> str:
    """Return why the file that was chosen last was not taken, for the user; empty where it was."""
    return read(_IMPORT_REFUSAL, "")


def refuse_import(words: str) -> None:
    st.session_state[_IMPORT_REFUSAL] = words
    st.session_state[_IMPORT_SEEN] = True


def first_page() -> None:
    """Show the first page of the History page's list again, as what it lists changes. A callback."""
    st.session_state.pop(PAGE_NUMBER, None)
