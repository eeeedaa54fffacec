"""A session belongs to the browser that began it: whoever else names it gets one of their own, with nothing in it.

Each test types a key into Settings, asks something, loses the connection, and has somebody name the session.
"""

import asyncio

import pytest

from chat.owner import new_token, visitor_of
from tests.support.chatkeep_app import PLAIN, chatkeep
from tests.support.fakes.fake_server import FakeModelServer
from tests.support.visitors.raw_client import RawBrowser, pressed, sent, typed

KEY = "sk-typed-by-the-first-one"
QUESTION = "What nobody else may read"
VISITORS = {"CHATKEEP_MODE": "visitors"}


@pytest.fixture(scope="module")
def models():
    with FakeModelServer() as server:
        yield server


@pytest.fixture(scope="module", params=[None, PLAIN], ids=["st.App", "plain"])
def server(request, models, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sessions")
    with chatkeep(folder / "data", models, run=request.param, **VISITORS) as running:
        running.is_plain = request.param is PLAIN
        yield running


async def opened(session):
    """Return what Settings draws, also where the page asks the browser first who it is."""
    run = await session.run(page="Settings")
    return run if list(run.elements("text_input")) else await session.run(page="Settings")


async def use_key(session, page):
    """Type a key into Settings and have it used."""
    key, button = page.keyed("text_input", "key-OPENAI_API_KEY"), page.keyed("button", "use-OPENAI_API_KEY")
    drawn = await session.run(typed(key, KEY), pressed(button), page="Settings")
    assert "Forget this key" in [each.label for each in drawn.elements("button")]


async def begun(browser):
    """Return the id of a session with a key and an open conversation in it, after its connection is lost."""
    await browser.load()
    async with await browser.connect() as session:
        page = await opened(session)
        await use_key(session, page)
        chat = await session.run(page="Home")
        (box,) = chat.elements("chat_input")
        asked = await session.run(sent(box, QUESTION), page="Home")
        assert QUESTION.encode() in asked.data
        return session.id


async def named_by(browser, session_id, **headers):
    """Return the session that somebody gets who names this one, all that is drawn of it, and Settings' buttons."""
    async with await browser.connect(session_id, **headers) as session:
        runs = [await session.run(page=name) for name in ("Settings", "Home", "Settings")]
        return session.id, b"".join(run.data for run in runs), [each.label for each in runs[-1].elements("button")]


def assert_nothing_crossed(data, buttons):
    assert KEY.encode() not in data
    assert QUESTION.encode() not in data
    assert "Forget this key" not in buttons


def test_browser_that_lost_its_connection_goes_on_with_its_session(server):
    async def main():
        one = RawBrowser(server.url)
        session_id = await begun(one)
        again, data, buttons = await named_by(one, session_id)
        assert again == session_id
        assert QUESTION.encode() in data
        assert "Forget this key" in buttons

    asyncio.run(main())


@pytest.mark.parametrize("kind", ["another visitor", "no cookie", "a forged header", "no cookie and a forged header"])
def test_whoever_else_names_it_gets_nothing_that_is_in_it(server, kind):
    async def main():
        one, other = RawBrowser(server.url), RawBrowser(server.url)
        session_id = await begun(one)
        headers = {}
        if "no cookie" not in kind:
            await other.load()
        if "header" in kind:
            tokens = [value for name, value in one.cookies.items() if name.startswith("chatkeep")]
            headers = {"X-Chatkeep-Visitor": visitor_of(tokens[0] if tokens else new_token()).id}
        got, data, buttons = await named_by(other, session_id, **headers)
        assert_nothing_crossed(data, buttons)
        assert got != session_id
        again, _, buttons = await named_by(one, session_id)
        assert again == session_id
        assert "Forget this key" in buttons

    asyncio.run(main())


def test_session_that_is_still_connected_is_not_taken_from_its_browser(server):
    async def main():
        one, other = RawBrowser(server.url), RawBrowser(server.url)
        await one.load()
        await other.load()
        async with await one.connect() as session:
            await use_key(session, await opened(session))
            _, data, buttons = await named_by(other, session.id)
            assert_nothing_crossed(data, buttons)
            drawn = await session.run(page="Settings")
            assert "Forget this key" in [each.label for each in drawn.elements("button")]

    asyncio.run(main())


def test_upload_is_taken_from_the_browser_of_its_session_only(server):
    async def main():
        one, other = RawBrowser(server.url), RawBrowser(server.url)
        await one.load()
        await other.load()
        async with await one.connect() as session:
            await session.run()
            path = f"/_stcore/upload_file/{session.id}/file-1"
            taken = await upload(one, path)
            refused = await upload(other, path)
            unknown = await upload(other, "/_stcore/upload_file/no-session/file-1")
        assert (taken[0], unknown[0]) == (204, 400)
        assert refused == (taken if server.is_plain else unknown)  # plain mode has no middleware that could refuse it

    asyncio.run(main())


async def upload(browser, path):
    """Return how the server answers a browser that sends it a file."""
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.json"\r\n\r\n{}\r\n--x--\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=x", "X-Xsrftoken": browser.cookies["_streamlit_xsrf"]}
    return await browser.request("PUT", path, body, **headers)
