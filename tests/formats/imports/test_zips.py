"""Every file of a zip is taken, or named with what it is and what to do."""

import json
import zipfile

import pytest

from formats.imports import NotAnExport, Skipped
from tests.support.import_fixtures import SUPERVISED, case, chatgpt, lines, opened, second, told, zipped

ACCOUNT = "is about your account, and has no chats"
FOR_READING = "shows the chats for reading; they are taken from the JSON files beside it"


def test_zip_that_was_packed_again_from_its_folder_has_all_its_parts():
    export = opened(case("zip-chatgpt-2026.zip"))
    assert [told(read.conversation) for read in export] == [
        [("user", "Hi z2"), ("assistant", "Hello z2")],
        [("user", "Hi z3"), ("assistant", "Hello z3")],
    ]
    assert (export.product, export.repeated) == ("ChatGPT", ["Case"])
    assert {(file.title, file.reason) for file in export.other_files} == {
        ("shared_conversations.json", "names the chats that you shared; they are in the other files"),
        ("group_chats.json", "has no conversations"),
        ("user.json", ACCOUNT),
        ("user_settings.json", ACCOUNT),
        ("message_feedback.json", "has no ratings"),
        ("chat.html", FOR_READING),
    }


def test_part_that_is_not_there_is_named():
    manifest = {"export_files": [{"path": "conversations-000.json"}, {"path": "Export\\conversations-001.json"}]}
    skipped, read = opened(zipped({"x/Conversations-000.json": [chatgpt()], "x/export_manifest.json": manifest}))
    assert skipped == Skipped("conversations-001.json", "is not in this zip: import the other parts of the export too")
    assert read.conversation.title == "Rye and acid"


def test_design_chats_of_claude_are_chats():
    export = opened(case("zip-claude-design.zip"))
    chat, design = (read.conversation for read in export)
    assert (chat.title, told(chat)) == ("Case", [("user", "Hi"), ("assistant", "Hello")])
    assert (design.title, told(design)) == ("Design", [("user", "Make a page"), ("assistant", "Made")])
    assert (design.source, design.created_at.isoformat()) == ("claude:d1", "2026-05-01T00:00:00+00:00")
    assert (export.product, chat.created_at) == ("Claude", second(0))
    assert {(file.title, file.reason) for file in export.other_files} == {
        ("users.json", ACCOUNT),
        ("memories.json", "is what the product remembers about you, and has no chats"),
    }


def test_zip_with_nothing_but_a_page_says_which_zip_to_import():
    with pytest.raises(NotAnExport) as refusal:
        opened(case("zip-chat-html-only.zip"))
    assert str(refusal.value).startswith(
        "No conversations were found in this zip. "
        "chat.html is a page for reading. Import the zip with conversations.json as it came."
    )


def test_pictures_and_files_of_the_user_are_named_together():
    files = {f"{number}.png": b"\x89PNG" for number in range(3)} | {"rye.txt": b"Rye"}
    export = opened(zipped({"conversations.json": [chatgpt()]} | files))
    assert export.other_files == (Skipped("4 other files (png, txt)", "are no chats, and are not imported"),)
    export = opened(zipped({"conversations.json": [chatgpt()], "rye.txt": b"Rye"}))
    assert export.other_files == (Skipped("rye.txt", "is no chat, and is not imported"),)


def test_chat_that_somebody_sent_to_another_one_is_named():
    export = opened(zipped({"conversations.json": [chatgpt()], "file-abc.jsonl": lines(SUPERVISED)}))
    assert [read.conversation.title for read in export] == ["Rye and acid"]
    assert export.other_files == (
        Skipped(
            "file-abc.jsonl", "is left: unpack the zip and import it alone, it is no part of the export of ChatGPT"
        ),
    )


def test_many_other_files_are_not_named_one_by_one():
    files = {f"{number}.json": {"a": 1} for number in range(30)}
    export = opened(zipped({"conversations.json": [chatgpt()]} | files))
    assert len(export.other_files) == 21
    assert export.other_files[-1] == Skipped("10 other files (json)", "have no conversations")


def test_what_systems_put_into_a_zip_is_nobodys_concern():
    system = {"x/.DS_Store": b"x", "x/._conversations.json": b"x", "__MACOSX/x/._a.json": b"x", "Thumbs.db": b"x"}
    export = opened(zipped({"x/conversations.json": [chatgpt()]} | system))
    assert (len(list(export)), export.other_files) == (1, ())


def test_zip_without_chats_says_what_is_in_it_and_which_products_are_known():
    with pytest.raises(NotAnExport) as refusal:
        opened(zipped({"chats.jsonl.gz": b"\x1f\x8b\x08"}))
    assert str(refusal.value).startswith(
        "No conversations were found in this zip. chats.jsonl.gz is packed once more. "
        "Unpack it, and import what is in it. Chatkeep reads exports of ChatGPT, "
    )


@pytest.mark.parametrize("beginning", [b"\x1f\x8b\x08\x00", b"7z\xbc\xaf\x27\x1c", b"\xfd7zXZ\x00", b"Rar!\x1a\x07"])
def test_file_that_is_packed_in_another_way_says_to_unpack_it(beginning):
    with pytest.raises(NotAnExport, match=r"This file is packed\. Unpack it, and import what is in it\."):
        opened(beginning + bytes(20))


def test_table_says_how_to_save_it():
    with pytest.raises(NotAnExport, match=r"This file is a Parquet table\. Save it as JSON lines, and import that\."):
        opened(b"PAR1" + bytes(20))


def test_small_file_is_unpacked_once_to_recognise_it_and_once_to_read_it(monkeypatch):
    unpacked = []
    read = zipfile.ZipExtFile.read

    def counted(self, size=-1):
        piece = read(self, size)
        unpacked.append(len(piece))
        return piece

    monkeypatch.setattr(zipfile.ZipExtFile, "read", counted)
    chats = [chatgpt()]
    export = opened(zipped({"conversations.json": chats}))
    assert sum(unpacked) == len(json.dumps(chats))
    assert [told(item.conversation) for item in export] == [told(next(iter(opened(chats))).conversation)]
    assert sum(unpacked) == 2 * len(json.dumps(chats))
