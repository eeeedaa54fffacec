"""Markdown: a document whose headings no message can break, and in which a person's words are as they were typed."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from formats.exports.markdown import to_markdown
from formats.exports.markdown_parts import as_typed, closed
from tests.support.rich_conversation import said


def headings(document: str) -> list[str]:
    """Return the document's own headings, as a parser finds them."""
    tokens = MarkdownIt("commonmark").enable("table").parse(document)
    return [
        inline.content
        for opening, inline in pairwise(tokens)
        if opening.type == "heading_open" and opening.level == 0 and opening.markup in ("#", "##")
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Hello",
        "Two\nlines",
        "A line\n\nA paragraph with a_b_c and 2 * 3 * 4",
        "It costs $5",
        "https://example.org/a_b?c=d&e=f",
    ],
)
def test_plain_words_of_a_person_stand_as_they_are(text):
    assert as_typed(text).replace("  \n", "\n") == text


@pytest.mark.parametrize(
    "text",
    [
        "some *words*",
        "- a\n- b",
        "1. a",
        "# no heading",
        "above\n---",
        "    indented",
        "<div>",
        "&amp;",
        "\\*",
        "> quote",
        "a\n\n\nb",
        "$a$ and $b$",
        "a | b\n--|--\n1 | 2",
        "~~gone~~",
        "[[Home]]",
        "x" * 20_001,
    ],
)
def test_words_that_markdown_would_change_are_fenced(text):
    assert as_typed(text) == f"```text\n{text}\n```"


def test_fence_is_longer_than_any_inside():
    assert as_typed("````\n```\ncode") == "`````text\n````\n```\ncode\n`````"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("```py\nx = 1", "```py\nx = 1\n```"),
        ("~~~~\nx\n~~~", "~~~~\nx\n~~~\n~~~~"),
        ("<!-- a note", "<!-- a note\n-->"),
        ("<details><summary>More</summary>\n\nwords", "<details><summary>More</summary>\n\nwords\n\n</details>"),
        ("<b>bold", "<b>bold\n\n</b>"),
        ("```html\n<details>\n```", "```html\n<details>\n```"),
        ("- a\n  ```\n  x", "- a\n  ```\n  x"),
        ("List<String> and a < b", "List<String> and a < b"),
        (">" * 3000 + "```", f"````markdown\n{'>' * 3000}```\n````"),
    ],
)
def test_what_an_answer_leaves_open_is_closed_below_it(text, expected):
    assert closed(text) == expected


LINES = (
    "```,````,~~~,<!--,-->,<script>,<?,<![CDATA[,<details>,</details>,<b>,---,===,"
    "# One,- a,  - b,> q,> ```,- ```,    x,| a |,|--|,words,,$$,\\,[a]: b"
)
LINE = st.sampled_from(LINES.split(","))
TEXT = st.lists(LINE, max_size=8).map("\n".join) | st.text("`~<>!-?[]#*_ \n\tab/=|&", max_size=40)


@given(st.lists(st.tuples(TEXT, TEXT, TEXT), min_size=1, max_size=3))
def test_no_words_break_a_heading_of_the_document(turns):
    conversation = said(*(turn for asked, told, _ in turns for turn in (("user", asked), ("assistant", told))))
    reasoned = [
        replace(message, reasoning=turns[number // 2][2] if number % 2 else "")
        for number, message in enumerate(conversation.messages)
    ]
    found = headings(to_markdown(replace(conversation, messages=tuple(reasoned))).decode())
    assert found[0] == "Colours"
    assert [heading for heading in found[1:] if heading in ("You", "Assistant")] == ["You", "Assistant"] * len(turns)


@given(TEXT)
def test_title_of_any_letters_is_one_heading(title):
    assert len(headings(to_markdown(said(title=title)).decode())) == 1


def test_messages_in_other_branches_are_counted():
    conversation = said(("user", "One"), ("assistant", "1"), ("user", "Two"))
    assert to_markdown(replace(conversation, head="m1")).decode() == (
        "# Colours\n\n"
        "4 March 2026, 05:06 UTC · 2 messages · 1 more in other branches\n\n"
        "*Other branches are not in this file. Export Chatkeep JSON to keep them.*\n\n"
        "## You\n\n*4 March 2026, 05:06 UTC*\n\nOne\n\n"
        "## Assistant\n\n*4 March 2026, 05:07 UTC*\n\n1\n"
    )
