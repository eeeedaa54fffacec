"""Halves of surrogate pairs become characters, and text that UTF-8 can carry."""

from chat.surrogates import joined_surrogates, printable


def test_halves_of_a_surrogate_pair() -> None:
    assert joined_surrogates("a\ud83d\ude00b") == "a😀b"
    assert joined_surrogates("\ud83dx\ude00") == "\ud83dx\ude00"
    assert printable("\ud83d\ude00 \ud83d\0") == "😀 \ufffd\0"
