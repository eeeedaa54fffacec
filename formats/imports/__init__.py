"""Conversations from elsewhere: one module per product, recognised by what is in a file and never by its name.

`open_export` tells whose export a file is; going through it yields each conversation, or why it is skipped. A
conversation that is broken costs itself only: it never stops the others.
"""

from __future__ import annotations

from formats.imports.export import Export
from formats.imports.known import HOW_TO_EXPORT
from formats.imports.limits import LIMITS, SHELL_LIMITS, VISITOR_LIMITS, Limits
from formats.imports.outcome import Kind, LeftOut, NotAnExport, NotUnicode, Read, Skipped, left_out_in_words
from formats.imports.recognise import open_export

__all__ = [
    "HOW_TO_EXPORT",
    "LIMITS",
    "SHELL_LIMITS",
    "VISITOR_LIMITS",
    "Export",
    "Kind",
    "LeftOut",
    "Limits",
    "NotAnExport",
    "NotUnicode",
    "Read",
    "Skipped",
    "left_out_in_words",
    "open_export",
]
