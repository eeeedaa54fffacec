"""A real OpenID Connect provider on loopback (`oidc-provider-mock`), which can be made to fail or to lie.

It runs in this process, on a thread. What it signs is checked by the app under test as anybody's is.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import oidc_provider_mock
from joserfc.jwk import RSAKey
from oidc_provider_mock import User
from playwright.sync_api import Page
from werkzeug.serving import make_server
from werkzeug.wrappers import Response

_STYLE = re.compile(r"<link[^>]*>")
SECRET = "a cookie secret of this test, long enough"


class OpenIdProvider:
    """The provider as a context manager. `people` are who can sign in: claims by subject, which go before what it would
    say by itself (`aud`, `nonce`)."""

    def __init__(self, people: Mapping[str, Mapping[str, Any]]) -> None:
        self._app = oidc_provider_mock.app(
            user_claims=[User(sub=sub, claims=dict(said)) for sub, said in people.items()]
        )
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.out_of_order: set[str] = set()
        """Paths that answer 503."""
        self.has_another_key = False
        """It says that it signs with another key than it does."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

    def _answer(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path in self.out_of_order:
            start("503 Service Unavailable", [("Content-Type", "text/plain")])
            return [b"out of order"]
        if path == "/jwks" and self.has_another_key:
            key = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}).as_dict(private=False)
            start("200 OK", [("Content-Type", "application/json")])
            return [json.dumps({"keys": [key]}).encode()]
        answer = Response.from_app(self._app, environ)
        if answer.mimetype == "text/html":  # its pages would fetch a style sheet from elsewhere
            answer.set_data(_STYLE.sub("", answer.get_data(as_text=True)))
        return answer(environ, start)


def write_secrets(path: Path, app: str, provider: str, secret: str = SECRET, **values: str) -> None:
    """Write the secrets of the app at one address that people sign in to with the provider at the other one. `values`
    stand before `[auth]`."""
    auth = {
        "redirect_uri": f"{app}/oauth2callback",
        "cookie_secret": secret,
        "client_id": "chatkeep",
        "client_secret": "of no importance",
        "server_metadata_url": f"{provider}/.well-known/openid-configuration",
    }
    lines = [*_in_toml(values), "[auth]", *_in_toml(auth)]
    path.write_text("\n".join(lines))


def _in_toml(values: Mapping[str, str]) -> list[str]:
    return [f"{name} = {json.dumps(value)}" for name, value in values.items()]


def sign_in(page: Page, subject: str, button: str = "Sign in") -> None:
    """Sign in as one of the provider's people, from a page that offers it."""
    page.get_by_role("button", name=button, exact=True).click()
    page.get_by_role("button", name=subject, exact=True).click()


def sign_out(page: Page, button: str = "Sign out") -> None:
    """Sign out, at the provider too, which asks."""
    page.get_by_role("button", name=button, exact=True).click()
    page.get_by_role("button", name="End session").click()
