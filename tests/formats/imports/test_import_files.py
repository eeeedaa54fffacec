"""Files as they come: in any encoding, cut off, too large, locked, or made to do harm."""

import io
import json
import os
import struct
import zipfile

import pytest

from formats.imports import LIMITS, NotAnExport, Read, Skipped, open_export
from formats.imports.claims import is_claimed
from formats.imports.limits import MIB
from formats.imports.outcome import Format
from tests.support.import_fixtures import (
    HISTORY,
    NOW,
    OWNER,
    SUPERVISED,
    chatgpt,
    claude,
    lines,
    one,
    opened,
    reads,
    skips,
    told,
    zipped,
)

RECORD = {"messages": [{"role": "user", "content": "Größe? 👩‍👩‍👧"}, {"role": "assistant", "content": "尺寸"}]}
SAID = [("user", "Größe? 👩‍👩‍👧"), ("assistant", "尺寸")]


def refused(data: bytes, **limits: int) -> str:
    with pytest.raises(NotAnExport) as refusal:
        opened(data, **limits)
    return str(refusal.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_any_unicode_encoding_is_read(encoding, ends):
    text = ends.join([json.dumps(RECORD, ensure_ascii=False), "", json.dumps(SUPERVISED)]) + ends
    assert [told(read.conversation) for read in reads(text.encode(encoding))] == [
        SAID,
        [("user", "Hi"), ("assistant", "Hello")],
    ]
    assert told(one(json.dumps(HISTORY, ensure_ascii=False, indent=2).replace("\n", ends).encode(encoding)))


def test_line_separators_inside_of_words_end_no_line():
    words = "a\u2028b\u2029c\x85d\x0be\x1cf"
    record = {"messages": [{"role": "user", "content": words}]}
    text = json.dumps(record, ensure_ascii=False) + "\n" + json.dumps(SUPERVISED, ensure_ascii=False) + "\n"
    assert [told(read.conversation)[0] for read in reads(text.encode())] == [("user", words), ("user", "Hi")]


def test_one_line_that_is_broken_costs_one_line():
    whole = json.dumps(SUPERVISED).encode()
    other = json.dumps(RECORD).encode()
    for broken in (b'{"messages": [', b"\xff\xfe\xfd", b"not json", b"[" * 5000, b'{"messages": 7}', b'{"n": NaN}'):
        data = b"\n".join([whole, broken, other])
        (first, skipped, last) = opened(data)
        assert isinstance(skipped, Skipped)
        assert (told(first.conversation)[0], told(last.conversation)) == (("user", "Hi"), SAID)


def test_first_line_may_be_the_broken_one():
    (skipped, read) = opened(b'{"messages": [\n' + json.dumps(RECORD).encode() + b"\n")
    assert (skipped, told(read.conversation)) == (Skipped("Line 1", "is not valid JSON"), SAID)


def test_odd_json_is_read_as_far_as_it_says_something():
    twice = b'{"messages": 1, "messages": [{"role": "user", "content": "\\ud83d half", "n": NaN, "m": -Infinity}]}'
    endless = b'{"n": ' + b"9" * 5000 + b"}"
    data = b"[" + twice + b"," + endless + b",\n" + json.dumps(RECORD).encode() + b",]"
    first, skipped, last = opened(data)
    assert told(first.conversation) == [("user", "\ud83d half")]
    assert skipped == Skipped("Conversation 2", "is not valid JSON")
    assert told(last.conversation) == SAID


def test_export_that_was_cut_off_gives_what_arrived():
    data = json.dumps([chatgpt("c1"), chatgpt("c2"), chatgpt("c3")]).encode()
    items = list(opened(data[:-300]))
    assert [type(item) for item in items] == [Read, Read, Skipped, Skipped]
    assert [item.reason for item in items[2:]] == [
        "is not complete: the file is cut off or damaged",
        "is missing: the file was cut off",
    ]


def test_nesting_of_200_levels_is_nothing_special_and_of_100000_no_crash():
    deep = chatgpt("deep")
    nested: list = []
    for _ in range(200):
        nested = [nested]
    deep["mapping"]["a1"]["message"]["metadata"]["nested"] = nested
    assert len(reads([deep])) == 1
    endless = b"[" + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"," + json.dumps(chatgpt()).encode() + b"]"
    skipped, read = opened(endless)
    assert skipped == Skipped("Conversation 1", "is nested too deeply")
    assert read.conversation.title == "Rye and acid"


def test_depth_is_a_limit_of_its_own():
    deep = claude()
    deep["nested"] = [[[[[[[[[[[]]]]]]]]]]]
    assert skips([deep, claude()], depth=10) == [("Conversation 1", "is nested too deeply")]


def test_brackets_in_the_words_of_a_line_are_no_levels():
    words = "[" * 30 + "{" * 30
    asked = {"messages": [{"role": "user", "content": words}, {"role": "assistant", "content": "Yes"}]}
    deep = {"messages": [{"role": "user", "content": "Deep"}], "nested": [[[[[[[[[[]]]]]]]]]]}
    read, skipped = opened(lines(asked, deep), depth=10)
    assert told(read.conversation) == [("user", words), ("assistant", "Yes")]
    assert skipped == Skipped("Line 2", "is nested too deeply")


def test_conversation_over_a_limit_is_skipped_and_says_which():
    long = claude("long")
    long["name"] = "Long"
    long["chat_messages"] = [message | {"uuid": f"u{n}"} for n in range(30) for message in claude()["chat_messages"]]
    assert skips([long, claude()], messages=20) == [("Long", "has more than 20 messages")]
    size = len(json.dumps(claude()))
    assert skips([long, claude()], conversation_characters=size) == [
        ("Conversation 1", f"is longer than {size:,} characters")
    ]
    assert len(reads([long, claude()])) == 2


def test_more_conversations_than_the_limit_are_left_and_this_is_said():
    export = opened([claude("1"), claude("2"), claude("3")], conversations=2)
    assert list(export)[2:] == [Skipped("The rest", "is left: this file has more than 2 chats")]


def test_what_is_no_export_is_refused_with_what_to_do():
    known = "No conversations were found in this file. Chatkeep reads exports of ChatGPT, Claude, Open WebUI, "
    for data in (b"", b"words", b"\x89PNG\r\n", b"[]", b"{}", b"[1, 2]", b'{"messages": []}', b"null"):
        assert refused(data)
    assert refused(b"[]").startswith(known)
    assert refused(b'[{"a": ') == (
        "This file is not complete: the file is cut off or damaged. "
        "Download the export once more, and import it as it is."
    )


def test_export_can_be_gone_through_twice_and_side_by_side():
    for data in (json.dumps([chatgpt("1"), chatgpt("2")]).encode(), zipped({"a.json": [chatgpt("1"), chatgpt("2")]})):
        export = opened(data)
        assert list(export) == list(export)
        assert [left == right for left, right in zip(export, export, strict=True)] == [True, True]
        assert export.progress == 1.0


def test_file_stays_open_and_is_read_from_its_beginning_wherever_it_stood():
    file = io.BytesIO(json.dumps([claude()]).encode())
    file.read(7)
    assert len(list(open_export(file, OWNER, LIMITS, NOW))) == 1
    assert not file.closed


# --- Zips


def test_names_in_a_zip_are_never_paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = ["../../evil.json", "/etc/passwd", "C:\\boot.json", "a/../../b.json", "NUL.json", "." * 300]
    data = zipped({name: [claude(str(number))] for number, name in enumerate(names)} | {"../broken.json": b'{"a'})
    data = data.replace(b"NUL.json", b"\0ul.json")  # an empty name, as Python reads it
    items = list(opened(data))
    assert sum(isinstance(item, Read) for item in items) == 6
    assert items[0] == Skipped("broken.json", "is not complete: the file is cut off or damaged")
    assert os.listdir(tmp_path) == []


def test_zip_bomb_is_stopped_where_it_begins():
    bomb = zipped({"conversations.json": b"[" + b" " * (40 * MIB) + b"]", "other.json": [claude()]})
    assert len(bomb) < MIB
    skipped, read = opened(bomb)
    assert skipped == Skipped("conversations.json", "is packed so tightly that it cannot be chats")
    assert read.conversation.title == "Coffee"


def test_zip_bomb_behind_a_real_beginning_stops_the_pass():
    data = b"[" + json.dumps(claude()).encode() + b", " + b" " * (40 * MIB) + b"]"
    read, skipped = opened(zipped({"conversations.json": data}))
    assert read.conversation.title == "Coffee"
    assert skipped == Skipped("conversations.json", "is packed so tightly that it cannot be chats")


def test_sizes_are_counted_not_believed():
    files = {"a.json": [claude("1")], "b.json": [claude("2")]}
    size = len(json.dumps([claude("1")]))
    assert refused(zipped(files), member_bytes=size - 1) == (
        "No conversations were found in this zip. a.json is larger than 0 MB."
    )
    items = list(opened(zipped(files, zipfile.ZIP_STORED), total_bytes=size + size // 2))
    assert [type(item) for item in items] == [Read, Skipped]


def test_declared_size_of_2_gb_is_not_read():
    data = bytearray(zipped({"big.json": [claude("1")], "good.json": [claude("2")]}))
    entry = data.find(b"PK\x01\x02")
    struct.pack_into("<L", data, entry + 24, 2**31 - 1)
    struct.pack_into("<L", data, 22, 2**31 - 1)
    skipped, read = opened(bytes(data))
    assert (skipped, read.conversation.source) == (Skipped("big.json", "is larger than 512 MB"), "claude:2")
    struct.pack_into("<L", data, entry + 24, 10)  # and one that is too small
    items = list(opened(bytes(data)))
    assert [item.conversation.source for item in items if isinstance(item, Read)] == ["claude:2"]


def test_locked_zip_says_so():
    data = bytearray(zipped({"a.json": [claude()]}))
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = data.find(signature) + at
        data[place] |= 1
    assert refused(bytes(data)) == (
        "This zip is locked with a password. Unpack it, and import the files with the chats."
    )


def test_damaged_zip_says_so():
    data = zipped({"a.json": [claude("1")], "b.json": [claude("2")]})
    assert refused(data[:-30]) == "This zip is damaged. Download the export once more, and import it as it is."
    broken = bytearray(data)
    broken[60:90] = bytes(30)
    items = list(opened(bytes(broken)))
    assert [item.conversation.source for item in items if isinstance(item, Read)] == ["claude:2"]


def test_zip_with_too_many_files_is_refused_before_they_are_listed():
    many = zipped({f"{number}.json": b"[]" for number in range(50)})
    assert refused(many, members=40) == (
        "This zip has more than 40 files. Unpack it, and import the files with the chats."
    )
    long_names = zipped({"x" * 5000 + str(number): b"" for number in range(5)})
    assert refused(long_names, members=6).startswith("This zip has more than 6 files.")


def test_zip_in_a_zip_is_not_opened():
    inner = zipped({"conversations.json": [claude()]})
    assert refused(zipped({"inner.zip": inner})).startswith("No conversations were found")
    export = opened(zipped({"inner.zip": inner, "conversations.json": [claude()]}))
    assert [read.conversation.title for read in export] == ["Coffee"]
    assert export.other_files == (Skipped("inner.zip", "is packed once more. Unpack it, and import what is in it"),)


def test_empty_zip_and_folders_are_no_export():
    assert refused(zipped({}))
    assert refused(zipped({"folder/": b""}))


def test_claim_that_stumbles_over_a_value_costs_nothing():
    stumbling = Format("Stumbling", lambda value: bool(value["missing"]), lambda values, context: iter(()))
    assert [is_claimed(stumbling, value) for value in ({}, [], 7, None)] == [False] * 4
