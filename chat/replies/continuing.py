"""Going on with an answer that ended early: what is asked, and how the two parts are joined.

Some providers go on with a last assistant message (a prefill), to the letter. Others would answer it; they are asked
for the rest in words, and what they say twice at the seam is taken away.
"""

from __future__ import annotations

from chat.providers.base import PromptMessage

ASK_FOR_THE_REST = (
    "Your last message was cut off. Go on exactly where it ends, in mid-sentence or mid-word if need be. "
    "Write only the rest: no introduction, and nothing that is there already."
)
LONGEST_OVERLAP = 200
"""Characters that a model may say again at the seam."""
SHORTEST_OVERLAP = 6
"""Fewer may be the same by chance."""


def to_continue(messages: tuple[PromptMessage, ...], begun: str, *, prefill: bool) -> tuple[PromptMessage, ...]:
    """Return what to send so that the model goes on with the answer that it has begun."""
    if not begun.strip():
        return messages
    so_far = (*messages, PromptMessage("assistant", begun))
    return so_far if prefill else (*so_far, PromptMessage("user", ASK_FOR_THE_REST))


def without_overlap(begun: str, rest: str) -> str:
    """Return the rest without what it repeats of the end of what was begun."""
    for length in range(min(len(begun), len(rest), LONGEST_OVERLAP), SHORTEST_OVERLAP - 1, -1):
        if begun.endswith(rest[:length]):
            return rest[length:]
    return rest
