"""The end of the process: whatever one part meets, every other is closed."""

import pytest

from chat.settings.app import AppSettings
from ui.services import Services

PARTS = ("replies", "providers", "background", "store")


class FakePart:
    """Notes that it is closed; fails where it is told to."""

    def __init__(self, name, closed, error=None):
        self.name = name
        self.closed = closed
        self.error = error

    def close(self):
        self.closed.append(self.name)
        if self.error is not None:
            raise self.error


@pytest.mark.parametrize("failing", [(), *[(name,) for name in PARTS], PARTS], ids=str)
def test_everything_is_closed_in_order_whatever_fails(failing):
    closed = []
    parts = {name: FakePart(name, closed, TimeoutError("too late") if name in failing else None) for name in PARTS}
    Services(AppSettings(), **parts).close()
    assert closed == list(PARTS)
