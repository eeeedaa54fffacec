"""How long an answer may take, and how often it is tried again and saved. Tests put shorter ones in."""

from __future__ import annotations

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
    """Between two tries to save an answer that the store could not take."""
    unsaved_patience: float = 3600.0
    """After so long it is not tried any more: a disk that is full for an hour is not about to have room."""
    closing: float = 3.0
    """For all answers together, when the process ends."""
