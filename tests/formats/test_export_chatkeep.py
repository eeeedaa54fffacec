"""Chatkeep JSON: whatever goes out comes back the same, and goes out again as the same bytes."""

import io
import json
import re
import zipfile
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.conversation import (
    MEMORY_POLICIES,
    ROLES,
    STATUSES,
    TITLE_SOURCES,
    Conversation,
    ConversationSettings,
    Message,
    Part,
    Usage,
    Waiting,
)
from chat.records import BadRecord
from chat.surrogates import joined_surrogates
from formats.exports import format_named, write_many
from formats.exports.chatkeep import from_chatkeep, to_chatkeep
from tests.support.rich_conversation import MOMENT, at, rich, said

TEXT = st.text(st.characters(codec=None, categories=None), max_size=30).map(joined_surrogates)
NOTHING_OR = st.none() | TEXT
COUNT = st.integers(0, 10**9)
TIME = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
SETTINGS = st.builds(
    ConversationSettings,
    model=NOTHING_OR,
    system_prompt=TEXT,
    temperature=st.none() | st.floats(0, 2),
    max_tokens=st.none() | COUNT,
    memory=st.sampled_from(MEMORY_POLICIES),
)
MESSAGE = st.builds(
    Message,
    id=TEXT,
    parent_id=NOTHING_OR,
    role=st.sampled_from(ROLES),
    content=TEXT,
    created_at=TIME,
    model=NOTHING_OR,
    status=st.sampled_from(STATUSES),
    finish_reason=NOTHING_OR,
    error=NOTHING_OR,
    usage=st.none() | st.builds(Usage, COUNT, COUNT),
    first_token_ms=st.none() | COUNT,
    total_ms=st.none() | COUNT,
    reasoning=TEXT,
    rating=st.sampled_from([None, 1, -1]),
    rating_note=TEXT,
    left_out=st.booleans(),
    trashed=st.booleans(),
    attachments=st.lists(TEXT, max_size=2).map(tuple),
    source=NOTHING_OR,
    process=NOTHING_OR,
    parts=st.lists(st.builds(Part, NOTHING_OR, COUNT), max_size=2).map(tuple),
    note=NOTHING_OR,
)
CONVERSATION = st.builds(
    Conversation,
    id=TEXT,
    owner=TEXT,
    title=TEXT,
    created_at=TIME,
    updated_at=TIME,
    title_source=st.sampled_from(TITLE_SOURCES),
    head=NOTHING_OR,
    pinned=st.booleans(),
    tags=st.lists(TEXT, max_size=2).map(tuple),
    trashed_at=st.none() | TIME,
    settings=SETTINGS,
    source=NOTHING_OR,
    messages=st.lists(MESSAGE, max_size=4, unique_by=lambda message: message.id).map(tuple),
)


def at_rest(message: Message) -> Message:
    return replace(message, process=None, status="interrupted" if message.status == "streaming" else message.status)


@given(CONVERSATION, TEXT)
def test_any_conversation_comes_back_as_it_was(conversation, owner):
    data = to_chatkeep(conversation)
    back = from_chatkeep(json.loads(data), owner)
    messages = tuple(at_rest(message) for message in conversation.messages)
    assert back == replace(conversation, owner=owner, messages=messages)
    assert to_chatkeep(back) == data


def test_file_says_neither_whose_it_is_nor_which_process_wrote():
    conversation = said(("user", "Hi"), ("assistant", "Hel"))
    writing = replace(conversation.messages[1], status="streaming", process="host-77")
    data = to_chatkeep(replace(conversation, owner="anna@example.org", messages=(conversation.messages[0], writing)))
    assert b"anna" not in data
    assert b"host-77" not in data
    assert json.loads(data)["messages"][1]["status"] == "interrupted"


def test_half_a_surrogate_pair_is_its_escape_and_comes_back():
    data = to_chatkeep(said(("user", "half \ud83d, joined \ud83d\ude00")))
    assert b'"half \\ud83d, joined \xf0\x9f\x98\x80"' in data
    assert from_chatkeep(json.loads(data), "me").messages[0].content == "half \ud83d, joined 😀"


def test_unknown_fields_are_passed_over():
    value = json.loads(to_chatkeep(rich()))
    value |= {"written_by": "somebody"}
    value["conversation"] |= {"owner": "somebody else", "colour": "red"}
    value["messages"][0] |= {"process": "host-1", "colour": "red"}
    assert from_chatkeep(value, "personal") == rich()


GOOD = json.loads(to_chatkeep(said(("user", "Hi"))))


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ([], "This is not a Chatkeep file."),
        ({"format": "other"}, "This is not a Chatkeep file."),
        (GOOD | {"version": 2}, "A newer Chatkeep wrote this file. Update Chatkeep, then import it again."),
        (GOOD | {"version": True}, "version is missing or has the wrong type"),
        (GOOD | {"conversation": []}, "conversation is missing or has the wrong type"),
        (GOOD | {"conversation": {"id": "c"}}, "title is missing"),
        (GOOD | {"messages": {}}, "messages is missing or has the wrong type"),
        (GOOD | {"messages": ["Hi"]}, "message 1 has the wrong type"),
        (GOOD | {"messages": [{"id": "a"}]}, "message 1: role is missing"),
        (GOOD | {"messages": GOOD["messages"] * 2}, "two messages have the same id"),
    ],
)
def test_what_is_no_chatkeep_file_is_refused_with_its_reason(value, reason):
    with pytest.raises(ValueError, match=f"^{re.escape(reason)}$"):
        from_chatkeep(value, "me")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@given(st.sampled_from(["version", "conversation", "messages"]), ANYTHING)
def test_no_value_is_taken_for_a_conversation_by_mistake(field, value):
    try:
        back = from_chatkeep(GOOD | {field: value}, "me")
    except ValueError:
        return
    assert isinstance(back, Conversation)


@given(st.sampled_from(sorted(GOOD["messages"][0])), ANYTHING)
def test_message_with_any_value_in_a_field_is_taken_or_refused(field, value):
    messages = [GOOD["messages"][0] | {field: value}]
    try:
        back = from_chatkeep(GOOD | {"messages": messages}, "me")
    except BadRecord:
        return
    assert len(back.messages) == 1


def zipped(conversations, now) -> bytes:
    file = io.BytesIO()
    write_many(conversations, file, format_named("chatkeep"), now)
    return file.getvalue()


def test_export_of_what_was_imported_is_the_same_zip_another_day():
    conversations = [rich(), replace(rich(), id="c2"), replace(said(("user", "x")), id="c3", title="manifest")]
    first = zipped(conversations, MOMENT)
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        values = [
            json.loads(archive.read(each["file"]))
            for each in json.loads(archive.read("manifest.json"))["conversations"]
        ]
    assert zipped([from_chatkeep(value, "somebody else") for value in values], at(999)) == first


def test_zip_has_a_manifest_of_every_conversation():
    with zipfile.ZipFile(io.BytesIO(zipped([rich(), said(("user", "x"))], MOMENT))) as archive:
        assert archive.testzip() is None
        assert [member.date_time for member in archive.infolist()] == [
            (2026, 3, 4, 5, 13, 7 - 1),
            (2026, 3, 4, 5, 6, 7 - 1),
            (2026, 3, 4, 5, 13, 7 - 1),
        ]
        manifest = archive.read("manifest.json").decode()
    assert (
        manifest
        == """{
  "format": "chatkeep-archive",
  "version": 1,
  "of": "chatkeep",
  "conversations": [
    {
      "file": "Sizes & -colours-.json",
      "id": "c1",
      "title": "Sizes & *colours*",
      "model": "openai/gpt-5",
      "created_at": "2026-03-04T05:06:07+00:00",
      "updated_at": "2026-03-04T05:13:07+00:00",
      "messages": 6,
      "deleted": 1
    },
    {
      "file": "Colours.json",
      "id": "c1",
      "title": "Colours",
      "model": null,
      "created_at": "2026-03-04T05:06:07+00:00",
      "updated_at": "2026-03-04T05:06:07+00:00",
      "messages": 1,
      "deleted": 0
    }
  ]
}
"""
    )


def test_zip_of_nothing_has_an_empty_manifest():
    with zipfile.ZipFile(io.BytesIO(zipped([], MOMENT))) as archive:
        assert json.loads(archive.read("manifest.json")) == {
            "format": "chatkeep-archive",
            "version": 1,
            "of": "chatkeep",
            "conversations": [],
        }


def test_what_waits_in_line_comes_back_and_asks_no_model_by_itself():
    waiting = (Waiting("w1", "And then?", MOMENT, "a1"), Waiting("w2", "And at last?", MOMENT, "a1"))
    file = to_chatkeep(replace(rich(), waiting=waiting))
    back = from_chatkeep(json.loads(file), "somebody")
    assert back.waiting == tuple(replace(each, after="") for each in waiting)
    assert to_chatkeep(back) == file
    tampered = json.loads(file)
    tampered["conversation"]["waiting"][0]["after"] = back.head
    assert from_chatkeep(tampered, "somebody").waiting == back.waiting
