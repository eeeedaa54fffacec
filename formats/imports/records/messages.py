"""Lists of messages in the shape of `{"role", "content"}`, under whatever names: what each says, and who says it.

Source: panel 1.9.4, `chat/feed.py` (`_serialize_for_transformers`); OpenAI's guide to supervised fine-tuning; the
converters of LLaMA-Factory and Unsloth for ShareGPT's `{"from", "value"}`. A system or developer message becomes the
conversation's system prompt. Thinking in a message of its own goes to the answer that follows it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from formats.imports.content import Content, answer_of, beside, content_of
from formats.imports.ids import made_id
from formats.imports.model_names import model_id
from formats.imports.outcome import Kind, LeftOut
from formats.imports.records.speakers import Part, parts_of, speaker_of
from formats.imports.records.turns import Record, Turn
from formats.imports.tree import attached
from formats.imports.values import field, moment, text, usage

CONTENT_KEYS = (
    *("content", "value", "text", "parts", "message", "body", "utterance", "mes", "refusal", "data", "markdown"),
    *("tool_calls", "function_call", "reasoning_content", "output", "summary"),
)
DATE_KEYS = (
    *("created_at", "createdAt", "create_time", "created_date", "timestamp", "created", "datetime", "date", "time"),
)
MODEL_KEYS = ("model", "model_name", "model_slug", "modelName", "model_id")
SYSTEM_KEYS = ("system", "system_prompt", "system_message", "systemInstruction", "system_instruction", "instructions")
TITLE_KEYS = ("title", "name")
TOKENS = (("prompt_tokens", "completion_tokens"), ("input_tokens", "output_tokens"))
AROUND_KEYS = ("message", "kwargs")
"""Where a message stands inside of another object: the line of a trace, LangChain's messages."""
RATINGS = {"good": 1, "like": 1, "thumbs_up": 1, "up": 1, "bad": -1, "dislike": -1, "thumbs_down": -1, "down": -1}

# What hardly a message has is looked for at once.
_DATES, _MODELS, _AROUND = frozenset(DATE_KEYS), frozenset(MODEL_KEYS), frozenset(AROUND_KEYS)


def is_message(value: Any) -> bool:
    """Whether this is a message: somebody says something, calls a tool, or stays silent."""
    return isinstance(value, dict) and bool(speaker_of(value)) and any(key in value for key in CONTENT_KEYS)


def date_of(value: Any) -> datetime | None:
    """Return when this was written, where it says so."""
    if not isinstance(value, dict) or _DATES.isdisjoint(value):
        return None
    for key in DATE_KEYS:
        if key in value and (found := moment(value[key])):
            return found
    return None


def title_of(value: Any) -> str:
    """Return the title of a conversation, where it has one."""
    return next((text(value, key) for key in TITLE_KEYS if text(value, key).strip()), "")


def record_of(product: str, value: Any, paths: list[list[Any]]) -> Record:
    """Return the conversation of these paths of messages; `value` is what they stand in, with what is beside them."""
    reading = _Reading(model_of(value), is_alone=len(paths) == 1)
    turns = [reading.turns(path) for path in paths]
    if not paths or value is not paths[0]:
        reading.left_out += beside(value).left_out
    told = value if isinstance(value, dict) else {}
    system = [*(content_of(told[key]).text for key in SYSTEM_KEYS if key in told), *reading.system]
    return Record(
        product=product,
        paths=turns,
        system="\n\n".join(dict.fromkeys(part for part in system if part.strip())),
        title=title_of(value),
        created_at=date_of(value),
        left_out=reading.left_out,
    )


def model_of(value: Any) -> str | None:
    """Return the model that this says it comes from."""
    if not isinstance(value, dict) or _MODELS.isdisjoint(value):
        return None
    for key in MODEL_KEYS:
        if key in value and (name := text(value, key).strip()):
            return model_id(name)
    return None


class _Reading:
    """What the paths of one conversation have in common: what they begin with is counted once."""

    def __init__(self, model: str | None, is_alone: bool) -> None:
        self.system: list[str] = []
        self.left_out = LeftOut()
        self._model = model
        self._is_alone = is_alone
        self._counted: set[str] = set()

    def turns(self, path: list[Any]) -> list[Turn]:
        names = [speaker_of(message) for message in path]
        parts = parts_of([name for name in names if name])
        turns: list[Turn] = []
        thinking: list[str] = []
        place = ""
        for name, message in zip(names, path, strict=True):
            part = parts.get(name)
            said = answer_of(message) if part == "assistant" else content_of(message)
            if self._is_alone:
                self._count(part, said)
            elif (place := made_id(f"{place}\n{part}\n{said.text}\n{said.reasoning}")) not in self._counted:
                self._counted.add(place)
                self._count(part, said)
            if part == "thinking" or (part == "assistant" and not said.text.strip()):
                thinking += [each for each in (said.reasoning, said.text) if each.strip()]
            elif part == "assistant":
                turns.append(self._answer(message, said, thinking))
                thinking = []
            elif part == "user":
                turns.append(Turn("user", _question(said), created_at=date_of(message)))
        if thinking:
            turns.append(Turn("assistant", "", "\n\n".join(thinking), model=self._model))
        return turns

    def _count(self, part: Part | None, said: Content) -> None:
        """Count what of a message is not taken: parts of it, its thinking, or all of it."""
        if part in ("tool call", "tool result"):
            kind: Kind = "tool call" if part == "tool call" else "tool result"
            self.left_out += said.left_out if kind in said.left_out else LeftOut({kind: 1})
            return
        if said.left_out:
            self.left_out += said.left_out
        if part is None and (said.text.strip() or said.reasoning.strip()):
            self.left_out["message"] += 1
        if part in ("user", "system") and said.reasoning.strip():
            self.left_out["thinking"] += 1
        if part == "system" and said.text.strip():
            self.system.append(said.text)

    def _answer(self, message: Any, said: Content, thinking: list[str]) -> Turn:
        thoughts = [*thinking, said.reasoning] if said.reasoning else thinking
        return Turn(
            "assistant",
            said.text,
            "\n\n".join(part for part in thoughts if part.strip()) if thoughts else "",
            date_of(message),
            model_of(message) or self._model,
            usage(field(message, "usage"), *TOKENS) if "usage" in message else None,
            rating_of(message),
        )


def rating_of(message: Any) -> int | None:
    """Return +1 or -1 where an answer was rated so."""
    found = field(message, "rating")
    if found is None:
        return None
    if isinstance(found, str):
        return RATINGS.get(found.strip().lower().replace("-", "_"))
    return int(found) if not isinstance(found, bool) and found in (1, -1) else None


def _question(said: Content) -> str:
    is_only_files = not said.text.strip() and said.attachments
    return attached(said.attachments) if is_only_files else said.text


def unwrapped(values: list[Any]) -> Iterator[Any]:
    """Yield the messages of a list, without what is around each."""
    for value in values:
        if isinstance(value, dict) and _AROUND.isdisjoint(value):
            yield value
            continue
        wrapped = (field(value, key) for key in AROUND_KEYS)
        inside = next((each for each in wrapped if is_message(each)), None)
        yield value if inside is None or speaker_of(value) else inside
