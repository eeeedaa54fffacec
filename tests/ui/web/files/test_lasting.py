"""How long a download is there, though runs of pages end meanwhile: long enough for a browser on a slow line."""

import pytest
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.media_file_storage import MediaFileStorageError
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

from ui.web.files import lasting
from ui.web.files.lasting import MADE_SECONDS, OFFERED_SECONDS, LastingDownloads, id_of


class FakeClock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def files(clock):
    return LastingDownloads(MemoryMediaFileStorage("/media"), clock)


def offered(files, place="1", words=b"all of it"):
    return files.add_deferred(lambda: words, "text/plain", place, "all.txt")


def content(files, url):
    file = files.read_file(id_of(url.rpartition("/")[2]))
    return None if file is None else file.content


def some_runs_end(files, number=5):
    for _ in range(number):
        files.remove_orphaned_files()


def test_what_was_made_can_be_fetched_for_minutes_whatever_runs_end(files, clock):
    url = files.execute_deferred(offered(files))
    clock.now += MADE_SECONDS - 1
    some_runs_end(files)
    assert content(files, url) == b"all of it"
    clock.now += 1
    some_runs_end(files)
    assert content(files, url) is None


def test_what_is_made_again_lasts_from_then_on(files, clock):
    button = offered(files)
    files.execute_deferred(button)
    clock.now += MADE_SECONDS - 1
    url = files.execute_deferred(button)
    clock.now += MADE_SECONDS - 1
    some_runs_end(files)
    assert content(files, url) == b"all of it"


def test_button_of_the_run_before_gives_its_file_for_a_while(files, clock):
    button = offered(files)
    files.clear_session_refs()
    newer = offered(files)
    some_runs_end(files)
    clock.now += OFFERED_SECONDS - 1
    some_runs_end(files)
    assert content(files, files.execute_deferred(button)) == b"all of it"
    clock.now += 1
    some_runs_end(files)
    with pytest.raises(MediaFileStorageError):
        files.execute_deferred(button)
    assert content(files, files.execute_deferred(newer)) == b"all of it"


def test_button_that_a_part_of_the_page_drew_anew_gives_its_file_for_a_while(files, clock):
    button = offered(files, "1")
    offered(files, "1")
    some_runs_end(files)
    assert content(files, files.execute_deferred(button)) == b"all of it"


def test_button_that_is_drawn_disabled_gives_nothing(files):
    button = offered(files, "1")
    files.remove_deferred("1")
    with pytest.raises(MediaFileStorageError):
        files.execute_deferred(button)


def test_picture_that_no_page_shows_is_let_go_of_as_ever(files):
    url = files.add(b"icon", "image/png", "1")
    files.clear_session_refs()
    files.remove_orphaned_files()
    assert content(files, url) is None


def test_running_streamlit_keeps_downloads_and_what_it_had(monkeypatch):
    class FakeRuntime:
        def __init__(self):
            self._media_file_mgr = MediaFileManager(MemoryMediaFileStorage("/media"))

        @property
        def media_file_mgr(self):
            return self._media_file_mgr

    running = FakeRuntime()
    url = running.media_file_mgr.add(b"icon", "image/png", "1")
    monkeypatch.setattr(lasting.runtime, "exists", lambda: True)
    monkeypatch.setattr(lasting.runtime, "get_instance", lambda: running)
    lasting.keep_downloads()
    files = running.media_file_mgr
    assert isinstance(files, LastingDownloads)
    assert content(files, url) == b"icon"
    lasting.keep_downloads()
    assert running.media_file_mgr is files
