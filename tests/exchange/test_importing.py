"""An import on its way: what it counts before and after, and what is left of one that is cancelled."""

import io
import json

from exchange.importing import Importing, in_words
from store.files.store import TinyDBFiles
from tests.support.processes import wait_for
from tests.support.store_fixtures import OWNER


def lines(number: int) -> io.BytesIO:
    """Return JSONL with so many conversations of one turn."""
    records = (
        {"messages": [{"role": "user", "content": f"Question {n}"}, {"role": "assistant", "content": f"Answer {n}"}]}
        for n in range(number)
    )
    return io.BytesIO("".join(json.dumps(record) + "\n" for record in records).encode())


def ended(job: Importing) -> Importing:
    wait_for(lambda: not job.is_working, "the import comes to its end")
    return job


def test_nothing_is_kept_before_it_is_asked_for_and_twice_adds_nothing(tmp_path):
    store = TinyDBFiles(tmp_path / "data")
    job = ended(Importing(store, OWNER, "lines.jsonl", lines(3)))
    assert (job.stage, in_words(job.tally), store.count(OWNER)) == ("looked", "3 new", 0)
    job.merge()
    assert (ended(job).stage, in_words(job.tally), store.count(OWNER)) == ("merged", "3 new", 3)
    again = ended(Importing(store, OWNER, "lines.jsonl", lines(4)))
    assert in_words(again.tally) == "1 new, 3 already here"
    store.close()


def test_cancelled_import_leaves_whole_conversations_and_goes_on_when_begun_again(tmp_path):
    store = TinyDBFiles(tmp_path / "data")
    job = ended(Importing(store, OWNER, "lines.jsonl", lines(5)))
    merge = store.merge

    def merge_and_cancel(conversation):
        added = merge(conversation)
        if store.count(OWNER) == 2:
            job.cancel()
        return added

    store.merge = merge_and_cancel
    job.merge()
    assert (ended(job).is_cancelled, in_words(job.tally)) == (True, "2 new")
    kept = [store.get(OWNER, summary.id) for summary in store.list(OWNER)]
    assert [len(conversation.messages) for conversation in kept] == [2, 2]
    store.merge = merge
    again = ended(Importing(store, OWNER, "lines.jsonl", lines(5)))
    assert in_words(again.tally) == "3 new, 2 already here"
    store.close()


def test_file_that_is_no_export_says_so_and_keeps_nothing(tmp_path):
    store = TinyDBFiles(tmp_path / "data")
    job = ended(Importing(store, OWNER, "wrong.json", io.BytesIO(b"not this")))
    assert job.stage == "failed"
    assert job.problem.startswith("No conversations were found in this file.")
    assert store.count(OWNER) == 0
    store.close()
