"""`python -m exchange`, run as a process: what it prints, how it ends, and what is on the disk afterwards."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from chat.conversation import Conversation, new_id
from formats.exports.chatkeep import to_chatkeep
from store.files.store import TinyDBFiles
from tests.support.many_conversations import one_of_many
from tests.support.store_fixtures import OWNER, conversation, message

HERE = Path(__file__).parents[2]
READ_LATER = """
from exchange import passes
from exchange.shell import exporting, main
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # what a shell starts in the background ignores it
"""


def run(cwd: Path, *arguments: str, prelude: str = "", **variables: str) -> tuple[int, str, str]:
    """Run the command in a folder, with these variables in its environment; `prelude` is Python that prepares it.

    Return code, output and errors.
    """
    program = ["-m", "exchange"] if not prelude else ["-c", f"{prelude}\nsys.exit(main.main())"]
    done = subprocess.run(
        [sys.executable, *program, *arguments],
        capture_output=True,
        cwd=cwd,
        env=environment() | variables,
        timeout=120,
    )
    return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode()


def environment() -> dict[str, str]:
    known = {name: value for name, value in os.environ.items() if name != "STORE_URL"}
    return known | {"PYTHONPATH": str(HERE), "PYTHONIOENCODING": "utf-8"}


def lines(path: Path, number: int, start: int = 0) -> Path:
    """Write JSONL with so many conversations of one turn."""
    told = [
        {"messages": [{"role": "user", "content": f"Question {n}"}, {"role": "assistant", "content": f"Answer {n}"}]}
        for n in range(start, start + number)
    ]
    path.write_text("".join(json.dumps(each) + "\n" for each in told))
    return path


def count(folder: Path) -> int:
    """Return how many conversations are kept, each whole."""
    store = TinyDBFiles(folder / "data")
    kept = [store.get(OWNER, summary.id) for summary in store.list(OWNER, limit=None)]
    store.close()
    assert all(len(each.messages) == 2 for each in kept)
    assert len(kept) == len(list((folder / "data" / OWNER).glob("*.json")))
    assert list((folder / "data" / OWNER).glob(".*")) == []
    return len(kept)


# Import


def test_dry_run_import_and_again(tmp_path: Path) -> None:
    file = lines(tmp_path / "chats.jsonl", 3)
    with file.open("a") as more:
        more.write('{"messages": []}\n')
    product = "an export of Messages in JSON"
    skipped = "1 skipped:\n  “Conversation 4” has no messages\n"
    assert run(tmp_path, "import", "--dry-run", "chats.jsonl") == (
        0,
        f"chats.jsonl, {product}: 3 new, 1 skipped.\n{skipped}",
        "",
    )
    assert run(tmp_path, "import", "chats.jsonl") == (
        0,
        f"chats.jsonl, {product}. Imported: 3 new, 1 skipped.\n{skipped}",
        "",
    )
    assert run(tmp_path, "import", "chats.jsonl") == (
        0,
        f"chats.jsonl, {product}. Imported: 3 already here, 1 skipped.\nThere is nothing new in this file.\n{skipped}",
        "",
    )
    assert count(tmp_path) == 3


def test_several_files_of_which_some_cannot_be_read(tmp_path: Path) -> None:
    lines(tmp_path / "one.jsonl", 2)
    lines(tmp_path / "two.jsonl", 2, start=1)
    (tmp_path / "no.txt").write_text("nothing\x1b[31m")
    code, out, problems = run(tmp_path, "import", "--dry-run", "one.jsonl", "no.txt", "gone.zip", "two.jsonl", ".")
    assert code == 0
    assert out == (
        "one.jsonl, an export of Messages in JSON: 2 new.\n"
        "two.jsonl, an export of Messages in JSON: 1 new, 1 already here.\n"
    )
    assert [line[:60] for line in problems.splitlines()] == [
        "no.txt: No conversations were found in this file. Chatkeep r",
        "gone.zip: there is no such file. Nothing was imported from i",
        ".: this is a folder: name the files in it. Nothing was impor",
    ]
    assert run(tmp_path, "import", "no.txt", "gone.zip")[0] == 1


def test_titles_give_a_terminal_no_orders_and_details_name_what_is_left_out(tmp_path: Path) -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}
    said = [{"role": "user", "content": [{"type": "text", "text": "Look \x1b[31m\u202e"}, picture]}]
    (tmp_path / "chats.jsonl").write_text(json.dumps({"messages": said}) + "\n")
    code, out, _ = run(tmp_path, "import", "--details", "chats.jsonl")
    assert (code, out) == (
        0,
        "chats.jsonl, an export of Messages in JSON. Imported: 1 new, 1 picture left out.\n"
        "1 picture left out:\n"
        "  “Look \ufffd[31m\ufffd”: 1\n",
    )


def test_file_that_is_not_unicode_is_imported_once_its_encoding_is_named(tmp_path: Path) -> None:
    said = [{"role": "user", "content": "Où est l’été à Zürich ?"}, {"role": "assistant", "content": "Déjà passé."}]
    written = json.dumps({"messages": said}, ensure_ascii=False).encode("cp1252")
    (tmp_path / "chats.jsonl").write_bytes(written + b"\n")
    code, out, problems = run(tmp_path, "import", "chats.jsonl")
    assert (code, out) == (1, "")
    assert problems.splitlines()[:2] == [
        "chats.jsonl: This file is not written in Unicode. Nothing was imported; choose the encoding in which its "
        "words read right.",
        "  --encoding cp1252: Western European (Windows-1252), such as “Où est l’été à Zürich ? Déjà passé.”",
    ]
    code, out, _ = run(tmp_path, "import", "--encoding", "cp1252", "chats.jsonl")
    assert (code, out) == (0, "chats.jsonl, an export of Messages in JSON. Imported: 1 new.\n")
    for unknown in ("klingon", "base64"):
        assert run(tmp_path, "import", "--encoding", unknown, "chats.jsonl")[0] == 2


def test_import_out_of_a_pipe(tmp_path: Path) -> None:
    given = lines(tmp_path / "chats.jsonl", 2).read_bytes()
    done = subprocess.run(
        [sys.executable, "-m", "exchange", "import", "/dev/stdin"],
        input=given,
        capture_output=True,
        cwd=tmp_path,
        env=environment(),
        timeout=120,
    )
    assert (done.returncode, done.stdout.decode()) == (
        0,
        "stdin, an export of Messages in JSON. Imported: 2 new.\n",
    )


@pytest.mark.parametrize("in_batch", [False, True], ids=["between", "within"])
def test_ctrl_c_in_the_middle_of_an_import_leaves_whole_conversations(tmp_path: Path, in_batch: bool) -> None:
    lines(tmp_path / "chats.jsonl", 9)
    verb = "Files.take_place" if in_batch else "TinyDBFiles.merge_many"
    interrupted = f"""{READ_LATER}
from store.files.folder import Files
from store.files.store import TinyDBFiles
passes.BATCH = 4
verb = {verb}
def pressing(*given):
    os.kill(os.getpid(), signal.SIGINT)
    {verb} = verb
    return verb(*given)
{verb} = pressing
"""
    assert run(tmp_path, "import", "chats.jsonl", prelude=interrupted) == (
        130,
        "chats.jsonl: Cancelled. Imported so far: 4 new. Import the file again to go on.\n",
        "Cancelled.\n",
    )
    assert count(tmp_path) == 4
    assert run(tmp_path, "import", "chats.jsonl")[1].endswith("Imported: 5 new, 4 already here.\n")
    assert count(tmp_path) == 9


def test_ctrl_c_twice_ends_an_import_at_once_and_leaves_nothing_half(tmp_path: Path) -> None:
    lines(tmp_path / "chats.jsonl", 9)
    interrupted = f"""{READ_LATER}
from store.files.folder import Files
take_place = Files.take_place
def pressing(self, place, writer):
    take_place(self, place, writer)
    os.kill(os.getpid(), signal.SIGINT)
Files.take_place = pressing
"""
    code, _, problems = run(tmp_path, "import", "chats.jsonl", prelude=interrupted)
    assert (code, problems) == (130, "Cancelled.\n")
    assert count(tmp_path) == 2
    assert run(tmp_path, "import", "chats.jsonl")[1].endswith("Imported: 7 new, 2 already here.\n")


def test_full_disk_in_an_import_is_said_and_leaves_nothing_half(tmp_path: Path) -> None:
    file = lines(tmp_path / "chats.jsonl", 2)
    long = {"messages": [{"role": "user", "content": "x" * 90_000}, {"role": "assistant", "content": "Yes"}]}
    with file.open("a") as more:
        more.write(json.dumps(long) + "\n")
    TinyDBFiles(tmp_path / "data").close()
    full = f"""{READ_LATER}
import resource
passes.BATCH = 2
resource.setrlimit(resource.RLIMIT_FSIZE, (80_000, resource.RLIM_INFINITY))
"""
    code, _, problems = run(tmp_path, "import", "chats.jsonl", prelude=full)
    assert (code, problems) == (
        0,
        "chats.jsonl: The conversation could not be saved: its file would be larger than this system allows. Nothing "
        "that was there is lost; go on in a new conversation. Imported so far: 2 new. Import the file again to go "
        "on.\n",
    )
    assert count(tmp_path) == 2
    assert run(tmp_path, "import", "chats.jsonl")[1].endswith("Imported: 1 new, 2 already here.\n")


def test_import_beside_a_process_that_writes_to_the_same_store(tmp_path: Path) -> None:
    app = TinyDBFiles(tmp_path / "data")
    app.create(conversation("open", message("m0", None, "user", "Hi")))
    command = subprocess.Popen(
        [sys.executable, "-m", "exchange", "import", str(lines(tmp_path / "chats.jsonl", 150))],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    written = 0
    while command.poll() is None:
        app.add_message(OWNER, "open", message(f"m{written + 1}", f"m{written}"))
        written += 1
    out, problems = command.communicate()
    assert (command.returncode, problems) == (0, "")
    assert out == "chats.jsonl, an export of Messages in JSON. Imported: 150 new.\n"
    assert len(app.get(OWNER, "open").messages) == written + 1 > 1
    assert app.count(OWNER) == 151
    app.close()


def test_store_that_another_process_locks_for_too_long_is_said(tmp_path: Path) -> None:
    TinyDBFiles(tmp_path / "data").close()
    locked = f"""{READ_LATER}
import store.disk.locks
store.disk.locks.PATIENCE_SECONDS = 0.2
"""
    holding = """
import sys
from pathlib import Path
from filelock import FileLock
held = [FileLock(Path(sys.argv[1]) / f"{number:02}.lock") for number in range(64)]
for lock in held:
    lock.acquire()
print("held", flush=True)
sys.stdin.read()
"""
    (tmp_path / "data" / ".locks").mkdir(exist_ok=True)
    with subprocess.Popen(
        [sys.executable, "-c", holding, str(tmp_path / "data" / ".locks")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment(),
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        code, out, problems = run(tmp_path, "import", str(lines(tmp_path / "chats.jsonl", 1)), prelude=locked)
        holder.communicate("")
    assert (code, out) == (1, "")
    assert problems.startswith("chats.jsonl: Another process has been busy with this data for too long.")


# Export


def filled(folder: Path, number: int) -> list[Conversation]:
    store = TinyDBFiles(folder / "data")
    chats = [one_of_many(each) for each in range(number)]
    store.merge_many(chats)
    store.close()
    return chats


def test_export_is_a_zip_that_comes_back_without_doubles(tmp_path: Path) -> None:
    chats = filled(tmp_path, 3)
    code, out, problems = run(tmp_path, "export")
    name = out.splitlines()[-1]
    assert (code, out, problems) == (0, f"Exported: 3 conversations.\n{name}\n", "")
    assert re.fullmatch(r"chatkeep-\d{4}-\d\d-\d\d\S*\.zip", name)
    with zipfile.ZipFile(tmp_path / name) as archive:
        assert {archive.read(each) for each in archive.namelist() if each != "manifest.json"} == {
            to_chatkeep(chat) for chat in chats
        }
    assert run(tmp_path, "export")[1].splitlines()[-1] != name  # nothing that is there is written over unasked
    assert run(tmp_path, "import", name)[1] == (
        f"{name}, an export of Chatkeep. Imported: 3 already here.\nThere is nothing new in this file.\n"
    )


def test_export_of_what_a_search_finds_to_a_pipe(tmp_path: Path) -> None:
    filled(tmp_path, 3)
    code, out, problems = run(tmp_path, "export", "--format", "jsonl", "--find", "number1", "--output", "-")
    assert (code, problems) == (0, "")
    (line,) = out.splitlines()
    assert "answer number1." in line
    whole = subprocess.run(
        [sys.executable, "-m", "exchange", "export", "--output", "-"],
        capture_output=True,
        cwd=tmp_path,
        env=environment(),
        timeout=120,
    )
    with zipfile.ZipFile(io.BytesIO(whole.stdout)) as archive:
        assert (archive.testzip(), len(archive.namelist())) == (None, 4)


@pytest.mark.parametrize(("zone", "month"), [("Pacific/Auckland", 1), ("Pacific/Auckland", 7), ("America/New_York", 7)])
def test_days_of_a_search_are_those_of_the_machine(tmp_path: Path, zone: str, month: int) -> None:
    midnight = datetime(2026, month, 2, tzinfo=ZoneInfo(zone))
    store = TinyDBFiles(tmp_path / "data")
    for title, moment in (("the day before", midnight - timedelta(seconds=1)), ("that day", midnight)):
        moment = moment.astimezone(UTC)
        turn = message("q1", content=title), message("a1", "q1", role="assistant", content="Yes.")
        store.create(dataclasses.replace(conversation(new_id(), *turn), head="a1", updated_at=moment))
    store.close()
    for word, title in (("after", "that day"), ("before", "the day before")):
        query = f"{word}:2026-{month:02}-02"
        code, out, problems = run(tmp_path, "export", "--format", "jsonl", "--find", query, "--output", "-", TZ=zone)
        assert (code, problems) == (0, "")
        assert [json.loads(line)["messages"][0]["content"] for line in out.splitlines()] == [title]


@pytest.mark.parametrize("zone", ["Etc/GMT-14", "Etc/GMT+12"])
def test_a_file_is_named_by_the_day_of_the_machine(tmp_path: Path, zone: str) -> None:
    filled(tmp_path, 1)
    before = datetime.now(ZoneInfo(zone)).date()
    name = run(tmp_path, "export", TZ=zone)[1].splitlines()[-1]
    after = datetime.now(ZoneInfo(zone)).date()
    assert name.split(".")[0] in {f"chatkeep-{before}", f"chatkeep-{after}"}


def test_pipe_that_nobody_reads_is_no_traceback(tmp_path: Path) -> None:
    filled(tmp_path, 40)
    done = subprocess.run(
        f"{sys.executable} -m exchange export --format markdown --output - | head -c 4",
        shell=True,
        capture_output=True,
        cwd=tmp_path,
        env=environment(),
        timeout=120,
    )
    assert (done.stdout, done.stderr) == (b"PK\x03\x04", b"")


def test_nothing_to_export_and_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    assert run(tmp_path, "export") == (1, "", "There is no conversation yet. Nothing was written.\n")
    filled(tmp_path, 1)
    assert run(tmp_path, "export", "--find", "zebra") == (1, "", "No conversation was found. Nothing was written.\n")
    assert run(tmp_path, "export", "--output", "nowhere/all.zip") == (
        1,
        "",
        "The file could not be written: there is no such folder. What was there is still there.\n",
    )
    assert run(tmp_path, "export", "--output", "/dev/full") == (
        1,
        "",
        "The file could not be written: the disk is full. What was there is still there.\n",
    )
    assert sorted(os.listdir(tmp_path)) == ["data"]


@pytest.mark.parametrize("how", ["interrupted", "full"])
def test_export_that_ends_early_leaves_the_file_that_was_there(tmp_path: Path, how: str) -> None:
    filled(tmp_path, 8)
    (tmp_path / "all.zip").write_bytes(b"mine")
    ends = {
        "interrupted": """
from exchange import exporting
readable = exporting._readable
def pressing(*given):
    for number, each in enumerate(readable(*given)):
        if number == 3:
            os.kill(os.getpid(), signal.SIGINT)
        yield each
exporting._readable = pressing
""",
        "full": """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, resource.RLIM_INFINITY))
""",
    }
    opened = TinyDBFiles(tmp_path / "data")  # so that the command has nothing to write but its file
    code, out, problems = run(tmp_path, "export", "--output", "all.zip", prelude=READ_LATER + ends[how])
    opened.close()
    assert (code, out) == ((130, "") if how == "interrupted" else (1, ""))
    assert (
        problems.splitlines()[-1]
        == {
            "interrupted": "Cancelled.",
            "full": "The file could not be written: file too large. What was there is still there.",
        }[how]
    )
    assert (tmp_path / "all.zip").read_bytes() == b"mine"
    assert sorted(os.listdir(tmp_path)) == ["all.zip", "data"]
    assert run(tmp_path, "export", "--output", "all.zip")[0] == 0
    assert zipfile.is_zipfile(tmp_path / "all.zip")


# Words


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("import",),
        ("bring", "chats.zip"),
        ("export", "--format", "docx"),
        ("export", "--owner", ""),
        ("export", "--store", "mongodb:///chats"),
    ],
    ids=" ".join,
)
def test_wrong_words_end_with_2(tmp_path: Path, words: tuple[str, ...]) -> None:
    code, out, problems = run(tmp_path, *words)
    assert (code, out, "Traceback" in problems, bool(problems)) == (2, "", False, True)
    assert os.listdir(tmp_path) == []


def test_owner_and_store_are_the_ones_that_are_named(tmp_path: Path) -> None:
    lines(tmp_path / "chats.jsonl", 2)
    place = ("--owner", "visitor-1", "--store", "tinydb:///elsewhere")
    assert run(tmp_path, "import", "chats.jsonl", *place)[0] == 0
    code, out, problems = run(tmp_path, "export", *place, "--format", "csv", "--output", "-")
    assert (code, len(out.splitlines()), problems) == (0, 1 + 4, "")
    assert run(tmp_path, "export", "--store", "tinydb:///elsewhere")[0] == 1
    store = TinyDBFiles(tmp_path / "elsewhere")
    assert (store.count("visitor-1"), store.count(OWNER)) == (2, 0)
    store.close()
