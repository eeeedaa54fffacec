"""How long an answer may take, and how often it is tried again and saved. Tests put shorter ones in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """How long an answer may take, in seconds. Providers' own limits are longer, or count something else."""

    first_token: float = 180.0
    """Silence before the first character. Long, since a model may think for minutes without saying so."""
    stall: float = 60.0
    """Silence after it."""
    total: float = 1800.0
    """The whole answer, counted from when the model was ready."""
    save_every: float = 0.8
    """Between two saves of a growing answer. A killed process loses this much and the time that a save takes."""
    retry_waits: tuple[float, ...] = (1.0, 3.0, 8.0)
    """Before each new try after a failure that passes by itself, as long as nothing has arrived."""
    longest_wait: float = 30.0
    """A provider that asks for a longer wait is not tried again unasked."""
    unsaved_retry: float = 2.0
    """Before the second try to save an answer that the store could not take; every later wait is twice as long."""
    unsaved_longest: float = 60.0
    """The longest of these waits. There is no last try: a full disk may have room tomorrow, and the words are here."""
    closing: float = 3.0
    """For all answers together, when the process ends."""

    def unsaved_waits(self) -> Iterator[float]:
        """Yield the seconds before each new try to save an answer, without end."""
        wait = self.unsaved_retry
        while True:
            yield wait
            wait = min(2 * wait, self.unsaved_longest)
