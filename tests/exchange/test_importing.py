"""An import on its way: what it says before and after, what it lets go of, and what is left of one that ends early."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from chat.conversation import Conversation
from exchange import passes, sentences
from exchange.importing import Importing
from exchange.sentences import in_words
from formats.imports import VISITOR_LIMITS
from formats.imports.files.members import Budget
from store.conversations import StoreError
from store.files.store import TinyDBFiles
from tests.support.import_fixtures import case, chatgpt, zipped
from tests.support.processes import wait_for
from tests.support.store_fixtures import OWNER

FULL = "The conversation could not be saved: the disk is full. Nothing that was there is lost; free some space."


def lines(number: int) -> io.BytesIO:
    """Return JSONL with so many conversations of one turn."""
    records = (
        {"messages": [{"role": "user", "content": f"Question {n}"}, {"role": "assistant", "content": f"Answer {n}"}]}
        for n in range(number)
    )
    return io.BytesIO("".join(json.dumps(record) + "\n" for record in records).encode())


def ended(job: Importing) -> Importing:
    wait_for(lambda: not job.is_working, "the import comes to its end")
    return job


@pytest.fixture
def store(tmp_path: Path) -> Iterator[TinyDBFiles]:
    opened = TinyDBFiles(tmp_path / "data")
    yield opened
    opened.close()


def merging(store: TinyDBFiles, file: io.BytesIO) -> Importing:
    job = ended(Importing(store, OWNER, "lines.jsonl", file))
    job.merge()
    return job


def test_nothing_is_kept_before_it_is_asked_for_and_twice_adds_nothing(store: TinyDBFiles) -> None:
    job = ended(Importing(store, OWNER, "lines.jsonl", lines(3)))
    assert (job.stage, in_words(job.tally), store.count(OWNER)) == ("looked", "3 new", 0)
    job.merge()
    assert (ended(job).stage, in_words(job.tally), store.count(OWNER)) == ("merged", "3 new", 3)
    again = ended(Importing(store, OWNER, "lines.jsonl", lines(4)))
    assert in_words(again.tally) == "1 new, 3 already here"


def test_cancelled_import_leaves_whole_conversations_and_goes_on_when_begun_again(
    store: TinyDBFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passes, "BATCH", 2)
    job = ended(Importing(store, OWNER, "lines.jsonl", lines(5)))
    merge_many = store.merge_many

    def merge_and_cancel(conversations: Iterable[Conversation]) -> Any:
        outcomes = merge_many(conversations)
        job.cancel()
        return outcomes

    with monkeypatch.context() as patched:
        patched.setattr(store, "merge_many", merge_and_cancel)
        job.merge()
        assert (ended(job).is_cancelled, in_words(job.tally)) == (True, "2 new")
    assert sentences.cancelled(job.tally, was_merging=True) == (
        "Cancelled. Imported so far: 2 new. Import the file again to go on."
    )
    kept = [store.get(OWNER, summary.id) for summary in store.list(OWNER)]
    assert [len(conversation.messages) for conversation in kept] == [2, 2]
    again = ended(Importing(store, OWNER, "lines.jsonl", lines(5)))
    assert in_words(again.tally) == "3 new, 2 already here"


def test_file_that_is_no_export_says_so_and_keeps_nothing(store: TinyDBFiles) -> None:
    job = ended(Importing(store, OWNER, "wrong.json", io.BytesIO(b"not this")))
    assert job.stage == "failed"
    assert job.problem.startswith("No conversations were found in this file.")
    assert store.count(OWNER) == 0


def test_file_is_held_on_the_disk_while_it_is_needed_and_then_nowhere(
    store: TinyDBFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Any] = []
    make = tempfile.TemporaryFile
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda: made.append(make()) or made[-1])
    given = lines(2)
    job = ended(Importing(store, OWNER, "lines.jsonl", given))
    given.close()  # as the page does
    assert not made[0].closed
    job.merge()
    assert (ended(job).stage, in_words(job.tally), made[0].closed) == ("merged", "2 new", True)
    ended(Importing(store, OWNER, "lines.jsonl", lines(2)))  # nothing new, so nothing more to do with it
    ended(Importing(store, OWNER, "wrong.json", io.BytesIO(b"not this")))
    wait_for(lambda: all(each.closed for each in made), "every file is closed")
    assert len(made) == 3


def test_file_too_large_for_a_visitor_is_not_taken(store: TinyDBFiles) -> None:
    limits = replace(VISITOR_LIMITS, upload_mib=1)
    job = ended(Importing(store, OWNER, "large.json", io.BytesIO(b" " * (1024 * 1024 + 1)), limits))
    assert (job.stage, job.problem) == (
        "failed",
        "This file is larger than 1 MB. Nothing was imported; import it in parts.",
    )


def test_disk_without_room_for_the_file_is_said(store: TinyDBFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> None:
        raise OSError(28, "No space left on device", "/secret/path")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    assert Importing(store, OWNER, "lines.jsonl", lines(1)).problem == sentences.NO_ROOM


def test_look_that_takes_too_long_says_what_was_not_looked_at_and_the_rest_is_imported(
    store: TinyDBFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = count()
    monkeypatch.setattr(Budget, "is_over", property(lambda self: self.seconds == 60 and next(asked) > 6))
    job = ended(Importing(store, OWNER, "lines.jsonl", lines(9), VISITOR_LIMITS))
    rest = ("The rest", "was not looked at: this file takes more than 60 seconds. Import it in parts")
    looked = job.tally
    assert (looked.skipped, 0 < looked.new < 9) == ([rest], True)
    job.merge()
    assert (ended(job).stage, job.tally) == ("merged", looked)
    assert store.count(OWNER) == looked.new


def test_disk_that_is_full_ends_an_import_and_says_how_far_it_came(
    store: TinyDBFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passes, "BATCH", 2)
    merge_many = store.merge_many
    calls: list[int] = []

    def until_full(conversations: Iterable[Conversation]) -> Any:
        calls.append(1)
        every = tuple(conversations)
        return merge_many(every) if len(calls) == 1 else tuple(StoreError(FULL) for _ in every)

    monkeypatch.setattr(store, "merge_many", until_full)
    job = ended(merging(store, lines(9)))
    assert (job.stage, len(calls), store.count(OWNER)) == ("failed", 2, 2)
    assert job.problem == f"{FULL} Imported so far: 2 new. Import the file again to go on."


def test_one_that_cannot_be_kept_costs_only_itself(store: TinyDBFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    merge_many = store.merge_many

    def but_the_second(conversations: Iterable[Conversation]) -> Any:
        first, _second, *rest = conversations
        return (*merge_many([first]), StoreError(FULL), *merge_many(rest))

    monkeypatch.setattr(store, "merge_many", but_the_second)
    job = ended(merging(store, lines(4)))
    assert (job.stage, in_words(job.tally)) == ("merged", "3 new, 1 skipped")
    assert job.tally.skipped == [("Question 1", f"is not imported. {FULL}")]


def test_every_conversation_of_the_file_is_under_one_name(store: TinyDBFiles) -> None:
    job = ended(merging(store, lines(2)))
    twice = io.BytesIO(lines(3).getvalue() * 2 + b'{"messages": []}\n')
    job = ended(Importing(store, OWNER, "lines.jsonl", twice))
    assert in_words(job.tally) == "1 new, 2 already here, 3 twice in the file, 1 skipped"
    assert [(named.heading, named.lines) for named in sentences.named(job.tally)] == [
        ("1 skipped", ("“Conversation 7” has no messages",)),
        ("3 twice in the file", ("“Question 0”", "“Question 1”", "“Question 2”")),
    ]
    looked = ended(Importing(store, OWNER, "lines.jsonl", io.BytesIO(lines(4).getvalue() * 2)))
    planned = looked.tally
    looked.merge()
    assert ended(looked).tally == planned
    assert in_words(planned) == "2 new, 2 already here, 4 twice in the file"


def test_each_kind_that_is_left_out_names_the_conversations_it_concerns(store: TinyDBFiles) -> None:
    file = io.BytesIO(json.dumps([chatgpt("1"), chatgpt("2")]).encode())
    job = ended(Importing(store, OWNER, "conversations.json", file))
    assert sentences.looked_through(job.name, job.product, job.tally) == (
        "conversations.json, an export of ChatGPT: 2 new, 2 pictures left out, 2 tool calls left out."
    )
    assert [(named.heading, named.lines) for named in sentences.named(job.tally)] == [
        ("2 pictures left out", ("“Rye and acid”: 1", "“Rye and acid”: 1")),
        ("2 tool calls left out", ("“Rye and acid”: 1", "“Rye and acid”: 1")),
    ]


def test_of_very_many_that_are_skipped_the_first_are_named_and_all_are_counted(store: TinyDBFiles) -> None:
    file = io.BytesIO(lines(1).getvalue() + b"{}\n" * 1500)
    job = ended(Importing(store, OWNER, "lines.jsonl", file))
    (named,) = sentences.named(job.tally)
    assert (named.heading, len(named.lines), named.more) == ("1,500 skipped", 1000, 500)


def test_file_that_is_not_unicode_is_read_once_somebody_says_what_it_is(store: TinyDBFiles) -> None:
    said = [{"role": "user", "content": "Où est l’été à Zürich ?"}, {"role": "assistant", "content": "Déjà passé."}]
    file = io.BytesIO(json.dumps({"messages": said}, ensure_ascii=False).encode("cp1252") + b"\n")
    job = ended(Importing(store, OWNER, "chats.jsonl", file))
    assert (job.stage, job.encodings[0].name, store.count(OWNER)) == ("unclear", "cp1252", 0)
    job.read_as("cp1252")
    assert (ended(job).stage, in_words(job.tally)) == ("looked", "1 new")
    job.merge()
    ended(job)
    (summary,) = store.list(OWNER)
    assert [each.content for each in store.get(OWNER, summary.id).messages] == [each["content"] for each in said]


def test_other_files_of_a_zip_are_named(store: TinyDBFiles) -> None:
    file = io.BytesIO(zipped({"conversations.json": json.dumps([chatgpt()]).encode(), "chat.html": b"<p>Hi</p>"}))
    job = ended(Importing(store, OWNER, "export.zip", file))
    assert next((named.heading, named.lines) for named in sentences.named(job.tally)) == (
        "Other files in this zip",
        ("chat.html shows the chats for reading; they are taken from the JSON files beside it",),
    )


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("messages-anthropic-blocks.jsonl", "1 new, 1 tool call left out, 1 tool result left out"),
        ("messages-content-object.json", "1 new"),
        ("messages-other-role.json", "1 new"),
        ("messages-think-tag.jsonl", "1 new"),
        ("messages-with-dates-and-models.json", "1 new"),
        ("records-conversations-role-content.json", "1 new"),
        ("records-dpo.jsonl", "1 new"),
        ("records-list-of-lists.json", "2 new"),
        ("records-rated.jsonl", "2 new"),
        ("records-tools-weight-name.jsonl", "1 new, 1 picture left out, 1 tool call left out, 1 tool result left out"),
        ("records-value-parts.jsonl", "1 new"),
        ("records-with-images-beside.json", "1 new, 1 picture left out"),
        ("sharegpt-chosen-rejected.json", "1 new"),
        ("zip-chatgpt-2026.zip", "2 new, 1 twice in the file"),
        ("zip-claude-design.zip", "2 new"),
    ],
)
def test_what_the_dry_run_says_of_files_from_elsewhere(store: TinyDBFiles, name: str, said: str) -> None:
    assert in_words(ended(Importing(store, OWNER, name, io.BytesIO(case(name)))).tally) == said
