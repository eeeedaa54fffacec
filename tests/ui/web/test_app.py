"""What is done at the start and at the end of the `st.App`: the services are opened first and closed last."""

import asyncio

import pytest
import streamlit as st

from chat.version import VERSION
from store.conversations import StoreError
from tests.support.pages import app  # noqa: F401
from ui import services as room
from ui.services import close_services, services
from ui.web import app as web_app
from ui.web.app import lifespan


@pytest.fixture(autouse=True)
def _no_streamlit(monkeypatch):
    """There is no running Streamlit here whose files could be told apart."""
    monkeypatch.setattr(web_app, "own_media", lambda: None)


@pytest.fixture
def closed(monkeypatch):
    """Return how often each store that was opened has been closed."""
    times = []
    open_store = room.open_store

    def opened(url):
        store = open_store(url)
        close, number = store.close, len(times)
        times.append(0)

        def close_and_count():
            times[number] += 1
            close()

        monkeypatch.setattr(store, "close", close_and_count)
        return store

    monkeypatch.setattr(room, "open_store", opened)
    close_services()
    return times


def run(during):
    async def main():
        async with lifespan(None):
            await asyncio.to_thread(during)

    asyncio.run(main())


def test_log_begins_with_the_version(caplog):
    run(lambda: None)
    assert caplog.records[0].getMessage() == f"Chatkeep {VERSION}"


def test_services_are_open_before_the_first_page_and_closed_at_the_end(closed):
    before = []
    run(lambda: before.extend(closed))
    assert (before, closed) == ([0], [1])


def test_store_that_cannot_be_opened_keeps_nothing_from_starting_and_what_a_page_opens_later_is_closed(
    closed, tmp_path, monkeypatch
):
    monkeypatch.setenv("STORE_URL", "mongodb://somewhere")

    def during():
        with pytest.raises(StoreError):
            services()
        monkeypatch.setenv("STORE_URL", f"tinydb:///{tmp_path}/mended")
        services()
        assert closed == [0]

    run(during)
    assert closed == [1]


def test_closing_twice_is_safe_and_closes_what_was_opened_in_between(closed):
    services()
    close_services()
    close_services()
    assert closed == [1]
    st.cache_resource.clear()
    services()
    close_services()
    assert closed == [1, 1]
