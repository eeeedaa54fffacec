"""The files of an import: the one that was given, or those in it, where it is a zip.

Nothing is unpacked to a disk, no name in a zip is ever a path, a zip in a zip is not opened, and no size that a zip
states is believed: what comes out is counted while it is read.
"""

from __future__ import annotations

import io
import lzma
import math
import struct
import time
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import IO, cast

from formats.imports.limits import MIB, Limits
from formats.imports.outcome import NotAnExport, Unreadable

DIRECTORY_BYTES = 400
"""What a file takes in a zip's list of files: 46 bytes and its name, so usually less than half of this."""

END_BYTES, LOCATOR_BYTES, LARGE_END_BYTES, LONGEST_COMMENT = 22, 20, 56, 65_535
ENCRYPTED = 1

GIVEN = "The file"
"""The name of a file that is in no zip."""

HEAD = 512
"""Bytes in which JSON shows its first bracket."""

HELD = MIB
"""Bytes of a file that is unpacked once, however often it is looked at: nearly every conversation is smaller."""

_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)
"""What reading a damaged zip raises: a negative place to seek is a ValueError, a missing password a RuntimeError."""

DAMAGED_ZIP = "This zip is damaged. Download the export once more, and import it as it is."


class Budget:
    """What was read in one pass over the files."""

    def __init__(self, limits: Limits, seconds: float = math.inf) -> None:
        """`seconds` is how long the pass may take; what is read later is `Unreadable`."""
        self.limits = limits
        self.read = 0
        self.seconds = seconds
        self._deadline = time.monotonic() + seconds

    @property
    def is_over(self) -> bool:
        """Whether the pass has taken too long."""
        return time.monotonic() > self._deadline


@dataclass(frozen=True, slots=True)
class Member:
    """A file that may hold conversations."""

    name: str
    """Only to be shown, or looked up in a manifest: it may be anything."""
    size: int
    """Bytes in it, as stated: for showing progress only."""
    opened: Callable[[Budget], IO[bytes]]

    @property
    def title(self) -> str:
        """The name without folders, for the user."""
        return self.name.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1][-100:] or "A file"

    @property
    def is_called_json(self) -> bool:
        """Whether the user should hear of it where it cannot be read; it is recognised by what is in it."""
        return self.name == GIVEN or self.name.lower().endswith((".json", ".jsonl"))

    def held(self, budget: Budget) -> Member:
        """Return the file with its bytes in memory where they are few; else, or where it is damaged, as it is."""
        if self.size > HELD:
            return self
        try:
            with self.opened(budget) as file:
                held = file.read(HELD + 1)
        except Unreadable:  # whoever looks at it will say so
            return self
        return self if len(held) > HELD else replace(self, opened=lambda budget: io.BytesIO(held))

    def begins_like_json(self, budget: Budget) -> bool:
        """Whether its first letter is a bracket. Raises `Unreadable`."""
        with self.opened(budget) as file:
            head = file.read(HEAD)
        return head.lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n")[:1] in (b"[", b"{")


def members_of(file: IO[bytes], limits: Limits) -> tuple[list[Member], bool]:
    """Return the files to look at, and whether they are in a zip. Raises `NotAnExport`."""
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    if file.read(4) in (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"):
        return _in_zip(file, limits), True
    return [Member(GIVEN, size, lambda budget: _counted(cast("IO[bytes]", _View(file)), None, budget))], False


def _in_zip(file: IO[bytes], limits: Limits) -> list[Member]:
    too_many = f"This zip has more than {limits.members:,} files. Unpack it, and import the files with the chats."
    if _directory_bytes(file) > limits.members * DIRECTORY_BYTES:
        raise NotAnExport(too_many)
    try:
        archive = zipfile.ZipFile(file)
    except _BROKEN as error:
        raise NotAnExport(DAMAGED_ZIP) from error
    # Not `is_dir`, which fails where a name is empty.
    inside = [each for each in archive.infolist() if not each.filename.endswith("/")]
    inside = [each for each in inside if not each.filename.startswith("__MACOSX/")]
    if len(inside) > limits.members:
        raise NotAnExport(too_many)
    if any(each.flag_bits & ENCRYPTED for each in inside):
        raise NotAnExport("This zip is locked with a password. Unpack it, and import the files with the chats.")
    return [Member(each.filename, each.file_size, _opener(archive, each)) for each in inside]


def _opener(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[Budget], IO[bytes]]:
    def opened(budget: Budget) -> IO[bytes]:
        if info.file_size > budget.limits.member_bytes:
            raise Unreadable(_too_large(budget.limits))
        try:
            return _counted(archive.open(info), info.compress_size, budget)
        except _BROKEN as error:
            raise Unreadable("is damaged") from error

    return opened


def _directory_bytes(file: IO[bytes]) -> int:
    """Return how long a zip says that its list of files is: `zipfile` reads all of it at once.

    Source: APPNOTE.TXT 4.3.14 to 4.3.16, the end of central directory record and its successor for large files.
    """
    size = file.seek(0, io.SEEK_END)
    tail_at = max(0, size - END_BYTES - LONGEST_COMMENT - LOCATOR_BYTES)
    file.seek(tail_at)
    tail = file.read()
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or len(tail) < end + END_BYTES:
        return 0
    (stated,) = struct.unpack_from("<L", tail, end + 12)
    locator = tail.rfind(b"PK\x06\x07", 0, end)
    if locator < 0 or len(tail) < locator + LOCATOR_BYTES:
        return int(stated)
    (large_at,) = struct.unpack_from("<Q", tail, locator + 8)
    file.seek(min(large_at, size))
    large = file.read(LARGE_END_BYTES)
    return max(stated if stated < 0xFFFFFFFF else 0, struct.unpack_from("<Q", large, 40)[0] if len(large) == 56 else 0)


def _too_large(limits: Limits) -> str:
    return f"is larger than {limits.member_bytes // MIB:,} MB"


def _counted(file: IO[bytes], packed: int | None, budget: Budget) -> IO[bytes]:
    return cast("IO[bytes]", _Counted(file, packed, budget))


class _Counted(io.RawIOBase):
    """A file that raises `Unreadable` where more comes out of it than the limits allow, or where it is damaged."""

    def __init__(self, file: IO[bytes], packed: int | None, budget: Budget) -> None:
        self._file = file
        self._packed = packed
        self._budget = budget
        self._count = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        limits = self._budget.limits
        if self._budget.is_over:
            raise Unreadable("is not read any more: it takes too long")
        try:
            piece = self._file.read(MIB if size < 0 else size)
        except _BROKEN as error:
            raise Unreadable("is damaged") from error
        self._count += len(piece)
        self._budget.read += len(piece)
        if self._count > limits.member_bytes:
            raise Unreadable(_too_large(limits))
        if self._budget.read > limits.total_bytes:
            raise Unreadable(f"is not read any more: all files are larger than {limits.total_bytes // MIB:,} MB")
        tight = self._packed is not None and self._count > limits.compression_ratio * max(self._packed, 1)
        if tight and self._count > limits.ratio_from:
            raise Unreadable("is packed so tightly that it cannot be chats")
        return piece

    def close(self) -> None:
        self._file.close()
        super().close()


class _View(io.RawIOBase):
    """The given file from its beginning, with a place of its own; closing it leaves the file open."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._at = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        self._file.seek(self._at)
        piece = self._file.read(size)
        self._at += len(piece)
        return piece
