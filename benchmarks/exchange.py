"""How long it takes to take everything out and to bring it in again, and how much memory, beside what is at rest.

    python -m benchmarks.exchange [--conversations 10000] [--only import] [--folder FOLDER]

Each step runs in a process of its own, whose peak memory is what the operating system says. Conversations have 20
messages of about 600 characters, as in `benchmarks.store`; beside them, an export of ChatGPT's of 40 MB is brought in.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

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


def write_chatgpt(path: Path, size: int) -> None:
    """Write a `conversations.json` as ChatGPT makes it, of so many bytes."""
    writer = Writer(2)
    with path.open("w", encoding="utf-8") as file:
        file.write("[")
        number = 0
        while file.tell() < size:
            file.write(("," if number else "") + json.dumps(_of_chatgpt(number, writer), ensure_ascii=False))
            number += 1
        file.write("]")


def _of_chatgpt(number: int, writer: Writer) -> dict[str, Any]:
    mapping: dict[str, Any] = {"root": {"id": "root", "parent": None, "children": ["0"], "message": None}}
    for place, message in enumerate(writer.conversation(number).messages):
        id, parent = str(place), str(place - 1) if place else "root"
        said = {
            "id": f"{number}-{place}",
            "author": {"role": message.role},
            "create_time": message.created_at.timestamp(),
            "content": {"content_type": "text", "parts": [message.content]},
            "status": "finished_successfully",
            "recipient": "all",
            "metadata": {"model_slug": "gpt-4o"},
        }
        mapping[id] = {"id": id, "parent": parent, "children": [str(place + 1)], "message": said}
    return {
        "conversation_id": f"{number:08}",
        "title": f"Chat {number}",
        "create_time": 1_700_000_000.0 + number,
        "update_time": 1_700_000_500.0 + number,
        "mapping": mapping,
        "current_node": str(len(mapping) - 2),
    }


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
    parser.add_argument("--only", choices=["import"], help="export Chatkeep JSON alone, to import it")
    parser.add_argument("--folder", type=Path, default=Path.cwd(), help="where to work, on a real disk")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="chatkeep-benchmark-", dir=options.folder))
    try:
        data = folder / "data"
        fill(data, options.conversations)
        _, at_rest = measured(rest, data)
        print(f"{options.conversations:,} conversations; {at_rest:.0f} MB of memory at rest\n")
        print("| step | seconds | MB above rest | file MB |\n|---|---:|---:|---:|")
        for name in (form.name for form in EXPORT_FORMATS if options.only != "import" or form.name == "chatkeep"):
            target = folder / f"all-{name}{ending_of_many(format_named(name))}"
            seconds, peak = measured(export, data, name, target)
            size = target.stat().st_size / 1e6
            print(f"| export all, {name} | {seconds:.1f} | {peak - at_rest:.0f} | {size:.0f} |", flush=True)
        source, chatgpt = (
            folder / f"all-chatkeep{ending_of_many(format_named('chatkeep'))}",
            folder / "conversations.json",
        )
        write_chatgpt(chatgpt, 40_000_000)
        for what, work, into, file in (
            ("look through an import of all", look, folder / "empty", source),
            ("import all", take_all_in, folder / "empty", source),
            ("import all again", take_all_in, folder / "empty", source),
            ("look through 40 MB of ChatGPT's", look, folder / "new", chatgpt),
            ("import 40 MB of ChatGPT's", take_all_in, folder / "new", chatgpt),
        ):
            seconds, peak = measured(work, into, file)
            print(f"| {what} | {seconds:.1f} | {peak - at_rest:.0f} | |", flush=True)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
