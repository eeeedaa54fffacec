"""Values to plain JSON and back: nothing is lost, defaults are not written, and a wrong shape is said to be one."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.conversation import (
    MEMORY_POLICIES,
    MOST_COUNTED,
    ROLES,
    STATUSES,
    TITLE_SOURCES,
    Conversation,
    ConversationSettings,
    ErrorDetails,
    Message,
    Part,
    Usage,
    Waiting,
)
from chat.records import (
    BadRecord,
    comes_back,
    conversation_from,
    conversation_record,
    message_from,
    message_record,
)
from tests.support.store_fixtures import START, at

maybe_text = st.none() | st.text()
counts = st.integers(0, MOST_COUNTED)
maybe_number = st.none() | counts
moments = st.datetimes(
    datetime(2, 1, 1),  # noqa: DTZ001 (hypothesis adds the zone)
    datetime(9998, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC) | st.just(timezone(timedelta(hours=5, minutes=45))),
)
messages = st.builds(
    Message,
    id=st.text(min_size=1),
    parent_id=maybe_text,
    role=st.sampled_from(ROLES),
    content=st.text(),
    created_at=moments,
    model=maybe_text,
    status=st.sampled_from(STATUSES),
    finish_reason=maybe_text,
    error=maybe_text,
    error_details=st.none() | st.builds(ErrorDetails, maybe_number, st.text(), st.text(), st.booleans()),
    note=maybe_text,
    usage=st.none() | st.builds(Usage, counts, counts),
    first_token_ms=maybe_number,
    total_ms=maybe_number,
    reasoning=st.text(),
    rating=st.sampled_from([1, -1, None]),
    rating_note=st.text(),
    left_out=st.booleans(),
    trashed=st.booleans(),
    attachments=st.lists(st.text(), max_size=3).map(tuple),
    source=maybe_text,
    process=maybe_text,
    parts=st.lists(st.builds(Part, maybe_text, counts), max_size=3).map(tuple),
)
settings = st.builds(
    ConversationSettings,
    model=maybe_text,
    system_prompt=st.text(),
    temperature=st.none() | st.floats(-1000, 1000),
    max_tokens=maybe_number,
    memory=st.sampled_from(MEMORY_POLICIES),
)
conversations = st.builds(
    Conversation,
    id=st.text(min_size=1),
    owner=st.text(min_size=1),
    title=st.text(),
    created_at=moments,
    updated_at=moments,
    title_source=st.sampled_from(TITLE_SOURCES),
    head=maybe_text,
    pinned=st.booleans(),
    tags=st.lists(st.text(), max_size=3).map(tuple),
    trashed_at=st.none() | moments,
    settings=settings,
    source=maybe_text,
    waiting=st.lists(st.builds(Waiting, st.text(), st.text(), moments, st.text()), max_size=3).map(tuple),
)


@given(messages)
def test_any_message_comes_back(message: Message) -> None:
    assert message_from(json.loads(json.dumps(message_record(message)))) == message


@given(conversations)
def test_any_conversation_comes_back(conversation: Conversation) -> None:
    assert conversation_from(json.loads(json.dumps(conversation_record(conversation)))) == conversation


def test_message_in_line_that_cannot_be_read_costs_no_other() -> None:
    kept = Waiting("w1", "words", START, "a1")
    record = conversation_record(Conversation("c1", "o", "t", START, START, waiting=(kept,)))
    for odd in ("text", {}, {"id": 1}, record["waiting"][0] | {"created_at": "yesterday"}):
        assert conversation_from(record | {"waiting": [odd, *record["waiting"]]}).waiting == (kept,)
    assert conversation_from(record | {"waiting": "odd"}).waiting == ()


def test_defaults_are_not_written() -> None:
    assert message_record(Message("m1", None, "user", "Hello", START)) == {
        "id": "m1",
        "parent_id": None,
        "role": "user",
        "content": "Hello",
        "created_at": "2026-03-01T12:00:00+00:00",
    }
    full = Conversation(
        "c1",
        "personal",
        "Title",
        START,
        at(1),
        tags=("a", "b"),
        settings=ConversationSettings(temperature=0.0, memory="off"),
        messages=(Message("m1", None, "user", "Hello", START),),
    )
    assert conversation_record(full) == {
        "id": "c1",
        "owner": "personal",
        "title": "Title",
        "created_at": "2026-03-01T12:00:00+00:00",
        "updated_at": "2026-03-01T12:01:00+00:00",
        "tags": ["a", "b"],
        "settings": {"temperature": 0.0, "memory": "off"},
    }


def test_unknown_fields_are_passed_over_and_naive_times_are_utc() -> None:
    record = {"id": "m", "role": "user", "content": "x", "created_at": "2026-03-01T12:00:00", "mood": "good"}
    assert message_from(record) == Message("m", None, "user", "x", START)


GOOD_MESSAGE = message_record(Message("m", None, "user", "x", START))
GOOD_CONVERSATION = conversation_record(Conversation("c", "o", "t", START, START))


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"id": 1}, "id has the wrong type"),
        ({"content": None}, "content has the wrong type"),
        ({"parent_id": 1}, "parent_id has the wrong type"),
        ({"role": "human"}, "role is 'human', not one of system, user, assistant"),
        ({"status": "done"}, "status is 'done', not one of complete, streaming, stopped, interrupted, failed"),
        ({"created_at": "yesterday"}, "created_at is no ISO 8601 time"),
        ({"created_at": "0001-01-01T00:00:00+05:00"}, "created_at is no ISO 8601 time"),
    ],
)
def test_a_wrong_message_says_what_is_wrong(wrong: dict[str, Any], reason: str) -> None:
    with pytest.raises(BadRecord) as caught:
        message_from(GOOD_MESSAGE | wrong)
    assert str(caught.value) == reason


ODD = [True, -1, 0.5, float("nan"), 10**30, "many", [], {}, None, [1], {"prompt_tokens": 1}]
COUNTS = ("usage", "first_token_ms", "total_ms")
TEXTS = ("model", "finish_reason", "error", "reasoning", "rating_note", "source", "process")


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_an_odd_side_field_never_costs_the_words(odd: Any) -> None:
    for name in (*COUNTS, *TEXTS, "rating", "left_out", "trashed", "attachments"):
        message = message_from(GOOD_MESSAGE | {name: odd})
        assert (message.id, message.role, message.content) == ("m", "user", "x")
        assert message_from(message_record(message)) == message
    good = message_from(GOOD_MESSAGE)
    assert all(message_from(GOOD_MESSAGE | {name: odd}) == good for name in COUNTS)
    usage = {"prompt_tokens": 1, "completion_tokens": 2}
    for name in usage:
        assert message_from(GOOD_MESSAGE | {"usage": usage | {name: odd}}) == good
    assert message_from(GOOD_MESSAGE | {"usage": usage}).usage == Usage(1, 2)


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("odd", [each for each in ODD if not isinstance(each, str)], ids=repr)
def test_a_text_that_is_none_is_not_set(name: str, odd: Any) -> None:
    assert message_from(GOOD_MESSAGE | {name: odd}) == message_from(GOOD_MESSAGE)


@pytest.mark.parametrize("odd", [*ODD, [{"model": "x"}], [{"start": -1}], [{"start": 0}, {"start": True}]], ids=repr)
def test_who_wrote_what_is_known_of_all_parts_or_of_none(odd: Any) -> None:
    assert message_from(GOOD_MESSAGE | {"parts": odd}).parts == ()
    parts = [{"model": 5, "start": 0}, {"model": "x/y", "start": 3}]
    assert message_from(GOOD_MESSAGE | {"parts": parts}).parts == (Part(None, 0), Part("x/y", 3))


def test_what_is_text_among_the_attachments_stays() -> None:
    assert message_from(GOOD_MESSAGE | {"attachments": ["a.png", 1, None]}).attachments == ("a.png",)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"title": 5}, "title has the wrong type"),
        ({"owner": None}, "owner has the wrong type"),
        ({"updated_at": 5}, "updated_at has the wrong type"),
    ],
)
def test_a_wrong_conversation_says_what_is_wrong(wrong: dict[str, Any], reason: str) -> None:
    with pytest.raises(BadRecord) as caught:
        conversation_from(GOOD_CONVERSATION | wrong)
    assert str(caught.value) == reason


@pytest.mark.parametrize("odd", [*ODD, 10**400, float("inf"), "some", "yesterday"], ids=lambda odd: repr(odd)[:20])
def test_an_odd_side_field_of_a_conversation_never_costs_it(odd: Any) -> None:
    good = conversation_from(GOOD_CONVERSATION)
    for name in ("title_source", "pinned", "tags", "trashed_at", "settings", "source", "head"):
        about = conversation_from(GOOD_CONVERSATION | {name: odd})
        assert (about.id, about.title) == (good.id, good.title)
        assert conversation_from(conversation_record(about)) == about
    for name in ("title_source", "trashed_at"):
        assert conversation_from(GOOD_CONVERSATION | {name: odd}) == good
    settings = {"model": "x/y", "system_prompt": "Be brief.", "temperature": 0.5, "max_tokens": 5, "memory": "off"}
    for name in settings:
        changed = conversation_from(GOOD_CONVERSATION | {"settings": settings | {name: odd}}).settings
        assert {each: getattr(changed, each) for each in settings if each != name} == {
            each: value for each, value in settings.items() if each != name
        }
    assert conversation_from(GOOD_CONVERSATION | {"settings": settings | {"memory": odd}}).settings.memory == "all"


@pytest.mark.parametrize("name", ["id", "role", "content", "created_at"])
def test_a_missing_field_is_named(name: str) -> None:
    record = {key: value for key, value in GOOD_MESSAGE.items() if key != name}
    with pytest.raises(BadRecord, match=f"^{name} is missing$"):
        message_from(record)


odd = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("a\ud83d\ude00b")
SIDE_FIELDS = sorted({field.name for field in fields(Message)} - {"created_at"})


@given(messages, st.dictionaries(st.sampled_from(SIDE_FIELDS), odd | st.lists(odd).map(tuple), max_size=2))
def test_what_is_said_to_come_back_does(message: Message, changes: dict[str, Any]) -> None:
    changed = replace(message, created_at=message.created_at.replace(fold=0), **changes)
    if comes_back(changed):
        # `repr` tells True from 1 and one time zone from another.
        assert repr(message_from(json.loads(json.dumps(message_record(changed))))) == repr(changed)


@given(messages)
def test_whole_message_without_lists_is_said_to_come_back(message: Message) -> None:
    plain = replace(message, created_at=START, attachments=(), parts=())
    assert comes_back(plain)
