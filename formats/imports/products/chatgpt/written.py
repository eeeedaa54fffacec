"""What ChatGPT wrote beside its answers: documents of the canvas, and the reports of Deep Research.

A canvas is written by calls of the tool `canmore`, whose arguments are JSON: a new document, its changes (a change with
the pattern `.*` is the whole of it), or comments on it. Since 2026 a report of Deep Research stands in a hidden message
of a tool, as JSON in `metadata.chatgpt_sdk.widget_state`.

Source: the published description of `canmore`, and the exporters that read `report_message`.
"""

from __future__ import annotations

import json
from typing import Any

from formats.imports.enclosed import language_of, titled
from formats.imports.values import field, items, objects, text


def written_by_call(message: Any) -> str:
    """Return the words that a call to the canvas wrote; empty where it is another call, or none of its form."""
    tool, _, action = text(message, "recipient").partition(".")
    if tool != "canmore":
        return ""
    content = field(message, "content")
    written = text(content, "text") or "".join(part for part in items(content, "parts") if isinstance(part, str))
    call = _parsed(written)
    if call is None:  # an answer that was cut off
        return titled("Canvas", written) if written.strip() else ""
    if action == "comment_textdoc":
        remarks = [text(each, "comment") for each in objects(call, "comments")]
        return "\n".join(f"- {remark}" for remark in remarks if remark.strip())
    words = text(call, "content")
    if not words:
        words = "\n\n".join(text(each, "replacement") for each in objects(call, "updates"))
    kind = text(call, "type")
    return titled(text(call, "name") or "Canvas", words, language_of(kind)) if words.strip() else ""


def report_of(message: Any) -> Any:
    """Return the message that is the report of Deep Research, or None where this one holds none."""
    sdk = field(message, "metadata", "chatgpt_sdk")
    if sdk is None:
        return None
    states = (field(sdk, "widget_state"), field(sdk, "tool_response_metadata", "venus_widget_state"))
    for state in states:
        report = field(_parsed(state) if isinstance(state, str) else state, "report_message")
        if isinstance(report, dict):
            return report
    return None


def _parsed(written: str) -> Any:
    try:
        return json.loads(written, strict=False)
    except (ValueError, RecursionError):
        return None
