"""Waiting for what another process does, without guessing how long it takes."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE = 30.0
"""Seconds after which `wait_for` gives up: only a failing test takes so long."""


def wait_for(condition: Callable[[], bool], what: str) -> None:
    """Return once the condition holds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited {PATIENCE:.0f} s in vain: {what}"
        time.sleep(0.01)


def run_python(script: str, *arguments: object) -> int:
    """Run a script in a process of its own, from the repository's root; return its exit code, or minus a signal."""
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, timeout=60, check=False).returncode


def is_gone(pid: int) -> bool:
    """Whether the process has ended, even where nobody has looked at its exit code yet."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return stat.parent.parent.exists() and not stat.parent.exists()
