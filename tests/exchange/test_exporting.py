"""An export of many: what can be read is in it, and what is not is counted and said."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pytest

from chat.conversation import Conversation
from exchange.exporting import Exporting, export_many, exported_many
from exchange.files import whole_file
from formats.exports import format_named
from store.conversations import NotFound, StoreError
from tests.support.store_fixtures import OWNER, conversation, message


class FakeStore:
    """Has c0 to c9 but for c3, which was erased, and c5 and c6, which cannot be read at the moment."""

    def get(self, owner: str, conversation_id: str) -> Conversation:
        if conversation_id == "c3":
            raise NotFound
        if conversation_id in ("c5", "c6"):
            raise StoreError("The disk does not answer.")
        said = (message("q", None, "user", f"To {conversation_id}"), message("a", "q", "assistant", "Yes"))
        return conversation(conversation_id, *said)


def test_what_can_be_read_is_exported_and_what_cannot_is_said() -> None:
    how_far = Exporting(10)
    written = exported_many(FakeStore(), OWNER, [f"c{n}" for n in range(10)], format_named("jsonl"), how_far)
    asked = [json.loads(line)["messages"][0]["content"] for line in written.splitlines()]
    assert asked == [f"To c{n}" for n in (0, 1, 2, 4, 7, 8, 9)]
    assert (how_far.done, how_far.is_running, how_far.lacks_some) == (10, False, True)
    assert how_far.in_words() == (
        "Exported: 7 conversations. 1 conversation was not here any more. 2 conversations could not be read, and are "
        "not in it."
    )


def test_second_download_counts_from_the_beginning() -> None:
    how_far = Exporting(2)
    for _ in range(2):
        export_many(FakeStore(), OWNER, ["c3", "c4"], io.BytesIO(), format_named("chatkeep"), how_far)
    assert how_far.in_words() == "Exported: 1 conversation. 1 conversation was not here any more."


def test_nothing_is_missing_where_all_are_there() -> None:
    how_far = Exporting(1)
    exported_many(FakeStore(), OWNER, ["c1"], format_named("chatkeep"), how_far)
    assert (how_far.lacks_some, how_far.in_words()) == (False, "Exported: 1 conversation.")


def test_file_has_its_name_once_it_is_whole_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    path.write_bytes(b"old")
    with whole_file(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"
    assert (path.read_bytes(), path.stat().st_mode & 0o777, os.listdir(tmp_path)) == (b"new", 0o600, ["all.zip"])
    with pytest.raises(TypeError), whole_file(path) as file:
        file.writelines([b"half", "no bytes"])  # type: ignore[list-item]
    assert (path.read_bytes(), os.listdir(tmp_path)) == (b"new", ["all.zip"])


def test_link_stays_a_link_to_the_new_file(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "link.zip").symlink_to(tmp_path / "there" / "all.zip")
    with whole_file(tmp_path / "link.zip") as file:
        file.write(b"new")
    assert (tmp_path / "link.zip").is_symlink()
    assert (tmp_path / "there" / "all.zip").read_bytes() == b"new"
