"""Many threads, many processes, and processes that are killed: nothing that was acknowledged is lost."""

from __future__ import annotations

import multiprocessing
import os
import random
import select
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from tinydb import TinyDB

from store.files.store import TinyDBFiles
from tests.support.processes import ROOT
from tests.support.store_fixtures import OWNER, START, catalog_rows, conversation, message, rebuilt_rows

KILLS = 16
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


@pytest.mark.parametrize("shared", [True, False], ids=["one-conversation", "many"])
def test_processes_lose_nothing(folder: Path, shared: bool) -> None:
    files = TinyDBFiles(folder)
    ids = ["c0" if shared else f"c{writer}" for writer in range(PROCESSES)]
    for each in sorted(set(ids)):
        files.create(conversation(each))
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_process, args=(folder, each, writer)) for writer, each in enumerate(ids)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * PROCESSES
    files.close()
    _check(folder, ids)


FORKING = """
import os, sys
from pathlib import Path
from store.conversations import StoreError
from store.files.store import TinyDBFiles
from tests.support.store_fixtures import OWNER, conversation, message

files = TinyDBFiles(Path(sys.argv[1]))
files.create(conversation("c1"))
child = os.fork()
if child:
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    files.add_message(OWNER, "c1", message("parent"))
    assert TinyDBFiles(Path(sys.argv[1])).is_alive(files.process)
    files.close()
    sys.exit(ended)
verbs = {
    "list": lambda: files.list(OWNER),
    "get": lambda: files.get(OWNER, "c1"),
    "create": lambda: files.create(conversation("c2")),
    "merge_many": lambda: files.merge_many([conversation("c2")]),
    "add_message": lambda: files.add_message(OWNER, "c1", message("q1")),
    "erase": lambda: files.erase(OWNER, "c1"),
    "erase_expired": lambda: files.erase_expired(),
    "interrupt_orphans": lambda: files.interrupt_orphans(),
    "preferences": lambda: files.preferences(OWNER),
    "set_preferences": lambda: files.set_preferences(OWNER, trash_days=7),
    "process": lambda: files.process,
    "is_alive": lambda: files.is_alive("0" * 32),
    "wait_until_ready": lambda: files.wait_until_ready(),
    "keeping": lambda: files.keeping,
}
for name, verb in verbs.items():
    try:
        verb()
    except StoreError as error:
        print(f"{name}: {error}", flush=True)
files.close()
own = TinyDBFiles(Path(sys.argv[1]))
own.add_message(OWNER, "c1", message("child"))
print([each.id for each in own.list(OWNER)], own.process, flush=True)
own.close()
"""


def test_a_forked_process_opens_the_store_itself(folder: Path) -> None:
    command = [sys.executable, "-c", FORKING, str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    *refused, own = done.stdout.splitlines()
    assert len(refused) == 14
    assert {line.partition(": ")[2] for line in refused} == {
        "This process was forked from the one that opened the data, and cannot use what that one has open. Nothing was "
        "changed; open the data again in this process."
    }
    assert own.startswith("['c1'] ")
    files = TinyDBFiles(folder)
    assert [each.id for each in files.get(OWNER, "c1").messages] == ["child", "parent"]
    files.close()


WRITER = """
import itertools, os, random, sys
from pathlib import Path
from chat.conversation import new_id
from store.files.store import TinyDBFiles
from tests.support.store_fixtures import OWNER, message

print(f"pid {os.getpid()}", flush=True)
chance = random.Random(int(sys.stdin.readline()))
files = TinyDBFiles(Path(sys.argv[1]))
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
"""


class Writer:
    """A process that writes once it is told to, and says what is kept; started ahead, so that no kill waits for it."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-c", WRITER, str(folder)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT)
        self._rest = b""

    def begin(self, seed: int) -> None:
        assert self._process.stdin is not None
        assert (self.next() or "").startswith("pid ")
        self._process.stdin.write(f"{seed}\n".encode())
        self._process.stdin.flush()

    def next(self, timeout: float | None = None) -> str | None:
        """The next line; None where none came in time, or the process has ended."""
        assert self._process.stdout is not None
        pipe = self._process.stdout.fileno()
        while b"\n" not in self._rest:
            if not select.select([pipe], [], [], timeout)[0]:
                return None
            got = os.read(pipe, 65536)
            if not got:
                return None
            self._rest += got
        line, self._rest = self._rest.split(b"\n", 1)
        return line.decode()

    def kill(self) -> list[str]:
        """End it at once; return what it had still said."""
        self._process.kill()
        self._process.wait()
        lines = list(iter(self.next, None))
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
        return [line for line in lines if line is not None]


def test_kill_9_loses_no_acknowledged_message(folder: Path) -> None:
    files = TinyDBFiles(folder)
    for number in range(3):
        files.create(conversation(f"c{number}", message("q1", content="x" * 20_000)))
    files.close()
    chance = random.Random(5)
    acknowledged: dict[tuple[str, str], str] = {}
    waiting = [Writer(folder), Writer(folder)]
    for kill in range(KILLS):
        writer = waiting.pop(0)
        waiting.append(Writer(folder))
        writer.begin(kill)
        # So many acknowledgements, then anywhere within the next few milliseconds.
        lines = [writer.next() for _ in range(chance.randrange(8))]
        lines.append(writer.next(chance.random() * 0.012))
        for line in [*lines, *writer.kill()]:
            if line is not None:
                where, id, words = line.split()
                acknowledged[where, id] = words
        for path in folder.glob("personal/*.json"):
            with TinyDB(path) as database:
                assert len(database.table("messages")) >= 1
    for writer in waiting:
        writer.kill()
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
