"""Whether llama.cpp can be loaded on this machine, and what to install where it cannot.

Loading it is the only way to know: the wheel may be there and a library that it needs may not. That is tried in a
process of its own, since it costs memory, and since what does not fit this processor would end the app.
"""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec

NAME = "xllamacpp"
TRY_SECONDS = 60.0

_MISSING = re.compile(r"\b(?P<library>lib[\w+-]+)\.so[.\d]*: cannot open|Library not loaded: \S*?(?P<mac>lib[\w+-]+)\.")
_TOO_OLD = re.compile(r"version `GLIBC")
_PACKAGES = {"libgomp": "libgomp1", "libstdc++": "libstdc++6"}
"""Debian's packages for the libraries that the wheel needs and slim systems lack."""
_OR = "or choose another model."


def trouble() -> str | None:
    """Return one sentence or two on why no model can run on this machine and what helps, or None where one can.

    Takes a moment, a fifth of a second mostly: not for the way to a page.
    """
    if find_spec(NAME) is None:
        return not_installed()
    try:
        tried = subprocess.run(  # noqa: S603 - this very Python
            [sys.executable, "-c", f"import {NAME}"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TRY_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None  # nothing is known: the first question will tell
    return None if tried.returncode == 0 else not_loaded(tried.stderr.decode(errors="replace"))


def not_installed() -> str:
    """Return what is said where the wheel is missing, as on computers it is not made for."""
    return (
        f"No model can run on this machine: {NAME} is not installed. "
        f"Install it (pip install {NAME}) and try again, {_OR}"
    )


def not_loaded(words: str) -> str:
    """Return what is said where the wheel is there and loading it failed with these words."""
    if f"No module named '{NAME}'" in words:
        return not_installed()
    missing = _MISSING.search(words)
    if _TOO_OLD.search(words):
        return f"No model can run on this machine: its system is too old for {NAME}. Update it, {_OR}"
    if missing is not None:
        library = missing["library"] or missing["mac"]
        package = _PACKAGES.get(library)
        if package is None:
            return f"No model can run on this machine: {library} is missing. Install it and try again, {_OR}"
        return (
            f"No model can run on this machine: {library} is missing. Install it (apt-get install {package}; on "
            f"Streamlit Community Cloud a line {package} in packages.txt) and try again, {_OR}"
        )
    if "DLL load failed" in words:
        return (
            "No model can run on this machine: the Visual C++ Redistributable of Microsoft is missing. "
            f"Install it and try again, {_OR}"
        )
    return (
        f"No model can run on this machine: {NAME} is installed and cannot be loaded. "
        f"Install it anew (pip install --force-reinstall {NAME}) and try again, {_OR}"
    )
