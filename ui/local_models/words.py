"""What a person reads of a model on this machine: sizes, languages, the memory it needs beside what there is."""

from __future__ import annotations

from collections.abc import Sequence

from chat.providers.local.machine import Memory, needed_for

LANGUAGES = {
    "ar": "Arabic",
    "bn": "Bengali",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "fa": "Persian",
    "fi": "Finnish",
    "fr": "French",
    "he": "Hebrew",
    "hi": "Hindi",
    "id": "Indonesian",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "nl": "Dutch",
    "no": "Norwegian",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sv": "Swedish",
    "th": "Thai",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "vi": "Vietnamese",
    "zh": "Chinese",
}
"""Names of ISO 639-1 codes; others are shown as their code."""
NAMED = 4
"""Languages that are named, where there are more."""


def size_in_words(size: int) -> str:
    """Return bytes as `531 MB` or `1.1 GB`."""
    return f"{size / 1e9:.1f} GB" if size >= 1_000_000_000 else f"{size / 1e6:.0f} MB"


def languages_in_words(codes: Sequence[str]) -> str:
    """Return which languages a model knows, as far as that is said."""
    if not codes:
        return "languages not said"
    names = [LANGUAGES.get(code.lower(), code) for code in codes]
    if len(names) <= NAMED + 1:
        return ", ".join(names)
    return f"{', '.join(names[:NAMED])} and {len(names) - NAMED} more"


def memory_in_words(memory: Memory) -> str:
    """Return what memory this machine has; nothing where that is not known."""
    if memory.total is None:
        return ""
    free = "" if memory.free is None else f", {size_in_words(memory.free)} of it free"
    return f"This machine has {size_in_words(memory.total)} of memory{free}."


def need_in_words(size: int, memory: Memory) -> str:
    """Return what memory a model needs whose file has this size, and whether that is too much here."""
    needed = needed_for(size)
    said = f"needs about {size_in_words(needed)} of memory"
    if memory.total is not None and needed > memory.total:
        return f"{said}, more than this machine has"
    if memory.free is not None and needed > memory.free:
        return f"{said}, more than is free now"
    return said


def model_in_words(size: int, licence: str | None, languages: Sequence[str]) -> str:
    """Return the facts of a model in one line: `1.1 GB · gemma · English`."""
    return " · ".join((size_in_words(size), licence or "licence not said", languages_in_words(languages)))
