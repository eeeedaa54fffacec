"""What is reachable from an object, as Python's garbage collector sees it: for tests that something is held no more."""

from __future__ import annotations

import gc
from types import FunctionType, ModuleType


def leads_to(root: object, text: str) -> bool:
    """Whether anything that this object holds, however deep, is a text or bytes with this in it.

    What belongs to a whole module (classes, functions) is not looked into.
    """
    seen: set[int] = set()
    left = [root]
    while left:
        each = left.pop()
        if isinstance(each, str) and text in each:
            return True
        if isinstance(each, bytes) and text.encode() in each:
            return True
        if id(each) not in seen and not isinstance(each, str | bytes | type | ModuleType | FunctionType):
            seen.add(id(each))
            left += gc.get_referents(each)
    return False
