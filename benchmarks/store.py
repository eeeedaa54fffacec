"""How long the store's verbs take, beside one stock TinyDB file that holds the same conversations.

    python -m benchmarks.store [--quick] [--folder FOLDER]

Both are measured side by side in one run, in turns, every write with its fsync; the times are milliseconds. Use a
folder on a real disk: a file system in memory has no fsync to wait for.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from tinydb import TinyDB, where

from chat.conversation import Conversation, Message, new_id, utc_now
from chat.records import conversation_record, message_record
from store.disk.atomic import json_bytes
from store.files.store import TinyDBFiles
from store.files.tables import Change
from store.queries import Query
from store.query_text import parse

OWNER = "personal"
MESSAGES = 20
WORDS_EACH = 100
"""Words of a message: some 600 characters. Every tenth conversation is in Chinese, 200 characters a message."""


class Writer:
    """Makes text as people write it: a few words all the time, most of them hardly ever (Zipf's law)."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        letters, weights = "etaoinshrdlucmfwypvbgkqjxz", [12, 9, 8, 8, 7, 7, 6, 6, 6, 4, 4, 3, 3, 2, 2, 2, *[1] * 10]
        made = (
            "".join(self._chance.choices(letters, weights, k=self._chance.choice([2, 3, 4, 5, 6, 7, 8, 9, 10])))
            for _ in range(60_000)
        )
        self.words = ["the", "and", *dict.fromkeys(made)]
        self._weights = list(itertools.accumulate(1 / rank for rank in range(1, len(self.words) + 1)))
        self.characters = [chr(0x4E00 + number) for number in range(3_000)]
        self._character_weights = list(itertools.accumulate(1 / rank for rank in range(1, 3_001)))

    def english(self) -> str:
        return " ".join(self._chance.choices(self.words, cum_weights=self._weights, k=WORDS_EACH)).capitalize() + "."

    def chinese(self) -> str:
        return "".join(self._chance.choices(self.characters, cum_weights=self._character_weights, k=2 * WORDS_EACH))

    def conversation(self, number: int) -> Conversation:
        write = self.chinese if number % 10 == 0 else self.english
        now = utc_now() - timedelta(minutes=self._chance.randrange(500_000))
        messages: list[Message] = []
        for turn in range(MESSAGES):
            parent = messages[-1].id if messages else None
            role, model = ("assistant", f"mistral/model-{number % 7}") if turn % 2 else ("user", None)
            messages.append(Message(new_id(), parent, role, write(), now, model=model))
        return Conversation(
            new_id(),
            OWNER,
            write()[:50],
            now,
            now,
            head=messages[-1].id,
            tags=(f"tag {number % 50}",),
            messages=tuple(messages),
        )


def fill(writer: Writer, folder: Path, stock: Path, conversations: int) -> list[str]:
    """Write the same conversations for both, as files, and return their ids."""
    (folder / OWNER).mkdir(parents=True)
    ids = []
    one_file: dict[str, dict[str, object]] = {"conversations": {}}
    for number in range(conversations):
        each = writer.conversation(number)
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


def searches(writer: Writer) -> dict[str, str]:
    """Return what is searched for, by what it is an example of."""
    words, characters = writer.words, writer.characters
    return {
        "search, a rare word": words[30_000],
        "search, a word in every tenth message": words[100],
        "search, the commonest word": words[0],
        "search, a common beginning": words[100][:2],
        "search, three words": f"{words[0]} {words[50]} {words[500]}",
        "search, a phrase": f'"{words[20]} {words[30]}"',
        "search, a phrase of the two commonest words": f'"{words[0]} {words[1]}"',
        "search, Chinese, two characters": "".join(characters[100:102]),
        "search, Chinese, one character": characters[3],
        "search, a word and a filter": f'{words[100]} tag:"tag 7"',
        "search, the commonest word and a filter": f'{words[0]} tag:"tag 7"',
        "search, filters alone": "model:model-3 rating:up",
    }


def opened(folder: Path) -> TinyDBFiles:
    """Return the store with everything in its catalog."""
    files = TinyDBFiles(folder)
    files.wait_until_ready()
    return files


def measure(folder: Path, conversations: int, writes: int) -> dict[str, object]:
    """Return what everything takes with so many conversations."""
    data, stock_path = folder / "data", folder / "stock.json"
    writer = Writer(conversations)
    ids = fill(writer, data, stock_path, conversations)
    first_open = timed(lambda: TinyDBFiles(data).close())
    rebuild = timed(lambda: opened(data).close()) + first_open  # the second goes on where the first was closed
    starts = tuple(timed(lambda: TinyDBFiles(data).close()) for _ in range(5))
    sizes = [sum(path.stat().st_size for path in data.glob(each)) / 1e6 for each in (f"{OWNER}/*", ".catalog*")]
    files = opened(data)
    stock = TinyDB(stock_path, encoding="utf-8", ensure_ascii=False)
    table = stock.table("conversations")
    chance = random.Random(1)
    adds, stock_adds = [], []
    # The one file costs up to a second a write: measure it less often than it is measured against.
    turns = max(1, conversations // 1000)
    for turn in range(writes):
        chosen = chance.choice(ids)
        message = Message(new_id(), None, "user", writer.english(), utc_now())
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
    stock.close()
    lists = [timed(lambda: files.list(OWNER)) for _ in range(writes)]
    facets = [timed(lambda: files.facets(OWNER)) for _ in range(20)]
    found: dict[str, object] = {}
    for name, text in searches(writer).items():
        query: Query = parse(text)
        found[name] = Figures(tuple(timed(lambda query=query: files.search(OWNER, query)) for _ in range(20)))
    files.close()
    files = TinyDBFiles(data)  # has nothing in memory
    cold = [timed(lambda each=each: files.get(OWNER, each)) for each in chance.sample(ids, min(len(ids), 200))]
    warm = [timed(lambda: files.get(OWNER, ids[0])) for _ in range(201)]
    erased = chance.sample(ids, min(len(ids) // 2, 100))
    for each in erased:
        files.trash(OWNER, each)
    erases = [timed(lambda each=each: files.erase(OWNER, each)) for each in erased]
    clearing = timed(files.wait_until_ready)
    files.close()
    return {
        "add_message": Figures(tuple(adds)),
        "the same in one stock TinyDB file": Figures(tuple(stock_adds)),
        "list, a page of 50": Figures(tuple(lists)),
        **found,
        "facets": Figures(tuple(facets)),
        "get, from disk": Figures(tuple(cold)),
        "get, again": Figures(tuple(warm[1:])),
        "erase, up to 100 of them": Figures(tuple(erases)),
        "then, until no word of theirs is on the disk": Figures((clearing,)),
        "open, nothing changed": Figures(starts),
        "open, without a catalog": Figures((first_open,)),
        "until all of it is made anew": Figures((rebuild,)),
        "size of the files, MB": f"{sizes[0]:.1f}",
        "size of the catalog, MB": f"{sizes[1]:.1f}",
        # What an export and an import of everything take belongs here.
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
    print(f"Milliseconds, median / 95th percentile; {MESSAGES} messages of about 600 characters each.\n")
    print("| conversations |" + "".join(f" {size:,} |" for size in sizes))
    print("|---|" + "---:|" * len(sizes))
    for name in columns[sizes[-1]]:
        print(f"| {name} |" + "".join(f" {columns[size].get(name, '')} |" for size in sizes))


if __name__ == "__main__":
    main()
