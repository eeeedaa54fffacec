"""The scripts of the components that are drawn anew with most runs (`scripts.py`), sent to a page in one."""

from __future__ import annotations

import streamlit as st

from ui.browser import message_box, newest, rows
from ui.browser.scripts import taking

_SCRIPTS = {"list_rows": rows.SCRIPT, "message_box": message_box.SCRIPT, "newest": newest.SCRIPT}
_mount = st.components.v2.component("chatkeep_scripts", html="<span></span>", js=taking(_SCRIPTS))


def load_scripts() -> None:
    """Have the browser load them. Once on a page, in a place that it keeps."""
    _mount(key="scripts")
