"""What pages are told of one reply, put together again as a page does it: the reply's very words."""

import asyncio
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat.conversation import Message, utc_now
from chat.providers.base import Chunk, Progress
from chat.replies.reply import Outcome, Reply
from ui.live import feed as feed_module
from ui.live.feed import KINDS, Feed, units


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(feed_module, "BATCH_SECONDS", 0)
    monkeypatch.setattr(feed_module, "SETTLE_SECONDS", 0)
    monkeypatch.setattr(feed_module, "LOOK_SECONDS", 0)
    monkeypatch.setattr(feed_module, "BESIDE_SECONDS", 0)


NOTHING = ("text", 0)
"""What a page has drawn at first."""


def reply_of(content: str = "") -> Reply:
    message = Message("a1", "q1", "assistant", content, utc_now(), status="streaming")
    return Reply("personal", "c1", message)


class FakePage:
    """A page that listens: it has JavaScript's strings, in UTF-16 units."""

    def __init__(self):
        self.said = {"text": b"", "thinking": b""}
        self.number = None
        self.looks = []
        self.ended = False
        self.end = None

    def hear(self, frame):
        said = json.loads(frame)
        if isinstance(said, list):
            number, kind, at, words = said
            assert number == self.number
            kind = KINDS[kind]
            self.said[kind] = self.said[kind][: 2 * at] + words.encode("utf-16-le")
            return
        assert said.pop("of") == "a1"
        self.number = said.get("as", self.number)
        if "look" in said:
            self.looks.append((said["kind"], *said["look"]))
        self.ended |= "end" in said
        self.end = said.get("end")

    def text(self, kind="text"):
        return self.said[kind].decode("utf-16-le")


async def tell(reply, pages, chunks, *, join_late=()):
    """Have the reply receive these chunks one by one while the pages listen."""
    feed = Feed(reply)
    for page in pages:
        feed.join(page.hear, NOTHING)
    running = asyncio.ensure_future(feed.run())
    for chunk in chunks:
        reply.receive(chunk, 1)
        for _ in range(20):  # the feed's turns on the loop
            await asyncio.sleep(0)
    for page in join_late:
        feed.join(page.hear, NOTHING)
    reply.finish(Outcome("complete"))
    reply.end()
    await asyncio.wait_for(running, 10)


TEXTS = st.text(st.sampled_from("ab \n`-😀é|#"), max_size=8)


@settings(deadline=None, max_examples=50)
@given(st.lists(TEXTS, max_size=12), st.text(max_size=5))
def test_pages_have_the_replys_very_words_whenever_they_came(pieces, begun):
    reply, early, late = reply_of(begun), FakePage(), FakePage()
    asyncio.run(tell(reply, [early], [Chunk(text=piece) for piece in pieces], join_late=[late]))
    for page in (early, late):
        assert page.text() == reply.snapshot().text
        assert page.ended


def test_words_that_turn_out_to_be_thinking_are_no_words_of_the_answer_any_more():
    reply, page = reply_of(), FakePage()
    chunks = [Chunk(text="Let me see. "), Chunk(was_thinking=True), Chunk(text="Teal.")]
    asyncio.run(tell(reply, [page], chunks))
    assert (page.text("thinking"), page.text()) == (reply.snapshot().reasoning, "Teal.")


def test_pages_are_asked_to_draw_what_has_settled_in_the_units_of_each_side():
    reply, page = reply_of(), FakePage()
    chunks = [Chunk(text="One 😀 two.\n\n"), Chunk(text="Three goes on."), Chunk(text="\n\nFour goes on.")]
    asyncio.run(tell(reply, [page], chunks))
    first, second = "One 😀 two.\n\n", "One 😀 two.\n\nThree goes on.\n\n"
    assert page.looks == [
        ("text", units(first), len(first), 1, 0, units(first)),
        ("text", units(second), len(second), 2, units(second)),
    ]
    assert units(first) == len(first) + 1


def test_pages_are_told_where_the_parts_end_that_they_draw():
    reply, page = reply_of(), FakePage()
    short, long = "A paragraph 😀.\n\n", "word " * 150 + "end\n\n"
    pieces = [short, long, "Next.\n\n", "Last"]
    asyncio.run(tell(reply, [page], [Chunk(text=piece) for piece in pieces]))
    one, two, three = (units("".join(pieces[:count])) for count in (1, 2, 3))
    assert page.looks == [
        ("text", one, one - 1, 1, 0, one),  # there was none
        ("text", two, two - 1, 2, two),  # the short one is too short to stand alone
        ("text", three, three - 1, 3, two, three),  # that one is whole: what comes is another part
    ]
    assert page.end == [units("".join(pieces))]


def test_page_that_comes_back_is_told_where_the_parts_end_from_what_it_has_drawn():
    """It may have missed that it was asked for more; one that has all that others have is asked for nothing."""
    reply, page = reply_of(), FakePage()
    long = "word " * 150 + "end\n\n"
    texts = [long, long * 2, long * 3]
    missed, behind, abreast, ahead = (FakePage() for _ in range(4))

    async def come_back():
        feed = Feed(reply)
        feed.join(page.hear, NOTHING)
        running = asyncio.ensure_future(feed.run())
        for piece in (long, long, long, "Last"):
            reply.receive(Chunk(text=piece), 1)
            for _ in range(20):
                await asyncio.sleep(0)
        for each, drawn in ((missed, 0), (behind, len(texts[0])), (abreast, len(texts[2])), (ahead, len(texts[2]) + 9)):
            feed.join(each.hear, ("text", drawn))
        feed.join((other := FakePage()).hear, ("thinking", len(texts[2])))
        reply.finish(Outcome("complete"))
        reply.end()
        await asyncio.wait_for(running, 10)
        return other

    other = asyncio.run(come_back())
    one, two, three = map(len, texts)
    assert page.looks[-1][1:4] == (three, three, 3)
    assert missed.looks == other.looks == [("text", three, three, 3, 0, one, two, three)]
    assert behind.looks == [("text", three, three, 3, one, two, three)]
    assert abreast.looks == ahead.looks == []


def test_pages_are_asked_to_draw_what_is_waited_for_and_what_is_thought_and_not_the_first_words():
    reply, page = reply_of(), FakePage()
    chunks = [Chunk(progress=Progress("Loading the model")), Chunk(reasoning="Hm."), Chunk(text="Teal.")]
    asyncio.run(tell(reply, [page], chunks))
    assert page.looks == [("thinking", 0, 0, 1, 0), ("thinking", 0, 0, 2, 0), ("text", 0, 0, 3, 0)]
    plain, other = reply_of(), FakePage()
    asyncio.run(tell(plain, [other], [Chunk(text="Teal.")]))
    assert other.looks == []


def test_twenty_pages_are_told_with_the_work_of_one(monkeypatch):
    made = []
    dumps = json.dumps
    monkeypatch.setattr(feed_module.json, "dumps", lambda *said, **how: made.append(1) or dumps(*said, **how))
    counts = []
    for number in (1, 20):
        made.clear()
        pages = [FakePage() for _ in range(number)]
        asyncio.run(tell(reply_of(), pages, [Chunk(text=f"word{place} ") for place in range(50)]))
        assert {page.text() for page in pages} == {"".join(f"word{place} " for place in range(50))}
        counts.append(len(made))
    assert counts[0] == counts[1]


def test_page_is_asked_once_more_as_what_is_open_becomes_too_much_to_be_drawn():
    reply, page = reply_of(), FakePage()
    pieces = ["Good words.\n\nAnd ", "*" * 601, "*", " word"]
    asyncio.run(tell(reply, [page], [Chunk(text=piece) for piece in pieces]))
    assert page.looks == [("text", 13, 13, 1, 0, 13), ("text", 13, 13, 2, 13)]


class FakeCountingPage(FakePage):
    """One that keeps the frames as well."""

    def __init__(self):
        super().__init__()
        self.frames = []

    def hear(self, frame):
        super().hear(frame)
        self.frames.append(frame)


def test_frame_with_words_has_few_letters_beside_them():
    words, page = [f"word{place} " for place in range(300)], FakeCountingPage()
    asyncio.run(tell(reply_of(), [page], [Chunk(text=each) for each in words]))
    assert page.text() == "".join(words)
    assert len(page.frames) >= 100
    assert sum(map(len, page.frames)) - len(page.text()) <= 30 * len(page.frames)


def test_whole_text_is_not_read_with_every_word_of_a_block_that_goes_on(monkeypatch):
    looks = []
    standing = feed_module.standing
    monkeypatch.setattr(feed_module, "LOOK_SECONDS", 1_000)
    monkeypatch.setattr(feed_module, "standing", lambda text: looks.append(text) or standing(text))
    page = FakePage()
    asyncio.run(tell(reply_of(), [page], [Chunk(text=f"word{place} ") for place in range(100)]))
    assert page.text().endswith("word99 ")
    assert len(looks) <= 2
