"""Files that a page shows or gives to download, and uploads: answered only to the browser that they were made for.

Streamlit answers `/media/FILE` to everybody who knows the address. Here each file is noted with the browser that its
session is bound to (`binding.py`), at the moment that Streamlit makes its address, and others get the very answer of a
file that does not exist. A file that several browsers were given, as the icon of the page is, is each one's.

All that is known here of Streamlit's inside is that a `Runtime` has `_media_file_mgr` and that one has `_storage`, and
that an `AppSession` has `_user_info`.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import runtime
from streamlit.runtime.media_file_storage import MediaFileStorage

from ui.web.binding import USER_KEY, bindings_of
from ui.web.files.lasting import LastingDownloads, id_of
from ui.web.paths import below_base

NOBODYS = "nobodys"
"""In the place of a file or a session that is another browser's: there is none of this name."""


class OwnedMedia(LastingDownloads):
    """Streamlit's manager of files that pages show, which notes for which browsers each was made."""

    def __init__(self, storage: MediaFileStorage) -> None:
        super().__init__(storage)
        self._noting = threading.Lock()
        self._browsers: defaultdict[str, set[str | None]] = defaultdict(set)
        """By the file's id. None: a browser that keeps no cookie."""
        self._deferred: dict[str, str | None] = {}
        """By the id that a download has until it is made."""

    def add(self, *args: Any, **kwargs: Any) -> str:
        url = super().add(*args, **kwargs)
        self._note(url, _browser_of_this_run())
        return url

    def add_deferred(self, *args: Any, **kwargs: Any) -> str:
        file_id = super().add_deferred(*args, **kwargs)
        with self._noting:
            self._deferred[file_id] = _browser_of_this_run()
        return file_id

    def execute_deferred(self, file_id: str) -> str:
        url = super().execute_deferred(file_id)
        self._note(url, self._deferred.get(file_id))
        return url

    def remove_orphaned_files(self) -> None:
        super().remove_orphaned_files()
        with self._noting:
            for file_id in [each for each in self._browsers if self.read_file(each) is None]:
                del self._browsers[file_id]
            for file_id in [each for each in self._deferred if each not in self._deferred_callables]:
                del self._deferred[file_id]

    def browsers_of(self, name: str) -> frozenset[str | None]:
        """Return the browsers that this file was made for; `name` is the last part of its address."""
        with self._noting:
            return frozenset(self._browsers.get(id_of(name), ()))

    def _note(self, url: str, browser: str | None) -> None:
        with self._noting:
            self._browsers[id_of(url.rpartition("/")[2])].add(browser)


def own_media() -> OwnedMedia:
    """Have the running Streamlit note whose each file is. Once, before the first page is drawn."""
    running = runtime.get_instance()
    media = OwnedMedia(running._media_file_mgr._storage)
    running._media_file_mgr = media
    return media


class OwnFilesOnly:
    """ASGI middleware: keeps files and uploads from browsers that they are not for, and files from every cache."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            first, _, rest = below_base(scope).partition("/")
            if first == "media":
                scope, send = _own(scope, "media", rest, _browsers_of_file), _private(send)
            elif first == "_stcore" and rest.startswith("upload_file/"):
                scope = _own(scope, "upload_file", rest.split("/")[1], _browsers_of_session)
        await self._app(scope, receive, send)


def _own(scope: Scope, folder: str, name: str, browsers_of: Callable[[str], frozenset[str | None]]) -> Scope:
    """Return the request as it is where this is the browser's own, else one for what does not exist."""
    ours: set[str | None] = {*bindings_of(scope)} or {None}
    if not ours.isdisjoint(browsers_of(name)):
        return scope
    path: str = scope["path"].replace(f"{folder}/{name}", f"{folder}/{NOBODYS}", 1)
    return {**scope, "path": path, "raw_path": path.encode()}


def _browsers_of_file(name: str) -> frozenset[str | None]:
    media = runtime.get_instance().media_file_mgr
    return media.browsers_of(name) if isinstance(media, OwnedMedia) else frozenset()


def _browsers_of_session(session_id: str) -> frozenset[str | None]:
    session = runtime.get_instance().get_app_session(session_id)
    return frozenset() if session is None else frozenset({session._user_info.get(USER_KEY)})  # type: ignore[arg-type]


def _browser_of_this_run() -> str | None:
    browser = st.user.get(USER_KEY)
    return browser if isinstance(browser, str) else None


def _private(send: Send) -> Send:
    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(raw=message["headers"])["cache-control"] = "private, no-store"
        await send(message)

    return wrapped
