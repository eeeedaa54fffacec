"""`python -m exchange export`: conversations into one file that is there whole or not at all, or into a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import IO

from chat.terminal import shown
from exchange import sentences
from exchange.exporting import Exporting, export_many, file_name_of_many
from exchange.files import whole_file
from exchange.shell.bar import Bar
from exchange.shell.machine_zone import MachineZone
from formats.exports import ExportFormat, format_named
from store.conversations import ConversationStore, StoreError
from store.query_text import parse

STANDARD_OUTPUT = "-"


def run(store: ConversationStore, owner: str, format: str, find: str, output: str | None) -> bool:
    """Export what the search finds, or everything; return whether anything was written. Its days are this machine's.

    Raises KeyboardInterrupt and BrokenPipeError as they come; then the file that was there before is still there.
    """
    form = format_named(format)
    hits = store.search(owner, parse(find, MachineZone()), limit=None).hits if find.strip() else ()
    ids = [hit.summary.id for hit in hits] if find.strip() else [each.id for each in store.list(owner, limit=None)]
    if not ids:
        print(sentences.NOTHING_FOUND if find.strip() else sentences.NOTHING_KEPT, file=sys.stderr)
        return False
    how_far = Exporting(len(ids))
    path = None if output == STANDARD_OUTPUT else _path(output, form)
    try:
        with _opened(path) as file, Bar("Exporting") as bar:
            export_many(store, owner, bar.following(ids), file, form, how_far)
            if not how_far.written:
                raise StoreError(how_far.in_words())
    except BrokenPipeError:
        raise
    except OSError as error:
        print(shown(sentences.not_written(error)), file=sys.stderr)
        return False
    if path is not None:
        print(how_far.in_words())
        print(shown(str(path)))
    elif how_far.lacks_some:
        print(how_far.in_words(), file=sys.stderr)
    return True


@contextmanager
def _opened(path: Path | None) -> Iterator[IO[bytes]]:
    if path is not None:
        with whole_file(path) as file:
            yield file
        return
    yield sys.stdout.buffer
    sys.stdout.buffer.flush()


def _path(output: str | None, form: ExportFormat) -> Path:
    """Return the file that is asked for; in a folder, or where none is asked for, one that is not there yet."""
    asked = Path(output or ".")
    if not asked.is_dir():
        return asked
    name = file_name_of_many(form, datetime.now(MachineZone()).date())
    path = asked / name
    for number in count(2):
        if not path.exists():
            break
        path = asked / f"{Path(name).stem} ({number}){path.suffix}"
    return path
