"""What somebody wants to go on with once they have signed in: a provider sends the browser back to the app's address.

In memory only, for a quarter of an hour, by the visitor that the browser is until then; given once, to that browser.
A browser that comes back to another process opens its address again.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field

PATIENCE_SECONDS = 900.0
MOST = 1_000
"""People who sign in at the same time; of more, those who began first open their address again."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be opened: the copy that a link shows, or a conversation, where it is theirs."""

    share: str | None = field(default=None, repr=False)
    """What the link holds."""
    conversation: str | None = None
    """Its id."""


_wishes: OrderedDict[str, tuple[Wish, float]] = OrderedDict()
_mutex = threading.Lock()


def put(visitor_id: str, wish: Wish) -> None:
    """Keep what this browser wants to go on with, in place of anything else."""
    with _mutex:
        _wishes.pop(visitor_id, None)
        _wishes[visitor_id] = wish, time.monotonic()
        while len(_wishes) > MOST:
            _wishes.popitem(last=False)


def take(visitor_id: str) -> Wish | None:
    """Return what this browser wants to go on with, once; None where that is nothing, or was too long ago."""
    with _mutex:
        wish, since = _wishes.pop(visitor_id, (None, 0.0))
    return wish if time.monotonic() - since < PATIENCE_SECONDS else None
