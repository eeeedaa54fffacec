"""One file of the hub's, fetched into the cache that other programs share: in pieces, whole and checked, or not at all.

`hf_hub_download` (2.4) begins anew after every break, and cannot be stopped; so the bytes are fetched here, through
the library's own client with its proxies and tokens, and what has arrived is gone on with, after a break, a stop, or
the end of the process. The bytes get the name that the library gives them; it then puts the file in its place.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from threading import Event
from typing import IO

from filelock import FileLock, Timeout

from chat.providers.local.hub.catalog import Hub
from chat.providers.local.hub.failures import broken_off, no_promise, no_room, not_as_promised
from chat.providers.local.weights import BLOCK_BYTES, SPARE_BYTES

log = logging.getLogger(__name__)

CONNECT_SECONDS, SILENCE_SECONDS = 10.0, 30.0
WAITS = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds before each next try, after breaks without a byte between them."""
LOCK_SECONDS = 0.5

_SHA256 = re.compile(r"[0-9a-f]{64}")

Tell = Callable[[int, int], None]
"""Told how many bytes have arrived, and of how many."""


class Stopped(Exception):
    """Somebody has stopped it. What has arrived is kept."""


@dataclass(frozen=True, slots=True)
class Promise:
    """What the hub says a file holds."""

    commit: str
    """Of the repository, so that a later change there is no other half of this file."""
    sha256: str
    size: int


def ask(hub: Hub, repository: str, file: str, commit: str | None = None) -> Promise:
    """Ask the hub what a file holds; `commit` of one that was begun. Raises as `fetch` does."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_url

    url = hf_hub_url(repository, file, revision=commit, endpoint=hub.address)
    said = get_hf_file_metadata(url, timeout=CONNECT_SECONDS, endpoint=hub.address)
    if said.commit_hash is None or said.size is None or said.etag is None or not _SHA256.fullmatch(said.etag):
        raise no_promise(file)
    return Promise(said.commit_hash, said.etag, said.size)


def fetch(hub: Hub, repository: str, file: str, promise: Promise, tell: Tell, stop: Event) -> Path:
    """Get a file into the cache and return where it is. Blocks: for a thread of its own.

    Raises `Stopped`, `ModelUnavailable`, and what the library and the system raise: `failures.translated` knows what
    that means.
    """
    from huggingface_hub import hf_hub_download, hf_hub_url, try_to_load_from_cache

    part = part_of(hub, repository, promise.sha256)
    blob = part.with_suffix("")
    blob.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(part.with_suffix(".chatkeep.lock"), thread_local=False)
    while not _acquired(lock):
        if stop.wait(LOCK_SECONDS):
            raise Stopped
    try:
        found = try_to_load_from_cache(repository, file, cache_dir=hub.folder, revision=promise.commit)
        if isinstance(found, str):  # another program has brought it
            if _is_as_promised(Path(found), promise, stop):
                return Path(found)
            Path(found).unlink()
        if not _is_as_promised(blob, promise, stop):
            url = hf_hub_url(repository, file, revision=promise.commit, endpoint=hub.address)
            _Rest(url, part, promise.size, tell, stop).get()
            if not _is_as_promised(part, promise, stop):
                part.unlink()
                raise not_as_promised(file)
            part.replace(blob)
        # The library finds the bytes under their name, and makes the place by which other programs know them.
        revision, cache = promise.commit, hub.folder
        path = Path(hf_hub_download(repository, file, revision=revision, cache_dir=cache, endpoint=hub.address))
        if not path.is_symlink():  # a copy, where there are no links
            blob.unlink(missing_ok=True)
        return path
    finally:
        lock.release()


def repo_folder(repository: str) -> str:
    """Return the name of a repository's folder in the cache."""
    from huggingface_hub.file_download import repo_folder_name

    return repo_folder_name(repo_id=repository, repo_type="model")


def part_of(hub: Hub, repository: str, sha256: str) -> Path:
    """Return where a file is while it is not whole."""
    return hub.folder / repo_folder(repository) / "blobs" / f"{sha256}.incomplete"


class _Rest:
    """What of a file is not here yet, fetched piece by piece onto the end of what is."""

    def __init__(self, url: str, part: Path, size: int, tell: Tell, stop: Event) -> None:
        self._url = url
        self._part = part
        self._size = size
        self._tell = tell
        self._stop = stop

    def get(self) -> None:
        """Fetch until all is here, over breaks too; gives up after several without a byte between them."""
        with self._part.open("ab") as file:
            if file.tell() > self._size:
                _begin_anew(file)
            free = shutil.disk_usage(self._part.parent).free
            if (needed := self._size - file.tell() + SPARE_BYTES) > free:
                raise no_room(needed, free)
            breaks = 0
            while (before := file.tell()) < self._size:
                trouble = self._ask_and_say_what_broke(file)
                breaks = 0 if file.tell() > before else breaks + 1
                if breaks > len(WAITS):
                    raise broken_off() from trouble
                if file.tell() < self._size and self._stop.wait(WAITS[max(0, breaks - 1)]):
                    raise Stopped
            file.flush()
            os.fsync(file.fileno())

    def _ask_and_say_what_broke(self, file: IO[bytes]) -> Exception | None:
        """Return what ended the answer before its time, where that may be over soon; raise what will not."""
        import httpx2
        from huggingface_hub.errors import HfHubHTTPError

        try:
            self._ask(file)
        except httpx2.TransportError as error:
            log.info("a download broke off at %s of %s bytes: %s", file.tell(), self._size, error)
            return error
        except HfHubHTTPError as error:
            if error.response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
                raise
            return error
        return None

    def _ask(self, file: IO[bytes]) -> None:
        """Ask for the rest, and write what comes. The server may send all of it again: then it begins anew."""
        import httpx2
        from huggingface_hub import get_session, hf_raise_for_status
        from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

        self._tell(file.tell(), self._size)
        headers = {**build_hf_headers(), "Accept-Encoding": "identity", "Range": f"bytes={file.tell()}-"}
        timeout = httpx2.Timeout(CONNECT_SECONDS, read=SILENCE_SECONDS)
        # A redirect leads to where the bytes lie, on another host mostly: the client takes no token there.
        with get_session().stream("GET", self._url, headers=headers, timeout=timeout) as response:
            hf_raise_for_status(response)
            if response.status_code != HTTPStatus.PARTIAL_CONTENT or not _begins_at(response.headers, file.tell()):
                _begin_anew(file)
            for block in response.iter_raw():
                if self._stop.is_set():
                    raise Stopped
                file.write(block[: self._size - file.tell()])
                self._tell(file.tell(), self._size)
                if file.tell() == self._size:
                    return


def _begin_anew(file: IO[bytes]) -> None:
    file.seek(0)
    file.truncate()


def _begins_at(headers: Mapping[str, str], place: int) -> bool:
    return headers.get("content-range", "").startswith(f"bytes {place}-")


def _is_as_promised(path: Path, promise: Promise, stop: Event) -> bool:
    """Return whether a file is there and holds what it should."""
    if not path.is_file() or path.stat().st_size != promise.size:
        return False
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            if stop.is_set():
                raise Stopped
            digest.update(block)
    return digest.hexdigest() == promise.sha256


def _acquired(lock: FileLock) -> bool:
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return False
    return True
