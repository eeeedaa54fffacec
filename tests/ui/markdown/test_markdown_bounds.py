"""How much of a text is drawn: no more than a page can bear, no word lost, and everything of a usual text."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.conversation import Conversation, Message, utc_now
from tests.support.hostile_texts import BEFORE, BEHIND, MARKUP, between_good_words
from tests.support.pages import app, click, keep, page, said  # noqa: F401
from ui.markdown.blocks import in_lines, lines_with_place
from ui.markdown.bounds import (
    DEEPEST,
    LEAST_SHARE,
    LONGEST_LOOKED_AT,
    MOST_COLUMNS,
    MOST_COST,
    MOST_ON_PAGE,
    MOST_TEXTS,
    WIDEST_INDENT,
    Part,
    Spent,
    bounded,
    shares,
)
from ui.markdown.draw import AS_TEXT
from ui.markdown.safe import as_label
from ui.services import services

USUAL_PIECES = (
    "word ",
    "\n",
    "\n\n",
    "Words of a block\n",
    "> ",
    "1. ",
    "- ",
    "  ",
    "    ",
    "\t",
    "*",
    "**",
    "[",
    "](u)",
)
MORE_PIECES = ("|", "|-|-|", "```\n", "\\(x\\)", "$y$", "# ", "\r\n")
HEAVY_PIECES = ("1. " * 60, ">" * 60, " " * 100, "|-" * 80, "*" * 6_000)
PIECES = st.sampled_from(USUAL_PIECES + MORE_PIECES + HEAVY_PIECES)
TEXTS = st.lists(PIECES, max_size=60).map("".join)

USUAL = [
    "Hello.",
    "# A title\n\nA paragraph with **bold**, *light*, `code` and [a link](https://a.example).\n\n"
    "- a\n  - b\n    - c\n\n> said\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```python\nprint(1)\n```\n\n"
    "so \\(x^2\\) and\n\n\\[\ny\n\\]\n",
    "".join("  " * depth + f"- level {depth}\n" for depth in range(12)),
    "".join(f"{number}. point **{number}** of many\n" for number in range(1, 300)),
    "| a | b | c |\n|---|---|---|\n" + "| 1 | 2 | 3 |\n" * 300,
    "```python\n" + "value = compute(1, 'a')\n" * 800 + "```",
    "A paragraph of twenty words or so, as a model writes them, which goes on for a line or two.\n\n" * 1_000,
    "".join(f"The value \\(x_{number}\\) is ${number} in total.\n\n" for number in range(200)),
]


@pytest.mark.parametrize("text", USUAL, ids=range(len(USUAL)))
def test_usual_text_is_drawn_whole(text):
    assert bounded(text).parts == (Part(text),)
    assert bounded(text).hidden == 0


@pytest.mark.parametrize("markup", MARKUP.values(), ids=MARKUP.keys())
def test_too_much_is_text_and_the_words_around_it_are_drawn(markup):
    text = between_good_words(markup)
    shown = bounded(text)
    assert shown.parts[0].text.startswith(BEFORE)
    assert not shown.parts[0].is_text
    assert any(part.is_text for part in shown.parts)
    assert BEHIND in shown.parts[-1].text or len(text) > LONGEST_LOOKED_AT
    assert sum(len(part.text) for part in shown.parts) + shown.hidden == len(text)
    assert shown.spent.cost <= MOST_COST


@given(TEXTS)
def test_every_word_is_there_in_its_order(text):
    shown = bounded(text, most_text=len(text))
    whole = "".join(part.text for part in shown.parts)
    assert shown.hidden == 0
    assert whole == in_lines(text)
    texts = [part.is_text for part in shown.parts]
    assert all(before != after for before, after in pairwise(texts))
    assert sum(texts) <= MOST_TEXTS + 1


@given(TEXTS)
def test_nothing_deep_or_wide_is_drawn(text):
    for part in bounded(text).parts:
        if part.is_text:
            continue
        for line, is_code, _ in lines_with_place(part.text):
            opening = re.match(r"(?:[ \t]*(?:>|(?:[-+*]|\d+[.)])(?=[ \t])))*", line)[0]
            assert len(re.findall(r">|[-+*]|\d+[.)]", opening)) <= DEEPEST
            if is_code or part.text.startswith((" ", "\t", "\n")):
                continue
            indent = len(line.expandtabs(4)) - len(line.expandtabs(4).lstrip())
            assert indent <= WIDEST_INDENT or not line.strip()
            if re.fullmatch(r"[|: \t-]+", line.strip("\n")) and "-" in line:
                assert line.count("|") < MOST_COLUMNS


@given(TEXTS, st.integers(0, 400))
def test_text_beyond_a_length_is_hidden_and_counted(text, most):
    shown = bounded(text, most_text=most)
    shown_as_text = sum(len(part.text) for part in shown.parts if part.is_text)
    assert shown_as_text <= most
    assert sum(len(part.text) for part in shown.parts) + shown.hidden == len(in_lines(text))


@given(st.lists(st.sampled_from(["short", "- item *a*\n" * 2_000, "\\(x\\) " * 600, "1. " * 2_000]), max_size=20))
def test_a_page_bears_all_its_texts_the_last_ones_first(texts):
    keyed = {str(number): text for number, text in enumerate(texts)}
    starts = shares(keyed)
    costs = {key: bounded(text, starts[key]).spent.cost - starts[key].cost for key, text in keyed.items()}
    assert sum(costs.values()) <= MOST_ON_PAGE + LEAST_SHARE * len(texts)
    for key in list(keyed)[-3:]:
        assert starts[key].cost == 0  # three fit whole, whatever they are
    for key, text in keyed.items():
        assert text != "short" or not bounded(text, starts[key]).parts[0].is_text


def test_parts_that_take_turns_end_as_text():
    shown = bounded("Good words.\n\n" + ("1. " * 100 + "\n\nWords again.\n\n") * 1_000)
    assert len(shown.parts) == 2 * MOST_TEXTS + 2
    assert shown.parts[-1].is_text


def drawn_in_parts(texts, **named) -> tuple[list[Part], int, Spent]:
    parts, hidden, spent = [], 0, Spent()
    for text in texts:
        shown = bounded(text, spent, **named)
        parts, hidden, spent = [*parts, *shown.parts], hidden + shown.hidden, shown.spent
    return parts, hidden, spent


def test_no_more_is_looked_through_where_a_text_is_drawn_in_parts():
    texts = ["Words. " * 30_000 + "\n\n"] * 3
    parts, hidden, spent = drawn_in_parts(texts, most_text=10**9)
    assert "".join(part.text for part in parts) == "".join(texts)[:LONGEST_LOOKED_AT]
    assert hidden == len("".join(texts)) - LONGEST_LOOKED_AT
    assert spent.looked_at == LONGEST_LOOKED_AT


def test_text_that_goes_on_in_the_next_part_is_one():
    turns = ["1. " * 100 + "\n\n", "1. " * 100 + "\n\n", "Words again.\n\n"] * MOST_TEXTS
    parts, hidden, spent = drawn_in_parts(turns)
    assert hidden == 0
    assert spent.texts == MOST_TEXTS
    assert [part.is_text for part in parts] == [True, True, False] * (MOST_TEXTS - 1) + [True] * 3


def kept_with(question: str, answer: str) -> Conversation:
    now = utc_now()
    messages = (
        Message("q", None, "user", question, now),
        Message("a", "q", "assistant", answer, now, model="openai/echo"),
    )
    conversation = Conversation("c" * 32, "personal", "Long", now, now, head="a", messages=messages)
    services().store.create(conversation)
    return conversation


def opened(conversation: Conversation):
    return click(page("Home.py"), conversation)


def test_what_is_hidden_is_shown_when_it_is_asked_for():
    long = "word " * 60_000
    at = opened(kept_with("q" * 150_000 + "end", f"Good words.\n\n{'1. ' * 100}{long}end"))
    hidden = "130,003 more characters are not shown, since they would hold the page up."
    assert hidden in said(at)
    assert not [text for text in said(at) if text.endswith("end")]
    at.button(key="show-all-q").click().run()
    assert "q" * 150_000 + "end" in said(at)
    assert hidden not in said(at)
    at.button(key="show-all-a").click().run()
    assert f"{'1. ' * 100}{long}end" in said(at)
    assert "Good words." in said(at)


def test_what_is_shown_as_text_in_one_piece_is_called_so_once():
    at = opened(kept_with("Hi", "A paragraph of usual words, as a model writes them.\n\n" * 9_000))
    assert said(at).count(AS_TEXT) == 1


def test_what_no_page_can_bear_is_for_a_download():
    at = opened(kept_with("Hi", "1. " * 100 + "w" * 1_100_000))
    at.button(key="show-all-a").click().run()
    words = "600,300 more characters are too much for a page: download the conversation to read them."
    assert words in said(at)
    assert not [button for button in at.button if button.key == "show-all-a"]


def test_a_label_is_no_longer_than_a_list_can_bear():
    assert as_label("t" * 5_000) == "t" * 5_000
    assert as_label("t" * 5_001) == "t" * 5_000 + "…"
    assert as_label("*" * 10_000_000) == "\\*" * 5_000 + "…"
