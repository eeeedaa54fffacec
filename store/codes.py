"""The verbs of one-time codes: a visitor's token waits here, sealed, for the browser that has the code to take it.

What a code is, `chat/pairing.py` says. Nothing that is kept gives anybody a token or a code.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from chat.pairing import Sealed

WRONG_TRIES = 5
"""After so many wrong tries at one code it has ended."""
TRIES_OF_ONE, TRIES_OF_ALL = 5, 60
"""Tries in `WINDOW_SECONDS`: of one browser, and of all together, since a browser can always be a new one."""
WINDOW_SECONDS = 60
MOST_WAITING = 1000
"""Codes that wait at the same time."""

UNKNOWN = "This code is not known here, or it was used already. Check it, or make a new one in your other browser."
TOO_LATE = "This code has ended: it is good for 10 minutes. Make a new one in your other browser."
BURNED = "This code was typed wrongly too often and has ended. Make a new one in your other browser."
TOO_MANY = "Too many codes were tried. Nothing is lost; wait a minute, then try again."
TOO_MANY_WAITING = "Too many codes are waiting at the moment. Nothing is lost; try again in ten minutes."


class Codes(Protocol):
    """Keeps sealed tokens for a short time. Every verb raises StoreError where it could not do its work.

    No clock makes a code live longer: where it jumps, codes end early.
    """

    def keep(self, sealed: Sealed, now: datetime) -> None:
        """Keep a sealed token until its code is used, or for `pairing.LIFE`. An earlier one of the same owner ends.

        Raises `AlreadyThere` where a code of that name waits already: make another code.
        """
        ...

    def take(self, code: str, now: datetime, *, by: str) -> str:
        """Return the token that this code opens, once: of two who take it at the same time one gets it.

        `code` is as somebody typed it, `by` tells the browsers apart that try (any text). Raises `CodeUnknown`,
        `CodeTooLate`, `TooManyTries`, each with the sentence to show.
        """
        ...
