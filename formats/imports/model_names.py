"""Which provider a foreign model's name belongs to: `gpt-4o` becomes `openai/gpt-4o`."""

from __future__ import annotations

import re
from functools import lru_cache

from chat.surrogates import printable

LONGEST = 150

_PROVIDERS = (
    ("openai", r"gpt|chatgpt|o[1345](-|$)|text-davinci|codex"),
    ("anthropic", r"claude"),
    ("mistral", r"(open-)?mi(s|x)tral|ministral|magistral|codestral|devstral|pixtral|voxtral"),
    ("google", r"gemini|gemma"),
    ("deepseek", r"deepseek"),
    ("xai", r"grok"),
)
_NO_MODEL = {"auto", "unknown", "none", "null"}


def model_id(name: str, provider: str | None = None, otherwise: str = "") -> str | None:
    """Return `<provider>/<name>`, or None where there is no name.

    Where `provider` is not given it is guessed from the name; `otherwise` is the provider of a name that tells none. A
    name with a tag (`mistral:7b`) is one of a local server, whatever it is called.
    """
    name = " ".join(printable(name).split())[:LONGEST]
    if not name or name.lower() in _NO_MODEL:
        return None
    return f"{provider or _guessed(name) or otherwise}/{name}".removeprefix("/")


@lru_cache(maxsize=1000)  # an export has thousands of answers, and a handful of models
def _guessed(name: str) -> str | None:
    if ":" in name or "/" in name:
        return None
    return next((each for each, pattern in _PROVIDERS if re.match(pattern, name, re.IGNORECASE)), None)
