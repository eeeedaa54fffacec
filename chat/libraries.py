"""Which libraries Chatkeep cannot do without, and what to do where one of them is not installed.

Imports none of them, so it can be asked before anything else is imported.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec

NEEDED = {
    "streamlit": "streamlit",
    "mistralai": "mistralai",
    "openai": "openai",
    "tinydb": "tinydb",
    "filelock": "filelock",
    "idna": "idna",
    "charset_normalizer": "charset-normalizer",
    "markdown_it": "markdown-it-py",
    "mdit_py_plugins": "mdit-py-plugins",
    "pygments": "Pygments",
    "latex2mathml": "latex2mathml",
    "nh3": "nh3",
}
"""The module that is imported, and the package that brings it. The model on this machine has its own: without it all
other models work, so `chat.providers.local` says what is wrong there."""

FOR_SIGNING_IN = {"authlib": "Authlib", "httpx": "httpx"}
"""What Streamlit needs beside it where people sign in."""


def not_installed(needed: Mapping[str, str] = NEEDED) -> str | None:
    """Return one sentence that names what is missing and how to install it, or None where all is there."""
    missing = [package for module, package in needed.items() if find_spec(module) is None]
    if not missing:
        return None
    is_or_are = "is" if len(missing) == 1 else "are"
    return (
        f"{', '.join(missing)} {is_or_are} not installed. Start Chatkeep with scripts/start, or install what it needs: "
        "pip install -r requirements.txt."
    )
