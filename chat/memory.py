"""Which messages of a conversation are sent to the model. Pure: a conversation in, a selection out.

With memory off only the newest question is sent; with memory on every turn of the shown path before it, in order. A
turn is a question and the answer that has words. A question that never got a word in answer is no turn: sending it
again would put two questions in a row, which several models' templates refuse. An answer that was stopped or cut off
is one: the person read its words and may speak of them. What is never sent: the app's greeting (it is no message),
error texts and stop notices (they are not content), thinking, deleted messages, and those the user leaves out.

Whatever is left out, a request always ends with the question that it asks.
"""

from __future__ import annotations

from dataclasses import dataclass

from chat.conversation import Conversation, Message
from chat.errors import NoQuestion
from chat.providers.base import PromptMessage
from chat.surrogates import printable

DELETED = (
    "The question of this answer was deleted, so it cannot be asked again: undo that, or write it as a new message."
)
NO_QUESTION = "There is no question here that could be asked again: write one as a new message."


@dataclass(frozen=True, slots=True)
class Selection:
    """What is sent, and which messages of the path are not."""

    messages: tuple[PromptMessage, ...]
    left_out: tuple[str, ...]
    """Ids of the messages on the path that the model does not see."""


def select(conversation: Conversation, question_id: str) -> Selection:
    """Return what to send so that the model answers this question, by the conversation's own settings.

    The system prompt comes first when there is one, with memory on and off alike. Raises `NoQuestion` where the
    question was deleted, or is none.
    """
    question = conversation.message(question_id)
    if question is None or question.role != "user":
        raise NoQuestion(NO_QUESTION)
    if question.trashed:
        raise NoQuestion(DELETED)
    path = conversation.path(question_id)
    turns = _turns(path[:-1]) if conversation.settings.memory == "all" else ()
    sent = (*turns, question)
    seen = {message.id for message in sent}
    system = conversation.settings.system_prompt.strip()
    prompt = (PromptMessage("system", printable(system)),) if system else ()
    return Selection(prompt + _alternating(sent), tuple(message.id for message in path if message.id not in seen))


def _turns(path: tuple[Message, ...]) -> tuple[Message, ...]:
    turns: list[list[Message]] = []
    of_last: set[str | None] = set()
    for message in path:
        if message.role == "user":
            turns.append([message])
            of_last = {message.id}
        elif message.role == "assistant" and message.parent_id in of_last:
            of_last.add(message.id)  # an imported answer may come in several messages
            turns[-1] += [message] if message.content.strip() else []
    kept = tuple(message for turn in turns if len(turn) > 1 for message in turn if not message.left_out)
    first = next((number for number, message in enumerate(kept) if message.role == "user"), len(kept))
    return kept[first:]  # an answer whose question was left out cannot come first


def _alternating(messages: tuple[Message, ...]) -> tuple[PromptMessage, ...]:
    """Join neighbours of one role, as are left where a message between them is left out."""
    joined: list[PromptMessage] = []
    for message in messages:
        words = printable(message.content)
        if joined and joined[-1].role == message.role:
            words = f"{joined.pop().content}\n\n{words}"
        joined.append(PromptMessage(message.role, words))
    return tuple(joined)
