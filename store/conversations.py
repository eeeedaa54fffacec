"""The verbs of a conversation store, whatever keeps the words. Every verb takes the owner, and sees nothing else.

All writing is small: read, change, write under the store's lock. Nobody writes a whole conversation back, so a stale
tab cannot overwrite what another one added.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from chat.conversation import Conversation, Message, Role
from store.codes import Codes
from store.keeping import Keeping
from store.line import Line
from store.people import People
from store.preferences import Preferences
from store.queries import Facets, Found, Query, Summary
from store.shares import Shares
from store.spending import Spending


class StoreError(Exception):
    """Something could not be kept or read; the text is for the user and says what is safe and what to do next."""


class NotFound(StoreError, LookupError):
    """This owner has no such conversation or message."""


class AlreadyThere(StoreError):
    """A conversation or message of that id is kept already; the one that is there stays as it is."""


class NotInTrash(StoreError):
    """Somebody tried to erase what is not in the trash: nothing is erased that was not deleted before."""


class CannotShare(StoreError):
    """Somebody tried to share what cannot be shared now: the trash, an empty path, an answer that is being written."""


class LaterVersion(StoreError):
    """A later version of Chatkeep wrote this conversation: it is read as far as it is understood, and not changed."""


class WordsAreKept(StoreError, ValueError):
    """Somebody tried to change the words of a message that is complete. An edit is a sibling."""


class CodeUnknown(NotFound):
    """There is no such code, or it was used."""


class CodeTooLate(StoreError):
    """The code has ended."""


class TooManyTries(StoreError):
    """Somebody tried too often: this code (then it has ended), or any codes (then waiting helps)."""


@dataclass(frozen=True, slots=True)
class Damage:
    """A conversation that could not be read, and was set aside untouched under another name."""

    conversation_id: str
    title: str
    """Its title, where it is still known; else its id."""
    file_name: str
    """The name, without the folder, that the damaged file has now."""
    reason: str
    """What is wrong with it, short: `not valid JSON at line 3`."""
    found_at: datetime


class ConversationStore(Protocol):
    """Keeps conversations. Safe from any number of threads and processes at once; times are aware UTC datetimes.

    Every verb that names a conversation raises `NotFound` where this owner has none of that id: what belongs to
    somebody else is the same as what does not exist. An owner is never empty (ValueError). Every writing verb has kept
    its words for good (fsync) when it returns, and raises `StoreError` where it could not (a full disk): then what was
    there before is still there. A process that is forked from the one that opened the store opens its own: in it every
    verb but `close` raises StoreError.
    """

    @property
    def keeping(self) -> Keeping:
        """The verbs that look after all that is kept: backups, check, repair."""
        ...

    @property
    def people(self) -> People:
        """The verbs over owners as a whole: who is kept here, giving all to another, erasing all."""
        ...

    @property
    def codes(self) -> Codes:
        """The verbs of one-time codes, by which another browser comes to a visitor's place."""
        ...

    @property
    def shares(self) -> Shares:
        """The verbs of links that others may read a conversation by."""
        ...

    @property
    def spending(self) -> Spending:
        """The verbs that count what owners spend of the keys that are configured here."""
        ...

    @property
    def line(self) -> Line:
        """The verbs of messages that wait for the end of an answer."""
        ...

    @property
    def process(self) -> str:
        """The id of this process, for `Message.process`; `is_alive` of it is true until the process ends."""
        ...

    def is_alive(self, process: str) -> bool:
        """Whether the process of that id is still running. No guess by time: it holds a lock that dies with it."""
        ...

    def read_only(self, owner: str | None = None, conversation_id: str | None = None) -> str | None:
        """Return why nothing can be kept now, a sentence for the user; None where everything can.

        Asked of a conversation, it may be that one alone: a later version wrote it (`LaterVersion`). All reading,
        exporting and a backup to elsewhere need no write. A page says the sentence and disables sending.
        """
        ...

    def list_trouble(self) -> str | None:
        """Return what is wrong with lists and searches now, a sentence for the user; None where nothing is.

        They are whole all the same (see `rebuilding`), and it is tried again by itself.
        """
        ...

    def list(
        self, owner: str, *, limit: int | None = 50, offset: int = 0, trashed: bool = False
    ) -> tuple[Summary, ...]:
        """Return a page of this owner's conversations, the last active first; of the trash where `trashed`."""
        ...

    def count(self, owner: str, *, trashed: bool = False) -> int:
        """Return how many conversations `list` could give."""
        ...

    def search(self, owner: str, query: Query, *, limit: int | None = 50, offset: int = 0) -> Found:
        """Return a page of this owner's conversations that the query finds, each with its best passage.

        Words are looked for in titles and in the words of all messages of all branches that are not deleted; an
        answer is found once it is no longer `streaming`.
        """
        ...

    def facets(self, owner: str) -> Facets:
        """Return which models, providers and tags there are, the most used first."""
        ...

    def holding(self, owner: str, role: Role, content: str) -> tuple[str, ...]:
        """Return the ids of the conversations, in the trash too, that have a message with exactly these words."""
        ...

    def rebuilding(self) -> tuple[int, int] | None:
        """How many conversations lists and searches know already, of how many; None (as a rule) where all.

        Only while an index that was lost is made anew in the background, the last changed conversations first. All
        other verbs are as ever meanwhile.
        """
        ...

    def wait_until_ready(self, timeout: float | None = None) -> bool:
        """Wait until no such work is left, or for so many seconds; return whether none is left.

        Then no word of what was erased is left in the index either.
        """
        ...

    def get(self, owner: str, conversation_id: str) -> Conversation:
        """Return the conversation with all its messages. A damaged one is set aside and raises `NotFound`.

        Raises `LaterVersion` where a later version wrote it in a way that cannot be read at all.
        """
        ...

    def create(self, conversation: Conversation) -> None:
        """Keep a new conversation, with the messages it has.

        Raises `AlreadyThere` where its id is taken or two of its messages have one id, ValueError for an id that is
        not 1 to 64 of a-z, 0-9, _ and - (`new_id` gives good ones).
        """
        ...

    def add_message(self, owner: str, conversation_id: str, message: Message) -> Conversation:
        """Add a message and return the conversation as it then is.

        `head` moves to a user's message always, and to an assistant's where its parent is on the shown path: an
        answer that arrives in a branch nobody looks at does not turn the page. Raises `AlreadyThere` where the
        message's id is taken, `NotFound` where its parent is not there.
        """
        ...

    def update_message(self, owner: str, conversation_id: str, message_id: str, **changes: Any) -> Conversation:
        """Change fields of one message and return the conversation as it then is.

        `updated_at` follows where content or status change: a rating is no activity. When an answer stops being
        `streaming`, its `process` becomes None. Raises `WordsAreKept` where content, reasoning, role or status would
        change in a message that is `complete`, TypeError for a field that a message does not have, or that never
        changes (id, parent_id, created_at), and ValueError for a value that the field cannot have.
        """
        ...

    def update_messages(
        self, owner: str, conversation_id: str, message_ids: Iterable[str], **changes: Any
    ) -> Conversation:
        """Change the same fields of several messages, all or none; see `update_message`."""
        ...

    def update(self, owner: str, conversation_id: str, **changes: Any) -> Conversation:
        """Change title, title_source, head, pinned, tags or settings; `updated_at` stays, since nobody spoke.

        Raises TypeError for any other field, `NotFound` where `head` names no message of this conversation. A title
        with `title_source="auto"` is not taken where the present one is manual.
        """
        ...

    def trash(self, owner: str, conversation_id: str) -> None:
        """Put the conversation into the trash; `restore` gives it back as it was."""
        ...

    def restore(self, owner: str, conversation_id: str) -> None:
        """Take the conversation out of the trash."""
        ...

    def merge(self, conversation: Conversation) -> int:
        """Keep a conversation that comes from elsewhere; return how many of its messages were new here.

        Where its id is free it is kept as it is. Otherwise only those of its messages are added whose ids are not
        there yet: nothing that is kept changes, but `head` moves where the new messages go on from it, and
        `updated_at` follows then. Raises as `create` does, and `NotFound` where a message's parent is in neither.
        """
        ...

    def merge_many(self, conversations: Iterable[Conversation]) -> tuple[int | StoreError | ValueError, ...]:
        """Merge several, far quicker than one by one; return what `merge` would return or raise for each, in order.

        Each is kept whole or not at all, whatever becomes of the others.
        """
        ...

    def erase(self, owner: str, conversation_id: str) -> None:
        """Remove the words of a conversation in the trash for good: those in a damaged file of it that was set aside,
        in the index and in the backups that this store keeps too. `keeping.OUT_OF_REACH` says what that cannot reach.

        Raises `NotInTrash` where it is not in the trash (one of which only a damaged file is left may be anywhere),
        StoreError where one of these backups cannot be read; then nothing is erased.
        """
        ...

    def erase_many(self, owner: str, conversation_ids: Iterable[str]) -> int:
        """Erase several, each as `erase` does; return how many were. Those that are not there, or not in the trash, are
        passed over.

        Every backup is written anew once for many, not once for each. Where it raises, some may be erased.
        """
        ...

    def erase_expired(self, owner: str | None = None) -> int:
        """Erase what has been in the trash for its owner's `trash_days`, and is not pinned; say how many.

        Looks at all owners where `owner` is None. Called at start-up; an open store does so once a day. Raises as
        `erase` does.
        """
        ...

    def preferences(self, owner: str) -> Preferences:
        """Return what this owner has set for good; the defaults where nothing is set or it cannot be read."""
        ...

    def set_preferences(self, owner: str, **changes: Any) -> Preferences:
        """Set some preferences and return all.

        Raises TypeError for one that there is not, ValueError for a value that it cannot have.
        """
        ...

    def interrupt_orphans(self, owner: str | None = None) -> int:
        """Mark every answer whose process is gone (`streaming`, process not alive) as `interrupted`; say how many.

        Its words stay. Looks at all owners where `owner` is None. Called at start-up and when a page meets one.
        """
        ...

    def damaged(self, owner: str) -> tuple[Damage, ...]:
        """Return what was set aside of this owner's conversations, the newest first; none where no list can be read."""
        ...

    def close(self) -> None:
        """Let go of files, locks and connections."""
        ...


Clock = Callable[[], datetime]
"""Gives the present moment; tests put their own in."""
