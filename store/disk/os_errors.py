"""What the operating system's errors mean to a user: a sentence that says what is safe and what to do next, no path."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from store.conversations import StoreError

_CAUSES = {
    errno.ENOSPC: ("the disk is full", "free some space and try again"),
    errno.EDQUOT: ("the disk quota is used up", "free some space and try again"),
    errno.EFBIG: ("its file would be larger than this system allows", "go on in a new conversation"),
    errno.EACCES: ("access to the data folder is denied", "check its permissions and try again"),
    errno.EPERM: ("access to the data folder is denied", "check its permissions and try again"),
    errno.EROFS: ("the data folder is read-only", "make it writable and try again"),
}


@contextmanager
def saying(what: str) -> Iterator[None]:
    """Turn an error of the operating system into a StoreError that begins with `what`."""
    try:
        yield
    except OSError as error:
        reason, remedy = _CAUSES.get(
            error.errno or 0, ((error.strerror or "the disk does not answer").lower(), "try again")
        )
        raise StoreError(f"{what}: {reason}. Nothing that was there is lost; {remedy}.") from error
