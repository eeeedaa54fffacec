"""What memory a machine has, where it says so, and inside a container that may use less."""

from pathlib import Path

import pytest

from chat.providers.local import machine
from chat.providers.local.machine import Memory, memory, needed_for

GIB = 1 << 30


@pytest.fixture
def said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have Linux say that there are 8 GiB, 6 of them free; what a container says goes into the folder."""
    meminfo = tmp_path / "meminfo"
    meminfo.write_text(f"MemTotal:       {8 * GIB // 1024} kB\nMemFree: 5 kB\nMemAvailable:   {6 * GIB // 1024} kB\n")
    monkeypatch.setattr(machine, "MEMINFO", meminfo)
    monkeypatch.setattr(machine, "CGROUP", tmp_path)
    return tmp_path


def container(folder: Path, limit: str, used: int, cached: int) -> None:
    (folder / "memory.max").write_text(f"{limit}\n")
    (folder / "memory.current").write_text(f"{used}\n")
    (folder / "memory.stat").write_text(f"anon 5\ninactive_file {cached}\nactive_file 7\n")


def test_without_a_container_it_is_the_machines(said: Path) -> None:
    assert memory() == Memory(8 * GIB, 6 * GIB)


@pytest.mark.parametrize(
    ("limit", "used", "cached", "found"),
    [
        ("max", GIB, 0, Memory(8 * GIB, 6 * GIB)),
        (str(16 * GIB), GIB, 0, Memory(8 * GIB, 6 * GIB)),
        (str(4 * GIB), 2 * GIB, GIB, Memory(4 * GIB, 3 * GIB)),
        (str(4 * GIB), 5 * GIB, 0, Memory(4 * GIB, 0)),
        (str(7 * GIB), 0, 0, Memory(7 * GIB, 6 * GIB)),
    ],
)
def test_a_container_may_use_less(said: Path, limit: str, used: int, cached: int, found: Memory) -> None:
    container(said, limit, used, cached)
    assert memory() == found


def test_what_this_machine_says_is_taken() -> None:
    found = memory()
    assert found.total is not None
    assert found.total > 100_000_000


def test_a_model_needs_more_memory_than_its_file_has_bytes() -> None:
    assert needed_for(98_362_432) == 387_707_404
    assert needed_for(1_000_000_000) == 1_650_000_000
