"""Which servers may run on this machine: the record of each, with the port that it listens on unless told otherwise."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KnownServer:
    """A server that speaks OpenAI's protocol, and where on this machine it would be."""

    label: str
    """What a person calls it: `LM Studio`."""
    port: int

    @property
    def name(self) -> str:
        """The first part of its models' ids: `lmstudio`, as imports of its chats call it too."""
        return "".join(character for character in self.label.lower() if character.isalnum())


KNOWN = (
    KnownServer("Ollama", 11434),
    KnownServer("LM Studio", 1234),
    KnownServer("llama.cpp", 8080),
    KnownServer("vLLM", 8000),
    KnownServer("Jan", 1337),
)


@dataclass(frozen=True, slots=True)
class FoundServer:
    """A server that runs on this machine, and what it offers."""

    server: KnownServer
    base_url: str
    """Where it answered, with `/v1`."""
    models: tuple[tuple[str, int | None], ...] = ()
    """The names of its models that chat, in order, and the context window of each where it says so."""
