"""How the services begin and end: what the settings say, and that every part is closed whatever another meets."""

import pytest
import streamlit as st

from chat import libraries
from chat.settings.app import AppSettings
from ui.services import Services, read_settings

PARTS = ("replies", "downloads", "providers", "background", "store")


class FakePart:
    """Notes that it is closed; fails where it is told to."""

    def __init__(self, name, closed, error=None):
        self.name = name
        self.closed = closed
        self.error = error

    def close(self):
        self.closed.append(self.name)
        if self.error is not None:
            raise self.error


@pytest.mark.parametrize("failing", [(), *[(name,) for name in PARTS], PARTS], ids=str)
def test_everything_is_closed_in_order_whatever_fails(failing):
    closed = []
    parts = {name: FakePart(name, closed, TimeoutError("too late") if name in failing else None) for name in PARTS}
    Services(AppSettings(), **parts).close()
    assert closed == list(PARTS)


class FakeSecrets:
    """The secrets of an installation where people sign in."""

    def to_dict(self):
        provider = {
            "client_id": "chatkeep",
            "client_secret": "s",
            "server_metadata_url": "https://login.example.org/.well-known/openid-configuration",
        }
        return {
            "auth": {"redirect_uri": "https://a.example/oauth2callback", "cookie_secret": "0" * 32, "google": provider}
        }


def test_nobody_can_sign_in_without_the_library_for_it(monkeypatch):
    monkeypatch.setattr(st, "secrets", FakeSecrets())
    assert [provider.name for provider in read_settings().sign_in.providers] == ["google"]
    find_spec = libraries.find_spec
    monkeypatch.setattr(libraries, "find_spec", lambda name: None if name == "authlib" else find_spec(name))
    settings = read_settings()
    assert (settings.sign_in.providers, settings.must_sign_in) == ((), True)
    assert settings.problems == (
        "Nobody can sign in. Authlib is not installed. Start Chatkeep with scripts/start, or install what it needs: "
        "pip install -r requirements.txt.",
    )
