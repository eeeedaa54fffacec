"""Every export: one rich conversation against a whole expected file, many of them as one file or a zip."""

import csv
import io
import json
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from formats.exports import (
    EXPORT_FORMATS,
    ending_of_many,
    export_one,
    file_name_of_one,
    format_named,
    mime_of_many,
    write_many,
)
from formats.exports.html.style import STYLE
from tests.support.rich_conversation import FAMILY, MOMENT, at, named, rich, said

EXPECTED = Path(__file__).parent / "expected"
NAMES = [form.name for form in EXPORT_FORMATS]
IN_A_ZIP = ["chatkeep", "history", "markdown", "html", "text", "trace"]


def exported(conversation, name: str) -> str:
    return export_one(conversation, format_named(name)).decode()


def many(conversations, name: str, progress=None) -> bytes:
    file = io.BytesIO()
    write_many(iter(conversations), file, format_named(name), at(60), progress)
    return file.getvalue()


@pytest.mark.parametrize("name", NAMES)
def test_rich_conversation_is_the_expected_file(name):
    expected = (EXPECTED / f"rich{format_named(name).ending}").read_bytes().decode()
    assert exported(rich(), name) == expected.replace("<style>\nSTYLE\n", f"<style>\n{STYLE}")


def test_formats_are_offered_with_a_name_a_sentence_and_a_type():
    assert [(form.name, form.label, form.ending, form.mime) for form in EXPORT_FORMATS] == [
        ("chatkeep", "Chatkeep JSON", ".json", "application/json"),
        ("history", "history.json", ".history.json", "application/json"),
        ("jsonl", "JSONL for training", ".training.jsonl", "application/jsonl"),
        ("markdown", "Markdown", ".md", "text/markdown"),
        ("html", "HTML", ".html", "text/html"),
        ("text", "Plain text", ".txt", "text/plain"),
        ("csv", "CSV", ".csv", "text/csv"),
        ("trace", "Session trace", ".trace.jsonl", "application/jsonl"),
    ]
    assert len({form.ending for form in EXPORT_FORMATS}) == len(EXPORT_FORMATS)
    assert all(form.help.endswith(".") and len(form.help) < 100 for form in EXPORT_FORMATS)


def test_format_that_is_not_there_is_no_format():
    with pytest.raises(KeyError):
        format_named("docx")


def test_name_of_a_file_tells_the_conversation_and_the_format():
    assert [file_name_of_one("A/B", form) for form in EXPORT_FORMATS] == [
        "A-B.json",
        "A-B.history.json",
        "A-B.training.jsonl",
        "A-B.md",
        "A-B.html",
        "A-B.txt",
        "A-B.csv",
        "A-B.trace.jsonl",
    ]


def test_many_are_one_table_one_jsonl_or_a_zip():
    assert [(ending_of_many(form), mime_of_many(form)) for form in EXPORT_FORMATS] == [
        (".json.zip", "application/zip"),
        (".history.json.zip", "application/zip"),
        (".training.jsonl", "application/jsonl"),
        (".md.zip", "application/zip"),
        (".html.zip", "application/zip"),
        (".txt.zip", "application/zip"),
        (".csv", "text/csv"),
        (".trace.jsonl.zip", "application/zip"),
    ]


@pytest.mark.parametrize("name", IN_A_ZIP)
def test_zip_holds_each_conversation_as_its_own_export(name):
    form = format_named(name)
    conversations = [rich(), named(rich(), 2, "SIZES & *Colours*"), named(said(), 3, "manifest"), named(rich(), 4, "")]
    with zipfile.ZipFile(io.BytesIO(many(conversations, name))) as archive:
        assert archive.testzip() is None
        manifest = json.loads(archive.read("manifest.json"))
        files = [each["file"] for each in manifest["conversations"]]
        assert archive.namelist() == [*files, "manifest.json"]
        assert [archive.read(file) for file in files] == [export_one(each, form) for each in conversations]
    first = "manifest (2).json" if form.ending == ".json" else f"manifest{form.ending}"
    assert files == [
        f"Sizes & -colours-{form.ending}",
        f"SIZES & -Colours- (2){form.ending}",
        first,
        f"conversation{form.ending}",
    ]
    assert [each["id"] for each in manifest["conversations"]] == ["c1", "c2", "c3", "c4"]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("history", {"format": "chatkeep-history", "version": 1, "exported_at": "2026-03-04T06:06:07+00:00"}),
        (
            "html",
            {"format": "chatkeep-archive", "version": 1, "of": "html", "exported_at": "2026-03-04T06:06:07+00:00"},
        ),
        ("chatkeep", {"format": "chatkeep-archive", "version": 1, "of": "chatkeep"}),
    ],
)
def test_manifest_says_what_the_files_are(name, says):
    with zipfile.ZipFile(io.BytesIO(many([rich()], name))) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    del manifest["conversations"]
    assert manifest == says


@pytest.mark.parametrize("name", ["jsonl", "csv"])
def test_many_in_one_file_are_the_lines_of_each(name):
    conversations = [rich(), said(), named(said(("user", "a"), ("assistant", "b")), 2, "x")]
    parts = [export_one(each, format_named(name)) for each in conversations]
    if name == "csv":
        parts[1:] = [part.split(b"\r\n", 1)[1] for part in parts[1:]]
    assert many(conversations, name) == b"".join(parts)


@pytest.mark.parametrize("name", NAMES)
def test_progress_is_told_and_never_two_conversations_are_asked_for_at_once(name):
    told: list[int] = []
    asked: list[int] = []

    def conversations():
        for number in range(3):
            asked.append(len(told))
            yield named(rich(), number, "New chat")

    many(conversations(), name, told.append)
    assert told == [1, 2, 3]
    assert asked == [0, 1, 2]


@pytest.mark.parametrize("name", [name for name in NAMES if name != "chatkeep"])
def test_deleted_messages_are_in_no_export_but_the_one_that_keeps_all(name):
    assert "Deleted" not in exported(rich(), name)
    assert "Deleted" in exported(rich(), "chatkeep")


@pytest.mark.parametrize("name", NAMES)
def test_answer_that_is_still_arriving_is_written_as_interrupted(name):
    conversation = said(("user", "Hi"), ("assistant", "Hel"))
    writing = replace(conversation.messages[1], status="streaming", process="host-1")
    stopped = replace(conversation.messages[1], status="interrupted")
    assert exported(replace(conversation, messages=(conversation.messages[0], writing)), name) == exported(
        replace(conversation, messages=(conversation.messages[0], stopped)), name
    )


@pytest.mark.parametrize("name", NAMES)
def test_empty_conversation_and_half_a_character_are_exported_too(name):
    exported(said(), name)
    exported(said(("user", "half \ud83d"), ("assistant", "\ud83d \0 \u2028"), title="\ud83d"), name)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("chatkeep", "history", "jsonl", "trace")])
def test_message_of_a_million_characters_is_whole(name):
    words = "".join(f"{number:x} {FAMILY} ünd\n\n" for number in range(40_000))
    whole = exported(said(("user", words), ("assistant", words)), name)
    found = re.findall(f"([0-9a-f]+) {FAMILY} ünd", whole)
    assert found == [f"{number:x}" for number in range(40_000)] * 2


def test_csv_reads_back_as_the_rows_it_was_made_of():
    text = export_one(rich(), format_named("csv"))
    assert text.startswith(b"\xef\xbb\xbfconversation_id,title,")
    rows = list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"), newline=""), strict=True))
    assert [row["message_id"] for row in rows] == ["m1", "m2", "m3", "m4", "m5", "m7"]
    assert rows[2]["content"] == rich().messages[2].content
    assert rows[1]["rating"] == "-1"


@pytest.mark.parametrize("sign", [*"=+-@\t\r\n＝＋－＠"])
def test_no_cell_of_a_table_is_a_formula(sign):
    bad = f"{sign}HYPERLINK(0)"
    conversation = said(("assistant", bad), title=bad)
    message = replace(conversation.messages[0], id=bad, model=bad, finish_reason=bad, rating_note=bad, reasoning=bad)
    conversation = replace(conversation, id=bad, head=bad, messages=(message, replace(message, id="b", parent_id=bad)))
    rows = csv.DictReader(io.StringIO(exported(conversation, "csv").removeprefix("\ufeff"), newline=""))
    cells = [cell for row in rows for cell in row.values()]
    assert cells.count(f"'{bad}") == 16
    assert not [cell for cell in cells if cell.startswith(tuple("=+-@\t\r\n＝＋－＠"))]


def test_row_below_a_deleted_message_names_the_message_above_it():
    conversation = said(("user", "One"), ("assistant", "1"), ("user", "Two"))
    messages = list(conversation.messages)
    messages[1] = replace(messages[1], trashed=True)
    rows = csv.DictReader(io.StringIO(exported(replace(conversation, messages=tuple(messages)), "csv"), newline=""))
    assert [(row["message_id"], row["parent_id"]) for row in rows] == [("m0", ""), ("m2", "m0")]


def test_trace_is_a_json_object_a_line_however_lines_are_split():
    text = exported(said(("user", "a\u2028b\x85c\nd"), ("assistant", "")), "trace")
    assert [json.loads(line) for line in text.split("\n")[:-1]] == [
        {
            "type": "session",
            "harness": "chatkeep",
            "id": "c1",
            "name": "Colours",
            "timestamp": "2026-03-04T05:06:07+00:00",
        },
        {
            "type": "message",
            "message": {"role": "user", "content": "a\u2028b\x85c\nd", "timestamp": int(MOMENT.timestamp()) * 1000},
        },
        {
            "type": "message",
            "message": {"role": "assistant", "content": "", "timestamp": int(at(1).timestamp()) * 1000},
        },
    ]
    assert "\u2028" not in text
