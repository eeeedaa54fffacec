"""A process that ends while answers are being written: every one is kept, the erased one holds no other up."""

import subprocess
import sys
from pathlib import Path

from store import open_store

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
import atexit, sys, threading
from chat.background import Background
from chat.conversation import Conversation, Message, new_id, utc_now
from chat.providers.base import Chunk
from chat.replies import Replies
from store import open_store
from tests.support.fakes.answers import REQUEST, FakeProvider

store, background = open_store(sys.argv[1]), Background()
replies = Replies(store, background)
atexit.register(lambda: (replies.close(), background.close(), store.close(), print("closed", flush=True)))
running = []
for number in range(4):
    now = utc_now()
    question = Message(new_id(), None, "user", f"Question {number}", now)
    store.create(Conversation(f"c{number}", "personal", "x", now, now, head=question.id, messages=(question,)))
    provider = FakeProvider([Chunk(text=f"Half of {number}"), threading.Event()])
    running.append(replies.start("personal", f"c{number}", question.id, REQUEST, lambda provider=provider: provider))
for reply in running:
    while not reply.snapshot().text:
        reply.wait(reply.snapshot().version, 10)
store.trash("personal", "c1")
store.erase("personal", "c1")
"""


def test_a_process_that_ends_keeps_every_answer(tmp_path):
    url = f"tinydb:///{tmp_path}/data"
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT, url], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stdout) == (0, "closed\n"), ended.stderr
    store = open_store(url)
    kept = [store.get("personal", f"c{number}").path()[-1] for number in (0, 2, 3)]
    store.close()
    assert [(each.content, each.status, each.process) for each in kept] == [
        (f"Half of {number}", "interrupted", None) for number in (0, 2, 3)
    ]
