"""Text that grows by pieces: halves of a character, and what is said twice where an answer goes on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.replies.continuing import without_overlap
from chat.replies.growing_text import GrowingText

BEGUN = "One, two, three"


def test_halves_of_a_character_are_joined_and_a_lone_one_is_replaced():
    growing = GrowingText("Begun \ud83d")
    assert growing.text() == "Begun "
    growing.add("\ude00 and")
    growing.add(" \ud83d")
    assert growing.text() == "Begun \U0001f600 and "
    growing.end()
    assert growing.text() == "Begun \U0001f600 and \ufffd"


def test_at_a_seam_words_wait_only_while_they_may_have_been_said_before():
    growing = GrowingText(BEGUN, seam=True)
    for piece, seen in [("two", ""), (", three", ""), (",", ","), (" two, three", ", two, three")]:
        growing.add(piece)
        assert growing.text() == BEGUN + seen


def test_only_what_a_model_says_again_of_the_end_is_looked_for():
    long = f"{BEGUN} {'x' * 195}"
    growing = GrowingText(long, seam=True)
    growing.add("three ")
    assert growing.text() == f"{long}three "


PIECES = st.lists(st.text("ab", max_size=8), max_size=6)


@given(st.text("ab", max_size=20), PIECES)
def test_however_the_rest_is_parted_the_same_is_left_out_and_nothing_is_taken_back(begun, pieces):
    growing, seen = GrowingText(begun, seam=True), begun
    for piece in pieces:
        growing.add(piece)
        assert growing.text().startswith(seen)
        seen = growing.text()
    growing.end()
    assert growing.text() == begun + without_overlap(begun, "".join(pieces))
    assert growing.text().startswith(seen)


def test_without_a_seam_nothing_waits_and_nothing_is_left_out():
    growing = GrowingText(BEGUN)
    growing.add(", two, three")
    assert growing.text() == "One, two, three, two, three"


@pytest.mark.parametrize("rest", ["", ", two, three"])
def test_what_waits_at_a_seam_is_there_at_the_end(rest):
    growing = GrowingText(BEGUN, seam=True)
    growing.add(f"{rest}, four")
    growing.end()
    assert growing.text() == "One, two, three, four"


def test_new_words_are_taken_away_and_those_it_began_with_stay():
    growing = GrowingText(BEGUN)
    growing.add(" Hm.")
    growing.add(" So.")
    assert growing.take_new() == " Hm. So."
    growing.add(", four")
    assert growing.text() == "One, two, three, four"
    growing.end()
    assert growing.take_new() == ", four"
    assert growing.text() == BEGUN


@pytest.mark.parametrize("thought", ["", "two, three", "They had two, three.", "Hm. " * 60])
def test_what_is_said_twice_is_left_out_after_new_words_were_taken_away_too(thought):
    growing = GrowingText(BEGUN, seam=True)
    growing.add(thought)
    assert growing.take_new() == thought
    growing.add("two, three, four")
    growing.end()
    assert growing.text() == "One, two, three, four"
