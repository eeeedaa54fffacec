"""Whether all is well: what can be kept, what runs here, and which files could not be read."""

from __future__ import annotations

import platform
from collections.abc import Mapping

import streamlit as st

from chat.version import VERSION
from exchange.sentences import conversations
from store.keeping import Trouble
from ui.admin_page.names import name_of
from ui.markdown.safe import as_label
from ui.phrases import local_time
from ui.visit import Visit

TROUBLES: Mapping[Trouble, str] = {
    "full": "The disk is full: what is there can be read, and nothing new is kept. Free some space.",
    "read-only": "The data folder is read-only: what is there can be read, and nothing new is kept. Make it writable.",
    "missing": "The data folder is not there any more. Bring it back, then start Chatkeep again.",
    "failing": "The data folder cannot be written: nothing new is kept. Look at the disk and at the log.",
}
MOST = 50
"""Files that are named."""


def draw(visit: Visit) -> None:
    """Draw whether words can be kept and found, and the versions of what runs."""
    st.header("Health", anchor=False)
    trouble = visit.store.keeping.trouble()
    said = (None if trouble is None else TROUBLES[trouble], visit.store.list_trouble())
    troubles = [each for each in said if each is not None]
    for each in (*troubles, *visit.services.settings.problems):
        st.warning(as_label(each), icon=":material/warning:")
    if not troubles:
        st.success("Everything can be kept and found.", icon=":material/check_circle:")
    rebuilding = visit.store.rebuilding()
    if rebuilding is not None:
        done, total = rebuilding
        st.caption(f"Lists and searches are being made anew: {done:,} of {conversations(total)} so far.")
    st.caption(f"Chatkeep {VERSION}, Streamlit {st.__version__}, Python {platform.python_version()}.")


def draw_damage(visit: Visit) -> None:
    """Draw which files were set aside because they could not be read; by name, without their titles."""
    st.header("Damaged files", anchor=False)
    damaged = visit.store.people.damaged()
    if not damaged:
        st.caption("None.")
        return
    count = "1 file" if len(damaged) == 1 else f"{len(damaged):,} files"
    st.markdown(f"{count} could not be read and were set aside unchanged. `python -m store repair` looks at them.")
    lines = (
        f"- {as_label(name_of(each.owner))}: {as_label(each.file_name)}, {local_time(each.found_at)}"
        for each in damaged[:MOST]
    )
    st.markdown("\n".join(lines))
    if len(damaged) > MOST:
        st.caption(f"The latest {MOST} of {len(damaged):,}.")
