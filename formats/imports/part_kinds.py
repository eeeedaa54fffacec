"""Which kind of part of a message this is: a picture, a tool call, thinking, by the names that products give them."""

from __future__ import annotations

import mimetypes
import re
from typing import Any

from formats.imports.outcome import Kind
from formats.imports.values import field, text

BESIDE: dict[str, Kind] = {
    **dict.fromkeys(("files", "attachments", "experimental_attachments", "document", "documents"), "file"),
    **dict.fromkeys(("inline_data", "inlineData", "file_data", "fileData"), "file"),
    **dict.fromkeys(("image", "images", "image_url", "image_urls", "pictures"), "picture"),
    **dict.fromkeys(("audio", "audios"), "recording"),
    **dict.fromkeys(("video", "videos"), "video"),
    **dict.fromkeys(("tool_calls", "toolCalls", "tool_use", "toolUse", "function_call", "functionCall"), "tool call"),
    **dict.fromkeys(("executable_code", "executableCode", "toolInvocations"), "tool call"),
    **dict.fromkeys(("tool_results", "toolResult", "function_response", "functionResponse"), "tool result"),
    **dict.fromkeys(("code_execution_result", "codeExecutionResult"), "tool result"),
    **dict.fromkeys(("citations", "annotations", "references", "sources"), "source"),
}
"""Keys beside a text, and what stands under them, alone or in a list. In Gemini's parts they are in place of a type."""

NAME_KEYS = ("file_name", "filename", "fileName", "name", "title")
MEDIA_TYPE_KEYS = ("mime_type", "mimeType", "media_type", "mediaType", "contentType", "type", "file_kind")
MEDIA: dict[str, Kind] = {"image": "picture", "audio": "recording", "video": "video"}
_INSIDE = ("file", "source", "image_url", "input_audio", "inline_data", "inlineData", "file_data", "fileData")

_BY_TYPE: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("thinking", re.compile(r"(redacted_)?(think|thought|reason)|summary_text")),
    ("tool result", re.compile(r"(.*_)?(tool|call|function|execution|mcp|search)_(.*_)?(result|response|output)s?$")),
    ("tool call", re.compile(r"(.*_)?(tool|function|mcp)_(.*_)?(use|call|request|invocation)s?$|.+_call$")),
    ("tool call", re.compile(r"tool_|(.*_)?tool$|executable_code$|code_interpreter")),
    ("picture", re.compile(r"(.*_)?(image|picture|photo)(_|/|$)")),
    ("recording", re.compile(r"(.*_)?(audio|recording|voice)(_|/|$)")),
    ("video", re.compile(r"(.*_)?video(_|/|$)")),
    ("file", re.compile(r"(.*_)?(file|document|attachment|blob|media)(_|$)|container_upload|inline_data|application/")),
    ("source", re.compile(r"(.*_)?(citation|reference|source|annotation)(_|s$|$)")),
)
"""By the type of a part in snake case; the first that fits."""

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def kind_of(part: dict[str, Any]) -> Kind | None:
    """Return which kind a part is of; None for one that is text, or that nobody knows."""
    if part.get("thought") is True:  # Gemini
        return "thinking"
    type = text(part, "type") or text(part, "content_type")
    type = _CAMEL.sub("_", type).lower().replace("-", "_").replace(".", "_")
    return next((kind for kind, pattern in _BY_TYPE if type and pattern.match(type)), None)


def kind_by_media_type(part: dict[str, Any]) -> Kind | None:
    """Return whether a file is a picture, a recording or a video, by its media type."""
    for inside in (part, *(field(part, name) for name in _INSIDE)):
        for key in MEDIA_TYPE_KEYS:
            kind = MEDIA.get(text(inside, key).lower().partition("/")[0])
            if kind is not None:
                return kind
    return None


def kind_of_file(file: Any) -> Kind:
    """Return whether an attached file is a picture, a recording or a video, by its media type or its name's ending."""
    if not isinstance(file, dict):
        return "file"
    return kind_by_media_type(file) or MEDIA.get(
        (mimetypes.guess_type(name_of(file))[0] or "").partition("/")[0], "file"
    )


def name_of(part: dict[str, Any]) -> str:
    """Return the name of a file; empty where it has none."""
    for inside in (part, *(field(part, name) for name in _INSIDE)):
        if name := next((text(inside, key) for key in NAME_KEYS if text(inside, key).strip()), ""):
            return name
    return ""
