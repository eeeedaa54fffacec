"""Exports that somebody bent: whatever is wrong with them, what comes out can be kept, or says why not."""

import copy
import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat.conversation import Conversation
from chat.records import is_id
from formats.exports.chatkeep import to_chatkeep
from formats.imports import LIMITS, NotAnExport, Read, Skipped, open_export
from formats.imports.export import UNEXPECTED
from store.rules import checked_new
from tests.support.import_fixtures import (
    HISTORY,
    NOW,
    OWNER,
    SHAREGPT,
    SUPERVISED,
    chatgpt,
    claude,
    claude_tree,
    lechat,
    librechat,
    librechat_recursive,
    lmstudio,
    one,
    openwebui,
    zipped,
)

EXPORTS: dict[str, Any] = {
    "ChatGPT": [chatgpt("1"), chatgpt("2")],
    "Claude": [claude("1"), claude_tree("2")],
    "Open WebUI": [openwebui("1"), openwebui("2")],
    "LibreChat": librechat(),
    "LibreChat, recursive": librechat_recursive(),
    "Le Chat": lechat(),
    "LM Studio": lmstudio(),
    "history.json": HISTORY,
    "JSONL": [SUPERVISED, SUPERVISED],
    "ShareGPT": [SHAREGPT, SHAREGPT],
    "Pairs": [
        {"prompt": "Hi", "chosen": [{"role": "assistant", "content": "Hello"}], "rejected": "What", "label": True},
        {
            "instruction": "Hi",
            "completions": [{"response": "A", "rank": 1}, {"response": "B", "score": 2}],
            "ratings": [1],
        },
        {"text": "\n\nHuman: Hi\n\nAssistant: Hello", "system": [{"text": "Be kind."}], "data": ["a", "b"]},
    ],
    "Messages of any shape": [
        [
            {"from": "human", "value": {"text": "Hi", "files": [{"name": "a.txt", "text": "Rye"}]}, "timestamp": 1},
            {
                "author": {"role": "bot"},
                "parts": [{"type": "thinking", "thinking": "Hm"}, {"type": "image", "x": 1}, "Ho"],
            },
            {"type": "reasoning", "summary": [{"text": "Hm"}]},
            {"role": "tool", "content": [{"type": "tool_result", "content": "ok"}], "tool_calls": [{}]},
        ]
    ],
    "OpenAssistant": [
        {"message_tree_id": "t", "parent_id": None, "message_id": "t", "role": "prompter", "text": "Hi", "rank": None},
        {"message_tree_id": "t", "parent_id": "t", "message_id": "a", "role": "assistant", "text": "Hello", "rank": 0},
        {
            "message_tree_id": "u",
            "prompt": {"message_id": "u", "text": "Ho", "role": "prompter", "replies": [{"text": "x"}]},
        },
    ],
    "Chatkeep": json.loads(to_chatkeep(one([chatgpt()]))),
}

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([0, -1, 10**18, 10**400, 1e308, -0.0, 1.5, float("nan"), float("inf")]),
    st.text(max_size=5),
    st.sampled_from(["q1", "a1", "a2", "user", "assistant", "\ud83d", "\x00", "2026-13-45", "0001-01-01T00:00+14:00"]),
    st.just([]),
    st.just({}),
    st.lists(st.one_of(st.none(), st.integers(), st.text(max_size=3)), max_size=3),
    st.dictionaries(st.sampled_from(["text", "id", "content", "role"]), st.integers(), max_size=2),
)


def places(value: Any, above: tuple = ()) -> list[tuple]:
    """The way to everything in a value."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [above] * bool(above) + [place for key, each in inside for place in places(each, (*above, key))]


def put(value: Any, place: tuple, change: Any) -> None:
    for key in place[:-1]:
        value = value[key]
    if change is DELETED:
        del value[place[-1]]
    else:
        value[place[-1]] = change


DELETED = object()


@st.composite
def bent(draw: Any, name: str) -> Any:
    value = copy.deepcopy(EXPORTS[name])
    for _ in range(draw(st.integers(1, 4))):
        there = places(value)
        if not there:
            break
        place = draw(st.sampled_from(there))
        if draw(st.booleans()):
            change = draw(st.one_of(st.just(DELETED), ODD))
        else:  # something of its own in the wrong place: links become circles, messages other messages
            other = draw(st.sampled_from(there))
            change = value
            for key in other:
                change = change[key]
            change = copy.deepcopy(change)
        put(value, place, change)
    return value


def outcome(data: bytes) -> list[Read | Skipped]:
    try:
        return list(open_export(io.BytesIO(data), OWNER, LIMITS, NOW))
    except NotAnExport:
        return []


def assert_can_be_kept(conversation: Conversation) -> None:
    assert is_id(conversation.id)
    assert conversation.owner == OWNER
    assert checked_new(conversation)
    assert len(conversation.title) <= LIMITS.title_characters
    ids = {message.id for message in conversation.messages}
    assert conversation.head is None or conversation.head in ids
    assert all(message.parent_id is None or message.parent_id in ids for message in conversation.messages)
    for message in conversation.messages:
        assert conversation.line(message.id)[0].parent_id is None
        assert message.status != "streaming"
        assert message.rating in (None, 1, -1)


def assert_is_sound(items: list[Read | Skipped], is_foreign: bool = True) -> None:
    for item in items:
        if isinstance(item, Skipped):
            assert item.title
            assert item.reason != UNEXPECTED
        else:
            assert_can_be_kept(item.conversation)
            if is_foreign:  # what Chatkeep wrote stays as it is
                assert item.conversation.title.strip()
                assert item.conversation.updated_at >= item.conversation.created_at


@pytest.mark.parametrize("name", EXPORTS)
@settings(max_examples=150)
@given(data=st.data())
def test_bent_export_gives_only_what_can_be_kept(name, data):
    value = data.draw(bent(name))
    raw = json.dumps(value).encode()
    items = outcome(raw)
    assert_is_sound(items, is_foreign=name != "Chatkeep")
    assert outcome(zipped({"a.json": raw})) == items or any(isinstance(item, Skipped) for item in items)


@pytest.mark.parametrize("name", EXPORTS)
@settings(max_examples=60)
@given(data=st.data())
def test_bytes_that_were_changed_on_the_way_cost_no_crash(name, data):
    raw = bytearray(json.dumps(EXPORTS[name]).encode())
    for _ in range(data.draw(st.integers(1, 5))):
        place = data.draw(st.integers(0, len(raw) - 1))
        raw[place : place + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=4))
    assert_is_sound(outcome(bytes(raw)), is_foreign=name != "Chatkeep")


@settings(max_examples=150)
@given(st.data())
def test_zip_of_which_bytes_were_changed_costs_no_crash(data):
    raw = bytearray(zipped({"a.json": EXPORTS["Claude"], "b.json": EXPORTS["ChatGPT"]}))
    for _ in range(data.draw(st.integers(1, 4))):
        at_end = data.draw(st.booleans())
        place = data.draw(st.integers(max(0, len(raw) - 160), len(raw) - 1) if at_end else st.integers(4, len(raw) - 1))
        raw[place] = data.draw(st.integers(0, 255))
    assert_is_sound(outcome(bytes(raw)))


@settings(max_examples=100)
@given(st.binary(max_size=200), st.sampled_from([b"", b"[", b"{", b'[{"mapping":', b"PK\x03\x04", b"\xff\xfe[\x00"]))
def test_any_bytes_are_refused_or_read(data, beginning):
    assert_is_sound(outcome(beginning + data))


def links(size: int) -> st.SearchStrategy[list[int | None]]:
    return st.lists(st.one_of(st.none(), st.integers(0, size + 1)), min_size=size, max_size=size)


@settings(max_examples=150)
@given(st.integers(1, 12).flatmap(links), st.lists(st.booleans(), min_size=12, max_size=12))
def test_any_links_make_a_tree_that_has_every_word(parents, hidden):
    mapping = {
        f"n{place}": {
            "parent": None if parent is None else f"n{parent}",
            "message": {
                "author": {"role": "tool" if hidden[place] else "user"},
                "content": {"content_type": "text", "parts": [f"words {place}"]},
            },
        }
        for place, parent in enumerate(parents)
    }
    items = outcome(json.dumps([{"conversation_id": "c", "mapping": mapping}]).encode())
    assert_is_sound(items)
    said = {f"words {place}" for place in range(len(parents)) if not hidden[place]}
    kept = {message.content for item in items if isinstance(item, Read) for message in item.conversation.messages}
    assert kept == said
