"""A session of somebody who signed in is for them alone: whoever names it with another sign-in gets one of their own.

The cookies are made as Streamlit makes them, with the secret of the app, so that no provider is needed.
"""

import asyncio
import json

import pytest
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

from tests.support.chatkeep_app import chatkeep
from tests.support.fakes.fake_server import FakeModelServer
from tests.support.identity.openid_provider import SECRET, write_secrets
from tests.support.visitors.raw_client import RawBrowser, pressed, sent, typed

KEY = "sk-typed-by-ann"
QUESTION = "What nobody but Ann may read"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("accounts")
    secrets = folder / "secrets.toml"
    settings = {"CHATKEEP_MODE": "visitors", "CHATKEEP_VISITOR_KEYS": "1", "STREAMLIT_SECRETS_FILES": str(secrets)}
    with FakeModelServer() as models:
        running = chatkeep(folder / "data", models, **settings)
        write_secrets(secrets, running.url, "https://login.example.org")
        with running:
            yield running


def signed_in(server, subject, **claims):
    """Return the cookie of somebody who signed in."""
    said = {
        "iss": "https://login.example.org",
        "sub": subject,
        "aud": "chatkeep",
        "nonce": f"of {subject}",
        "provider": "default",
        "origin": server.url,
        "is_logged_in": True,
        **claims,
    }
    return {"_streamlit_user": create_signed_value(SECRET, "_streamlit_user", json.dumps(said)).decode()}


async def begun(browser):
    """Return the id of a session with a key and an open conversation in it, after its connection is lost."""
    async with await browser.connect() as session:
        page = await session.run(page="Settings")
        key, button = page.keyed("text_input", "key-OPENAI_API_KEY"), page.keyed("button", "use-OPENAI_API_KEY")
        await session.run(typed(key, KEY), pressed(button), page="Settings")
        (box,) = (await session.run(page="Home")).elements("chat_input")
        assert QUESTION.encode() in (await session.run(sent(box, QUESTION), page="Home")).data
        return session.id


async def named_by(browser, session_id):
    """Return the session that somebody gets who names this one, and all that is drawn of it."""
    async with await browser.connect(session_id) as session:
        runs = [await session.run(page=name) for name in ("Settings", "Home", "History")]
        return session.id, b"".join(run.data for run in runs)


def test_session_goes_on_with_its_own_sign_in_and_with_no_other(server):
    async def main():
        ann = RawBrowser(server.url)
        await ann.load()
        as_visitor = dict(ann.cookies)
        ann.cookies |= signed_in(server, "ann")
        session_id = await begun(ann)
        again, data = await named_by(ann, session_id)
        assert again == session_id
        assert QUESTION.encode() in data
        others = {
            "another person in another browser": RawBrowser(server.url),
            "another person in the same browser": RawBrowser(server.url, as_visitor | signed_in(server, "bob")),
            "the same browser, signed out": RawBrowser(server.url, as_visitor),
            "junk": RawBrowser(server.url, as_visitor | {"_streamlit_user": "junk"}),
            "made for another app": RawBrowser(server.url, as_visitor | signed_in(server, "ann", aud="another")),
        }
        await others["another person in another browser"].load()
        others["another person in another browser"].cookies |= signed_in(server, "bob")
        for who, other in others.items():
            got, data = await named_by(other, session_id)
            assert got != session_id, who
            assert QUESTION.encode() not in data, who
            assert KEY.encode() not in data, who

    asyncio.run(main())
