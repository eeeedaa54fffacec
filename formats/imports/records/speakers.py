"""Who speaks in a list of messages, by the names that products and data sets give them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from formats.imports.values import text

Part = Literal["user", "assistant", "system", "thinking", "tool call", "tool result"]

NAMES: dict[str, Part] = {
    **dict.fromkeys(("user", "human", "prompter", "person", "customer", "client", "me", "you", "usr"), "user"),
    **dict.fromkeys(("question", "prompt", "instruction", "input"), "user"),
    **dict.fromkeys(("assistant", "ai", "bot", "chatbot", "model", "gpt", "chatgpt", "agent", "llm"), "assistant"),
    **dict.fromkeys(("bing", "bard", "claude", "gemini", "mistral", "llama", "deepseek", "moss"), "assistant"),
    **dict.fromkeys(("answer", "response", "output", "completion"), "assistant"),
    **dict.fromkeys(("system", "developer", "system_prompt"), "system"),
    **dict.fromkeys(("thought", "thoughts", "thinking", "reasoning", "analysis"), "thinking"),
    **dict.fromkeys(("function_call", "tool_call", "tool_calls", "tool_use"), "tool call"),
    **dict.fromkeys(("tool", "function", "observation", "ipython", "environment", "tool_result"), "tool result"),
    **dict.fromkeys(("tool_response", "tool_output", "function_response", "function_call_output"), "tool result"),
}
NAME_KEYS = ("role", "from", "author", "sender", "speaker", "participant")
IS_USER = ("is_user", "isUser", "isCreatedByUser", "from_user", "fromUser")


def speaker_of(message: Any) -> str:
    """Return the name of who says this, in lower case; empty where it is no message."""
    if not isinstance(message, dict):
        return ""
    for key in NAME_KEYS:
        if key not in message:
            continue
        found = message[key]
        if isinstance(found, str) and found in NAMES:  # nearly all, written as they are here
            return found
        name = found if isinstance(found, str) else text(found, "role") or text(found, "name")
        if name.strip():
            return name.strip().lower().replace(" ", "_").replace("-", "_")
    for key in IS_USER:
        if isinstance(message.get(key), bool):
            return "user" if message[key] else "assistant"
    # LangChain's messages and the items of OpenAI's Responses have a type in place of a role.
    type = text(message, "type").lower()
    return type if type in NAMES and type not in ("input", "output") else ""


def parts_of(names: Sequence[str]) -> Mapping[str, Part]:
    """Return what each speaker is. One with a name of its own answers, where somebody asks; else the first one asks."""
    unknown = [name for name in dict.fromkeys(names) if name not in NAMES]
    if not unknown:
        return NAMES
    parts: dict[str, Part] = {}
    known = {NAMES[name] for name in names if name in NAMES}
    for name in unknown:
        is_asking = "user" not in known and ("assistant" in known or name == unknown[0])
        parts[name] = "user" if is_asking else "assistant"
    return {**NAMES, **parts}
