"""The address that a link has, made from where the page is: nobody has to configure what this app is reached by."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit, urlunsplit

CLOUD_FRAME = "/~/+"
"""Streamlit Community Cloud shows an app in a frame below this path, and hands the parameters of its own page on."""


def share_address(page_url: str, page_path: str, parameter: str, token: str) -> str:
    """Return what to send to somebody.

    `page_url` is the page's own, as the browser has it, and `page_path` what of it names a page other than the first:
    what is left is the app's, behind a proxy and below a path too. Where it is empty, so is that part of the link.
    """
    url = urlsplit(page_url)
    path = url.path.rstrip("/")
    if page_path:
        path = path.removesuffix(f"/{page_path}")
    path = path.removesuffix(CLOUD_FRAME)
    return urlunsplit((url.scheme, url.netloc, f"{path}/", urlencode({parameter: token}), ""))
