"""What a reader wants to go on with once they have signed in: a provider sends the browser back to the app's address.

In memory only, for a quarter of an hour, by the visitor that the browser is until then; given once, to that browser.
A browser that comes back to another process opens its link again.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict

PATIENCE_SECONDS = 900.0
MOST = 1_000
"""Readers who sign in at the same time; of more, those who began first open their link again."""

_tokens: OrderedDict[str, tuple[str, float]] = OrderedDict()
_mutex = threading.Lock()


def put(visitor_id: str, token: str) -> None:
    """Keep the link that this browser wants to go on with, in place of any other."""
    with _mutex:
        _tokens.pop(visitor_id, None)
        _tokens[visitor_id] = token, time.monotonic()
        while len(_tokens) > MOST:
            _tokens.popitem(last=False)


def take(visitor_id: str) -> str | None:
    """Return the link that this browser wants to go on with, once; None where that is none, or was too long ago."""
    with _mutex:
        token, since = _tokens.pop(visitor_id, (None, 0.0))
    return token if time.monotonic() - since < PATIENCE_SECONDS else None
