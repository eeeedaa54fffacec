"""A conversation under every tree operation, in any order, by two writers: nothing is lost, nothing is tangled."""

from __future__ import annotations

import shutil
import tempfile

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from chat.conversation import Conversation, Message, new_id, utc_now
from chat.memory import select
from store import open_store
from ui.history_page.preview import in_tree_order

OWNER = "personal"
WRITERS = st.sampled_from([0, 1])
PLACES = st.integers(0, 1000)


class TreeMachine(RuleBasedStateMachine):
    """Two stores on one folder act on one conversation, each from what it saw last: a stale tab among them."""

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.mkdtemp()
        self.stores = [open_store(f"tinydb:///{self.folder}") for _ in range(2)]
        now = utc_now()
        first = Message(new_id(), None, "user", "first", now)
        self.words: dict[str, str] = {first.id: "first"}
        self.trashed: list[tuple[str, ...]] = []
        self.gone: set[str] = set()
        conversation = Conversation(new_id(), OWNER, "Tree", now, now, head=first.id, messages=(first,))
        self.id = conversation.id
        self.stores[0].create(conversation)
        self.seen = [conversation, conversation]

    def add(self, writer: int, parent: str | None, role: str) -> None:
        message = Message(new_id(), parent, role, f"words {len(self.words)}", utc_now())  # type: ignore[arg-type]
        self.words[message.id] = message.content
        self.seen[writer] = self.stores[writer].add_message(OWNER, self.id, message)

    def some(self, writer: int, place: int, role: str) -> Message | None:
        candidates = [message for message in self.seen[writer].path() if message.role == role]
        return candidates[place % len(candidates)] if candidates else None

    @rule(writer=WRITERS)
    def look(self, writer: int) -> None:
        self.seen[writer] = self.stores[writer].get(OWNER, self.id)

    @rule(writer=WRITERS)
    def speak(self, writer: int) -> None:
        """Send at the end of the branch that this writer saw last, answered or asked, whichever is due."""
        line = self.seen[writer].line()
        role = "user" if not line or line[-1].role == "assistant" else "assistant"
        self.add(writer, line[-1].id if line else None, role)

    @rule(writer=WRITERS, place=PLACES)
    def edit(self, writer: int, place: int) -> None:
        question = self.some(writer, place, "user")
        if question is not None:
            self.add(writer, question.parent_id, "user")

    @rule(writer=WRITERS, place=PLACES)
    def regenerate(self, writer: int, place: int) -> None:
        answer = self.some(writer, place, "assistant")
        if answer is not None:
            self.add(writer, answer.parent_id, "assistant")

    @rule(writer=WRITERS, place=PLACES)
    def switch(self, writer: int, place: int) -> None:
        messages = self.seen[writer].messages
        leaf = self.seen[writer].leaf_below(messages[place % len(messages)].id)
        self.seen[writer] = self.stores[writer].update(OWNER, self.id, head=leaf)

    @rule(writer=WRITERS, place=PLACES)
    def delete_turn(self, writer: int, place: int) -> None:
        question = self.some(writer, place, "user")
        if question is None:
            return
        path = self.seen[writer].path()
        index = path.index(question)
        ids = tuple(message.id for message in path[index : index + 2] if message == question or message.role != "user")
        self.seen[writer] = self.stores[writer].update_messages(OWNER, self.id, ids, trashed=True)
        self.trashed.append(ids)
        self.gone.update(ids)

    @rule(writer=WRITERS)
    def undo(self, writer: int) -> None:
        if self.trashed:
            ids = self.trashed.pop()
            self.gone.difference_update(ids)
            self.seen[writer] = self.stores[writer].update_messages(OWNER, self.id, ids, trashed=False)

    @rule(writer=WRITERS)
    def delete_and_give_back(self, writer: int) -> None:
        before = self.stores[writer].get(OWNER, self.id)
        self.stores[writer].trash(OWNER, self.id)
        self.stores[1 - writer].restore(OWNER, self.id)
        assert self.stores[writer].get(OWNER, self.id) == before

    @invariant()
    def no_message_disappears_and_none_changes(self) -> None:
        for store in self.stores:
            conversation = store.get(OWNER, self.id)
            assert {message.id: message.content for message in conversation.messages} == self.words

    @invariant()
    def the_head_exists_and_the_line_ends_at_a_root(self) -> None:
        conversation = self.stores[0].get(OWNER, self.id)
        assert conversation.message(conversation.head) is not None
        for message in conversation.messages:
            line = conversation.line(message.id)
            assert line[0].parent_id is None, "the way to the root is broken, or goes in a circle"
            assert len({each.id for each in line}) == len(line)

    @invariant()
    def the_line_alternates_and_so_does_what_is_sent(self) -> None:
        conversation = self.stores[0].get(OWNER, self.id)
        roles = [message.role for message in conversation.line()]
        assert roles == ["user", "assistant"] * (len(roles) // 2) + ["user"] * (len(roles) % 2)
        shown = [message for message in conversation.path() if message.role == "user"]
        if shown:
            sent = [message.role for message in select(conversation, shown[-1].id).messages]
            assert sent == ["user", "assistant"] * (len(sent) // 2) + ["user"]

    @invariant()
    def deleted_turns_are_on_no_path(self) -> None:
        conversation = self.stores[1].get(OWNER, self.id)
        assert not self.gone & {message.id for message in conversation.path()}
        assert not self.gone & {
            each.id for message in conversation.path() for each in conversation.siblings(message.id)
        }

    @invariant()
    def both_writers_read_the_same(self) -> None:
        one, other = (store.get(OWNER, self.id) for store in self.stores)
        assert one == other

    def teardown(self) -> None:
        for store in getattr(self, "stores", ()):
            store.close()
        shutil.rmtree(getattr(self, "folder", ""), ignore_errors=True)


TreeMachine.TestCase.settings = settings(max_examples=20, stateful_step_count=25)
TestTree = TreeMachine.TestCase


def test_preview_shows_every_branch_that_is_not_deleted_from_its_parting_to_its_end():
    shape = [("q1", None), ("a1", "q1"), ("q2", "a1"), ("b1", "q1"), ("q3", "b1"), ("a2", "q2"), ("q4", "a2")]
    now = utc_now()
    messages = tuple(
        Message(id, parent, "user" if id[0] == "q" else "assistant", id, now, trashed=id in ("q2", "a2"))
        for id, parent in shape
    )
    tree = Conversation("c1", OWNER, "Tree", now, now, messages=messages)
    assert [message.id for message in in_tree_order(tree)] == ["q1", "a1", "q4", "b1", "q3"]
