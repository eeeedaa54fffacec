"""Every product whose export is read; each one's record says how it is recognised, read, and got there."""

from __future__ import annotations

from formats.imports.outcome import Format
from formats.imports.products import (
    chatbotui,
    chatgpt,
    chatkeep,
    claude,
    deepseek,
    grok,
    jan,
    lechat,
    librechat,
    lmstudio,
    openwebui,
    typingmind,
)
from formats.imports.products.google import aistudio, takeout
from formats.imports.products.terminal import claude_code, codex, llm
from formats.imports.records import trees
from formats.imports.records.formats import WITHOUT_IDS

FORMATS: tuple[Format, ...] = (
    chatgpt.FORMAT,
    claude.FORMAT,
    claude.DESIGN_CHATS,
    openwebui.FORMAT,
    librechat.FORMAT,
    lechat.FORMAT,
    lmstudio.FORMAT,
    deepseek.FORMAT,
    takeout.ACTIVITY,
    takeout.CONVERSATIONS,
    aistudio.FORMAT,
    grok.FORMAT,
    typingmind.FORMAT,
    chatbotui.FORMAT,
    jan.FORMAT,
    claude_code.FORMAT,
    codex.FORMAT,
    llm.FORMAT,
    chatkeep.FORMAT,
    trees.FORMAT,
    *WITHOUT_IDS,
)
"""Each claims what only it has; the less particular ones come last: `{"role", "content"}` is in several."""

HOW_TO_EXPORT = {format.product: format.how for format in FORMATS if format.how}
"""How a person gets the file of each product, in one sentence, by the product's name."""

KNOWN = f"Chatkeep reads exports of {', '.join(HOW_TO_EXPORT)}, and JSON or JSONL with messages.\n\n" + "\n".join(
    f"- {product}: {how}" for product, how in HOW_TO_EXPORT.items()
)
"""Which products are known, and how to export from each."""

NOTHING_KNOWN = f"No conversations were found in this file. {KNOWN}"
"""What is said of a file of no known product."""
