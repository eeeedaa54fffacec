"""What Streamlit serves beside the pages, as far as pages need it; the rest does not exist here.

Streamlit tells everybody who asks how many sessions there are and how much its caches take (`_stcore/metrics`), whether
the script runs, by running it (`_stcore/script-health-check`), and lets programs drive the pages, with headers of their
own that say who they are (`_stcore/agent/`). The last two are off unless they are configured. Whatever a
later version adds is closed until somebody has looked at it.
"""

from __future__ import annotations

import re

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ui.web.paths import below_base

_OF_PAGES = re.compile(r"stream|health|host-config|upload_file/.*|bidi-components/.*", re.DOTALL)
"""Below `_stcore/`: the connection of a page, whether there is a server, how it may be shown, files that somebody
sends (`media.py` says to which sessions), and the scripts of components."""


class PagesOnly:
    """ASGI middleware: answers 404 for what no page asks Streamlit for."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            first, _, rest = below_base(scope).partition("/")
            if first == "_stcore" and _OF_PAGES.fullmatch(rest) is None:
                await PlainTextResponse("Not Found", status_code=404)(scope, receive, send)
                return
        await self._app(scope, receive, send)
