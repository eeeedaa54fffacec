"""Search: what is found, in which order, and with which passage; the same for every kind of store."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chat.conversation import ConversationSettings, Part, new_id
from store.catalog import search
from store.conversations import ConversationStore
from store.queries import Facets, Found, Hit, Passage, Query, Sort, Summary, Term
from store.query_text import parse
from tests.support.store_fixtures import OWNER, START, at, clock, conversation, erase, message, open_again, store

__all__ = ["clock", "open_again", "store"]


def found(store: ConversationStore, text: str, owner: str = OWNER, **more: Any) -> list[str]:
    """The ids of what a text in the search box finds, in order."""
    query = dataclasses.replace(parse(text), **more)
    result = store.search(owner, query, limit=None)
    assert result.total == len(result.hits)
    return [hit.summary.id for hit in result.hits]


def passage(store: ConversationStore, text: str) -> str:
    """The passage of the only hit, with what was found in brackets."""
    (hit,) = store.search(OWNER, parse(text)).hits
    assert hit.passage is not None
    return "".join(f"[{part}]" if is_found else part for part, is_found in hit.passage.parts)


# Words


def test_a_search_gives_summaries_with_the_best_passage_of_each(store: ConversationStore) -> None:
    store.create(
        conversation(
            "c1",
            message("q1", content="Where is the Louvre?"),
            message("a1", "q1", "assistant", "In Paris.\n\nThe Louvre is a museum in  Paris, France.", model="m/x"),
            title="A trip",
            tags=("travel",),
            pinned=True,
        )
    )
    store.create(conversation("c2", message("q1", content="Paris?"), title="Paris in spring", updated_at=at(5)))
    store.create(conversation("c3", message("q1", content="Berlin"), updated_at=at(9)))
    c1 = Summary("c1", "A trip", "m/x", 2, START, START, None, False, True, ("travel",))
    c2 = Summary("c2", "Paris in spring", None, 1, START, at(5), None, False)
    assert store.search(OWNER, parse("paris")) == Found(
        (
            Hit(c2, Passage(None, (("Paris", True), (" in spring", False)))),
            Hit(
                c1,
                Passage(
                    "a1",
                    (
                        ("In ", False),
                        ("Paris", True),
                        (". The Louvre is a museum in ", False),
                        ("Paris", True),
                        (", France.", False),
                    ),
                ),
            ),
        ),
        total=2,
    )
    assert store.search(OWNER, parse("nowhere")) == Found((), 0)


def test_without_words_everything_is_found_and_nothing_is_marked(store: ConversationStore) -> None:
    store.create(conversation("c1", message("q1")))
    store.create(conversation("c2", updated_at=at(1)))
    store.create(conversation("c3", trashed_at=at(1)))
    expected = Found(tuple(Hit(each) for each in store.list(OWNER)), 2)
    assert store.search(OWNER, Query()) == expected
    assert [hit.summary.id for hit in expected.hits] == ["c2", "c1"]


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("brown", True),
        ("BROWN", True),
        ("bro", True),
        ("rown", False),
        ("brown fox", True),
        ("fox brown", True),
        ("fo bro", True),
        ("brown cat", False),
        ('"brown fox"', True),
        ('"fox brown"', False),
        ('"brown fo"', False),
        ('"quick brown" jumps', True),
        ("cafe", True),
        ("CAFÉ", True),
        ("cafe\u0301", True),
        ("uber", True),
        ("don't", True),
        ("don’t", True),
        ("snake", True),
        ("case", True),
        ("snake_case", True),
        ("case_snake", False),
        ("main.py", True),
        ("main.rs", False),
        ("me@example.org", True),
        ("example.org", True),
        ("3.14", True),
        ("4.13", False),
        ("C++", True),
        ("C#", True),
        ("C--", True),  # only the C can be looked for
        ("F#", False),
        ("D++", False),
        ("#4711", True),
        ("http://x.org/a?b=1", True),
        ("?! brown", True),
        ("?!", False),
    ],
)
def test_words_are_found_as_they_are_typed(store: ConversationStore, text: str, is_found: bool) -> None:
    words = (
        "The quick brown fox jumps. Café, über, don't: snake_case in main.py, by me@example.org; "
        "3.14 in C++ or C#, see #4711 at http://x.org/a?b=1"
    )
    store.create(conversation("c1", message("q1", content=words), title=""))
    store.create(conversation("c2", message("q1", content="Nothing like it"), title=""))
    assert found(store, text) == (["c1"] if is_found else [])


@pytest.mark.parametrize(
    ("words", "text", "expected"),
    [
        ("我们今天学习中文。", "中文", "我们今天学习[中文]。"),
        ("我们今天学习中文。", "天", "我们今[天]学习中文。"),
        ("我们今天学习中文。", "今天学习", "我们[今天学习]中文。"),
        ("我们今天学习中文。", "文中", None),
        ("我们今天 learn 中文v2", "learn", "我们今天 [learn] 中文v2"),
        ("我们今天 learn 中文v2", "文v2", "我们今天 learn 中[文v2]"),
        ("𠮷野家で食べる", "𠮷野", "[𠮷野]家で食べる"),
        ("東京タワーへ行きました", "タワー", "東京[タワー]へ行きました"),
        ("東京タワーへ行きました", "行き", "東京タワーへ[行き]ました"),
        ("ｶﾀｶﾅ", "ﾀｶ", "ｶ[ﾀｶ]ﾅ"),
        ("한국어학교에서 배웠다", "학교", "한국어[학교]에서 배웠다"),
        ("\u1112\u1161\u11ab\u1100\u1173\u11af", "한글", "[한글]"),  # as a Mac types it
        ("ภาษาไทยไม่ยาก", "ไทย", "ภาษา[ไทย]ไม่ยาก"),
        ("ພາສາລາວ", "ລາວ", "ພາສາ[ລາວ]"),
        ("ភាសាខ្មែរ", "ខ្មែរ", "ភាសា[ខ្មែរ]"),
        ("မြန်မာစာ", "မာစာ", "မြန်[မာစာ]"),
        ("مرحبا بالعالم", "بال", "مرحبا [بالعالم]"),
        ("هذا كِتَاب", "كِتَاب", "هذا [كِتَاب]"),
        ("שלום עולם", "עולם", "שלום [עולם]"),
        ("हिन्दी भाषा", "हिन्दी", "[हिन्दी] भाषा"),
        ("हिन्दी भाषा", "हान", None),
        ("Привет, МИР", "мир", "Привет, [МИР]"),
        ("ΑΘΗΝΑ", "αθηνα", "[ΑΘΗΝΑ]"),
        ("Great👍job", "👍", "Great[👍]job"),
        ("Great👍job", "job", "Great👍[job]"),
        ("Nice 👍🏽!", "👍", "Nice [👍]🏽!"),
        ("Nice 👍🏽!", "👍🏽", "Nice [👍🏽]!"),
        ("Nice 👍🏽!", "👍🏿", None),
        ("I ❤️ it", "❤", "I [❤]️ it"),
        ("I ❤ it", "❤️", "I [❤] it"),
        ("a 👩‍💻 codes", "👩‍💻", "a [👩‍💻] codes"),
        ("a 👩‍💻 codes", "💻", "a 👩‍[💻] codes"),
        ("from 🇫🇷 to 🇩🇪", "🇩🇪", "from 🇫🇷 to [🇩🇪]"),
        ("NUL\0 and \ud800 half", "half", "NUL and \ufffd [half]"),
        ("\x02odd\x03 marks\u200b here", "marks", "odd [marks] here"),
    ],
)
def test_any_script_is_found_with_its_passage(
    store: ConversationStore, words: str, text: str, expected: str | None
) -> None:
    store.create(conversation("c1", message("q1", content=words), title=""))
    store.create(conversation("c2", message("q1", content="else"), title=""))
    if expected is None:
        assert found(store, text) == []
    else:
        assert passage(store, text) == expected


def test_a_long_message_is_found_with_the_passage_and_no_more(store: ConversationStore) -> None:
    words = "word " * 100_000 + "needle " + "more " * 100_000
    store.create(conversation("c1", message("q1", content=words)))
    assert passage(store, "needle") == f"…{'word ' * 15}[needle]{' more' * 15}…"


def test_a_word_all_over_a_long_message_takes_no_time(store: ConversationStore) -> None:
    store.create(conversation("c1", message("q1", content="word " * 200_000 + "end"), title=""))
    assert passage(store, "word") == f"{'[word] ' * 32}".rstrip() + "…"
    assert passage(store, "word end") == f"…{'[word] ' * 31}[end]"
    assert found(store, f'"{"word " * 3000}"') == ["c1"]


@pytest.mark.parametrize("length", [3_900, 3_990, 4_000, 7_400, 50_000])
def test_a_passage_is_found_anywhere_in_a_long_message(store: ConversationStore, length: int) -> None:
    words = ("word " * 20_000)[:length]
    store.create(conversation("c1", message("q1", content=f"{words} some needle {words}"), title=""))
    assert "[some needle]" in passage(store, '"some needle"')
    assert "[some] [needle]" in passage(store, "some needle")


def test_all_words_are_in_one_message_or_in_the_title(store: ConversationStore) -> None:
    store.create(conversation("c1", message("q1", content="red"), message("q2", content="green"), title="blue"))
    store.create(conversation("c2", message("q1", content="red green"), title="x"))
    store.create(conversation("c3", title="green and red"))
    assert found(store, "red green") == ["c3", "c2"]
    assert found(store, "blue") == ["c1"]


def test_the_better_match_comes_first_and_then_the_last_active(store: ConversationStore) -> None:
    def about(id: str, words: str, minute: int) -> None:
        store.create(conversation(id, message("q1", content=words), title="", updated_at=at(minute)))

    about("often", "needle needle needle hay", 0)
    about("once", "needle in a large stack of hay " * 3, 9)
    about("same-old", "a needle", 1)
    about("same-new", "a needle", 2)
    for number in range(9):
        about(f"none-{number}", "hay", 20)
    assert found(store, "needle") == ["often", "same-new", "same-old", "once"]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("updated", ["c2", "c3", "c1"]),
        ("created", ["c3", "c1", "c2"]),
        ("title", ["c2", "c1", "c3"]),
        ("messages", ["c1", "c2", "c3"]),
    ],
)
@pytest.mark.parametrize("text", ["", "word"])
def test_what_is_found_can_be_sorted(store: ConversationStore, sort: Sort, expected: list[str], text: str) -> None:
    def word(*ids: str) -> tuple[Any, ...]:
        return tuple(message(id, content="word") for id in ids)

    more = {"created_at": at(1), "updated_at": at(4)}
    store.create(conversation("c1", *word("q1", "q2", "q3"), title="éa", created_at=at(1), updated_at=at(3)))
    store.create(conversation("c2", *word("q1", "q2"), title="Z", created_at=at(0), updated_at=at(9)))
    store.create(conversation("c3", *word("q1"), title="Éb", **(more | {"created_at": at(2)})))
    assert found(store, text, sort=sort) == expected


def test_pages_of_what_is_found(store: ConversationStore) -> None:
    for number in range(5):
        store.create(conversation(f"c{number}", message("q1", content="word"), updated_at=at(number)))
    for text in ("", "word"):
        everything = store.search(OWNER, parse(text), limit=None)
        assert [hit.summary.id for hit in everything.hits] == ["c4", "c3", "c2", "c1", "c0"]
        assert store.search(OWNER, parse(text), limit=2) == Found(everything.hits[:2], 5)
        assert store.search(OWNER, parse(text), limit=2, offset=3) == Found(everything.hits[3:], 5)
        assert store.search(OWNER, parse(text), limit=2, offset=7) == Found((), 5)
        assert store.search(OWNER, parse(text), limit=0) == Found((), 5)


def test_of_too_many_matches_only_the_newest_are_ranked(
    store: ConversationStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "CUT", 3)
    for number in range(5):
        tag = "even" if number % 2 == 0 else "odd"
        store.create(conversation(f"c{number}", message("q1", content="word"), updated_at=at(9 - number), tags=(tag,)))
    store.add_message(OWNER, "c0", message("q2", "q1", content="word"))
    result = store.search(OWNER, parse("word"), limit=2)
    assert ([hit.summary.id for hit in result.hits], result.total, result.is_partial) == (["c0", "c3"], 3, True)
    assert found(store, "word", sort="title") == ["c0", "c3", "c4"]
    # What a filter leaves is looked at in full.
    assert store.search(OWNER, parse("word tag:odd")).is_partial is False
    assert found(store, "word tag:odd") == ["c1", "c3"]


def test_a_word_in_very_many_messages_is_no_beginning_any_more(
    store: ConversationStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.create(conversation("c1", message("q1", content="in"), message("q2", content="in"), title=""))
    store.create(conversation("c2", message("q1", content="inside"), title=""))
    assert found(store, "in") == ["c1", "c2"]
    monkeypatch.setattr(search, "COMMON", 2)
    assert found(store, "in") == ["c1"]
    assert found(store, "ins") == ["c2"]


@pytest.mark.parametrize("few", [0, 10**6], ids=["many", "few"])
def test_however_many_pass_the_filters_the_same_is_found(
    store: ConversationStore, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(search, "FEW", few)
    store.create(conversation("c1", message("q1", content="word"), tags=("a",)))
    store.create(conversation("c2", message("q1", content="word"), tags=("b",)))
    store.create(conversation("c3", message("q1", content="word"), tags=("a",), owner="visitor-1"))
    assert found(store, "word tag:a") == ["c1"]


# What is there to be found


def test_messages_of_every_branch_are_found_but_no_deleted_ones(store: ConversationStore) -> None:
    store.create(
        conversation(
            "c1",
            message("q1", content="question"),
            message("a1", "q1", "assistant", "first answer"),
            message("a2", "q1", "assistant", "second answer"),
            message("a3", "q1", "assistant", "third answer", trashed=True),
            title="",
        )
    )
    assert found(store, "first") == found(store, "second") == ["c1"]
    assert found(store, "third") == []
    store.update_message(OWNER, "c1", "a1", trashed=True)
    store.update_message(OWNER, "c1", "a3", trashed=False)
    assert (found(store, "first"), found(store, "third")) == ([], ["c1"])


def test_an_answer_is_found_when_it_ends(store: ConversationStore) -> None:
    store.create(conversation("c1", message("q1"), title=""))
    store.add_message(OWNER, "c1", message("a1", "q1", "assistant", "Once", status="streaming", process=store.process))
    store.update_message(OWNER, "c1", "a1", content="Once upon")
    assert found(store, "once") == []
    store.update_message(OWNER, "c1", "a1", content="Once upon a time", status="stopped")
    assert found(store, "once time") == ["c1"]
    store.update_message(OWNER, "c1", "a1", content="Once upon a", status="streaming", process=store.process)
    assert found(store, "once") == []
    store.update_message(OWNER, "c1", "a1", content="Once upon a midnight", status="complete")
    assert (found(store, "midnight"), found(store, "time")) == (["c1"], [])


def test_a_renamed_conversation_is_found_by_its_new_title(store: ConversationStore) -> None:
    store.create(conversation("c1", title="Old title"))
    store.update(OWNER, "c1", title="New title", title_source="manual")
    assert (found(store, "old"), found(store, "new")) == ([], ["c1"])


def test_the_trash_is_searched_apart_and_what_is_erased_is_gone(store: ConversationStore) -> None:
    store.create(conversation("c1", message("q1", content="word"), tags=("a",)))
    store.trash(OWNER, "c1")
    assert (found(store, "word"), found(store, "word in:trash"), found(store, "in:trash")) == ([], ["c1"], ["c1"])
    assert store.facets(OWNER) == Facets()
    assert store.holding(OWNER, "user", "word") == ("c1",)
    store.restore(OWNER, "c1")
    assert (found(store, "word"), found(store, "word in:trash")) == (["c1"], [])
    erase(store, OWNER, "c1")
    assert found(store, "word") == found(store, "in:trash") == []
    assert store.facets(OWNER) == Facets()
    assert store.holding(OWNER, "user", "word") == ()


def test_strangers_find_nothing(store: ConversationStore) -> None:
    store.create(
        conversation("c1", message("q1", content="word"), message("a1", "q1", "assistant", model="m/x"), tags=("a",))
    )
    store.create(conversation("c2", message("q1", content="word"), title="word", trashed_at=at(1)))
    for text in ("", "word", "about", "tag:a", "model:x", "in:trash", "word in:trash"):
        assert found(store, text, owner="visitor-1") == []
        assert found(store, text, owner="personal2") == []
    assert store.facets("visitor-1") == Facets()
    assert store.holding("visitor-1", "user", "word") == ()
    store.create(conversation("c1", message("q1", content="word"), title="Theirs", owner="visitor-1"))
    (hit,) = store.search("visitor-1", parse("word")).hits
    assert hit.summary.title == "Theirs"
    verbs: list[Callable[[], object]] = [
        lambda: store.search("", Query()),
        lambda: store.facets(""),
        lambda: store.holding("", "user", "word"),
    ]
    for verb in verbs:
        with pytest.raises(ValueError, match="owner"):
            verb()


def test_who_opens_the_store_too_finds_what_is_written(
    store: ConversationStore, open_again: Callable[[], ConversationStore]
) -> None:
    other = open_again()
    store.create(conversation("c1", message("q1", content="word"), title=""))
    assert found(other, "word") == ["c1"]
    other.add_message(OWNER, "c1", message("q2", content="another"))
    assert found(store, "another") == ["c1"]
    erase(other, OWNER, "c1")
    assert found(store, "word") == []


# Filters


@pytest.fixture
def filtered(store: ConversationStore) -> ConversationStore:
    store.create(
        conversation(
            "c1",
            message("q1", content="red green"),
            message("a1", "q1", "assistant", "red", model="mistral/mistral-small-latest", rating=1),
            message("a2", "q1", "assistant", "red", model="openai/gpt-4o", status="failed"),
            tags=("Work", "to read"),
            pinned=True,
            updated_at=datetime(2026, 3, 1, 0, 0, tzinfo=UTC),
        )
    )
    store.create(
        conversation(
            "c2",
            message("a1", None, "assistant", "red", model="openai/gpt-4o-mini", rating=-1),
            tags=("work",),
            updated_at=datetime(2026, 2, 28, 23, 59, 59, tzinfo=UTC),
        )
    )
    store.create(
        conversation(
            "c3",
            message("q1", content="red", status="interrupted"),
            message("a1", "q1", "assistant", "deleted", model="gone/gone", rating=1, trashed=True),
            tags=("Été",),
            settings=ConversationSettings(model="set/only"),
            updated_at=datetime(2025, 12, 31, 12, tzinfo=UTC),
        )
    )
    store.create(conversation("c4", message("q1", content="blue"), updated_at=datetime(2024, 6, 1, tzinfo=UTC)))
    store.create(conversation("c5", message("q1", content="red"), tags=("work",), trashed_at=at(1)))
    return store


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "c1 c2 c3 c4"),
        ("model:small", "c1"),
        ("model:GPT-4o", "c1 c2"),
        ("model:openai/gpt-4o-mini", "c2"),
        ("model:small model:mini", "c1 c2"),
        ("model:set model:gone", ""),
        ("model:%", ""),
        ("provider:openai", "c1 c2"),
        ("provider:OpenAI provider:mistral", "c1 c2"),
        ("provider:open", ""),
        ("tag:work", "c1 c2"),
        ('tag:"To Read"', "c1"),
        ("tag:read", ""),
        ("tag:été", "c3"),
        ("tag:work tag:ÉTÉ", "c1 c2 c3"),
        ("after:2026-03-01", "c1"),
        ("after:2026-02-28", "c1 c2"),
        ("before:2026-03-01", "c2 c3 c4"),
        ("after:2025 before:2026", "c3"),
        ("after:2026 before:2026-02", ""),
        ("rating:up", "c1"),
        ("rating:down", "c2"),
        ("rating:up rating:down", "c1 c2"),
        ("is:pinned", "c1"),
        ("has:errors", "c1 c3"),
        ("in:trash", "c5"),
        ("in:trash tag:work", "c5"),
        ("in:trash is:pinned", ""),
        ("tag:work provider:openai rating:down", "c2"),
        ("tag:work has:errors is:pinned model:mistral after:2026 rating:good", "c1"),
        ("tag:work has:errors is:pinned model:mistral after:2026 rating:bad", ""),
        ("red", "c1 c2 c3"),
        ("red tag:work", "c1 c2"),
        ("red in:trash", "c5"),
        ("red before:2026", "c3"),
        ("green tag:work", "c1"),
        ("blue tag:work", ""),
    ],
)
def test_filters_hold_all_at_once(filtered: ConversationStore, text: str, expected: str) -> None:
    assert sorted(found(filtered, text)) == expected.split()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (Query(pinned=False), "c2 c3 c4"),
        (Query(has_errors=False), "c2 c4"),
        (Query(ratings=(5,)), ""),
        (Query(ratings=(5, 1)), "c1"),
        (Query(before=date.min), ""),
        (Query(after=date.max), ""),
        (Query((Term("red green"),)), "c1"),
        (Query((Term("green red", is_phrase=True),)), ""),
    ],
)
def test_what_only_a_query_says(filtered: ConversationStore, query: Query, expected: str) -> None:
    assert sorted(hit.summary.id for hit in filtered.search(OWNER, query).hits) == expected.split()


def test_facets_are_what_filters_can_offer(filtered: ConversationStore) -> None:
    filtered.create(conversation("c6", message("a1", None, "assistant", "x", model="plain"), tags=("work", "WORK")))
    assert filtered.facets(OWNER) == Facets(
        models=(
            ("mistral/mistral-small-latest", 1),
            ("openai/gpt-4o", 1),
            ("openai/gpt-4o-mini", 1),
            ("plain", 1),
        ),
        providers=(("openai", 2), ("mistral", 1)),
        tags=(("WORK", 3), ("to read", 1), ("Été", 1)),
    )
    filtered.update(OWNER, "c1", tags=("work",))
    filtered.update(OWNER, "c6", tags=())
    assert filtered.facets(OWNER).tags == (("work", 2), ("Été", 1))


def test_who_holds_exactly_these_words(filtered: ConversationStore) -> None:
    assert filtered.holding(OWNER, "user", "red") == ("c3", "c5")
    assert filtered.holding(OWNER, "assistant", "red") == ("c1", "c2")
    assert filtered.holding(OWNER, "user", "red ") == ()
    assert filtered.holding(OWNER, "assistant", "deleted") == ()
    filtered.create(conversation("c7", message("q1", content="half \ud83d and whole \ud83d\ude00 \0")))
    assert filtered.holding(OWNER, "user", "half \ud83d and whole 😀 \0") == ("c7",)
    assert filtered.holding(OWNER, "user", "half \ud83d and whole \ud83d\ude00 \0") == ("c7",)


# Whatever is typed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("needle OR hay", []),
        ("needle NOT hay", []),
        ("needle AND hay", ["c3"]),  # for the beginning of `andy`
        ("NEAR(needle hay)", []),
        ("-needle", ["c1", "c3"]),
        ("^needle", ["c1", "c3"]),
        ("nee*", ["c1", "c3"]),
        ("(needle)", ["c1", "c3"]),
        ("text:needle", []),
        ("{text}:needle", []),
        ('needle " OR "hay', []),
        ("needle;", ["c1", "c3"]),
        ("%", []),
        ("*", []),
    ],
)
def test_no_sign_and_no_word_has_a_meaning_to_the_database(
    store: ConversationStore, text: str, expected: list[str]
) -> None:
    for id, words in (("c1", "needle"), ("c2", "hay"), ("c3", "needle in the hay of andy")):
        store.create(conversation(id, message("q1", content=words), title=""))
    assert sorted(found(store, text)) == expected


ODD = [
    *("AND", "OR", "NOT", "NEAR(a b)", "text:", "{text}:x", "-", "+", "^x", "x*", "(", ")", '"', "''", "\\", ";"),
    *("\0", "\ud800", "\u200b", "\x02", "’", "%", "_", ":", "rowid", "x" * 70_000, "漢" * 3_000, "a " * 3_000),
]
ANY = st.text(st.characters(exclude_categories=()))


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.builds(Term, st.one_of(ANY, st.sampled_from(ODD)), st.booleans())), st.tuples(ANY))
@example([Term(each) for each in ODD], ("x",))
@example([Term(each, True) for each in ODD], ("x",))
def test_no_query_fails_and_whoever_has_the_words_is_found(
    store: ConversationStore, caplog: pytest.LogCaptureFixture, terms: list[Term], values: tuple[str]
) -> None:
    caplog.set_level(logging.INFO, "store")
    store.search(OWNER, Query(tuple(terms), models=values, providers=values, tags=values))
    said = " ".join(term.text for term in terms)
    id = new_id()
    store.create(conversation(id, message("q1", content=said), title="needle"))
    result = store.search(OWNER, Query(tuple(terms)))
    # Where no term has a letter or a digit there is nothing to look for.
    assert [hit.summary.id for hit in result.hits] == [id] or not any(each.isalnum() for each in said)
    assert found(store, "needle") == [id]
    erase(store, OWNER, id)
    assert "broken" not in caplog.text  # an error in SQL would be taken for that, and everything be read anew


def test_a_query_may_be_long(store: ConversationStore, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "store")
    words = [f"w{number}" for number in range(2_000)]
    store.create(conversation("c1", message("q1", content=" ".join(words)), tags=("w1999",), title=""))
    store.create(conversation("c2", message("q1", content=" ".join(words[1:])), title=""))
    assert found(store, " ".join(words)) == ["c1"]
    assert found(store, f'"{" ".join(words)}"') == ["c1"]
    assert found(store, " ".join(f"tag:{word}" for word in words)) == ["c1"]
    assert found(store, " ".join(f"model:{word}" for word in words)) == []
    assert [hit.summary.id for hit in store.search(OWNER, Query(ratings=(1, -1) * 2_000)).hits] == []
    assert caplog.text == ""


def test_letters_of_private_use_part_words(store: ConversationStore) -> None:
    marked = "Paris\ue200cite\ue202turn0search0\ue201 is \uf8ffgrand, and \U000f0000plane\U0010fffd too\ue000"
    store.create(conversation("c1", message("a1", None, "assistant", marked), title="Trip\ue203s"))
    for words in ("paris", "grand", "plane", "too", "trip", '"is grand"', "cite", "paris\ue200"):
        assert found(store, words) == ["c1"], words
    assert "".join(text for text, _ in store.search(OWNER, parse("grand")).hits[0].passage.parts) == (  # type: ignore[union-attr]
        "Paris cite turn0search0 is grand, and plane too"
    )


def test_a_title_that_has_the_words_comes_before_every_message(store: ConversationStore) -> None:
    for number in range(30):
        said = message("q1", content="tulip " * 40 if number else "something else")
        title = "A long title about so many other things, and a tulip among them" if number == 0 else f"Chat {number}"
        store.create(conversation(f"c{number:02}", said, title=title, updated_at=at(number)))
    assert found(store, "tulip")[0] == "c00"
    assert found(store, "tulip", sort="updated")[0] == "c29"


def test_an_answer_of_two_models_is_found_by_both(store: ConversationStore) -> None:
    parts = (Part("mistral/first", 0), Part("openai/second", 5))
    store.create(
        conversation("c1", message("q1"), message("a1", "q1", "assistant", model="openai/second", parts=parts))
    )
    for query in (Query(models=("first",)), Query(models=("second",)), Query(providers=("mistral",))):
        assert [hit.summary.id for hit in store.search(OWNER, query).hits] == ["c1"]


@pytest.mark.parametrize(
    ("zone", "text", "expected"),
    [
        ("UTC", "after:2026-03-01", "c2 c3"),
        ("UTC", "before:2026-03-01", "c1"),
        ("Pacific/Auckland", "after:2026-03-01", "c1 c2 c3"),  # it is March there since 11:00 UTC
        ("Pacific/Auckland", "before:2026-03-01", ""),
        ("America/Los_Angeles", "after:2026-03-01", "c3"),  # and not before 8:00 UTC there
        ("America/Los_Angeles", "before:2026-03-01", "c1 c2"),
        ("America/Los_Angeles", "after:2026-02-28 before:2026-03-01", "c1 c2"),
        ("Asia/Kathmandu", "after:2026-03", "c1 c2 c3"),  # a quarter to six hours ahead
        ("America/Santiago", "after:2026-03-01", "c3"),
    ],
)
def test_days_are_those_of_who_asks(store: ConversationStore, zone: str, text: str, expected: str) -> None:
    for name, moment in (
        ("c1", datetime(2026, 2, 28, 19, tzinfo=UTC)),
        ("c2", datetime(2026, 3, 1, 1, tzinfo=UTC)),
        ("c3", datetime(2026, 3, 1, 9, tzinfo=UTC)),
    ):
        store.create(dataclasses.replace(conversation(name), created_at=moment, updated_at=moment))
    hits = store.search(OWNER, parse(text, ZoneInfo(zone))).hits
    assert sorted(hit.summary.id for hit in hits) == expected.split()


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12"])
def test_first_and_last_day_that_there_are(store: ConversationStore, zone: str) -> None:
    store.create(conversation("c1"))
    for query, count in ((Query(before=date.min), 0), (Query(after=date.max), 0), (Query(after=date.min), 1)):
        assert store.search(OWNER, dataclasses.replace(query, zone=ZoneInfo(zone))).total == count


def test_facets_of_one_count_are_in_the_order_of_their_names(store: ConversationStore) -> None:
    for id, tag in (("c1", "A"), ("c2", "a"), ("c3", "b"), ("c4", "b")):
        store.create(conversation(id, tags=(tag,)))
    assert store.facets(OWNER).tags == (("A", 2), ("b", 2))


def test_behind_the_last_page_the_total_is_still_known(
    store: ConversationStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.create(conversation("c1", message("q1", content="tulip")))
    assert store.search(OWNER, parse("tulip"), offset=1) == Found((), 1)
    store.create(conversation("c2", message("q1", content="tulip")))
    monkeypatch.setattr(search, "CUT", 1)
    assert store.search(OWNER, parse("tulip"), offset=5) == Found((), 1, is_partial=True)


def test_only_more_messages_than_are_ranked_make_a_search_partial(
    store: ConversationStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "CUT", 3)
    for number in range(4):
        found_now = store.search(OWNER, parse("tulip"))
        assert (found_now.total, found_now.is_partial) == (number, False)
        store.create(conversation(f"c{number}", message("q1", content="tulip")))
    found_now = store.search(OWNER, parse("tulip"))
    assert (found_now.total, found_now.is_partial) == (3, True)


def test_a_word_that_is_common_is_no_longer_the_beginning_of_others(
    store: ConversationStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "COMMON", 3)
    store.create(conversation("c0", message("q1", content="catalog")))
    for number in range(1, 4):
        assert "c0" in found(store, "cat")
        store.create(conversation(f"c{number}", message("q1", content="cat")))
    assert found(store, "cat") == ["c1", "c2", "c3"]
