"""What this machine has to run a model with: its memory, as far as this process may use it.

A container may be given less than the machine has (cgroup v2: docs.kernel.org/admin-guide/cgroup-v2.html).
"""

from __future__ import annotations

import ctypes
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

MEMINFO = Path("/proc/meminfo")
CGROUP = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes of memory; None: not known."""

    total: int | None = None
    free: int | None = None
    """What can be had without taking it from another program."""


def memory() -> Memory:
    """Return what memory there is now."""
    if sys.platform == "win32":
        return _of_windows()
    found = _of_linux()
    if found.total is None:
        try:  # macOS, which says only how much there is in all
            found = Memory(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
        except (OSError, ValueError):
            return Memory()
    limit, used = _of_container()
    if limit is None or (found.total is not None and limit >= found.total):
        return found
    left = max(0, limit - used)
    return Memory(limit, left if found.free is None else min(left, found.free))


def needed_for(size: int) -> int:
    """Return about how many bytes of memory a model needs whose file has this size: itself, and what was said.

    A rule of thumb: what was said takes a quarter to a half of what a model of seven billion numbers does, less in
    newer ones; SmolLM2 needs 338 MB for a file of 98 MB.
    """
    return int(size * 1.4) + 250_000_000


def _of_linux() -> Memory:
    try:
        lines = dict(re.findall(r"^(\w+):\s+(\d+) kB$", MEMINFO.read_text(), re.MULTILINE))
    except OSError:
        return Memory()
    total, free = lines.get("MemTotal"), lines.get("MemAvailable")
    return Memory(int(total) * 1024 if total else None, int(free) * 1024 if free else None)


def _of_container() -> tuple[int | None, int]:
    """Return how much a container may use (None: all there is), and how much of that it cannot give back."""
    try:
        limit = (CGROUP / "memory.max").read_text().strip()
        used = int((CGROUP / "memory.current").read_text())
        cached = re.search(r"^inactive_file (\d+)$", (CGROUP / "memory.stat").read_text(), re.MULTILINE)
    except (OSError, ValueError):
        return None, 0
    return (int(limit) if limit.isdigit() else None), used - (int(cached[1]) if cached else 0)


def _of_windows() -> Memory:
    """Ask as learn.microsoft.com/windows/win32/api/sysinfoapi/ns-sysinfoapi-memorystatusex says."""

    class Status(ctypes.Structure):
        _fields_ = (
            ("length", ctypes.c_uint32),
            ("load", ctypes.c_uint32),
            *((name, ctypes.c_uint64) for name in ("total", "free", "a", "b", "c", "d", "e")),
        )

    status = Status(length=ctypes.sizeof(Status))
    asked = ctypes.cdll.LoadLibrary("kernel32").GlobalMemoryStatusEx(ctypes.byref(status))
    return Memory(status.total, status.free) if asked else Memory()
