"""JSONL for training: one `{"messages": [...]}` a line, a conversation each.

The record is the one that OpenAI's, Together's, mistral-finetune's and LLaMA-Factory's checkers and TRL all take: one
leading system message or none, then strictly user, assistant, user, assistant; text that is not empty; ends with the
assistant; no other field. A bare list of messages, as in `history.json`, is read by none of them. So an answer that
came in several messages (ChatGPT's often do) is one here, its parts set apart by a blank line.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from chat.conversation import Conversation, Message
from chat.endings import ending_by
from chat.surrogates import printable

PARTS = "\n\n"
"""Between the parts of an answer that came in several messages."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and the messages that answer it, one as a rule."""

    question: Message
    answers: tuple[Message, ...]

    @property
    def answer(self) -> str:
        """The words of the whole answer."""
        return PARTS.join(message.content for message in self.answers)


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
        for turn in turns:
            record.append({"role": "user", "content": printable(turn.question.content)})
            record.append({"role": "assistant", "content": printable(turn.answer)})
        # U+2028 and U+2029 are escaped: readers that split lines as JavaScript does would break the record there.
        line = json.dumps({"messages": record}, ensure_ascii=False)
        yield line.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029").encode() + b"\n"


def complete_turns(conversation: Conversation) -> list[Turn]:
    """Return the questions of the shown path that have a whole answer, each with it; parts without a word are none."""
    return [
        Turn(turn.question, tuple(answer for answer in turn.answers if answer.content.strip()))
        for turn in _turns(conversation)
        if turn.question.content.strip() and any(answer.content.strip() for answer in turn.answers)
        if all(_is_whole(answer) for answer in turn.answers)
    ]


def why_left_out(conversation: Conversation) -> list[str]:
    """Return a line for each message of the shown path that `to_jsonl` leaves out, for a manifest."""
    taken = {message.id for turn in complete_turns(conversation) for message in (turn.question, *turn.answers)}
    answers = {message.id for turn in _turns(conversation) for message in turn.answers}
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
        elif ending_by(message.finish_reason) is not None:
            reasons.append(f"{message.id}: an answer that ended early ({message.finish_reason})")
        elif message.id in answers:
            reasons.append(f"{message.id}: a part of a turn that is not whole")
        else:
            reasons.append(f"{message.id}: an answer without a question")
    return reasons


def _turns(conversation: Conversation) -> list[Turn]:
    """Return every question of the shown path that is followed by an answer, with all answers before the next one."""
    turns: list[Turn] = []
    question: Message | None = None
    answers: list[Message] = []
    for message in (*conversation.path(), None):
        if message is not None and message.role == "assistant":
            answers.append(message)
            continue
        if question is not None and answers:
            turns.append(Turn(question, tuple(answers)))
        question, answers = (message if message is not None and message.role == "user" else None), []
    return turns


def _is_whole(answer: Message) -> bool:
    return answer.status == "complete" and ending_by(answer.finish_reason) is None
