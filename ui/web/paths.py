"""Where a route of ours is: below the prefix at which the app may be served (`server.baseUrlPath`)."""

from __future__ import annotations

from starlette.types import Scope
from streamlit import config
from streamlit.url_util import make_url_path


def path_of(name: str) -> str:
    """Return the path of this name, as a request has it: `health` is `/health`, or `/chat/health`.

    To be asked for with each request: what the config says is not known for certain as the app is imported.
    """
    return make_url_path(config.get_option("server.baseUrlPath"), name)


def below_base(scope: Scope) -> str:
    """Return what a request asks for below that prefix, and below the one that a server in front of the app has taken
    (`uvicorn --root-path`): `media/FILE`."""
    base = str(config.get_option("server.baseUrlPath") or "").strip("/")
    path: str = scope["path"]
    path = path.removeprefix(str(scope.get("root_path", "")).rstrip("/"))
    return path.removeprefix(f"/{base}" if base else "").lstrip("/")
