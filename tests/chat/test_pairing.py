"""One-time codes: what somebody types, and a token that nothing but its code opens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.owner import new_token, visitor_of
from chat.pairing import Sealed, name_of, new_code, opened, read_code, seal

CODE = "ABCD-EFGH-JKMN"


def test_a_new_code_can_be_read_aloud_and_is_another_each_time() -> None:
    codes = [new_code() for _ in range(500)]
    assert len(set(codes)) == 500
    assert {len(each) for each in codes} == {14}
    assert {letter for each in codes for letter in each} == set("0123456789ABCDEFGHJKMNPQRSTVWXYZ-")
    assert [read_code(each) for each in codes] == codes


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (CODE, CODE),
        ("abcdefghjkmn", CODE),
        (" abcd efgh\tjkmn\n", CODE),
        ("ABCD\u2011EFGH\u2013JKMN", CODE),
        ("a-b-c-d-e-f-g-h-j-k-m-n", CODE),
        ("oO0o-iIlL-1111", "0000-1111-1111"),
        ("ABCD-EFGH-JKM", None),
        ("ABCD-EFGH-JKMNP", None),
        ("ABCD-EFGH-JKMU", None),
        ("ABCD-EFGH-JKM\u0661", None),
        ("ÄBCD-EFGH-JKMN", None),
        ("\u017fBCD-EFGH-JKMN", "SBCD-EFGH-JKMN"),
        ("", None),
        ("x" * 100_000, None),
    ],
)
def test_what_is_typed_is_read_as_a_person_means_it(typed: str, read: str | None) -> None:
    assert read_code(typed) == read


@given(st.text())
def test_whatever_is_typed_is_a_code_or_none(typed: str) -> None:
    code = read_code(typed)
    assert code is None or read_code(code) == code


@pytest.mark.parametrize("token", ["-" * 43, "_" * 43, new_token()])
def test_a_token_comes_back_by_its_code_and_by_no_other(token: str) -> None:
    code = new_code()
    sealed = seal(token, code)
    assert (sealed.name, sealed.owner) == (code[:4], visitor_of(token).id) == (name_of(code), sealed.owner)
    assert opened(sealed, code) == token
    assert opened(sealed, code[:-1] + ("0" if code[-1] != "0" else "1")) is None


def test_what_is_kept_holds_neither_the_token_nor_the_secret_half() -> None:
    token = new_token()
    one, other = seal(token, CODE), seal(token, CODE)
    assert token.encode() not in one.box
    assert b"EFGH" not in one.box + one.salt
    assert one.salt != other.salt
    assert one.box != other.box


def test_what_was_tampered_with_opens_nothing() -> None:
    sealed = seal(new_token(), CODE)
    for number in (0, 42, 43, len(sealed.box) - 1):
        box = bytearray(sealed.box)
        box[number] ^= 1
        assert opened(Sealed(sealed.name, sealed.owner, sealed.salt, bytes(box)), CODE) is None
    assert opened(Sealed(sealed.name, sealed.owner, b"0" * 16, sealed.box), CODE) is None


def test_only_a_token_is_sealed_and_only_by_a_code() -> None:
    for token, code in (("short", CODE), (new_token(), "abcd-efgh-jkmn"), (new_token(), "")):
        with pytest.raises(ValueError, match="sealed"):
            seal(token, code)
