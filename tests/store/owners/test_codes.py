"""One-time codes are good once, for ten minutes, and for nobody who guesses."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chat.owner import new_token, visitor_of
from chat.pairing import new_code, seal
from store import codes as sentences
from store.conversations import AlreadyThere, CodeTooLate, CodeUnknown, StoreError, TooManyTries
from store.files.owners import codes as code_files
from store.files.owners.codes import CodeFiles
from store.files.store import TinyDBFiles
from tests.support.store_fixtures import START, clock, conversation, open_again, store

__all__ = ["clock", "open_again", "store"]

MINUTE = timedelta(minutes=1)
BY = "visitor-who-types"


def kept(store: TinyDBFiles, now: Any = START) -> tuple[str, str]:
    """Keep a new token; return it and its code."""
    token, code = new_token(), new_code()
    store.codes.keep(seal(token, code), now)
    return token, code


def wrong(code: str) -> str:
    return code[:-1] + ("0" if code[-1] != "0" else "1")


def test_a_code_gives_its_token_once_however_it_is_typed(store: TinyDBFiles, open_again: Any) -> None:
    token, code = kept(store)
    other_token, other = kept(store)
    assert open_again().codes.take(code.lower().replace("-", " "), START + 9 * MINUTE, by=BY) == token
    for now in (START, START + 9 * MINUTE):
        with pytest.raises(CodeUnknown, match=sentences.UNKNOWN):
            store.codes.take(code, now, by=f"{now}")
    assert store.codes.take(other, START + 9 * MINUTE, by=BY) == other_token


@pytest.mark.parametrize("typed", ["", "hello", "ABCD-EFGH-JKMN", "\ud800" * 12, "x" * 100_000])
def test_what_is_no_code_that_was_made_is_unknown(store: TinyDBFiles, typed: str) -> None:
    with pytest.raises(CodeUnknown, match=sentences.UNKNOWN):
        store.codes.take(typed, START, by="\ud800")


def test_after_ten_minutes_it_is_too_late_and_the_token_is_gone(store: TinyDBFiles, data: Path) -> None:
    _, code = kept(store)
    path = data / ".owners" / "codes.json"
    assert '"box"' in path.read_text()
    for now in (START + 10 * MINUTE, START + 59 * MINUTE):
        with pytest.raises(CodeTooLate, match=sentences.TOO_LATE):
            store.codes.take(code, now, by=BY)
        assert '"box"' not in path.read_text()
    with pytest.raises(CodeUnknown):
        store.codes.take(code, START + 60 * MINUTE, by=BY)


def test_a_token_whose_code_has_ended_is_taken_off_the_disk_without_a_try(store: TinyDBFiles, data: Path) -> None:
    kept(store)
    store._owners.look(START + 10 * MINUTE)
    assert '"box"' not in (data / ".owners" / "codes.json").read_text()
    store._owners.look(START + 70 * MINUTE)
    assert not (data / ".owners" / "codes.json").exists()


@pytest.mark.parametrize("jump", [-365 * 24 * 60, -1, 10, 365 * 24 * 60])
def test_a_clock_that_jumps_ends_a_code_early(store: TinyDBFiles, jump: int) -> None:
    _, code = kept(store)
    with pytest.raises((CodeTooLate, CodeUnknown)):
        store.codes.take(code, START + jump * MINUTE, by=BY)
    with pytest.raises((CodeTooLate, CodeUnknown)):
        store.codes.take(code, START + MINUTE, by=BY)


def test_a_clock_that_is_put_back_makes_no_code_live_longer(
    store: TinyDBFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed = [100.0]
    files = CodeFiles(store._owners.codes._notes, lambda: passed[0])
    codes = []
    for _ in range(2):
        token, code = new_token(), new_code()
        files.keep(seal(token, code), START)
        codes.append((token, code))
    passed[0] = 699.0
    assert files.take(codes[0][1], START + 3 * MINUTE, by=BY) == codes[0][0]
    passed[0] = 700.0
    with pytest.raises(CodeTooLate):
        files.take(codes[1][1], START + 3 * MINUTE, by=BY)


def test_five_wrong_tries_end_a_code(store: TinyDBFiles, data: Path) -> None:
    _, code = kept(store)
    for number in range(4):
        with pytest.raises(CodeUnknown, match=sentences.UNKNOWN):
            store.codes.take(wrong(code), START, by=f"browser {number}")
    for typed in (wrong(code), code, wrong(code)):
        with pytest.raises(TooManyTries, match=sentences.BURNED):
            store.codes.take(typed, START, by=f"browser {typed}")
        assert '"box"' not in (data / ".owners" / "codes.json").read_text()


def test_four_wrong_tries_are_forgiven(store: TinyDBFiles) -> None:
    token, code = kept(store)
    for _ in range(4):
        with pytest.raises(CodeUnknown):
            store.codes.take(wrong(code), START, by=BY)
    assert store.codes.take(code, START, by=BY) == token


def test_one_browser_tries_five_times_a_minute(store: TinyDBFiles) -> None:
    _, code = kept(store)
    for _ in range(5):
        with pytest.raises(CodeUnknown):
            store.codes.take("0000-0000-0000", START, by=BY)
    for now in (START, START + 59 * timedelta(seconds=1), START - timedelta(seconds=30)):
        with pytest.raises(TooManyTries, match=sentences.TOO_MANY):
            store.codes.take(code, now, by=BY)
    assert store.codes.take(kept(store, START)[1], START, by="another")
    assert store.codes.take(kept(store, START + MINUTE)[1], START + MINUTE, by=BY)


def test_all_together_try_sixty_times_a_minute(store: TinyDBFiles, open_again: Any) -> None:
    stores = (store, open_again())
    for number in range(60):
        with pytest.raises(CodeUnknown):
            stores[number % 2].codes.take("0000-0000-0000", START, by=f"browser {number}")
    token, code = kept(store)
    with pytest.raises(TooManyTries, match=sentences.TOO_MANY):
        store.codes.take(code, START, by="one more")
    assert store.codes.take(code, START + MINUTE, by="one more") == token


def test_of_many_who_take_it_at_once_one_gets_it(store: TinyDBFiles, open_again: Any) -> None:
    stores = (store, open_again())
    for _ in range(3):
        token, code = kept(store)

        def take(number: int, code: str = code) -> str:
            try:
                return stores[number % 2].codes.take(code, START, by=f"{code} {number}")
            except CodeUnknown:
                return "unknown"

        with ThreadPoolExecutor(8) as threads:
            assert sorted(threads.map(take, range(8))) == sorted([token] + ["unknown"] * 7)


def test_a_new_code_of_the_same_owner_ends_the_earlier_one(store: TinyDBFiles) -> None:
    token, first, second = new_token(), new_code(), new_code()
    store.codes.keep(seal(token, first), START)
    store.codes.keep(seal(token, second), START)
    with pytest.raises(CodeUnknown):
        store.codes.take(first, START, by=BY)
    assert store.codes.take(second, START, by=BY) == token


def test_a_name_that_waits_already_is_not_overwritten(store: TinyDBFiles) -> None:
    token, code = kept(store)
    with pytest.raises(AlreadyThere):
        store.codes.keep(seal(new_token(), code[:4] + new_code()[4:]), START)
    assert store.codes.take(code, START, by=BY) == token


def test_there_is_a_limit_to_how_many_wait(store: TinyDBFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_files, "MOST_WAITING", 2)
    kept(store)
    kept(store)
    with pytest.raises(StoreError, match=sentences.TOO_MANY_WAITING):
        kept(store)
    assert kept(store, START + 10 * MINUTE)


def test_what_is_kept_gives_nobody_a_token_a_code_or_a_browser(store: TinyDBFiles, data: Path) -> None:
    token, code = kept(store)
    with pytest.raises(CodeUnknown):
        store.codes.take(wrong(code), START, by=BY)
    every = "".join(path.read_text(errors="replace") for path in data.rglob("*") if path.is_file())
    assert [each for each in (token, code[5:], code[5:9], BY) if each in every] == []


def test_an_owners_codes_end_with_everything_else_of_theirs(store: TinyDBFiles) -> None:
    for end in (store.people.erase_everything, lambda owner: store.people.give(owner, "account-1")):
        token, code = kept(store)
        owner = visitor_of(token).id
        store.create(conversation(f"c{code[:4].lower()}", owner=owner))
        end(owner)
        with pytest.raises(CodeUnknown):
            store.codes.take(code, START, by=BY + code)


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"[]",
        b'{"codes": 5, "tries": 6}',
        b'{"codes": {"ABCD": {"made": "x"}, "EFGH": {"made": 1, "box": "zz", "salt": 5}}, "tries": [5, [1], ["x", 2]]}',
    ],
)
def test_a_damaged_note_counts_as_none(store: TinyDBFiles, data: Path, raw: bytes) -> None:
    path = data / ".owners" / "codes.json"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(raw)
    with pytest.raises(CodeUnknown):
        store.codes.take("ABCD-EFGH-JKMN", START, by=BY)
    token, code = kept(store)
    assert store.codes.take(code, START, by=BY) == token
    assert store.keeping.check().findings == ()
