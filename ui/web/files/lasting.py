"""Downloads that are there when the browser comes for them: Streamlit forgets them with the next runs of any page.

A download is made at the click and fetched a moment later. Streamlit removes what it made as soon as two runs have
ended meanwhile, whoever's they are: with an answer on its way in some tab that is half a second, and the download is
lost. The button, too, names what a run before may have drawn: a click that meets a run of its page would be answered by
an error. Here what was made is kept for minutes, and what a button offered for seconds after another took its place.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from streamlit import runtime
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.media_file_storage import MediaFileStorage

MADE_SECONDS = 300.0
"""How long a download that was made can be fetched, also again: a browser may pause it, and ask for all of it anew."""
OFFERED_SECONDS = 30.0
"""How long a button that is drawn no more can still be clicked: its page may be on the way to the browser."""
_HOLDER = "held by chatkeep"
"""In place of a session's id."""


class LastingDownloads(MediaFileManager):
    """Streamlit's manager of files, which keeps a download for a while though no page refers to it."""

    def __init__(self, storage: MediaFileStorage, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(storage)
        self._clock = clock
        self._until: dict[str, float] = {}
        """By the id of what is held: until when."""

    def execute_deferred(self, file_id: str) -> str:
        url = super().execute_deferred(file_id)
        with self._lock:
            self._hold(id_of(url.rpartition("/")[2]), MADE_SECONDS)
        return url

    def remove_orphaned_files(self) -> None:
        now = self._clock()
        with self._lock:
            past = {file_id for file_id, until in self._until.items() if until <= now}
            for file_id in past:
                del self._until[file_id]
                del self._files_by_session_and_coord[_HOLDER][file_id]
            for file_id in self._deferred_callables.keys() - self._in_use() - past:
                self._hold(file_id, OFFERED_SECONDS)
        super().remove_orphaned_files()

    def _hold(self, file_id: str, seconds: float) -> None:
        self._until[file_id] = self._clock() + seconds
        self._files_by_session_and_coord[_HOLDER][file_id] = file_id

    def _in_use(self) -> set[str]:
        return {each for by_place in self._files_by_session_and_coord.values() for each in by_place.values()}


def keep_downloads() -> None:
    """Have the running Streamlit keep downloads, where it does not yet. In plain mode, before the first page asks."""
    if not runtime.exists():
        return
    running = runtime.get_instance()
    if not isinstance(running.media_file_mgr, LastingDownloads):
        running._media_file_mgr = LastingDownloads(running.media_file_mgr._storage)


def id_of(name: str) -> str:
    """Return the id of a file; `name` is the last part of its address."""
    return os.path.splitext(name)[0]
