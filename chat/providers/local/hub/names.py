"""What somebody means by a model at Hugging Face: a repository, or one file in it, however they write it.

A pasted address works, and so does what other programs take: `owner/repository:Q8_0`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from chat.errors import ModelUnavailable

ENDING = ".gguf"
HOW = "Type it as owner/repository, or as owner/repository/file.gguf."

_PART = re.compile(r"[\w.-]{1,96}", re.ASCII)
_SCHEME = re.compile(r"(?:https?|hf)://", re.IGNORECASE)
_HOSTS = ("huggingface.co/", "www.huggingface.co/", "hf.co/")
_SPLIT = re.compile(r"-\d{5}-of-\d{5}\.gguf$", re.IGNORECASE)
"""How a model that comes in several files names each."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A model at Hugging Face."""

    repository: str
    """`owner/repository`."""
    file: str | None = None
    """The GGUF's path in it; None where any will do."""
    kind: str | None = None
    """How exact its numbers are: `Q8_0`; None where that was not said."""


def wanted(typed: str) -> Wanted:
    """Return what somebody typed or pasted means. Raises `ModelUnavailable` where that is no model."""
    text = typed.strip().strip("'\"")
    if scheme := _SCHEME.match(text):
        address = urlsplit(text)
        text = text[scheme.end() :] if scheme.group().lower() == "hf://" else f"{address.netloc}{unquote(address.path)}"
        if scheme.group().lower() != "hf://" and not text.startswith(_HOSTS):
            text = text.partition("/")[2]  # a mirror's host
    for host in _HOSTS:
        text = text.removeprefix(host)
    text, _, kind = text.partition(":")
    parts = [part for part in text.strip("/").split("/") if part]
    if len(parts) > 4 and parts[2] in ("blob", "resolve", "tree"):
        parts[2:4] = []
    elif len(parts) > 2 and parts[2] == "tree":
        parts = parts[:2]
    if len(parts) < 2 or not all(_is_name(part) for part in parts):
        raise ModelUnavailable(f"This is no model at Hugging Face. {HOW}")
    repository, file = "/".join(parts[:2]), "/".join(parts[2:])
    if file and not file.lower().endswith(ENDING):
        raise ModelUnavailable(f"{parts[-1]} is no GGUF file. {HOW}")
    return Wanted(repository, file or None, kind or None)


def is_whole_model(file: str) -> bool:
    """Return whether a file of a repository is a model by itself: no part of one, and no eye or ear for another."""
    name = file.rpartition("/")[2].lower()
    return name.endswith(ENDING) and "mmproj" not in name and _SPLIT.search(name) is None


def label_of(file: str) -> str:
    """Return what a person reads for a model: its file's name."""
    return file.rpartition("/")[2][: -len(ENDING)]


def _is_name(part: str) -> bool:
    return _PART.fullmatch(part) is not None and part not in (".", "..")
