"""What a conversation is: frozen values and the tree they form.

Messages form a tree by `parent_id`; `Conversation.head` names the leaf that is shown, and the line from the root to it
is the path. These values know nothing of files, databases or the network: `records.py` turns them into plain JSON,
`store/` keeps them.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, get_args

Role = Literal["system", "user", "assistant"]
Status = Literal["complete", "streaming", "stopped", "interrupted", "failed"]
TitleSource = Literal["auto", "manual"]
MemoryPolicy = Literal["off", "all"]

ROLES: tuple[Role, ...] = get_args(Role)
STATUSES: tuple[Status, ...] = get_args(Status)
TITLE_SOURCES: tuple[TitleSource, ...] = get_args(TitleSource)
MEMORY_POLICIES: tuple[MemoryPolicy, ...] = get_args(MemoryPolicy)

MOST_COUNTED = 10**12
"""More tokens or milliseconds than that are a slip of whoever counted them."""


def new_id() -> str:
    """Return 128 random bits as 32 hex digits. A conversation's id is in its URL, so it must not be guessable."""
    return secrets.token_hex(16)


def utc_now() -> datetime:
    """Return the present moment as an aware UTC datetime."""
    return datetime.now(UTC)


def count_of(value: object) -> int | None:
    """Return a number of tokens or milliseconds, or None for what cannot be one: True, -1, 1e300, NaN, text."""
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value <= MOST_COUNTED else None


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens that a provider says it read and wrote for one answer, all parts of it together."""

    prompt_tokens: int
    completion_tokens: int

    @classmethod
    def of(cls, prompt_tokens: object, completion_tokens: object) -> Usage | None:
        """Return the usage that somebody reports, or None where one of the numbers cannot be one."""
        prompt, completion = count_of(prompt_tokens), count_of(completion_tokens)
        return None if prompt is None or completion is None else cls(prompt, completion)

    def __add__(self, other: Usage) -> Usage:
        return Usage(self.prompt_tokens + other.prompt_tokens, self.completion_tokens + other.completion_tokens)


@dataclass(frozen=True, slots=True)
class Part:
    """Where one model took over from another within an answer."""

    model: str | None
    """The id of the model that wrote from here on; None where nobody knows it."""
    start: int
    """The first character of the answer's content that it wrote, counted from 0."""


@dataclass(frozen=True, slots=True)
class ErrorDetails:
    """What is known of a failed answer beside the sentence for the user. It holds no key."""

    status: int | None = None
    """The HTTP status that the provider answered with, or the number that it gave in mid-stream."""
    words: str = ""
    """The provider's own words."""
    request_id: str = ""
    """What the provider calls this request, for whoever asks its support."""
    in_settings: bool = False
    """Whether it is mended under Settings: a key, an address."""


@dataclass(frozen=True, slots=True)
class Message:
    """One thing that was said. The words of a complete message never change: an edit is a sibling."""

    id: str
    parent_id: str | None
    role: Role
    content: str
    created_at: datetime
    model: str | None = None
    """The id of the model that answered, such as `mistral/mistral-small-latest`; None for what a person wrote.

    Where several wrote one answer it is the last of them, and `parts` has them all.
    """
    status: Status = "complete"
    finish_reason: str | None = None
    """Why the provider ended the answer, in the provider's own word: `stop`, `length`, `content_filter`, ..."""
    error: str | None = None
    """One sentence for the user on what went wrong. Never part of `content`, never sent to a model."""
    error_details: ErrorDetails | None = None
    note: str | None = None
    """One sentence for the user on how the answer was made: what was set and not taken. Never sent to a model."""
    usage: Usage | None = None
    first_token_ms: int | None = None
    """Milliseconds from the request to the first character, thinking included."""
    total_ms: int | None = None
    reasoning: str = ""
    """The model's thinking, apart from its answer; not sent back to it."""
    rating: int | None = None
    """+1, -1, or None where nobody rated it."""
    rating_note: str = ""
    left_out: bool = False
    """The user keeps this message out of memory."""
    trashed: bool = False
    """The user deleted this message. It is not on any path any more; what answers it still hangs on it."""
    attachments: tuple[str, ...] = ()
    source: str | None = None
    """Where an imported message came from, such as `chatgpt:<id>`."""
    process: str | None = None
    """The process that is writing this answer while its status is `streaming`; see `ConversationStore.process`."""
    parts: tuple[Part, ...] = ()
    """Who wrote which part, in order, where one model went on with what another had begun; else empty."""

    @property
    def models(self) -> tuple[str, ...]:
        """The ids of the models that wrote it, each once, in the order in which they wrote."""
        written = [part.model for part in self.parts] or [self.model]
        return tuple(dict.fromkeys(model for model in written if model))


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that waits in line until an answer has ended. It is kept, in no branch yet, and sent to no model."""

    id: str
    """Of the message that it becomes."""
    content: str
    created_at: datetime
    after: str
    """The id of the answer that was last in the branch when it was written."""


@dataclass(frozen=True, slots=True)
class ConversationSettings:
    """What one conversation asks of its model. None or empty means: not set, so not sent."""

    model: str | None = None
    system_prompt: str = ""
    temperature: float | None = None
    max_tokens: int | None = None
    memory: MemoryPolicy = "all"


@dataclass(frozen=True, slots=True)
class Conversation:
    """A named tree of messages that belongs to one owner."""

    id: str
    owner: str
    title: str
    created_at: datetime
    updated_at: datetime
    title_source: TitleSource = "auto"
    head: str | None = None
    pinned: bool = False
    tags: tuple[str, ...] = ()
    trashed_at: datetime | None = None
    settings: ConversationSettings = ConversationSettings()
    source: str | None = None
    messages: tuple[Message, ...] = ()
    """Every message of every branch, in the order in which they were added."""
    waiting: tuple[Waiting, ...] = ()
    """Messages in line, the first to go first."""
    _by_id: dict[str, Message] = field(init=False, repr=False, compare=False)
    _below: dict[str | None, tuple[Message, ...]] | None = field(init=False, repr=False, compare=False, default=None)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_id", {message.id: message for message in self.messages})

    def message(self, message_id: str | None) -> Message | None:
        """Return the message of that id, or None where there is none."""
        return None if message_id is None else self._by_id.get(message_id)

    @property
    def shown_head(self) -> str | None:
        """The message that is shown last: `head`, or the newest leaf where that names none; None without messages."""
        return self.head if self.head in self._by_id else newest_leaf(self.messages)

    def line(self, head: str | None = None) -> tuple[Message, ...]:
        """Return the messages from the root to `head` (default: the conversation's own), deleted ones among them.

        Where the conversation's own head names nothing, it is the newest leaf that is shown.

        A link to a missing parent ends the line there, and so does a circle: a damaged link costs the older part of
        a conversation, never an endless loop.
        """
        line: list[Message] = []
        seen: set[str] = set()
        message = self.message(head if head is not None else self.shown_head)
        while message is not None and message.id not in seen:
            seen.add(message.id)
            line.append(message)
            message = self.message(message.parent_id)
        return tuple(reversed(line))

    def path(self, head: str | None = None) -> tuple[Message, ...]:
        """Return the shown messages from the root to `head` (default: the own one), oldest first."""
        return tuple(message for message in self.line(head) if not message.trashed)

    def question_of(self, message_id: str) -> Message | None:
        """Return the question that an answer belongs to, deleted or not: the nearest one above; None where none is.

        A question belongs to itself.
        """
        line = self.line(message_id) if message_id in self._by_id else ()
        return next((message for message in reversed(line) if message.role == "user"), None)

    def turn(self, message_id: str) -> tuple[Message, ...]:
        """Return the question that this message is or answers, with every version of its answer; none deleted.

        An answer without a question is a turn with its own versions.
        """
        message, question = self.message(message_id), self.question_of(message_id)
        if message is None or message.role == "system":
            return () if message is None or message.trashed else (message,)
        if question is None:
            return tuple(each for each in self.siblings(message_id) if each.role == message.role)
        turn, open_ids = [question], {question.id}
        for each in self.messages:  # what is further down an answer was added after it
            if each.role == "assistant" and each.parent_id in open_ids:
                turn.append(each)
                open_ids.add(each.id)
        return tuple(each for each in turn if not each.trashed)

    def shown_parent(self, message: Message) -> str | None:
        """Return the id of the nearest message above that is not deleted, or None where there is none.

        What hung on a deleted message is one step up; a link to a missing parent leads to none.
        """
        above = self.message(message.parent_id)
        if above is None or not above.trashed:
            return above.id if above else None
        shown = self.path(above.id)
        return shown[-1].id if shown else None

    def siblings(self, message_id: str) -> tuple[Message, ...]:
        """Return the versions of this message, itself included, oldest first: all that follow the same shown message.

        A deleted one is no version of anything.
        """
        message = self.message(message_id)
        if message is None:
            return ()
        return self.children(self.shown_parent(message))

    def line_below(self, message_id: str) -> tuple[Message, ...]:
        """Return what follows this message, without it: at each fork the newest version, none deleted."""
        message = self.message(message_id)
        if message is None:
            return ()
        below = self.children(message_id)
        if message.trashed:  # what hangs on it is one step up, beside others
            beside = self.children(self.shown_parent(message))
            below = tuple(each for each in beside if any(above.id == message_id for above in self.line(each.id)))
        line: list[Message] = []
        seen = {message_id}
        while below and below[-1].id not in seen:
            line.append(below[-1])
            seen.add(below[-1].id)
            below = self.children(below[-1].id)
        return tuple(line)

    def leaf_below(self, message_id: str) -> str:
        """Return the id of the newest leaf at or below this message: where a switch to its branch leads."""
        line = self.line_below(message_id)
        return line[-1].id if line else message_id

    def children(self, shown_parent: str | None) -> tuple[Message, ...]:
        """Return the messages that follow this shown one (None: that begin), oldest first, none deleted."""
        if self._below is None:  # the whole tree is looked up once
            below: defaultdict[str | None, list[Message]] = defaultdict(list)
            for message in self.messages:
                if not message.trashed:
                    below[self.shown_parent(message)].append(message)
            object.__setattr__(self, "_below", {parent: tuple(children) for parent, children in below.items()})
        return (self._below or {}).get(shown_parent, ())


def newest_leaf(messages: tuple[Message, ...]) -> str | None:
    """Return the id of the message that was added last of those that nothing hangs on and that are not deleted.

    Where there is no such message it is the one added last; None where there are no messages.
    """
    parents = {message.parent_id for message in messages}
    leaves = [message.id for message in messages if message.id not in parents and not message.trashed]
    return leaves[-1] if leaves else messages[-1].id if messages else None
