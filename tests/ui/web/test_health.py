"""Whether this server can keep what people say, as it tells whoever runs it."""

import asyncio
import errno
import os
import shutil
import threading

import httpx2
import pytest
from streamlit import config

from store.files.keeping import try_writing
from tests.support.pages import app  # noqa: F401
from ui.services import services
from ui.web.health import HOLDS_SECONDS, Health, store_trouble


class FakeDisk:
    """Is looked at, says what a test has it say, and counts how often."""

    def __init__(self, *troubles):
        self.troubles = list(troubles)
        self.looks = 0
        self.now = 100.0

    def look(self):
        self.looks += 1
        return self.troubles.pop(0)

    def clock(self):
        return self.now


async def elsewhere(scope, receive, send):
    await send({"type": "http.response.start", "status": 404, "headers": []})
    await send({"type": "http.response.body", "body": b"elsewhere"})


def asked(health, *requests):
    """Return the answers to requests, each a method and a path; those of one list are sent at once."""

    async def main():
        async with httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=health), base_url="http://127.0.0.1"
        ) as client:
            return [await asyncio.gather(*(client.request(*each) for each in at_once)) for at_once in requests]

    return [answer for answers in asyncio.run(main()) for answer in answers]


GET = ("GET", "/health")


def test_ready_and_not_in_one_word():
    disk = FakeDisk(None, "full")
    health = Health(elsewhere, disk.look, disk.clock)
    (ready,) = asked(health, [GET])
    assert (ready.status_code, ready.json()) == (200, {"ready": True})
    assert dict(ready.headers) == {
        "content-length": "14",
        "content-type": "application/json",
        "cache-control": "no-store",
    }
    disk.now += HOLDS_SECONDS
    (full,) = asked(health, [GET])
    assert (full.status_code, full.json()) == (503, {"ready": False, "why": "full"})


def test_head_says_it_by_the_status_alone_and_nothing_else_is_answered():
    disk = FakeDisk("missing")
    head, post, other = asked(
        Health(elsewhere, disk.look), [("HEAD", "/health")], [("POST", "/health")], [("GET", "/")]
    )
    assert (head.status_code, post.status_code, post.headers["allow"]) == (503, 405, "GET, HEAD")
    assert (other.status_code, other.text) == (404, "elsewhere")


def test_looks_once_for_all_who_ask_and_holds_it_for_a_moment():
    disk = FakeDisk(None, "full")
    health = Health(elsewhere, disk.look, disk.clock)
    answers = asked(health, [GET] * 20, [GET])
    assert {answer.status_code for answer in answers} == {200}
    assert disk.looks == 1
    disk.now += HOLDS_SECONDS
    assert [answer.status_code for answer in asked(health, [GET] * 20)] == [503] * 20
    assert disk.looks == 2


def test_disk_that_does_not_answer_is_asked_once_and_said_to_be_slow():
    going_on, disk = threading.Event(), FakeDisk(None)

    def look():
        going_on.wait(20)
        return disk.look()

    health = Health(elsewhere, look, disk.clock, patience=0.05)

    async def main():
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=health), base_url="http://a") as client:
            slow = [await client.get("/health") for _ in range(3)]
            going_on.set()
            health._patience = 20
            return [*slow, await client.get("/health")]

    answers = asyncio.run(main())
    assert [answer.json().get("why") for answer in answers] == ["slow", "slow", "slow", None]
    assert disk.looks == 1


def test_works_below_a_prefix():
    disk = FakeDisk(None)
    config.set_option("server.baseUrlPath", "chat")
    try:
        below, beside = asked(Health(elsewhere, disk.look), [("GET", "/chat/health")], [GET])
    finally:
        config.set_option("server.baseUrlPath", "")
    assert (below.status_code, beside.status_code) == (200, 404)


@pytest.mark.parametrize(
    ("number", "why"),
    [
        *((number, "full") for number in (errno.ENOSPC, errno.EDQUOT)),
        *((number, "read-only") for number in (errno.EROFS, errno.EACCES, errno.EPERM)),
        (errno.ENOENT, "missing"),
        (errno.EIO, "failing"),
    ],
)
def test_disk_says_why_in_a_word(monkeypatch, number, why):
    def fsync(_file):
        raise OSError(number, os.strerror(number), "/secret/path")

    store = services().store
    monkeypatch.setattr("store.disk.entries.os.fsync", fsync)
    assert store.keeping.trouble() == store_trouble() == why


def test_store_is_really_written_to_and_nothing_is_left_of_it(tmp_path):
    keeping = services().store.keeping
    before = sorted(tmp_path.rglob("*"))
    assert keeping.trouble() is None
    assert sorted(tmp_path.rglob("*")) == before
    shutil.rmtree(tmp_path / "data")
    assert keeping.trouble() == "missing"
    with pytest.raises(FileNotFoundError):
        try_writing(tmp_path / "data")


def test_store_that_could_not_be_opened_is_tried_again(monkeypatch, tmp_path):
    monkeypatch.setenv("STORE_URL", "mongodb://somewhere")
    assert store_trouble() == "unopened"
    monkeypatch.setenv("STORE_URL", f"tinydb:///{tmp_path}/mended")
    assert store_trouble() is None


def test_error_that_nobody_foresaw_is_one_word_too(monkeypatch):
    monkeypatch.setattr("ui.web.health.services", lambda: 1 / 0)
    assert store_trouble() == "failing"
