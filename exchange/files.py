"""Files that an import reads and an export writes, outside of the data folder."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from exchange import sentences
from formats.imports import Limits, NotAnExport
from formats.imports.limits import MIB


def set_down(file: IO[bytes], limits: Limits) -> IO[bytes]:
    """Return a copy of the file on the disk, which has no name and goes when it is closed.

    Raises `NotAnExport` where it is larger than the limits allow, OSError where there is no room.
    """
    if file.seekable():
        file.seek(0)
    copy = tempfile.TemporaryFile()  # noqa: SIM115 open for as long as the import is
    most = limits.upload_mib * MIB
    try:
        while piece := file.read(MIB):
            if copy.tell() + len(piece) > most:
                raise NotAnExport(sentences.too_large(limits.upload_mib))
            copy.write(piece)
    except BaseException:
        copy.close()
        raise
    return copy


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """Write a file that has its name only once it is whole and on the disk; what had that name stays until then.

    Only this user can read it. Raises OSError where it cannot be written, and leaves nothing then. What is no file (a
    pipe, a terminal) is written to as it is.
    """
    path = path.resolve()
    if path.exists() and not path.is_file():
        with path.open("wb") as file:
            yield file
        return
    descriptor, temporary = tempfile.mkstemp(prefix=".chatkeep-", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
