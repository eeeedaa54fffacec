"""How far a growing text is drawn: what has settled stays, and the parts it ends in are those it grew in."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.hostile_texts import BEFORE, MARKUP, between_good_words
from ui.markdown.bounds import LONGEST_LOOKED_AT, bounded
from ui.markdown.settling import LONGEST_OPEN, Standing, blocks_of, settled_blocks, standing

LINES = st.sampled_from(
    [
        "A line of words.",
        "- an item",
        "1. first",
        "```",
        "| a | b |",
        "> said",
        "",
        "",
        "    four",
        "## Head",
        "x" * 400,
    ]
)


@settings(deadline=None, max_examples=50)
@given(st.lists(LINES, max_size=40).map("\n".join))
def test_what_has_settled_stays_so_whatever_follows(text):
    places = [standing(text[:end]).place for end in range(0, len(text) + 1, 7)]
    assert places == sorted(places)
    assert all(place <= end for place, end in zip(places, range(0, len(text) + 1, 7), strict=True))


@settings(deadline=None, max_examples=50)
@given(st.lists(LINES, max_size=40).map("\n".join))
def test_parts_are_the_text_and_a_growing_one_has_the_same(text):
    blocks = blocks_of(text)
    assert "".join(blocks) == text
    grown = settled_blocks(text, standing(text).place)
    assert grown[:-1] == blocks[: len(grown) - 1]


def test_text_whose_parts_refer_to_each_other_is_one_part():
    text = "See [that page][1].\n\n" + "Words and words. " * 60 + "\n\nMore.\n\n[1]: https://example.org"
    assert blocks_of(text) == [text]


def test_long_list_settles_by_line_and_a_long_paragraph_at_its_end():
    items = "\n".join(f"- item {number} of a long list" for number in range(20))
    assert standing(items).place == items.rfind("\n") + 1
    assert len(items) > LONGEST_OPEN
    assert standing("Words and words. " * 60).place == 0
    code = "```python\n" + "print('a line of code')\n" * 30 + "pri"
    assert standing(code).place == len(code) - 3
    assert settled_blocks(code, standing(code).place)[-1].endswith("\n```")


@pytest.mark.parametrize("markup", MARKUP.values(), ids=MARKUP)
def test_what_comes_before_too_much_has_settled_and_it_is_known_to_be_too_much(markup):
    whole = between_good_words(markup)
    up_to_the_end_of_it = whole[: len(BEFORE) + 2 + len(markup)]
    drawn = bounded(up_to_the_end_of_it).parts[0].text
    now = standing(up_to_the_end_of_it)
    assert now.place >= len(drawn)
    assert now.is_text
    assert settled_blocks(up_to_the_end_of_it, len(drawn))[0].startswith(BEFORE)
    assert not standing(whole).is_text


def test_line_that_grows_too_much_is_known_to_be_so_as_it_is():
    words = "Good words.\n\nOne line\nand another "
    assert standing(f"{words}{'*' * 600}") == Standing(13)
    assert standing(f"{words}{'*' * 601}") == Standing(words.rindex("\n") + 1, is_text=True)
    assert standing(f"{words}{'*' * 601}\n\nAnd on") == Standing(len(words) + 603)


def test_what_is_beyond_what_is_looked_through_is_in_the_last_part():
    text = "A paragraph of words.\n\n" * 50_000
    within, beyond = text[:LONGEST_LOOKED_AT], text[LONGEST_LOOKED_AT:]
    assert "".join(blocks_of(text)) == text
    assert blocks_of(text)[:-1] == blocks_of(within)[:-1]
    assert blocks_of(text)[-1] == blocks_of(within)[-1] + beyond
    assert settled_blocks(text, len(text)) == blocks_of(text)
