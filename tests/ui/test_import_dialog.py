"""The window for imports, as far as it goes without a browser: how large a file it takes from whom."""

from types import SimpleNamespace

import pytest
from streamlit.proto.Common_pb2 import FileURLs
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFile, UploadedFileRec

from tests.support.pages import app, page  # noqa: F401
from ui import uploads


@pytest.mark.parametrize(("mode", "megabytes"), [("personal", 1000), ("visitors", 25)])
def test_visitor_may_send_less_than_the_owner(monkeypatch, mode, megabytes):
    monkeypatch.setenv("CHATKEEP_MODE", mode)
    at = page("pages/1_History.py")
    at.button(key="import").click().run()
    assert not at.exception
    (file,) = at.file_uploader
    assert (file.label, file.proto.max_upload_size_mb) == ("File", megabytes)


def test_upload_that_is_taken_is_forgotten(monkeypatch):
    record = UploadedFileRec("f1", "chats.json", "application/json", b"[]")
    manager = MemoryUploadedFileManager("/upload")
    manager.add_file("session", record)
    context = SimpleNamespace(session_id="session", uploaded_file_mgr=manager)
    monkeypatch.setattr(uploads, "get_script_run_ctx", lambda: context)
    file = UploadedFile(record, FileURLs())
    uploads.let_go(file)
    assert (manager.get_files("session", ["f1"]), file.read()) == ([], b"[]")
