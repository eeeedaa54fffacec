"""One message of ChatGPT's: who said it, what its page showed of it, and what of it is left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chat.conversation import Message, Role, Status
from formats.imports.content import content_of, fenced
from formats.imports.model_names import model_id
from formats.imports.outcome import Context, LeftOut
from formats.imports.products.chatgpt.marks import without_marks
from formats.imports.products.chatgpt.written import report_of, written_by_call
from formats.imports.tree import UNDATED, attached, hidden
from formats.imports.values import field, items, moment, objects, text

FOR_THE_MODEL = {"user_editable_context", "model_editable_context"}
NOT_SAID = {*FOR_THE_MODEL, "reasoning_recap"}
THINKING_CHANNEL = "analysis"
HEARD = "audio_transcription"
"""The words of a recording. The recording itself is a part beside it."""

FINISHED: dict[str, tuple[Status, str | None]] = {
    "stop": ("complete", "stop"),
    "max_tokens": ("complete", "length"),
    "interrupted": ("stopped", None),
}
FAILED = "The answer failed in ChatGPT."


@dataclass(frozen=True, slots=True)
class Seen:
    """What ChatGPT's page shows of a message."""

    role: Role | None = None
    """None: nothing, or thinking that belongs to the next answer."""
    content: str = ""
    left_out: LeftOut | None = None
    thinking: str = ""


NOTHING = Seen()


def read_message(
    id: str, parent: str | None, message: Any, model: str, context: Context, *, is_last: bool
) -> tuple[Message, LeftOut | None]:
    """Return a message as it stands in its tree, and what of it is left out. `is_last`: nothing hangs on it."""
    if not isinstance(message, dict):
        return hidden(id, parent), None
    seen = _seen(message)
    error = _error(message, seen.role, is_last)
    role = "assistant" if error else seen.role
    if role is None:
        return hidden(id, parent, seen.thinking), seen.left_out
    status, reason = _ending(message) if role == "assistant" else ("complete", None)
    rating, note = (context.ratings or {}).get(text(message, "id") or id, (None, ""))
    node = Message(
        id,
        parent,
        role,
        "" if error else seen.content,
        created_at=moment(message, "create_time") or UNDATED,
        model=model_id(text(message, "metadata", "model_slug") or model, "openai"),
        status="failed" if error else status,
        finish_reason=reason,
        error=error,
        rating=rating if role == "assistant" else None,
        rating_note=note,
    )
    return node, seen.left_out


def _seen(message: dict[str, Any]) -> Seen:
    author = text(message, "author", "role")
    if report := report_of(message):
        return Seen("assistant", without_marks(_said(report, LeftOut()), report))
    is_said = author in ("user", "assistant", "tool") and text(message, "content", "content_type") not in NOT_SAID
    if not is_said or _is_hidden(message):
        return NOTHING
    if author == "assistant" and _is_to_tool(message):
        document = written_by_call(message)
        return Seen("assistant", document) if document else Seen(left_out=LeftOut({"tool call": 1}))
    if author == "assistant" and (thinking := _thoughts(message)):
        return Seen(thinking=thinking)
    if author == "tool":
        drawn = _drawn(message)
        return Seen("assistant", "\n".join(drawn), LeftOut({"picture": len(drawn)})) if drawn else NOTHING
    left_out = LeftOut()
    said = without_marks(_said(message, left_out), message)
    names = [text(file, "name") for file in objects(message, "metadata", "attachments")]
    if len(names) > left_out.total():
        left_out["file"] += len(names) - left_out["picture"] - left_out["recording"]
    if author == "assistant":
        return Seen("assistant", said if said.strip() else "\n".join(_pictures(message)), left_out)
    if not said.strip() and left_out:
        said = attached(names or [""])
    if quoted := text(message, "metadata", "targeted_reply").strip():
        said = "\n".join(f"> {line}" for line in without_marks(quoted, message).split("\n")) + f"\n\n{said}"
    return Seen("user", said, left_out)


def _is_hidden(message: Any) -> bool:
    about = field(message, "metadata")
    if not isinstance(about, dict):
        return False
    return about.get("is_visually_hidden_from_conversation") is True or about.get("is_user_system_message") is True


def _is_to_tool(message: Any) -> bool:
    return text(message, "recipient") not in ("", "all")


def _said(message: Any, left_out: LeftOut) -> str:
    """Return the words of a message, and count in `left_out` what else is among them."""
    content = field(message, "content")
    kind = text(content, "content_type")
    if kind in ("code", "execution_output"):
        language, written = text(content, "language"), text(content, "text")
        return fenced(written, "" if language == "unknown" else language) if written.strip() else ""
    if kind == "system_error":
        return ""
    if kind == "text":  # nearly all messages, so they go the short way
        parts = items(content, "parts")
        if all(isinstance(part, str) for part in parts):
            return "\n".join(part for part in parts if part) or text(content, "text")
    heard = [text(part, "text") if text(part, "content_type") == HEARD else part for part in items(content, "parts")]
    read = content_of({**content, "parts": heard} if heard else content)
    left_out.update(read.left_out)
    return read.text


def _thoughts(message: Any) -> str:
    """Return the thinking that an answer of ChatGPT's is, and nothing where it is an answer to the user."""
    content = field(message, "content")
    if text(content, "content_type") == "thoughts":
        parts = [text(each, "content") or text(each, "summary") for each in objects(content, "thoughts")]
        return without_marks("\n\n".join(part for part in parts if part.strip()), message)
    return without_marks(_said(message, LeftOut()), message) if text(message, "channel") == THINKING_CHANNEL else ""


def _drawn(message: Any) -> list[str]:
    """Return what stands for pictures that a tool drew; nothing where it said anything else."""
    parts = items(message, "content", "parts")
    is_drawing = all(text(part, "content_type") == "image_asset_pointer" for part in parts)
    return _pictures(message) if is_drawing else []


def _pictures(message: Any) -> list[str]:
    """Return a line for each picture of an answer, with its title or what was asked of the model that drew it."""
    lines = []
    for part in objects(message, "content", "parts"):
        if text(part, "content_type") == "image_asset_pointer":
            about = text(message, "metadata", "image_gen_title") or text(part, "metadata", "dalle", "prompt")
            lines.append(f"[picture: {' '.join(about.split())}]" if about.strip() else "[picture]")
    return lines


def _error(message: Any, role: Role | None, is_last: bool) -> str | None:
    """Return the error that stands in the place of an answer. One of a tool is none, unless nothing came after it."""
    if text(message, "content", "content_type") != "system_error" or _is_hidden(message):
        return None
    is_answer = role == "assistant" or (is_last and text(message, "author", "role") == "tool")
    return text(message, "content", "text") or text(message, "content", "name") or FAILED if is_answer else None


def _ending(message: Any) -> tuple[Status, str | None]:
    if text(message, "status") == "in_progress":
        return "interrupted", None
    return FINISHED.get(text(message, "metadata", "finish_details", "type"), ("complete", None))
