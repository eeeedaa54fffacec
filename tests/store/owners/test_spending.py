"""What is spent is counted once, whoever asks at the same time, whatever ends and whatever a clock says."""

from __future__ import annotations

import errno
import json
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chat.allowances.spent import SLOT, Past, Spent
from store.conversations import StoreError
from store.files.owners import notes
from store.files.store import TinyDBFiles
from tests.support.processes import run_python
from tests.support.store_fixtures import START, clock, conversation, message, open_again, store

__all__ = ["clock", "open_again", "store"]

HOUR = timedelta(hours=1)
ANN, BEN = f"visitor-{'a' * 32}", f"visitor-{'b' * 32}"


class Enough(Exception):
    """What a rule raises."""


def up_to(most: int) -> Any:
    """Return the rule that one owner has so many answers and everybody has twice as many, ever."""

    def may(own: Past, everybody: Past) -> None:
        mine, all_ = (sum(spent.answers for _, spent in past) for past in (own, everybody))
        if mine >= most or all_ >= 2 * most:
            raise Enough

    return may


def anything(own: Past, everybody: Past) -> None:
    return None


def test_what_is_spent_is_known_to_whoever_opens_the_data_next(store: TinyDBFiles, open_again: Any) -> None:
    assert store.spending.spend(ANN, Spent(1, 200), START, anything) == START
    assert store.spending.spend(BEN, Spent(1, 10), START + 4 * SLOT / 5, anything) == START
    assert store.spending.spend(ANN, Spent(1, 30, 5), START + SLOT, anything) == START + SLOT
    store.close()
    after = open_again().spending
    assert after.past(ANN, START + HOUR) == ((START, Spent(1, 200)), (START + SLOT, Spent(1, 30, 5)))
    assert after.past(BEN, START + HOUR) == ((START, Spent(1, 10)),)
    assert after.past(None, START + HOUR) == ((START, Spent(2, 210)), (START + SLOT, Spent(1, 30, 5)))
    assert after.past("visitor-unknown", START + HOUR) == ()
    assert after.all_past(START + HOUR) == {ANN: after.past(ANN, START + HOUR), BEN: after.past(BEN, START + HOUR)}


def test_a_rule_sees_what_there_is_and_what_it_refuses_is_not_counted(store: TinyDBFiles) -> None:
    seen = []

    def may(own: Past, everybody: Past) -> None:
        seen.append((own, everybody))
        if len(seen) > 2:
            raise Enough

    store.spending.spend(ANN, Spent(1, 200), START, may)
    store.spending.spend(BEN, Spent(1, 10), START, may)
    with pytest.raises(Enough):
        store.spending.spend(BEN, Spent(1, 10), START, may)
    own, both = ((START, Spent(1, 10)),), ((START, Spent(2, 210)),)
    assert seen == [((), ()), ((), ((START, Spent(1, 200)),)), (own, both)]
    assert (store.spending.past(BEN, START), store.spending.past(None, START)) == (own, both)


def test_of_many_who_ask_at_once_no_more_come_through_than_may(store: TinyDBFiles, open_again: Any) -> None:
    stores = (store, open_again())

    def ask(number: int) -> bool:
        try:
            stores[number % 2].spending.spend((ANN, BEN)[number // 2 % 2], Spent(1, 7), START, up_to(5))
        except Enough:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(ask, range(40))) == 10
    assert store.spending.past(ANN, START) == ((START, Spent(5, 35)),)
    assert store.spending.past(None, START) == ((START, Spent(10, 70)),)


ASKS = """
import sys
from datetime import datetime
from pathlib import Path
from chat.allowances.spent import Spent
from store.files.store import TinyDBFiles
store = TinyDBFiles(Path(sys.argv[1]))
now = datetime.fromisoformat(sys.argv[2])
def may(own, everybody):
    if sum(spent.answers for _, spent in own) >= 30:
        raise RuntimeError
for number in range(20):
    try:
        store.spending.spend(sys.argv[3], Spent(1), now, may)
    except RuntimeError:
        pass
if sys.argv[4] == "kill":
    import os, signal
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_processes_at_once_and_killed_ones_count_together(data: Path) -> None:
    with ThreadPoolExecutor(3) as threads:
        ends = list(threads.map(lambda end: run_python(ASKS, data, START, ANN, end), ["kill", "end", "kill"]))
    assert ends == [-9, 0, -9]
    after = TinyDBFiles(data)
    assert after.spending.past(ANN, START) == ((START, Spent(30)),)
    after.close()


def test_tokens_are_corrected_once_it_is_known_how_many_there_were(store: TinyDBFiles) -> None:
    slot = store.spending.spend(ANN, Spent(1, 1200), START, anything)
    store.spending.spend(BEN, Spent(1, 100), START, anything)
    later = START + 2 * SLOT
    store.spending.correct(ANN, slot, -900, later)
    assert store.spending.past(ANN, later) == ((START, Spent(1, 300)),)
    assert store.spending.past(None, later) == ((START, Spent(2, 400)),)
    store.spending.correct(ANN, slot, 5_000, later)
    assert store.spending.past(ANN, later) == ((START, Spent(1, 5_300)),)
    assert store.spending.past(None, later) == ((START, Spent(2, 5_400)),)
    store.spending.correct(ANN, slot, -1_000_000, later)
    assert store.spending.past(ANN, later) == ((START, Spent(1, 0)),), "never less than nothing"


def test_a_correction_of_a_slot_that_is_gone_gives_nothing_back(store: TinyDBFiles) -> None:
    store.spending.spend(ANN, Spent(1, 1200), START, anything)
    later = START + SLOT
    for tokens in (-900, 300):
        store.spending.correct(ANN, START - HOUR, tokens, later)
    assert store.spending.past(ANN, later) == ((START, Spent(1, 1200)), (later, Spent(0, 300)))


@pytest.mark.parametrize("jump", [timedelta(minutes=-7), -HOUR, timedelta(days=-400)])
def test_a_clock_that_jumps_back_gives_nobody_more_and_locks_nobody_out(store: TinyDBFiles, jump: timedelta) -> None:
    for _ in range(2):
        store.spending.spend(ANN, Spent(1, 10), START, anything)
    back = START + jump
    slot = back - timedelta(minutes=back.minute % 5)
    assert store.spending.past(ANN, back) == ((slot, Spent(2, 20)),)
    with pytest.raises(Enough):
        store.spending.spend(ANN, Spent(1), back, up_to(2))
    # From that refusal on the clock is believed: what was in the future is no more.
    assert store.spending.past(ANN, back + HOUR) == ((slot, Spent(2, 20)),)


def test_a_clock_that_jumps_a_day_ahead_and_comes_back_loses_nothing(store: TinyDBFiles) -> None:
    store.spending.spend(ANN, Spent(1, 10), START, anything)
    store.spending.spend(ANN, Spent(1, 20), START + timedelta(days=1), anything)
    assert store.spending.past(ANN, START + SLOT) == ((START, Spent(1, 10)), (START + SLOT, Spent(1, 20)))


def test_a_clock_that_jumps_a_year_ahead_locks_nobody_out_when_it_comes_back(store: TinyDBFiles) -> None:
    store.spending.spend(ANN, Spent(1, 10), START + timedelta(days=365), anything)
    store.spending.spend(ANN, Spent(1, 5), START, anything)
    assert store.spending.past(ANN, START + HOUR) == ((START, Spent(2, 15)),)
    assert store.spending.past(ANN, START + timedelta(days=3)) == ()


def test_what_is_old_is_forgotten_though_nobody_asks(store: TinyDBFiles, data: Path) -> None:
    store.spending.spend(ANN, Spent(1), START, anything)
    store.spending.spend(BEN, Spent(1), START + HOUR, anything)
    store._owners.look(START + timedelta(days=2))
    assert store.spending.past(ANN, START) != ()
    store._owners.look(START + timedelta(days=2, minutes=5))
    kept = json.loads((data / ".owners" / "spending.json").read_text())
    assert (list(kept["owners"]), [len(kept["all"])]) == ([BEN], [1])
    store._owners.look(START + timedelta(days=4))
    assert not (data / ".owners" / "spending.json").exists()


def test_it_is_erased_with_its_owner_and_still_counts_for_everybody(store: TinyDBFiles, data: Path) -> None:
    store.create(conversation("c1", message("q1"), owner=ANN))
    store.spending.spend(ANN, Spent(1, 10), START, anything)
    store.spending.spend(BEN, Spent(1, 10), START, anything)
    store.people.erase_everything(ANN)
    assert ANN not in (data / ".owners" / "spending.json").read_text()
    assert store.spending.all_past(START) == {BEN: ((START, Spent(1, 10)),)}
    assert store.spending.past(None, START) == ((START, Spent(2, 20)),)
    store.spending.correct(ANN, START, 50, START)  # an answer that ended after it
    assert store.spending.all_past(START) == {BEN: ((START, Spent(1, 10)),)}
    assert store.spending.past(None, START) == ((START, Spent(2, 70)),)


def test_who_is_given_a_place_has_spent_what_was_spent_there(store: TinyDBFiles) -> None:
    store.create(conversation("c1", message("q1"), owner=ANN))
    store.spending.spend(ANN, Spent(1, 10), START, anything)
    store.spending.spend(BEN, Spent(2, 5), START, anything)
    store.people.give(ANN, BEN)
    assert store.spending.all_past(START) == {BEN: ((START, Spent(3, 15)),)}
    assert store.spending.past(None, START) == ((START, Spent(3, 15)),)


def test_it_is_known_to_check_and_in_no_backup(store: TinyDBFiles, tmp_path: Path) -> None:
    store.create(conversation("c1", message("q1"), owner=ANN))
    store.spending.spend(ANN, Spent(1, 10), START, anything)
    assert store.keeping.check().findings == ()
    assert list(store.keeping.repair()) == []
    with zipfile.ZipFile(store.keeping.back_up(tmp_path / "all.zip").path) as archive:
        assert [name for name in archive.namelist() if "spending" in name] == []
    assert store.spending.past(ANN, START) == ((START, Spent(1, 10)),)


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"[]",
        b'{"all": 5, "owners": [1]}',
        b'{"all": {"x": [1, 2, 3], "5": [1], "6": [1, -2, 3], "7": [true, 0, 0]}, "owners": {"visitor-a": 7}}',
        b'{"all": {"9999999999": [1, 2, 3]}, "owners": {"visitor-a": {"6": [1, 2, 3]}}}',
    ],
)
def test_a_damaged_note_counts_as_nothing_spent(store: TinyDBFiles, data: Path, raw: bytes) -> None:
    path = data / ".owners" / "spending.json"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(raw)
    assert store.spending.all_past(START) == {}
    store.spending.spend(ANN, Spent(1), START, up_to(1))
    assert store.spending.past(None, START) == ((START, Spent(1)),)
    assert store.keeping.check().findings == ()


def test_whoever_is_refused_by_a_clock_that_was_ahead_is_not_refused_for_longer_than_a_limit(
    store: TinyDBFiles,
) -> None:
    """A page asks what was spent, and writes nothing where that is too much: the store's own look puts it right."""
    store.spending.spend(ANN, Spent(1, 10), START + timedelta(days=365), anything)
    store._owners.look(START)
    assert store.spending.past(ANN, START + HOUR) == ((START, Spent(1, 10)),)
    assert store.spending.past(None, START + HOUR) == ((START, Spent(1, 10)),)


def test_what_cannot_be_counted_is_said_and_not_counted(store: TinyDBFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(notes, "replace_file", full)
        with pytest.raises(StoreError) as error:
            store.spending.spend(ANN, Spent(1), START, anything)
    assert str(error.value) == (
        "This could not be counted, so it was not done: the disk is full. Nothing that was there is lost; free some "
        "space and try again."
    )
    assert store.spending.past(None, START) == ()
