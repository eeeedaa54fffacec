"""What a page says of limits before they are in the way: how much is left, and how much of the room is taken."""

from __future__ import annotations

import streamlit as st

from chat.allowances.limits import MEGABYTE, rates
from chat.allowances.sentences import left_in_words
from chat.conversation import Conversation
from chat.providers.offers import spec_of
from store.conversations import StoreError
from ui.limits.asking import left
from ui.limits.room import kept_by
from ui.markdown.safe import as_label
from ui.visit import Visit


def little_left(visit: Visit, conversation: Conversation) -> str | None:
    """Return how much may still be asked in this conversation, in words; None where that is not little."""
    spec = spec_of(visit.model_of(conversation) or "", visit.specs)
    if spec is None or not spec.is_configured or not rates(visit.allowances):
        return None
    try:
        found = left(visit)
    except StoreError:  # said when something is asked
        return None
    return left_in_words(found) if found is not None and found.is_little else None


def draw_limits(visit: Visit) -> None:
    """Say what limits there are for this owner, and how much of them is left; nothing where there are none."""
    lines = [*_answers(visit), *_room(visit), *_sizes(visit)]
    if lines:
        st.header("Limits", anchor=False)
        st.caption("  \n".join(as_label(line) for line in lines))


def _answers(visit: Visit) -> list[str]:
    if not any(spec.is_configured for spec in visit.specs):
        return []
    found = left(visit)
    return [] if found is None else [left_in_words(found)]


def _room(visit: Visit) -> list[str]:
    allowances = visit.allowances
    if allowances.conversations is None and allowances.megabytes is None:
        return []
    person = visit.store.people.person(visit.owner.id)
    lines = []
    if allowances.conversations is not None:
        lines.append(f"{kept_by(person):,} of {allowances.conversations:,} conversations, the trash included.")
    if allowances.megabytes is not None:
        lines.append(f"{person.bytes / MEGABYTE:,.1f} of {allowances.megabytes:,} MB.")
    return lines


def _sizes(visit: Visit) -> list[str]:
    allowances = visit.allowances
    lines = []
    if allowances.message_characters is not None:
        lines.append(f"A message has up to {allowances.message_characters:,} characters.")
    if allowances.answers_at_once is not None:
        lines.append(f"Answers at once: up to {allowances.answers_at_once:,}.")
    return lines
