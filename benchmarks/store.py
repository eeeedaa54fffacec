"""How long the store's verbs take, beside one stock TinyDB file that holds the same conversations.

    python -m benchmarks.store [--quick] [--folder FOLDER]

Both are measured side by side in one run, in turns, every write with its fsync; the times are milliseconds. Use a
folder on a real disk: a file system in memory has no fsync to wait for.
"""

from __future__ import annotations

import argparse
import dataclasses
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tinydb import TinyDB, where

from chat.conversation import Conversation, Message, new_id, utc_now
from chat.records import conversation_record, message_record
from store.atomic import json_bytes
from store.tables import Change
from store.tinydb_files import TinyDBFiles

OWNER = "personal"
MESSAGES = 20
WORDS = "memory keeps the words that were said and the order in which they came "
TEXT = (WORDS * 8)[:500]


def made(number: int) -> Conversation:
    """Return a conversation of 20 messages with 500 characters each."""
    now = utc_now()
    messages: list[Message] = []
    for turn in range(MESSAGES):
        parent = messages[-1].id if messages else None
        messages.append(Message(new_id(), parent, "assistant" if turn % 2 else "user", TEXT, now))
    return Conversation(
        new_id(), OWNER, f"Conversation {number}", now, now, head=messages[-1].id, messages=tuple(messages)
    )


def fill(folder: Path, stock: Path, conversations: int) -> list[str]:
    """Write the same conversations for both, as files, and return their ids."""
    (folder / OWNER).mkdir(parents=True)
    ids = []
    one_file: dict[str, dict[str, object]] = {"conversations": {}}
    for number in range(conversations):
        each = made(number)
        (folder / OWNER / f"{each.id}.json").write_bytes(json_bytes(Change.of_new(each).content))
        record = conversation_record(each) | {"messages": [message_record(message) for message in each.messages]}
        one_file["conversations"][str(number + 1)] = record
        ids.append(each.id)
    stock.write_bytes(json_bytes(one_file))
    return ids


def timed(work: Callable[[], object]) -> float:
    """Return how many milliseconds the work takes."""
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


@dataclasses.dataclass(frozen=True, slots=True)
class Figures:
    """Milliseconds of one thing, done a number of times."""

    times: tuple[float, ...]

    def __str__(self) -> str:
        last = statistics.quantiles(self.times, n=20)[-1] if len(self.times) > 1 else self.times[0]
        return f"{statistics.median(self.times):.2f} / {last:.2f}"


def measure(folder: Path, conversations: int, writes: int) -> dict[str, Figures]:
    """Return what everything takes with so many conversations."""
    data, stock_path = folder / "data", folder / "stock.json"
    ids = fill(data, stock_path, conversations)
    first = timed(lambda: TinyDBFiles(data).close())
    starts = tuple(timed(lambda: TinyDBFiles(data).close()) for _ in range(5))
    files = TinyDBFiles(data)
    stock = TinyDB(stock_path, encoding="utf-8", ensure_ascii=False)
    table = stock.table("conversations")
    chance = random.Random(1)
    adds, stock_adds = [], []
    # The one file costs up to a second a write: measure it less often than it is measured against.
    turns = max(1, conversations // 1000)
    for turn in range(writes):
        chosen = chance.choice(ids)
        message = Message(new_id(), None, "user", TEXT, utc_now())
        adds.append(timed(lambda chosen=chosen, message=message: files.add_message(OWNER, chosen, message)))
        if turn % turns == 0:
            record = message_record(message)
            stock_adds.append(
                timed(
                    lambda chosen=chosen, record=record: table.update(
                        lambda document: document["messages"].append(record), where("id") == chosen
                    )
                )
            )
    lists = [timed(lambda: files.list(OWNER)) for _ in range(writes)]
    files.close()
    files = TinyDBFiles(data)  # has nothing in memory
    cold = [timed(lambda each=each: files.get(OWNER, each)) for each in chance.sample(ids, min(len(ids), 200))]
    warm = [timed(lambda: files.get(OWNER, ids[0])) for _ in range(201)]
    files.close()
    stock.close()
    return {
        "add_message": Figures(tuple(adds)),
        "the same in one stock TinyDB file": Figures(tuple(stock_adds)),
        "list, a page of 50": Figures(tuple(lists)),
        "get, from disk": Figures(tuple(cold)),
        "get, again": Figures(tuple(warm[1:])),
        "open, nothing changed": Figures(starts),
        "open, without a catalog": Figures((first,)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="up to 1,000 conversations, and fewer writes")
    parser.add_argument("--folder", type=Path, default=Path.cwd(), help="where to work, on a real disk")
    options = parser.parse_args()
    sizes = (100, 1_000) if options.quick else (100, 1_000, 10_000)
    columns = {}
    for size in sizes:
        folder = Path(tempfile.mkdtemp(prefix="chatkeep-benchmark-", dir=options.folder))
        try:
            columns[size] = measure(folder, size, writes=50 if options.quick else 300)
        finally:
            shutil.rmtree(folder)
    print(f"Milliseconds, median / 95th percentile; {MESSAGES} messages of {len(TEXT)} characters each.\n")
    print("| conversations |" + "".join(f" {size:,} |" for size in sizes))
    print("|---|" + "---:|" * len(sizes))
    for name in columns[sizes[0]]:
        print(f"| {name} |" + "".join(f" {columns[size][name]} |" for size in sizes))


if __name__ == "__main__":
    main()
