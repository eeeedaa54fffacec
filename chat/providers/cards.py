"""What lists of models look like over OpenAI's protocol, and what each card in them says of its model."""

from __future__ import annotations

from typing import Any

OTHER_KINDS = ("embedding", "embeddings", "rerank", "moderation", "image", "video", "audio", "transcribe", "tts")
"""What Together and others write as the type of models that do not chat."""


def cards_of(said: Any) -> list[Any] | None:
    """Return the cards of a list of models; None for what is none. Together sends the bare list."""
    cards = said.get("data") if isinstance(said, dict) else said
    return cards if isinstance(cards, list) else None


def name_on(card: Any) -> str | None:
    """Return the name of the model that a card is of; None where it says that it does not chat, or is no card."""
    if not isinstance(card, dict):
        return None
    kind, name = card.get("type"), card.get("id")
    if isinstance(kind, str) and kind.lower() in OTHER_KINDS:
        return None
    return name if isinstance(name, str) and name.strip() else None


def context_window(card: dict[str, Any]) -> int | None:
    """Return the context window, under the names that vLLM, Together, Groq and LM Studio have for it."""
    names = ("max_model_len", "context_length", "context_window", "max_context_length")
    sizes = (card.get(name) for name in names)
    return next((size for size in sizes if type(size) is int and size > 0), None)
