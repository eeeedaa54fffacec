"""ShareGPT: `{"conversations": [{"from": "human", "value": ...}, {"from": "gpt", ...}]}`, in a list or a line each.

Source: LLaMA-Factory's converter and Unsloth's `standardize_data_formats`, which agree on these fields.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chat.conversation import Role
from formats.imports.content import content_of
from formats.imports.outcome import Context, Format, LeftOut, Read, Skipped
from formats.imports.records.turns import Turn, read_turns
from formats.imports.values import items, objects, text

ROLES: dict[str, Role] = {
    "human": "user",
    "user": "user",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "assistant": "assistant",
    "model": "assistant",
    "bot": "assistant",
    "bing": "assistant",
    "bard": "assistant",
}


def claims(value: Any) -> bool:
    return any("from" in turn and "value" in turn for turn in objects(value, "conversations"))


def read(values: list[Any], context: Context) -> Iterator[Read | Skipped]:
    for value in values:
        yield _read(value, context)


def _read(value: Any, context: Context) -> Read:
    turns: list[Turn] = []
    system = [text(value, "system")]
    left_out = LeftOut()
    for turn in items(value, "conversations"):
        name = text(turn, "from").strip().lower()
        role = ROLES.get(name)
        said = content_of(turn)
        left_out += said.left_out
        if role is not None:
            turns.append(Turn(role, said.text, said.reasoning))
        elif name == "system":
            system.append(said.text)
        else:
            left_out["message"] += 1
    prompt = "\n\n".join(part for part in system if part.strip())
    return read_turns("sharegpt", turns, context, system=prompt, title=text(value, "title"), left_out=left_out)


FORMAT = Format("ShareGPT", claims, read)
