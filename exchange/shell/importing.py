"""`python -m exchange import`: each file looked through, or imported, and said in the page's own words."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from chat.terminal import shown
from exchange import sentences
from exchange.ahead import Ahead
from exchange.files import set_down
from exchange.passes import look_through, take_in
from exchange.shell.bar import Bar
from exchange.tally import Tally
from formats.imports import SHELL_LIMITS, Export, NotAnExport, NotUnicode, Read, Skipped, open_export
from store.conversations import ConversationStore, StoreError

NAMED = 50
"""Lines below a heading, unless all are asked for."""


def run(
    store: ConversationStore, owner: str, files: Sequence[Path], *, dry_run: bool, details: bool, encoding: str
) -> bool:
    """Import these files, or say what that would do; return whether anything could be read.

    `encoding` is what files that are not Unicode are written in; empty where nobody says. Raises KeyboardInterrupt
    where somebody stopped it; then every conversation is whole.
    """
    ahead = Ahead(store)
    has_read = False
    for path in files:
        tally = Tally()
        try:
            with path.open("rb") as file:
                seekable = file if file.seekable() else set_down(file, SHELL_LIMITS)
                export = open_export(seekable, owner, SHELL_LIMITS, encoding=encoding)
                _take(store, path.name, export, tally, ahead if dry_run else None)
        except NotUnicode as error:
            _complain(path, str(error))
            for each in error.encodings:
                print(shown(f"  --encoding {each.name}: {each.title}, such as “{each.sample}”"), file=sys.stderr)
        except (NotAnExport, StoreError) as error:
            _complain(path, f"{error} {sentences.so_far(tally)}" if tally.new or tally.grown else str(error))
        except OSError as error:
            _complain(path, sentences.not_opened(error))
        _print_named(tally, details)
        has_read = has_read or bool(tally.new or tally.grown or tally.here)
    return has_read


def _take(store: ConversationStore, name: str, export: Export, tally: Tally, ahead: Ahead | None) -> None:
    """Look through one file where there is an `ahead`, else import it."""
    with _stopping() as is_cancelled, Bar(name) as bar:
        items = _showing(export, bar)
        if ahead is not None:
            look_through(items, ahead, tally, is_cancelled.is_set)
        else:
            take_in(items, store, tally, is_cancelled.is_set)
    tally.count_beside(export)
    if is_cancelled.is_set():
        print(shown(f"{name}: {sentences.cancelled(tally, was_merging=ahead is None)}"), flush=True)
        raise KeyboardInterrupt
    said = sentences.looked_through(name, export.product, tally)
    if ahead is None:
        said = f"{name}, an export of {export.product}. {sentences.imported(tally)}"
    print(shown(said), flush=True)
    if not (tally.new or tally.grown):
        print(sentences.NOTHING_NEW, flush=True)


def _showing(export: Export, bar: Bar) -> Iterator[Read | Skipped]:
    for item in export:
        bar.show(export.progress)
        yield item


@contextmanager
def _stopping() -> Iterator[threading.Event]:
    """Have Ctrl+C ask for an end behind the conversations that are being kept; a second one ends at once."""
    is_cancelled = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        if is_cancelled.is_set():
            raise KeyboardInterrupt
        is_cancelled.set()

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield is_cancelled
    finally:
        signal.signal(signal.SIGINT, before)


def _print_named(tally: Tally, details: bool) -> None:
    """Print what could not be taken, and with details every conversation that something is to be said of."""
    most = None if details else NAMED
    for named in sentences.named(tally) if details else sentences.not_taken(tally):
        print(shown(f"{named.heading}:"))
        for line in named.lines[:most]:
            print(shown(f"  {line}"))
        if more := named.more + len(named.lines[NAMED:] if most else ()):
            print(f"  And {more:,} more.")


def _complain(path: Path, problem: str) -> None:
    print(shown(f"{path.name or path}: {problem}"), file=sys.stderr)
