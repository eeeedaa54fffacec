"""`python -m ui.web ARGUMENTS`: plain mode, which is Chatkeep without what is in this room, as `streamlit run Home.py
ARGUMENTS` runs an app that is no `st.App`.

For a host that does not serve an `st.App`. A browser is then known by a cookie that a script of the page writes
(`ui/identity/`), and what a middleware does is not done: no headers, no `/health`. It cannot listen on a Unix socket;
`uvicorn Home:app --uds PATH` can, with everything.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import streamlit.web.cli
from streamlit.web import bootstrap
from streamlit.web.server import app_discovery

from ui.services import app_settings
from ui.web.binding import bind_in_plain_mode
from ui.web.errors import no_details
from ui.web.logs import clean_logs

_run_pages = bootstrap.run
HOME = Path(__file__).parents[2] / "Home.py"


def _no_app(path: Path, app_name: str | None = None) -> app_discovery.AppDiscoveryResult:
    return app_discovery.AppDiscoveryResult(is_asgi_app=False, app_name=None, import_string=None)


def _run(*arguments: Any, **named: Any) -> None:
    settings = app_settings()
    with no_details(), clean_logs(as_json=settings.log_as_json, secrets=settings.secrets):
        _run_pages(*arguments, **named)


def _main() -> None:
    app_discovery.discover_asgi_app = _no_app
    bind_in_plain_mode()  # also the first connection of all, which comes before the first page
    bootstrap.run = _run
    streamlit.web.cli.main(["run", str(HOME), *sys.argv[1:]])


if __name__ == "__main__":
    _main()
