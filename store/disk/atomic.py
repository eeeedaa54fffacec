"""Bytes that reach the disk whole or not at all.

Knows files, not conversations. A reader needs no lock: at every moment the name leads to one whole version.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_STEP_NS = 1_000
"""How much younger than its predecessor a version is at least; file systems keep no less than 100 ns."""


class Stamp(NamedTuple):
    """What tells one version of a file from every other, without opening it."""

    mtime_ns: int
    size: int
    inode: int


def stamp_of(status: os.stat_result) -> Stamp:
    """Return the stamp in a file's status."""
    return Stamp(status.st_mtime_ns, status.st_size, status.st_ino)


def json_bytes(value: Any) -> bytes:
    r"""Return compact JSON in UTF-8, readable in every script.

    Half a surrogate pair, which UTF-8 cannot carry, is written as its escape: `"\ud83d"`.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError:
        return _LONE_SURROGATE.sub(lambda half: f"\\u{ord(half[0]):04x}", text).encode()


def replace_file(path: Path, data: bytes, temporary: Path, *, after_ns: int = 0) -> Stamp:
    """Put the data in the place of `path`, for good (fsync), and return its stamp.

    The new version's time is always later than `after_ns`, its predecessor's: a clock tick is longer than a write, and
    inodes are used again at once, so without that two versions could have one stamp. Raises OSError where it cannot be
    done: then the old version is still there, and `temporary` is not.
    """
    try:
        stamp = write_file(temporary, data, after_ns=after_ns)
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    sync_folder(path.parent)
    return stamp


def write_file(path: Path, data: bytes, *, after_ns: int = 0) -> Stamp:
    """Write a file whose bytes last (its name does once its folder is synced), and return its stamp.

    Raises OSError where it cannot be written: then it is not there.
    """
    try:
        with path.open("wb") as file:
            file.write(data)
            file.flush()
            moment = max(time.time_ns(), after_ns + _STEP_NS)
            os.utime(path, ns=(moment, moment))
            os.fsync(file.fileno())
            return stamp_of(os.fstat(file.fileno()))
    except BaseException:
        with suppress(OSError):
            path.unlink()
        raise


def sync_folder(folder: Path) -> None:
    """Make the names in a folder last. Windows has no such call, and keeps them without it."""
    if os.name == "nt":
        return
    with _descriptor(folder) as descriptor:
        os.fsync(descriptor)


@contextmanager
def _descriptor(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def make_folder(folder: Path, mode: int = 0o777) -> None:
    """Make a folder that lasts, and those above it; one that is there stays as it is."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    with suppress(FileExistsError):
        folder.mkdir(mode)
    sync_folder(folder.parent)
