"""Many threads, many processes, and processes that are killed: nothing that was acknowledged is lost."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import select
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from tinydb import TinyDB

from store.files.store import TinyDBFiles
from tests.support.store_fixtures import OWNER, START, catalog_rows, conversation, message, rebuilt_rows

KILLS = 60
THREADS = 8
PROCESSES = 4
EACH = 50


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


def _add(files: TinyDBFiles, conversation_id: str, writer: int) -> None:
    for number in range(EACH):
        files.add_message(OWNER, conversation_id, message(f"w{writer}-{number}"))


def _process(folder: Path, conversation_id: str, writer: int) -> None:
    files = TinyDBFiles(folder)
    _add(files, conversation_id, writer)
    files.close()


def _check(folder: Path, ids: list[str]) -> None:
    """Every message of every writer is there, each writer's in its order, and the catalog knows."""
    files = TinyDBFiles(folder)
    found: dict[str, list[int]] = {}
    for each in sorted(set(ids)):
        for one in files.get(OWNER, each).messages:
            writer, number = one.id.split("-")
            found.setdefault(f"{each} {writer}", []).append(int(number))
    assert found == {f"{each} w{writer}": list(range(EACH)) for writer, each in enumerate(ids)}
    counts = {each.id: each.message_count for each in files.list(OWNER, limit=None)}
    assert counts == {each: EACH * ids.count(each) for each in ids}
    assert files.damaged(OWNER) == ()
    files.close()
    assert catalog_rows(folder) == rebuilt_rows(folder)
    assert list(folder.glob("*/.*.tmp")) == []


@pytest.mark.parametrize("shared", [True, False], ids=["one-conversation", "many"])
def test_threads_lose_nothing(folder: Path, shared: bool) -> None:
    files = TinyDBFiles(folder)
    ids = ["c0" if shared else f"c{writer}" for writer in range(THREADS)]
    for each in sorted(set(ids)):
        files.create(conversation(each))
    threads = [threading.Thread(target=_add, args=(files, each, writer)) for writer, each in enumerate(ids)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    files.close()
    _check(folder, ids)


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.parametrize("shared", [True, False], ids=["one-conversation", "many"])
def test_processes_lose_nothing(folder: Path, shared: bool, method: str) -> None:
    files = TinyDBFiles(folder)
    ids = ["c0" if shared else f"c{writer}" for writer in range(PROCESSES)]
    for each in sorted(set(ids)):
        files.create(conversation(each))
    context = multiprocessing.get_context(method)
    processes = [context.Process(target=_process, args=(folder, each, writer)) for writer, each in enumerate(ids)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * PROCESSES
    files.close()
    _check(folder, ids)


def test_a_store_goes_on_in_a_forked_process_as_another(folder: Path) -> None:
    """A thread is inside a verb while the process forks: the child inherits its locks, held by nobody."""
    files = TinyDBFiles(folder)
    files.create(conversation("c0"))
    stop = threading.Event()
    busy = threading.Thread(target=lambda: [files.list(OWNER) for _ in iter(stop.is_set, True)])
    writer = threading.Thread(target=_add, args=(files, "c0", 0))
    busy.start()
    writer.start()
    parent = files.process
    reading, writing = os.pipe()
    children = []
    for number in range(1, 4):
        child = os.fork()
        if child == 0:
            try:
                _add(files, "c0", number)
                seen = (files.process != parent, files.is_alive(parent), files.list(OWNER)[0].message_count >= EACH)
                os.write(writing, json.dumps(seen).encode() + b"\n")
            finally:
                os._exit(0)
        children.append(child)
    for child in children:
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    writer.join()
    stop.set()
    busy.join()
    os.close(writing)
    with os.fdopen(reading) as answers:
        assert [json.loads(line) for line in answers] == [[True, True, True]] * 3
    assert files.process == parent
    files.close()
    _check(folder, ["c0"] * 4)


def test_a_parent_that_ends_is_not_kept_alive_by_its_children(folder: Path) -> None:
    watcher = TinyDBFiles(folder)
    script = """
import os, sys
from pathlib import Path
from store.files.store import TinyDBFiles
files = TinyDBFiles(Path(sys.argv[1]))
parent = files.process
child = os.fork()
if child == 0:
    os.write(1, b"child\\n")
    sys.stdin.read()
    os._exit(0)
os.write(1, f"{parent}\\n".encode())
os.kill(os.getpid(), 9)
"""
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    assert process.stdin is not None
    # The child speaks when it has let go of what it inherited, which may be after its parent's death.
    lines = {process.stdout.readline().strip(), process.stdout.readline().strip()}
    (name,) = lines - {"child"}
    process.wait()
    assert not watcher.is_alive(name)
    process.stdin.close()
    process.stdout.close()
    watcher.close()


WRITER = """
import itertools, os, random, signal, sys
from pathlib import Path
from chat.conversation import new_id
from store.files.store import TinyDBFiles
from tests.support.store_fixtures import OWNER, message

def write(folder, seed):
    chance = random.Random(seed)
    files = TinyDBFiles(folder)
    files.interrupt_orphans()
    for number in itertools.count():
        where, id = f"c{chance.randrange(3)}", new_id()
        status = "streaming" if number % 2 else "complete"
        files.add_message(OWNER, where, message(id, None, "assistant", content="0", status=status))
        os.write(1, f"{where} {id} 0\\n".encode())
        if status == "streaming":
            for length in range(1, 4):
                files.update_message(OWNER, where, id, content="0" * (length * chance.randrange(1, 4000) + length))
            files.update_message(OWNER, where, id, content="last", status="complete")
            os.write(1, f"{where} {id} last\\n".encode())

for line in sys.stdin:
    child = os.fork()
    if child == 0:
        try:
            write(Path(sys.argv[1]), int(line))
        finally:
            os._exit(1)
    os.write(1, f"pid {child}\\n".encode())
    os.waitpid(child, 0)
    os.write(1, b"dead\\n")
"""


class Lines:
    """Lines from a pipe, with a wait that ends."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._rest = b""

    def next(self, timeout: float | None = None) -> str | None:
        while b"\n" not in self._rest:
            if not select.select([self._descriptor], [], [], timeout)[0]:
                return None
            got = os.read(self._descriptor, 65536)
            assert got, "the writer ended"
            self._rest += got
        line, self._rest = self._rest.split(b"\n", 1)
        return line.decode()


def test_kill_9_loses_no_acknowledged_message(folder: Path) -> None:
    files = TinyDBFiles(folder)
    for number in range(3):
        files.create(conversation(f"c{number}", message("q1", content="x" * 20_000)))
    files.close()
    # One warm process forks every writer, so that no time goes into starting Python.
    forking = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert forking.stdin is not None
    assert forking.stdout is not None
    lines = Lines(forking.stdout.fileno())
    chance = random.Random(5)
    acknowledged: dict[tuple[str, str], str] = {}
    half_written = 0
    for kill in range(KILLS):
        forking.stdin.write(f"{kill}\n".encode())
        forking.stdin.flush()
        wanted, pid, seen = chance.randrange(8), 0, 0
        # So many acknowledgements, then anywhere within the next few milliseconds.
        while pid == 0 or seen < wanted:
            line = lines.next()
            assert line not in (None, "dead")
            first, *rest = line.split()
            if first == "pid":
                pid = int(rest[0])
                continue
            acknowledged[first, rest[0]] = rest[1]
            seen += 1
        line = lines.next(chance.random() * 0.012)
        os.kill(pid, signal.SIGKILL)
        while line != "dead":
            if line is not None:
                where, id, words = line.split()
                acknowledged[where, id] = words
            line = lines.next()
        half_written += len(list(folder.glob("personal/.*.tmp")))
        for path in folder.glob("personal/*.json"):
            with TinyDB(path) as database:
                assert len(database.table("messages")) >= 1
    forking.stdin.close()
    forking.wait()
    forking.stdout.close()
    files = TinyDBFiles(folder)
    kept = {each.id: files.get(OWNER, each.id) for each in files.list(OWNER)}
    assert sorted(kept) == ["c0", "c1", "c2"]
    lost = {key: words for key, words in acknowledged.items() if kept[key[0]].message(key[1]) is None}
    assert lost == {}
    for (where, id), words in acknowledged.items():
        found = kept[where].message(id)
        assert found is not None
        if words == "last":
            assert (found.content, found.status) == ("last", "complete")
    assert len(acknowledged) > KILLS
    assert half_written > 0  # else no kill ever met a write
    assert files.damaged(OWNER) == ()
    files.close()
    assert list(folder.glob("personal/.*")) == []
    assert catalog_rows(folder) == rebuilt_rows(folder)


def test_times_are_those_of_the_clock(folder: Path) -> None:
    files = TinyDBFiles(folder)
    files.create(conversation("c1"))
    after = files.add_message(OWNER, "c1", message("q1"))
    assert after.updated_at > START
    files.close()
