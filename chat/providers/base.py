"""What every provider has in common: the Provider protocol, and the frozen values that pass through it.

A provider declares what it needs in one record and answers two questions: which models there are, and what a model
says to a request. It maps `Request` to its SDK's call, the SDK's events to `Chunk`s, and the SDK's exceptions to
`ChatError`s; none of the SDK's own types leave its module.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from typing import Protocol

from chat.conversation import Role, Usage


@dataclass(frozen=True, slots=True)
class Model:
    """A large language model that a provider offers."""

    id: str
    """The provider's name, a slash, the provider's own name of the model: `mistral/mistral-small-latest`."""
    label: str
    """What a person reads, without the provider: `mistral-small-latest`, `SmolLM2 135M`."""
    context_window: int | None = None
    """Tokens that prompt and answer may have together, where the provider says so."""


def _no_provider(spec: ProviderSpec) -> Provider:
    raise NotImplementedError(spec.info.name)


@dataclass(frozen=True, slots=True)
class ProviderInfo:
    """What the app must know of a provider before it talks to it: its record. All of them: `registry.PROVIDERS`."""

    name: str
    """The first part of its models' ids: `mistral`, `openai`, `local`, or the name of an endpoint."""
    label: str
    """What a person reads: `Mistral`, `OpenAI`, `On this machine`."""
    needs_key: bool = False
    key_name: str | None = None
    """The environment variable or secret that holds its key: `MISTRAL_API_KEY`."""
    key_page: str | None = None
    """The web page where a person gets a key."""
    url_name: str | None = None
    """The environment variable or secret that holds another address than its own: `MISTRAL_SERVER_URL`."""
    file_name: str | None = None
    """The environment variable or secret that holds the path of a model of one's own: `CHATKEEP_GGUF`."""
    default_model: str | None = None
    """The id of the model to start with; None where the first of its list has to do."""
    demo_model: str | None = None
    """The id of one that is there to try the app with, and often wrong."""
    prefill: bool = False
    """Whether a last assistant message is gone on with, and not answered."""
    libraries: tuple[str, ...] = ()
    """The modules that its first answer imports: so dear that it is done before somebody waits for one."""
    note: str | None = None
    """What a person should know before the first message to its demo model."""
    make: Callable[[ProviderSpec], Provider] = field(default=_no_provider, repr=False, compare=False)
    """How one is made, on the loop that it will live on."""
    with_file: Callable[[str], ProviderInfo] | None = field(default=None, repr=False, compare=False)
    """What changes in this record where the file of `file_name` is used."""


@dataclass(frozen=True, slots=True)
class ProviderSpec:
    """A provider as one person may use it. Equal specs share one client."""

    info: ProviderInfo
    api_key: str | None = field(default=None, repr=False)
    base_url: str | None = None
    models: tuple[str, ...] = ()
    """Fixed models; empty: ask the provider."""
    file: str | None = None
    """The path of a file with a model of one's own."""
    typed: bool = False
    """Somebody typed its key or its address for one browser session, so nothing may keep it for longer."""

    @property
    def lacks_key(self) -> bool:
        """Whether it cannot be used until somebody adds a key."""
        return self.info.needs_key and self.api_key is None

    @property
    def is_here(self) -> bool:
        """Whether it runs in this app itself, so that asking for its models waits for no network."""
        return not self.info.needs_key and self.base_url is None

    @property
    def is_configured(self) -> bool:
        """Whether whoever runs this app pays for it: its key or its address is configured here, and not typed."""
        return not (self.typed or self.is_here or self.lacks_key)


@dataclass(frozen=True, slots=True)
class PromptMessage:
    """One message as it is sent: a role and its words."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a model. None means: not set, so not sent."""

    model: str
    """The model's id with the provider's name, as in `Model.id`."""
    messages: tuple[PromptMessage, ...]
    temperature: float | None = None
    max_tokens: int | None = None

    @property
    def model_name(self) -> str:
        """The model's name as its provider knows it: the id without the provider's name."""
        return self.model.partition("/")[2]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the preparation of a model has come, such as fetching its weights."""

    text: str
    """For the user: `Getting the model: 34 of 93 MB`."""
    fraction: float | None = None
    """0 to 1, or None where it is not known."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of an answer as it arrives. An answer is the sum of its chunks."""

    text: str = ""
    reasoning: str = ""
    """Thinking that is apart from the answer."""
    usage: Usage | None = None
    finish_reason: str | None = None
    progress: Progress | None = None
    """Said before the answer starts, while the model is being prepared; no part of the answer."""
    was_thinking: bool = False
    """All text before this chunk was thinking after all: it moves to the end of the reasoning."""
    note: str | None = None
    """One sentence for the user on how the answer was made; it is kept beside the answer, and never sent."""

    def __add__(self, other: Chunk) -> Chunk:
        text, reasoning = self.text, self.reasoning
        if other.was_thinking:
            text, reasoning = "", reasoning + text
        return Chunk(
            text + other.text,
            reasoning + other.reasoning,
            other.usage or self.usage,
            other.finish_reason or self.finish_reason,
            other.progress or self.progress,
            note=other.note or self.note,
        )


class Provider(Protocol):
    """Who answers. Made on, and used from, one asyncio loop; holds its SDK's client and so its connections."""

    @property
    def info(self) -> ProviderInfo: ...

    async def models(self) -> tuple[Model, ...]:
        """Return the chat models that are available now. Raises ChatError."""
        ...

    def stream(self, request: Request) -> AsyncGenerator[Chunk, None]:
        """Yield the answer's chunks as they arrive; the last non-empty finish_reason says why it ended.

        An async generator: cancelling the task that iterates it closes the connection at once. No retries of its own.
        Raises ChatError, `CutOff` where the stream ends without a finish_reason; what was yielded before stays valid.
        """
        ...

    async def close(self) -> None:
        """Close the client and its connections."""
        ...
