"""One thing done with many conversations: with each that it can be done with, and in words what it could not."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from exchange.sentences import conversations
from store.conversations import NotFound, StoreError

_log = logging.getLogger(__name__)

UNEXPECTED = "something unexpected went wrong"


class Stopped(Exception):
    """Somebody has stopped what is being done."""


@dataclass(slots=True)
class Tried:
    """What came of it, by the ids of the conversations."""

    done: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    """Erased by somebody else meanwhile, or set aside as damaged."""
    failed: list[str] = field(default_factory=list)
    why: str = ""
    """Why the first of `failed` could not be changed, for the user."""

    def in_words(self, did: str) -> str:
        """Return what was done and what was not (`did` is `Deleted`, say); nothing where all was done."""
        if not self.gone and not self.failed:
            return ""
        said = [f"{did} {conversations(len(self.done))}."] if self.done else []
        if self.gone:
            said.append(f"{conversations(len(self.gone))} {_was(self.gone)} not here any more.")
        if self.failed:
            said.append(f"{conversations(len(self.failed))} stayed as {_it_was(self.failed)}: {self.why}")
        return " ".join(said)


def try_each(ids: Iterable[str], work: Callable[[str], object], step: Callable[[int], None] | None = None) -> Tried:
    """Do something with each, whatever becomes of the others; `step` is told before each how many are over, and may
    raise `Stopped`."""
    tried = Tried()
    for number, each in enumerate(ids):
        try:
            if step is not None:
                step(number)
        except Stopped:
            break
        try:
            work(each)
        except NotFound:
            tried.gone.append(each)
        except StoreError as error:
            tried.why = tried.why or str(error)
            tried.failed.append(each)
        except Exception:
            _log.exception("a conversation of many could not be changed")
            tried.why = tried.why or UNEXPECTED
            tried.failed.append(each)
        else:
            tried.done.append(each)
    return tried


def _was(ids: list[str]) -> str:
    return "was" if len(ids) == 1 else "were"


def _it_was(ids: list[str]) -> str:
    return "it was" if len(ids) == 1 else "they were"
