"""`python -m ui.web ARGUMENTS`: Chatkeep without what is in this room, as `streamlit run Home.py ARGUMENTS` runs an app
that is no `st.App`. For a Unix socket (`--server.address unix:///run/chatkeep.sock`), which an `st.App` cannot listen
on. Everybody is then a visitor of one session, or the personal owner where `CHATKEEP_MODE=personal` says so.
"""

from __future__ import annotations

import sys
from pathlib import Path

import streamlit.web.cli
from streamlit.web.server import app_discovery

HOME = Path(__file__).parents[2] / "Home.py"


def _no_app(path: Path, app_name: str | None = None) -> app_discovery.AppDiscoveryResult:
    return app_discovery.AppDiscoveryResult(is_asgi_app=False, app_name=None, import_string=None)


def _main() -> None:
    app_discovery.discover_asgi_app = _no_app
    streamlit.web.cli.main(["run", str(HOME), *sys.argv[1:]])


if __name__ == "__main__":
    _main()
