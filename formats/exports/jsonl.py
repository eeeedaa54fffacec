"""JSONL for training: one `{"messages": [...]}` a line, a conversation each.

The record is the one that OpenAI's, Together's, mistral-finetune's and LLaMA-Factory's checkers and TRL all take: one
leading system message or none, then strictly user, assistant, user, assistant; text that is not empty; ends with the
assistant; no other field. A bare list of messages, as in `history.json`, is read by none of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import pairwise

from chat.conversation import Conversation, Message, printable

CUT_SHORT = ("length", "max_tokens", "model_length", "content_filter", "error")
"""Finish reasons of answers that a model should not learn from."""


def to_jsonl(conversations: Iterable[Conversation]) -> bytes:
    """Return a line for each conversation that has a complete turn on its shown path; others give none."""
    return b"".join(jsonl_lines(conversations))


def jsonl_lines(conversations: Iterable[Conversation]) -> Iterator[bytes]:
    """Yield the lines of `to_jsonl`, one after the other."""
    for conversation in conversations:
        turns = complete_turns(conversation)
        if not turns:
            continue
        system = printable(conversation.settings.system_prompt).strip()
        record = [{"role": "system", "content": system}] if system else []
        record += [{"role": message.role, "content": printable(message.content)} for turn in turns for message in turn]
        # U+2028 and U+2029 are escaped: readers that split lines as JavaScript does would break the record there.
        line = json.dumps({"messages": record}, ensure_ascii=False)
        yield line.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029").encode() + b"\n"


def complete_turns(conversation: Conversation) -> list[tuple[Message, Message]]:
    """Return the questions of the shown path that have a whole answer, each with it."""
    return [
        (question, answer)
        for question, answer in pairwise(conversation.path())
        if (question.role, answer.role) == ("user", "assistant")
        if question.content.strip() and answer.content.strip()
        if answer.status == "complete" and answer.finish_reason not in CUT_SHORT
    ]


def why_left_out(conversation: Conversation) -> list[str]:
    """Return a line for each message of the shown path that `to_jsonl` leaves out, for a manifest."""
    taken = {message.id for turn in complete_turns(conversation) for message in turn}
    reasons = []
    for message in conversation.path():
        if message.id in taken:
            continue
        if message.role == "user":
            reasons.append(f"{message.id}: a question without a whole answer")
        elif message.role == "system":
            reasons.append(f"{message.id}: a system message; the record has the conversation's system prompt")
        elif message.status != "complete":
            reasons.append(f"{message.id}: an answer that is {message.status}")
        elif not message.content.strip():
            reasons.append(f"{message.id}: an answer that ended early (no words)")
        elif message.finish_reason in CUT_SHORT:
            reasons.append(f"{message.id}: an answer that ended early ({message.finish_reason})")
        else:
            reasons.append(f"{message.id}: an answer without a question")
    return reasons
