"""The search box: what a text asks for, and that no text breaks it."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from store.queries import Query, Term
from store.query_text import parse, to_text

PHRASE = True


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("", Query()),
        ("  \n ", Query()),
        ("paris", Query((Term("paris"),))),
        ("paris  Hôtel", Query((Term("paris"), Term("Hôtel")))),
        ('"rue de Rivoli" paris', Query((Term("rue de Rivoli", PHRASE), Term("paris")))),
        ("“rue de Rivoli”", Query((Term("rue de Rivoli", PHRASE),))),
        ('"not closed', Query((Term("not closed", PHRASE),))),
        ('"" " "', Query()),
        ("東京 👍", Query((Term("東京"), Term("👍")))),
        ("model:small MODEL:gpt-4o", Query(models=("small", "gpt-4o"))),
        ("provider:mistral provider:mistral", Query(providers=("mistral",))),
        ('tag:work tag:"to read" Tag:été', Query(tags=("work", "to read", "été"))),
        ("after:2026", Query(after=date(2026, 1, 1))),
        ("before:2026-03", Query(before=date(2026, 3, 1))),
        ("after:2026-3-9 before:2026-03-10", Query(after=date(2026, 3, 9), before=date(2026, 3, 10))),
        ("after:2026 after:2025 before:2026 before:2027", Query(after=date(2026, 1, 1), before=date(2026, 1, 1))),
        ("rating:up rating:-1 rating:good", Query(ratings=(1, -1))),
        ("rating:+1", Query(ratings=(1,))),
        ("rating:Bad", Query(ratings=(-1,))),
        ("is:pinned has:error", Query(pinned=True, has_errors=True)),
        ("has:errors in:trash", Query(has_errors=True, trashed=True)),
        ("is:trashed", Query(trashed=True)),
        (
            'a "b c" tag:d after:2026 e',
            Query((Term("a"), Term("b c", PHRASE), Term("e")), tags=("d",), after=date(2026, 1, 1)),
        ),
    ],
)
def test_a_text_asks_for(text: str, query: Query) -> None:
    assert parse(text) == query


@pytest.mark.parametrize(
    "text",
    [
        "https://example.org/a?b=c",
        "foo:bar",
        "12:30",
        ":",
        "::",
        ":x",
        "tag:",
        "after:tomorrow",
        "after:2026-13",
        "before:2026-02-30",
        "before:0000",
        "after:2026-03-01-05",
        "after:２０２６",
        "rating:5",
        "is:open",
        "in:paris",
        "has:cats",
        "AND",
        "NOT",
        "NEAR(a,b)",
        "-word",
        "wor*",
        "^word",
        "it's",
        'say"hi',
        "title:x",
        "{title}:x",
    ],
)
def test_what_is_no_filter_is_a_word(text: str) -> None:
    assert parse(text) == Query((Term(text),))


def test_what_looks_like_a_filter_is_a_phrase_where_its_value_is_quoted() -> None:
    assert parse('note:"to self"') == Query((Term("note:to self", PHRASE),))
    assert parse('"tag:work"') == Query((Term("tag:work", PHRASE),))


PIECES = st.one_of(
    st.text(),
    st.sampled_from(
        [
            *("model:", "provider:", "tag:", "after:", "before:", "rating:", "is:", "in:", "has:", "x:", "2026-03"),
            *('"', "“", " ", "up", "pinned", "trash", "errors", "AND", "*", "(", ")", "-", "^", ":", "\n", "\0"),
        ]
    ),
)


@given(st.lists(PIECES).map("".join))
@example('tag:"a"b" c')
@example("tag: x")
def test_any_text_means_something_and_reads_back(text: str) -> None:
    query = parse(text)
    assert parse(to_text(query)) == query


def test_a_query_as_text() -> None:
    query = Query(
        (Term("paris"), Term("rue de Rivoli", PHRASE)),
        models=("small",),
        providers=("mistral", "openai"),
        tags=("to read",),
        after=date(2026, 3, 1),
        before=date(2027, 1, 1),
        ratings=(1, -1),
        pinned=True,
        has_errors=True,
        trashed=True,
    )
    text = (
        'paris "rue de Rivoli" model:small provider:mistral provider:openai tag:"to read" after:2026-03-01 '
        "before:2027-01-01 rating:up rating:down is:pinned has:errors in:trash"
    )
    assert to_text(query) == text
    assert parse(text) == query


def test_a_query_without_filters_has_none_in_its_text() -> None:
    assert to_text(Query()) == ""
    assert to_text(Query(terms=(Term("paris"),), ratings=(1, -1))) == "paris rating:up rating:down"


def test_only_the_first_colon_parts_a_filter_from_its_value() -> None:
    assert parse("model:ollama/llama3:8b tag:a:b") == Query(models=("ollama/llama3:8b",), tags=("a:b",))
