"""How long it takes to take everything out and to bring it in again, and how much memory, beside what is at rest.

    python -m benchmarks.exchange [--conversations 10000] [--folder FOLDER]

Each step runs in a process of its own, whose peak memory is what the operating system says. Conversations have 20
messages of about 600 characters, as in `benchmarks.store`.
"""

from __future__ import annotations

import argparse
import multiprocessing
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.store import OWNER, Writer
from chat.conversation import utc_now
from exchange.ahead import Ahead
from exchange.passes import look_through, take_in
from exchange.tally import Tally
from formats.exports import EXPORT_FORMATS, ending_of_many, format_named, write_many
from formats.imports import open_export
from store import open_store
from store.disk.atomic import json_bytes
from store.files.tables import Change


def fill(data: Path, conversations: int) -> None:
    """Write so many conversations, and have their catalog made."""
    writer = Writer(1)
    (data / OWNER).mkdir(parents=True)
    for number in range(conversations):
        each = writer.conversation(number)
        (data / OWNER / f"{each.id}.json").write_bytes(json_bytes(Change.of_new(each).content))
    settled(data)


def settled(data: Path) -> None:
    """Wait until the catalog knows every conversation."""
    store = open_store(f"tinydb:///{data}")
    while store.rebuilding() is not None:
        time.sleep(0.05)
    store.list(OWNER)
    store.close()


def export(data: Path, name: str, target: Path) -> None:
    store = open_store(f"tinydb:///{data}")
    ids = [summary.id for summary in store.list(OWNER, limit=None)]
    with target.open("wb") as file:
        write_many((store.get(OWNER, each) for each in ids), file, format_named(name), utc_now())
    store.close()


def look(data: Path, source: Path) -> None:
    _import(data, source, dry=True)


def take_all_in(data: Path, source: Path) -> None:
    _import(data, source, dry=False)


def _import(data: Path, source: Path, *, dry: bool) -> None:
    store = open_store(f"tinydb:///{data}")
    with source.open("rb") as file:
        items = open_export(file, OWNER)
        if dry:
            look_through(items, Ahead(store), Tally(), lambda: False)
        else:
            take_in(items, store, Tally(), lambda: False)
    store.close()


def rest(data: Path) -> None:
    """Open the store and list it, as an app does that nobody asks for anything."""
    store = open_store(f"tinydb:///{data}")
    store.list(OWNER)
    store.close()


def measured(work: Callable[..., None], *arguments: object) -> tuple[float, float]:
    """Return seconds, and megabytes of memory at the peak, of work in a process of its own."""
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    process = context.Process(target=_timed, args=(queue, work, arguments))
    process.start()
    figures: tuple[float, float] = queue.get()
    process.join()
    return figures


def _timed(
    queue: multiprocessing.Queue[tuple[float, float]], work: Callable[..., None], arguments: tuple[object, ...]
) -> None:
    start = time.perf_counter()
    work(*arguments)
    queue.put((time.perf_counter() - start, _peak()))


def _peak() -> float:
    # Not what `getrusage` says: a new process begins there with the peak of the one that started it.
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--conversations", type=int, default=10_000)
    parser.add_argument("--folder", type=Path, default=Path.cwd(), help="where to work, on a real disk")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="chatkeep-benchmark-", dir=options.folder))
    try:
        data = folder / "data"
        fill(data, options.conversations)
        _, at_rest = measured(rest, data)
        print(f"{options.conversations:,} conversations; {at_rest:.0f} MB of memory at rest\n")
        print("| step | seconds | MB above rest | file MB |\n|---|---:|---:|---:|")
        for name in (form.name for form in EXPORT_FORMATS):
            target = folder / f"all-{name}{ending_of_many(format_named(name))}"
            seconds, peak = measured(export, data, name, target)
            size = target.stat().st_size / 1e6
            print(f"| export all, {name} | {seconds:.1f} | {peak - at_rest:.0f} | {size:.0f} |", flush=True)
        source = folder / "all-chatkeep.zip"
        for what, work, into in (
            ("look through an import of all", look, folder / "empty"),
            ("import all", take_all_in, folder / "empty"),
            ("import all again", take_all_in, folder / "empty"),
        ):
            seconds, peak = measured(work, into, source)
            print(f"| {what} | {seconds:.1f} | {peak - at_rest:.0f} | |", flush=True)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
