"""Where a route of ours is: below the prefix at which the app may be served (`server.baseUrlPath`)."""

from __future__ import annotations

from streamlit import config
from streamlit.url_util import make_url_path


def path_of(name: str) -> str:
    """Return the path of this name, as a request has it: `health` is `/health`, or `/chat/health`.

    To be asked for with each request: what the config says is not known for certain as the app is imported.
    """
    return make_url_path(config.get_option("server.baseUrlPath"), name)
