"""How an answer came to its end: the one table of the reasons that providers give, and what follows from them.

`BY_REASON` has a line for each word that providers say. From it follow the sentence below the answer, the words beside
it in a file, whether Continue can help, and whether the answer is whole: one to learn from and to compare by. Sentences
are for people: they are never content, and never sent to a model. Pure values.
"""

from __future__ import annotations

from dataclasses import dataclass

from chat.conversation import Message


@dataclass(frozen=True, slots=True)
class Ending:
    """An end before the answer was whole."""

    sentence: str
    """For the person who asked: what happened, and what to do next."""
    words: str
    """The same beside the answer in a file."""
    can_go_on: bool = False
    """Whether the model can go on from the last word."""
    broke_off: bool = False
    """Whether the provider failed, so that the answer is a failed one."""


STOPPED = "Stopped."
INTERRUPTED = "Interrupted: Chatkeep was closed while this answer was being written. What had arrived is kept."
FAILED = "The answer failed: try again."
NO_WORDS = "The model ended its answer without a word: try again, or ask in another way."
NO_TOOLS = "The model wanted to use a tool, which Chatkeep does not have: ask in another way, or choose another model."

AT_THE_LIMIT = Ending(
    "The answer ended at the maximum number of tokens: raise the limit, or ask the model to go on.",
    "ended at the token limit",
    can_go_on=True,
)
NO_ROOM = Ending(
    "The answer ended where the model's context window is full: start a new chat to go on.",
    "ended where the context window was full",
)
FILTERED = Ending("The provider's content filter ended this answer: ask in another way.", "ended by the content filter")
BROKE_OFF = Ending(
    "The provider ended this answer before it was finished: continue it, or try again.",
    "ended by an error",
    can_go_on=True,
    broke_off=True,
)
BY_REASON: dict[str, Ending | None] = {
    "stop": None,
    "end_turn": None,
    "eos": None,
    "eos_token": None,
    "stop_sequence": None,
    "tool_calls": None,
    "tool_use": None,
    "function_call": None,
    "length": AT_THE_LIMIT,
    "max_tokens": AT_THE_LIMIT,
    "model_length": NO_ROOM,
    "model_context_window_exceeded": NO_ROOM,
    "content_filter": FILTERED,
    "refusal": FILTERED,
    "sensitive": FILTERED,  # Zhipu
    "safety": FILTERED,  # Gemini, as the four below
    "recitation": FILTERED,
    "prohibited_content": FILTERED,
    "blocklist": FILTERED,
    "spii": FILTERED,
    "error": BROKE_OFF,
    "insufficient_system_resource": BROKE_OFF,  # DeepSeek
    "network_error": BROKE_OFF,  # Zhipu
    "abort": BROKE_OFF,
    "aborted": BROKE_OFF,
    "cancelled": BROKE_OFF,
}
"""By the provider's finish_reason, in small letters; None: ended as answers do."""
TOOLS = ("tool_calls", "tool_use", "function_call")


def ending_by(reason: str | None) -> Ending | None:
    """Return what a finish_reason says, or None where it says that the answer ended as answers do."""
    if reason is None:
        return None
    other = Ending(f"The provider ended this answer ({reason}).", f"ended by the provider ({reason})")
    return BY_REASON.get(reason.casefold(), other)


def broke_off(reason: str | None) -> bool:
    """Whether a finish_reason says that the provider failed before the answer was finished."""
    ending = ending_by(reason)
    return ending is not None and ending.broke_off


def why_empty(reason: str | None) -> str:
    """Return the sentence for an answer without a word that this reason calls a usual end."""
    return NO_TOOLS if (reason or "").casefold() in TOOLS else NO_WORDS


def sentence_of(message: Message) -> str | None:
    """Return one sentence on how an answer ended, or None where it has its words and ended as answers do."""
    if message.role != "assistant" or message.status == "streaming":
        return None
    if message.status == "failed":
        return message.error or FAILED
    if message.status == "stopped":
        return STOPPED
    if message.status == "interrupted":
        return INTERRUPTED
    ending = ending_by(message.finish_reason)
    if ending is not None:
        return ending.sentence
    return None if message.content.strip() or message.attachments else why_empty(message.finish_reason)


def words_of(message: Message) -> str | None:
    """Return in a few words, for a file, how an answer ended, or None where it is whole."""
    if message.status == "streaming":
        return "interrupted"  # nothing goes on arriving in a file
    if message.status != "complete":
        return message.status
    ending = ending_by(message.finish_reason)
    return None if ending is None else ending.words


def is_whole(message: Message) -> bool:
    """Whether this is an answer that ended as answers do, and has words."""
    return (
        message.role == "assistant"
        and message.status == "complete"
        and ending_by(message.finish_reason) is None
        and bool(message.content.strip())
    )


def ended_early(message: Message) -> bool:
    """Whether this is an answer that somebody or something ended: asking again is the next thing to do."""
    return message.role == "assistant" and message.status in ("stopped", "interrupted", "failed")


def can_go_on(message: Message) -> bool:
    """Whether the model can go on from this answer's last word."""
    ending = ending_by(message.finish_reason)
    at_a_limit = ending is not None and ending.can_go_on
    return bool(message.content.strip()) and (ended_early(message) or (message.status == "complete" and at_a_limit))
