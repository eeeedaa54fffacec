"""What single hosts do differently over Chat Completions: how they list their models, and which of these chat.

A host is known by its name alone, whatever its endpoint is called here. What differs in an answer needs no table: it is
read from the answer itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

NO_CHAT = re.compile(r"embed|rerank|whisper|\btts\b|dall-e|stable-diffusion|moderation", re.I)
"""Models that do not chat, wherever they are listed."""


@dataclass(frozen=True, slots=True)
class Host:
    """One host's ways."""

    key_header: str | None = None
    """The header that its list of models wants the key in, in place of `Authorization: Bearer`."""
    headers: tuple[tuple[str, str], ...] = ()
    """More headers that its list of models wants."""
    query: tuple[tuple[str, str], ...] = ()
    """What is asked for, so that the list is whole."""
    id_prefix: str = ""
    """What stands before the name of each model in the list, and need not be sent."""
    no_chat: re.Pattern[str] = NO_CHAT
    """The models that do not chat, or not through Chat Completions."""

    @property
    def header_names(self) -> frozenset[str]:
        """The headers, in lower case, that leave for this host beside the usual ones."""
        named = {name for name, _ in self.headers}
        return frozenset(named if self.key_header is None else named | {self.key_header})


HOSTS = {
    # Its list takes no Bearer token, though its Chat Completions do; it holds 20 models unless asked for more.
    "api.anthropic.com": Host(
        key_header="x-api-key", headers=(("anthropic-version", "2023-06-01"),), query=(("limit", "1000"),)
    ),
    "generativelanguage.googleapis.com": Host(
        id_prefix="models/", no_chat=re.compile(r"embedding|imagen|image|veo|lyria|aqa|tts|audio|live|music", re.I)
    ),
    "api.openai.com": Host(
        no_chat=re.compile(
            r"embedding|whisper|tts|audio|realtime|transcribe|translate|image|dall-e|moderation|sora|codex|instruct"
            r"|davinci|babbage|computer-use|deep-research|-pro\b"
        )
    ),
}


def host_of(url: str) -> Host:
    """Return the ways of the host that an address names; those of most hosts where nothing special is known."""
    try:
        name = urlsplit(url).hostname or ""
    except ValueError:
        name = ""
    return HOSTS.get(name, Host())
