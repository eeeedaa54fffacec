"""What can be done with a conversation from its row in the sidebar, without opening it."""

from __future__ import annotations

import functools

import streamlit as st

from store.queries import Summary
from ui import actions
from ui.browser.rows import Actions
from ui.dialogs import dialog
from ui.downloads import draw_downloads
from ui.naming.title_form import draw_title_form
from ui.state.naming import TITLE
from ui.visit import Visit


def menu_of(summary: Summary) -> Actions:
    """Return what the menu of this conversation's row offers."""
    pin = ("unpin", "Unpin") if summary.pinned else ("pin", "Pin")
    return (("rename", "Rename"), pin, ("download", "Download"), ("delete", "Delete"))


def act(visit: Visit, summary: Summary, what: str) -> None:
    """Do what was chosen in the menu. A callback."""
    match what:
        case "rename":
            rename_dialog(visit, summary)
        case "pin" | "unpin":
            actions.pin(visit, summary.id, what == "pin")
        case "download":
            download_dialog(visit, summary)
        case "delete":
            actions.delete(visit, summary.id, summary.title)


@dialog("Rename", icon=":material/edit:")
def rename_dialog(visit: Visit, summary: Summary) -> None:
    """Ask for another title of this conversation."""
    draw_title_form(visit, summary.id, summary.title, functools.partial(_save_title, visit, summary.id))


def _save_title(visit: Visit, conversation_id: str) -> None:
    actions.rename(visit, conversation_id, st.session_state[TITLE] or "")


@dialog("Download", icon=":material/download:")
def download_dialog(visit: Visit, summary: Summary) -> None:
    """Offer this conversation in any format."""
    draw_downloads(visit, summary.id, summary.title)
