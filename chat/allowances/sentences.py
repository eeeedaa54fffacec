"""What somebody reads where a limit is in the way: what it is, until when, and what can be done instead."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from chat.allowances.limits import MEGABYTE, Allowances, Left, Rate, Refusal
from chat.allowances.spent import HOUR

SayTime = Callable[[datetime], str]
"""Says a moment as the reader's clock shows it: `at 14:35`, `tomorrow at 09:10`."""

OWN_WAYS = "use an API key of your own (Settings) or the model on this machine"


def spending_refusal(found: Refusal, say_time: SayTime) -> str:
    """Return why nothing more may be spent now."""
    rate = found.rate
    if rate.what == "uploaded":
        return _upload_refusal(found, say_time)
    if found.until is None:
        who = "you have" if rate.whose == "yours" else "everybody together has"
        return (
            f"This takes about {found.wanted:,} tokens at once, and {who} {rate.most:,} {_in(rate)} on this app's key. "
            f"Begin a new conversation or send less; or {OWN_WAYS}."
        )
    used = "asked for" if rate.what == "answers" else "used"
    who = "You have" if rate.whose == "yours" else "Everybody here together has"
    return (
        f"{who} {used} as many {rate.what} as there are {_in(rate)} on this app's key ({rate.most:,}). It goes on "
        f"{say_time(found.until)}. Until then, {OWN_WAYS}."
    )


def _upload_refusal(found: Refusal, say_time: SayTime) -> str:
    most = f"{found.rate.most // MEGABYTE:,} MB {_in(found.rate)}"
    if found.until is None:
        return f"This file is larger than all that you may send here ({most}). Choose a smaller one."
    return (
        f"With this file you would have sent more than you may here ({most}). It can be sent {say_time(found.until)}; "
        "a smaller one perhaps sooner."
    )


def _in(rate: Rate) -> str:
    return "in an hour" if rate.window == HOUR else "in 24 hours"


def left_in_words(left: Left) -> str:
    """Return how much may still be spent."""
    rate = left.rate
    what = rate.what.removesuffix("s") if rate.most == 1 else rate.what
    whose = "" if rate.whose == "yours" else " for everybody together"
    return f"{left.amount:,} of {rate.most:,} {what} {_in(rate)} left{whose} on this app's key."


def message_refusal(text: str, allowances: Allowances) -> str | None:
    """Return why a message is not sent, where it is too long."""
    most = allowances.message_characters
    if most is None or len(text) <= most:
        return None
    return (
        f"This message has {len(text):,} characters, and {most:,} can be sent at once here. Shorten it, or send it in "
        "parts. Nothing of it was sent."
    )


def text_refusal(text: str, allowances: Allowances) -> str | None:
    """Return why a system prompt, a note, a title or tags are not kept, where they are too long."""
    most = allowances.message_characters
    if most is None or len(text) <= most:
        return None
    return f"This text has {len(text):,} characters, and {most:,} is the most here. Nothing was changed: shorten it."


def at_once_refusal(writing: Sequence[str], allowances: Allowances) -> str | None:
    """Return why one more answer is not begun. `writing`: the title of the conversation of each that is on its way."""
    most = allowances.answers_at_once
    if most is None or len(writing) < most:
        return None
    titles = [f"“{title}”" for title in dict.fromkeys(writing)]
    where = " and ".join(([", ".join(titles[:-1])] if titles[1:] else []) + titles[-1:])
    answers = "an answer" if len(writing) == 1 else f"{len(writing)} answers"
    return f"You have {answers} on the way, in {where}, and no more at once here. Wait for an end, or stop one there."


def room_refusal(conversations: int, size: int, allowances: Allowances, *, new: int = 0, more: int = 0) -> str | None:
    """Return why no more can be kept, where somebody has this many conversations and bytes, the trash included.

    `new` and `more`: how many conversations and bytes are to be added.
    """
    room = ""
    if new and allowances.conversations is not None and conversations + new > allowances.conversations:
        room = f"{allowances.conversations:,} conversation{'' if allowances.conversations == 1 else 's'}"
    elif allowances.megabytes is not None and size + more > allowances.megabytes * MEGABYTE:
        room = f"{allowances.megabytes:,} MB of conversations"
    if not room:
        return None
    return (
        f"Your place is full: there is room for {room} here, the trash included. Download what you want to keep, then "
        "delete it and erase it from the trash (History)."
    )
