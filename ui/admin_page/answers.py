"""Which answers are being written now: how many, whose, since when and by which model; none of their words."""

from __future__ import annotations

from collections import Counter

import streamlit as st

from ui.admin_page.names import name_of
from ui.markdown.safe import as_label
from ui.phrases import local_time
from ui.visit import Visit

MOST = 50
"""Answers that are listed one by one."""


def draw(visit: Visit) -> None:
    """Draw the answers of this process, the oldest first."""
    st.header("Answers being written", anchor=False)
    active = sorted(visit.services.replies.active(), key=lambda reply: reply.message.created_at)
    if not active:
        st.caption("None at this moment.")
        return
    owners = Counter(reply.owner for reply in active)
    answers = "1 answer" if len(active) == 1 else f"{len(active):,} answers"
    people = "1 person" if len(owners) == 1 else f"{len(owners):,} people"
    st.markdown(f"{answers} for {people}.")
    st.markdown(
        "\n".join(
            f"- {as_label(name_of(reply.owner))}: {as_label(visit.model_label(reply.message.model))}, "
            f"since {local_time(reply.message.created_at)}"
            for reply in active[:MOST]
        )
    )
