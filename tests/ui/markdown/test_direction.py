"""Text from right to left: where it is seen, and that a line of it reads so in any sentence."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from chat.conversation import Message, utc_now
from tests.support.pages import app, keep, page  # noqa: F401
from ui.markdown.direction import has_right_to_left, isolated
from ui.markdown.safe import as_label
from ui.services import services


@pytest.mark.parametrize(
    "text", ["שלום", "مرحبا", "نعم و English", "English و", "\ufefb", "ܫܠܡܐ", "ދިވެހި", "ߒߞߏ", "\U0001e900", "۱۲۳ فارسی"]
)
def test_letters_from_right_to_left_are_seen(text: str):
    assert has_right_to_left(text)


@pytest.mark.parametrize("text", ["", "plain", "Grüße", "你好", "Привет", "नमस्ते", "👩‍👧 $5 → ﬁ", "\ufeffBOM"])
def test_others_are_not(text: str):
    assert not has_right_to_left(text)


@given(st.characters(categories=["L"]))
def test_every_letter_is_known_by_what_unicode_says_of_it(letter: str):
    assert has_right_to_left(letter) == (unicodedata.bidirectional(letter) in ("R", "AL"))


def test_a_label_reads_by_its_own_direction_and_others_are_as_they_were():
    assert isolated("plain.") == as_label("plain.") == "plain."
    assert as_label("שלום!\nעולם.") == "\u2068שלום\\! עולם.\u2069"


def test_only_a_page_with_such_words_loads_what_turns_them():
    keep(1, title="שלום עולם.")
    at = page("Home.py")
    assert directions(at) == []
    conversation = keep(2)
    asked = Message("h", "a2", "user", "مرحبا", utc_now())
    answered = Message("i", "h", "assistant", "## نعم", utc_now())
    left_out = Message("j", "i", "user", "Left out: نعم", utc_now(), left_out=True)
    for message in (asked, answered, left_out):
        services().store.add_message("personal", conversation.id, message)
    at.query_params["c"] = conversation.id
    at.run()
    assert not at.exception
    assert [each.rpartition("-")[2] for each in directions(at)] == ["h", "i", "j"]


def directions(at: AppTest) -> list[str]:
    protos = (each.proto for each in at.get("bidi_component"))
    return [each.id for each in protos if each.component_name == "chatkeep_direction"]
