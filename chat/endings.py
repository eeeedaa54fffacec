"""What is said below an answer that did not simply end. For people only: never content, never sent to a model."""

from __future__ import annotations

from chat.conversation import Message

STOPPED = "Stopped."
INTERRUPTED = "Interrupted: Chatkeep was closed while this answer was being written. What had arrived is kept."
ENDINGS = {
    "length": "The answer ended at the maximum number of tokens: raise the limit, or ask the model to go on.",
    "max_tokens": "The answer ended at the maximum number of tokens: raise the limit, or ask the model to go on.",
    "model_length": "The answer ended where the model's context window is full: start a new chat to go on.",
    "content_filter": "The provider's content filter ended this answer: ask in another way.",
}
"""By the provider's finish_reason."""
USUAL = (None, "stop", "end_turn", "eos", "tool_calls", "function_call")


def ending_of(message: Message) -> str | None:
    """Return one sentence on how an answer ended, or None where it ended as answers do."""
    if message.role != "assistant":
        return None
    if message.status == "failed":
        return message.error or "The answer failed: try again."
    if message.status == "stopped":
        return STOPPED
    if message.status == "interrupted":
        return INTERRUPTED
    if message.status == "streaming" or message.finish_reason in USUAL:
        return None
    return ENDINGS.get(message.finish_reason or "", f"The provider ended this answer ({message.finish_reason}).")
