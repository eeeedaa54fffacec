"""`python -m store`: what it prints and how it ends, as a process of its own, beside a running app."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from chat.version import VERSION
from store.files.store import TinyDBFiles
from store.keeping import OUT_OF_REACH
from tests.support.store_fixtures import CUT, OWNER, at, conversation, erase, message

HERE = Path(__file__).parents[2]


def run(*arguments: str, cwd: Path = HERE, **environment: str) -> tuple[int, str, str]:
    """The exit code, the output without what differs each time (sizes, moments), and the errors."""
    known = {name: value for name, value in os.environ.items() if name != "STORE_URL"}
    done = subprocess.run(
        [sys.executable, "-m", "store", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=cwd,
        env=known | {"PYTHONPATH": str(HERE), "PYTHONIOENCODING": "utf-8"} | environment,
    )
    return done.returncode, settled(done.stdout), settled(done.stderr)


def settled(text: str) -> str:
    text = re.sub(r"\d{8}T\d{6}(\.\d{6})?Z", "TIME", text)
    return re.sub(r"[\d,]+ bytes", "SIZE bytes", text)


@pytest.fixture
def app(data: Path) -> Any:
    store = TinyDBFiles(data)
    store.create(conversation("c1", message("q1", content="abracadabra"), message("a1", "q1", "assistant")))
    store.create(
        conversation("c2", message("q1", content="abracadabra"), title="Red \x1b[31m alert\u202e", trashed_at=at(1))
    )
    store.create(conversation("c1", message("q1"), owner="visitor-1"))
    yield store
    store.close()


def test_backup_and_restore_beside_a_running_app(app: TinyDBFiles, data: Path, tmp_path: Path) -> None:
    url = f"tinydb:///{data}"
    assert run("--store", url, "backup") == (
        0,
        f"3 conversations in {data}/.backups/chatkeep-TIME.zip (SIZE bytes).\n",
        "",
    )
    mine = tmp_path / "mine.zip"
    assert run("backup", str(mine), STORE_URL=url) == (
        0,
        f"3 conversations in {mine} (SIZE bytes).\n{OUT_OF_REACH}\n",
        "",
    )
    assert run("backup", str(mine), STORE_URL=url) == (
        2,
        "",
        "There is a file of that name already; it was left as it is. Choose another name.\n",
    )
    erase(app, OWNER, "c1")
    app.add_message("visitor-1", "c1", message("q2", "q1"))
    assert run("restore", str(mine), STORE_URL=url) == (
        0,
        "1 conversation new, 0 grown, 2 here already; 2 messages added.\n",
        "",
    )
    assert [each.id for each in app.list(OWNER)] == ["c1"]
    assert [each.id for each in app.get("visitor-1", "c1").messages] == ["q1", "q2"]
    assert run("--store", f"tinydb:///{tmp_path}/new", "restore", str(mine)) == (
        0,
        "3 conversations new, 0 grown, 0 here already; 4 messages added.\n"
        "New ones that were in the trash, and are again: 1.\n",
        "",
    )


def test_without_a_url_it_is_the_folder_data(app: TinyDBFiles, data: Path, tmp_path: Path) -> None:
    assert run("check", cwd=tmp_path) == (0, "3 conversations, 4 messages. 0 backups.\nNo problems.\n", "")
    assert run("repair", cwd=tmp_path) == (0, "Nothing to repair.\n", "")


def test_check_names_what_the_model_on_this_machine_lacks(app: TinyDBFiles, data: Path, tmp_path: Path) -> None:
    (tmp_path / "xllamacpp.py").write_text("raise ImportError('libgomp.so.1: cannot open shared object file')")
    assert run("--store", f"tinydb:///{data}", "check", PYTHONPATH=f"{tmp_path}{os.pathsep}{HERE}") == (
        0,
        "3 conversations, 4 messages. 0 backups.\n"
        "Note: No model can run on this machine: libgomp is missing. Install it (apt-get install libgomp1; on "
        "Streamlit Community Cloud a line libgomp1 in packages.txt) and try again, or choose another model.\n"
        "No problems.\n",
        "",
    )


def test_check_and_repair_name_what_is_wrong_and_never_a_word(app: TinyDBFiles, data: Path) -> None:
    url = f"tinydb:///{data}"
    app.create(conversation("c3", message("q1", content="abracadabra"), head="nobody", title="Red \x1b[31m alert"))
    app.close()  # which would set it aside itself
    (data / "personal" / "c4.json").write_bytes(CUT + b'"abracadabra')
    (data / "notes\n\x1b[2J.txt").write_bytes(b"")
    found = (
        "4 conversations, 5 messages. 0 backups.\n"
        "Problem: .catalog.sqlite3: behind the files in 1 place; it is brought up to date.\n"
        "Note: notes\ufffd\ufffd[2J.txt: not one of Chatkeep's; left alone.\n"
        "Problem: personal/c3.json (Red \ufffd[31m alert): the message it should be shown from is missing.\n"
        "Problem: personal/c4.json: damaged (not valid JSON at line 1, column 23).\n"
        "3 problems.\n"
    )
    assert run("--store", url, "check") == (1, found, "")
    assert run("--store", url, "repair") == (
        0,
        ".backups/before-repair-TIME.zip: has every file as it was before it was changed.\n"
        "personal/c3.json (Red \ufffd[31m alert): the message it should be shown from is missing; it is shown from its "
        "newest message.\n"
        "personal/c4.json: damaged (not valid JSON at line 1, column 23); set aside untouched as "
        "c4.json.damaged-TIME.\n"
        ".catalog.sqlite3: brought up to date.\n",
        "",
    )
    assert run("--store", url, "check") == (
        0,
        "4 conversations, 5 messages. 1 backup.\n"
        "Note: notes\ufffd\ufffd[2J.txt: not one of Chatkeep's; left alone.\n"
        "Note: personal/c4.json.damaged-TIME: damaged, and set aside untouched.\n"
        "No problems.\n",
        "",
    )
    app = TinyDBFiles(data)
    assert app.get(OWNER, "c3").head == "q1"
    assert len(app.damaged(OWNER)) == 1
    app.close()


def test_what_repair_cannot_put_right_is_left_and_said(app: TinyDBFiles, data: Path) -> None:
    (data / ".backups").mkdir()
    (data / ".backups" / "chatkeep-20250101T000000Z.zip").write_bytes(b"broken")
    assert run("--store", f"tinydb:///{data}", "repair") == (
        1,
        "Left: .backups/chatkeep-TIME.zip: cannot be read; delete it and make another.\n",
        "",
    )


def test_a_restore_says_what_it_passed_over_and_what_stayed(app: TinyDBFiles, data: Path, tmp_path: Path) -> None:
    url = f"tinydb:///{data}"
    mine = tmp_path / "mine.zip"
    run("--store", url, "backup", str(mine))
    with zipfile.ZipFile(mine, "a") as archive:
        archive.writestr("../\x1b[2Jevil.json", b"{}")
        archive.writestr("personal/c9.json", b"{}")
    erase(app, OWNER, "c1")
    app.create(conversation("c1", message("q1", content="other words"), title="Mine"))
    assert run("--store", url, "restore", str(mine)) == (
        1,
        "0 conversations new, 1 grown, 2 here already; 1 message added.\n"
        "c1 (Mine): 1 message with other words in the backup; yours stay.\n"
        "../\ufffd[2Jevil.json: not a name that is in a backup; skipped.\n"
        "personal/c9.json: damaged (the table conversation is missing); skipped.\n",
        "",
    )


@pytest.mark.parametrize("verb", ["backup", "check", "repair"])
def test_a_folder_that_is_not_there_is_said_and_not_made(tmp_path: Path, verb: str) -> None:
    says = "back up" if verb == "backup" else "check"
    assert run(verb, cwd=tmp_path) == (2, "", f"There is nothing to {says}: the data folder is not there.\n")
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_done_is_said_with_what_to_do(app: TinyDBFiles, tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"x")
    assert run("restore", "nothing.zip", cwd=tmp_path) == (
        2,
        "",
        "The backup could not be read. Nothing was changed; check its name and try again.\n",
    )
    assert run("restore", "x.zip", cwd=tmp_path) == (
        2,
        "",
        "This file is no backup of Chatkeep, or only a part of one. Nothing was changed.\n",
    )
    assert run("backup", "nowhere/x.zip", cwd=tmp_path) == (
        2,
        "",
        "The backup could not be made: no such file or directory. Nothing that was there is lost; try again.\n",
    )
    code, out, error = run("check", STORE_URL="postgresql+psycopg://me:secret@host/db")
    assert (code, out) == (2, "")
    assert "PostgreSQL" in error
    assert "secret" not in error


def test_version_is_said_where_it_is_asked_for() -> None:
    assert run("--version") == (0, f"Chatkeep {VERSION}\n", "")


def test_help_says_what_erasing_cannot_reach() -> None:
    code, out, error = run("--help")
    assert (code, error) == (0, "")
    assert " ".join(OUT_OF_REACH.split()) in " ".join(out.split())
    assert run("dance")[0] == run()[0] == 2


def test_owners_are_told_in_numbers_and_never_a_word(app: TinyDBFiles, data: Path) -> None:
    url = f"tinydb:///{data}"
    odd = "Odd \x1b[31m owner"
    app.create(conversation("c1", message("q1", content="abracadabra"), owner=odd, title="abracadabra"))
    app.people.seen("visitor-1", at(120))
    size = {owner: app.people.person(owner).bytes for owner in (OWNER, "visitor-1", odd)}
    code, said, errors = run("--store", url, "owners")
    assert (code, errors) == (0, "")
    assert [line.split("  ") for line in re.sub(r"(?<=\S) {2,}(?=\S)", "  ", said).splitlines()] == [
        ["owner", "conversations", "in trash", "bytes", "shares", "last seen"],
        ["visitor-1", "1", "0", str(size["visitor-1"]), "0", "2026-03-01 14:00 UTC"],
        ["Odd \N{REPLACEMENT CHARACTER}[31m owner", "1", "0", str(size[odd]), "0", "-"],
        [OWNER, "1", "1", f"{size[OWNER]:,}", "0", "-"],
        [f"3 owners. Chatkeep {VERSION}."],
    ]
    assert [len(line) for line in said.splitlines()[1:4] if line.endswith("-")] == [len(said.splitlines()[2])] * 2
    code, said, errors = run("owners", "--json", STORE_URL=url)
    assert (code, errors) == (0, "")
    assert json.loads(said) == [
        {
            "owner": owner,
            "conversations": 1,
            "in_trash": in_trash,
            "bytes": size[owner],
            "shares": 0,
            "last_seen": last_seen,
        }
        for owner, in_trash, last_seen in (
            ("visitor-1", 0, "2026-03-01T14:00:00+00:00"),
            (odd, 0, None),
            (OWNER, 1, None),
        )
    ]


def test_owners_of_nothing_are_none_and_nothing_is_made(data: Path, tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    assert run("--store", f"tinydb:///{missing}", "owners") == (
        2,
        "",
        "There are no owners to list: the data folder is not there.\n",
    )
    assert not missing.exists()
    TinyDBFiles(data).close()
    assert run("--store", f"tinydb:///{data}", "owners") == (0, f"0 owners. Chatkeep {VERSION}.\n", "")
    assert run("--store", f"tinydb:///{data}", "owners", "--json") == (0, "[]\n", "")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "report.docx").write_bytes(b"PK")
    code, said, errors = run("--store", f"tinydb:///{tmp_path}/other", "owners")
    assert (code, said) == (2, "")
    assert errors.startswith("The folder that STORE_URL names holds other things already")
