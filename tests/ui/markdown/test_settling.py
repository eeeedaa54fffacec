"""How far a growing text is drawn: what has settled stays, and the parts it ends in are those it grew in."""

from hypothesis import given, settings
from hypothesis import strategies as st

from ui.markdown.settling import LONGEST_OPEN, blocks_of, settled_blocks, standing

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
    places = [standing(text[:end]) for end in range(0, len(text) + 1, 7)]
    assert places == sorted(places)
    assert all(place <= end for place, end in zip(places, range(0, len(text) + 1, 7), strict=True))


@settings(deadline=None, max_examples=50)
@given(st.lists(LINES, max_size=40).map("\n".join))
def test_parts_are_the_text_and_a_growing_one_has_the_same(text):
    blocks = blocks_of(text)
    assert "".join(blocks) == text
    grown = settled_blocks(text, standing(text))
    assert grown[:-1] == blocks[: len(grown) - 1]


def test_text_whose_parts_refer_to_each_other_is_one_part():
    text = "See [that page][1].\n\n" + "Words and words. " * 60 + "\n\nMore.\n\n[1]: https://example.org"
    assert blocks_of(text) == [text]


def test_long_list_settles_by_line_and_a_long_paragraph_at_its_end():
    items = "\n".join(f"- item {number} of a long list" for number in range(20))
    assert standing(items) == items.rfind("\n") + 1
    assert len(items) > LONGEST_OPEN
    assert standing("Words and words. " * 60) == 0
    code = "```python\n" + "print('a line of code')\n" * 30 + "pri"
    assert standing(code) == len(code) - 3
    assert settled_blocks(code, standing(code))[-1].endswith("\n```")
