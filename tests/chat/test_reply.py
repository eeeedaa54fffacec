"""What a page can wait for of a reply."""

import threading

from chat.conversation import Message, utc_now
from chat.providers.base import Chunk
from chat.reply import Reply


def reply(content: str = "") -> Reply:
    return Reply("personal", "c", Message("m", None, "assistant", content, utc_now(), status="streaming"))


def test_end_is_waited_for_where_the_reply_says_no_more():
    ending = reply()
    ending.receive(Chunk(text="All of it."), 1)
    thread = threading.Thread(target=ending.end)
    thread.start()
    assert ending.wait_for_end(20)
    thread.join()
    assert ending.wait_for_end(0)


def test_end_is_not_waited_for_once_the_reply_goes_on():
    growing = reply()
    growing.receive(Chunk(text="One"), 1)
    waited = threading.Event()

    def go_on() -> None:
        while not waited.wait(0.01):
            growing.receive(Chunk(text=" more"), 2)

    thread = threading.Thread(target=go_on)
    thread.start()
    assert not growing.wait_for_end(60)
    waited.set()
    thread.join()


def test_end_is_not_waited_for_before_the_first_word():
    assert not reply().wait_for_end(60)
