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
from formats.imports.records import messages, sharegpt

FORMATS: tuple[Format, ...] = (
    chatkeep.FORMAT,
    deepseek.FORMAT,
    chatgpt.FORMAT,
    claude.FORMAT,
    openwebui.FORMAT,
    librechat.FORMAT,
    lechat.FORMAT,
    lmstudio.FORMAT,
    sharegpt.FORMAT,
    messages.HISTORY,
    messages.RECORDS,
)
"""The more particular ones first: `{"role", "content"}` is in the messages of several."""
