"""Every product whose export is read; each one's record says how it is recognised, read, and got there."""

from __future__ import annotations

from formats.imports.outcome import Format
from formats.imports.products import (
    chatgpt,
    chatkeep,
    claude,
    deepseek,
    lechat,
    librechat,
    lmstudio,
    openwebui,
)
from formats.imports.records import trees
from formats.imports.records.formats import WITHOUT_IDS

FORMATS: tuple[Format, ...] = (
    chatkeep.FORMAT,
    deepseek.FORMAT,
    chatgpt.FORMAT,
    claude.FORMAT,
    claude.DESIGN_CHATS,
    openwebui.FORMAT,
    librechat.FORMAT,
    lechat.FORMAT,
    lmstudio.FORMAT,
    trees.FORMAT,
    *WITHOUT_IDS,
)
"""The more particular ones first: `{"role", "content"}` is in the messages of several."""
