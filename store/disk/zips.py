"""Zips that get their name when they are whole, and zips out of which members are taken.

`zipfile` can neither remove a member nor copy one packed; unpacking 10,000 conversations to erase one takes seconds.
"""

from __future__ import annotations

import copy
import os
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from store.disk.atomic import sync_folder

UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, KeyError)
"""What `zipfile` raises for a zip or a member that is damaged, encrypted or packed in a way it does not know."""

LEVEL = 3
"""Of deflate: 4 % larger than at 6, in three quarters of the time (measured on prose)."""


@contextmanager
def new_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """Write a zip that only this user can read, and make its bytes last; where it cannot be, nothing is left of it."""
    flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)
    try:
        with os.fdopen(os.open(path, flags, 0o600), "w+b") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as archive:
                yield archive
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def take_out(
    path: Path,
    temporary: Path,
    is_gone: Callable[[str], bool],
    manifest: str,
    renewed: Callable[[bytes, list[str]], bytes],
) -> bool:
    """Take members out of a zip, atomically; returns whether there were any.

    The member `manifest` is made anew, by `renewed`, from what it was and from the names that stay. Raises one of
    `UNREADABLE`, or OSError; then the zip is as it was.
    """
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        kept = [member for member in members if not is_gone(member.filename)]
        if len(kept) == len(members):
            return False
        kept = [member for member in kept if member.filename != manifest]
        with new_zip(temporary) as target:
            _copy(archive, target, kept)
            target.writestr(manifest, renewed(archive.read(manifest), [member.filename for member in kept]))
    os.replace(temporary, path)
    sync_folder(path.parent)
    return True


def _copy(archive: zipfile.ZipFile, target: zipfile.ZipFile, members: Iterable[zipfile.ZipInfo]) -> None:
    # Something is written to `target` after this, which makes it write its list of members, these among them.
    starts = sorted({member.header_offset for member in archive.infolist()})
    ends = dict(zip(starts, [*starts[1:], archive.start_dir], strict=True))
    source, sink = archive.fp, target.fp
    if source is None or sink is None:
        raise ValueError("the zip is closed")
    for member in members:
        source.seek(member.header_offset)
        sink.seek(target.start_dir)
        moved = copy.copy(member)
        moved.header_offset = target.start_dir
        _copy_bytes(source, sink, ends[member.header_offset] - member.header_offset)
        target.start_dir = sink.tell()
        target.filelist.append(moved)
        target.NameToInfo[moved.filename] = moved


def _copy_bytes(source: IO[bytes], sink: IO[bytes], count: int) -> None:
    while count > 0:
        some = source.read(min(count, 1 << 20))
        if not some:
            raise EOFError("the zip ends in a member")
        sink.write(some)
        count -= len(some)
