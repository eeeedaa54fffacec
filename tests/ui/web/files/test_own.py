"""Whose a file is that Streamlit shows or gives to download, and what others are answered."""

import asyncio
import threading

import pytest
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

from chat.owner import visitor_of
from ui.web.files import own as room
from ui.web.files.own import OwnedMedia, OwnFilesOnly

ONE, OTHER = "A" * 43, "B" * 43
TEXT = "text/plain"


class FakeSession:
    def __init__(self, browser):
        self._user_info = {"visitor": browser}


class FakeRuntime:
    """Has files and sessions, as far as they are asked for."""

    def __init__(self, media, sessions):
        self.media_file_mgr = media
        self._sessions = sessions

    def get_app_session(self, session_id):
        return self._sessions.get(session_id)


@pytest.fixture
def browser(monkeypatch):
    """Return a function that says whose run of a page this is."""
    now = {"visitor": None}
    monkeypatch.setattr(room, "_browser_of_this_run", lambda: now["visitor"])
    return lambda token: now.update(visitor=None if token is None else visitor_of(token).id)


@pytest.fixture
def media(monkeypatch):
    files = OwnedMedia(MemoryMediaFileStorage("/media"))
    sessions = {"s-one": FakeSession(visitor_of(ONE).id), "s-nobody": FakeSession(None)}
    monkeypatch.setattr(room.runtime, "get_instance", lambda: FakeRuntime(files, sessions))
    return files


def path_for(path, token=None, *, headers=(), root_path=""):
    """Return the path that Streamlit is asked for when a browser with this token asks for one."""
    seen = []

    async def inner(scope, receive, send):
        seen.append((scope["path"], scope.get("raw_path", scope["path"].encode()).decode()))

    cookies = [(b"cookie", f"chatkeep={token}".encode())] if token else []
    scope = {"type": "http", "method": "GET", "scheme": "http", "path": path, "headers": [*cookies, *headers]}
    scope["root_path"] = root_path
    asyncio.run(OwnFilesOnly(inner)(scope, None, None))
    ((plain, raw),) = seen
    assert plain == raw
    return plain


def test_file_is_for_the_browser_that_it_was_made_for(media, browser):
    browser(ONE)
    url = media.add(b"words", TEXT, "1", "chat.txt", is_for_static_download=True)
    assert path_for(url, ONE) == url
    assert path_for(url, OTHER) == path_for(url) == "/media/nobodys"
    bare = url.removesuffix(".txt")
    assert path_for(bare, ONE) == bare
    assert path_for(bare, OTHER) == path_for("/media/never-made", OTHER) == "/media/nobodys"


def test_file_that_several_were_given_is_each_ones(media, browser):
    for token in (ONE, OTHER):
        browser(token)
        url = media.add(b"icon", "image/png", "1")
    assert path_for(url, ONE) == path_for(url, OTHER) == url
    assert path_for(url) == "/media/nobodys"


def test_download_is_for_the_browser_whose_page_offers_it_whoever_has_it_made(media, browser):
    browser(ONE)
    waiting = media.add_deferred(lambda: b"all of it", TEXT, "1", "all.txt")
    browser(OTHER)
    made = []
    thread = threading.Thread(target=lambda: made.append(media.execute_deferred(waiting)))
    thread.start()
    thread.join()
    (url,) = made
    assert path_for(url, ONE) == url
    assert path_for(url, OTHER) == "/media/nobodys"


def test_browser_that_keeps_no_cookie_has_its_files_and_no_one_elses(media, browser):
    browser(None)
    url = media.add(b"words", TEXT, "1")
    assert path_for(url) == url
    assert path_for(url, ONE) == "/media/nobodys"


def test_proxy_that_does_not_tell_of_https_keeps_nobody_from_their_files(media, browser):
    browser(ONE)
    url = media.add(b"words", TEXT, "1")
    assert path_for(url, headers=[(b"cookie", f"__Host-Http-chatkeep={ONE}".encode())]) == url


def test_what_streamlit_no_longer_has_is_not_remembered(media, browser):
    browser(ONE)
    url = media.add(b"words", TEXT, "1")
    assert media.browsers_of(url.rpartition("/")[2]) == {visitor_of(ONE).id}
    media.clear_session_refs()
    media.remove_orphaned_files()
    assert media.browsers_of(url.rpartition("/")[2]) == frozenset()


def test_upload_goes_only_to_a_session_of_ones_own(media):
    path = "/_stcore/upload_file/s-one/f-1"
    assert path_for(path, ONE) == path
    assert path_for(path, OTHER) == path_for(path) == "/_stcore/upload_file/nobodys/f-1"
    assert path_for("/_stcore/upload_file/s-nobody/f-1") == "/_stcore/upload_file/s-nobody/f-1"
    assert path_for("/_stcore/upload_file/s-gone/f-1", ONE) == "/_stcore/upload_file/nobodys/f-1"


def test_files_are_ones_own_below_a_prefix_that_a_server_in_front_has_taken(media, browser):
    browser(ONE)
    path = f"/front{media.add(b'words', TEXT, '1')}"
    assert path_for(path, ONE, root_path="/front") == path
    assert path_for(path, OTHER, root_path="/front") == "/front/media/nobodys"


@pytest.mark.parametrize("path", ["/media/media", "/media/", "/media/a/b", "/media/%2e"])
def test_no_name_is_taken_for_another_part_of_the_path(media, path):
    assert path_for(path) == "/media/nobodys"


@pytest.mark.parametrize(
    "path", ["/", "/media", "/static/media/font.woff2", "/component/x/media/y.js", "/_stcore/health"]
)
def test_everything_else_is_for_everybody(media, path):
    assert path_for(path) == path
