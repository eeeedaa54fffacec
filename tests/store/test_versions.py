"""Files of every version: an earlier one is read for ever, a later one is read as far as it goes and never changed."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chat.conversation import Conversation, ConversationSettings, Message, Usage
from store.conversations import LaterVersion, StoreError
from store.disk.atomic import json_bytes
from store.files.store import TinyDBFiles
from store.files.tables import VERSION
from store.query_text import parse
from store.rules import LATER_VERSION
from tests.support.store_fixtures import OWNER, START, message

FILES = Path(__file__).parent / "versions"
KEPT = Conversation(
    "kept",
    OWNER,
    "A trip to Paris",
    START,
    START,
    title_source="manual",
    head="a2",
    pinned=True,
    tags=("travel",),
    settings=ConversationSettings("mistral/mistral-small-latest", "Be brief.", 0.5),
    messages=(
        Message("q1", None, "user", "Where is the Louvre?", START),
        Message(
            "a1",
            "q1",
            "assistant",
            "In Paris.",
            START,
            model="mistral/mistral-small-latest",
            finish_reason="stop",
            usage=Usage(12, 3),
            first_token_ms=210,
            total_ms=640,
            reasoning="They ask for a museum.",
            rating=1,
            rating_note="right",
        ),
        Message(
            "a2",
            "q1",
            "assistant",
            "In Par",
            START,
            model="openai/gpt-5",
            status="stopped",
            error="You stopped this answer.",
        ),
    ),
)
Content = dict[str, Any]


def put(data: Path, content: Content | bytes, name: str = "kept") -> Path:
    path = data / "personal" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else json_bytes(content))
    return path


def latest() -> Content:
    return dict(json.loads((FILES / f"{VERSION}.json").read_bytes()))


def later(version: Any = VERSION + 1) -> Content:
    content = latest()
    content["conversation"]["1"] |= {"version": version, "mood": "bright"}
    return content


def test_there_is_a_file_of_every_version() -> None:
    assert sorted(path.name for path in FILES.iterdir()) == [f"{number}.json" for number in range(1, VERSION + 1)]


@pytest.mark.parametrize("number", range(1, VERSION + 1))
def test_a_file_of_an_earlier_version_is_read_and_goes_on_as_the_present_one(data: Path, number: int) -> None:
    path = put(data, (FILES / f"{number}.json").read_bytes())
    store = TinyDBFiles(data)
    assert store.get(OWNER, "kept") == KEPT
    assert store.read_only(OWNER, "kept") is None
    assert store.keeping.check().problems == ()
    assert [hit.summary.id for hit in store.search(OWNER, parse("louvre")).hits] == ["kept"]
    store.add_message(OWNER, "kept", message("q2", "a2"))
    assert json.loads(path.read_bytes())["conversation"]["1"]["version"] == VERSION
    assert store.get(OWNER, "kept").messages[:-1] == KEPT.messages
    store.close()


def test_what_is_written_now_is_as_the_file_of_the_present_version(data: Path) -> None:
    store = TinyDBFiles(data)
    store.create(KEPT)
    assert json.loads((data / "personal" / "kept.json").read_bytes()) == latest()
    store.close()


@pytest.mark.parametrize("version", ["9", True, 0, -3, None, 2.5, []])
def test_an_odd_version_is_passed_over(data: Path, version: Any) -> None:
    put(data, later(version))
    store = TinyDBFiles(data)
    assert store.get(OWNER, "kept") == KEPT
    assert store.read_only(OWNER, "kept") is None
    store.close()


WRITING: dict[str, Callable[[TinyDBFiles], object]] = {
    "add_message": lambda store: store.add_message(OWNER, "kept", message("q9")),
    "update_message": lambda store: store.update_message(OWNER, "kept", "a1", rating=-1),
    "update": lambda store: store.update(OWNER, "kept", title="Mine"),
    "trash": lambda store: store.trash(OWNER, "kept"),
    "restore": lambda store: store.restore(OWNER, "kept"),
    "merge": lambda store: store.merge(dataclasses.replace(KEPT, messages=(message("q9"),))),
    "erase": lambda store: store.erase(OWNER, "kept"),
}


def _another_shape() -> Content:
    content = later()
    content["messages"]["1"]["role"] = "narrator"
    return content


def _no_tables() -> Content:
    return later() | {"pictures": [1, 2]}


@pytest.mark.parametrize("make", [later, _another_shape, _no_tables])
@pytest.mark.parametrize("trashed", [False, True])
def test_a_later_version_is_never_changed(data: Path, make: Callable[[], Content], trashed: bool) -> None:
    content = make()
    if trashed:
        content["conversation"]["1"]["trashed_at"] = START.isoformat()
    path = put(data, content)
    before = path.read_bytes()
    store = TinyDBFiles(data)
    assert store.read_only() is None
    assert store.read_only(OWNER, "kept") == LATER_VERSION
    for name, verb in WRITING.items():
        with pytest.raises(StoreError) as caught:
            verb(store)
        assert str(caught.value) == LATER_VERSION, name
    assert store.erase_many(OWNER, ["kept"]) == 0
    store.set_preferences(OWNER, trash_days=1)
    assert store.erase_expired() == store.interrupt_orphans() == 0
    if make is later:
        assert store.get(OWNER, "kept").messages == KEPT.messages
        assert [each.id for each in store.list(OWNER, trashed=trashed)] == ["kept"]
    else:
        with pytest.raises(LaterVersion):
            store.get(OWNER, "kept")
        assert store.list(OWNER, trashed=trashed) == ()
    assert store.damaged(OWNER) == ()
    report = store.keeping.check()
    assert [(each.kind, each.name) for each in report.findings] == [("later", "personal/kept.json")]
    assert list(store.keeping.repair()) == []
    made = store.keeping.back_up()
    assert made.conversations == 1
    assert path.read_bytes() == before
    path.unlink()
    with store.keeping.open_backup(made.path.name) as file:
        done = store.keeping.restore(file)
    assert (done.new, done.skipped) == (0, [("personal/kept.json", "written by a later version of Chatkeep")])
    store.close()
    assert sorted(name.name for name in (data / "personal").iterdir()) == [".preferences.json"]
