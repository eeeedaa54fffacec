"""What a person reads of a model's size, languages and memory."""

import pytest

from chat.providers.local.machine import Memory
from ui.local_models.words import languages_in_words, memory_in_words, model_in_words, need_in_words, size_in_words

GB = 1_000_000_000


def test_sizes() -> None:
    assert [size_in_words(size) for size in (98_362_432, 999_000_000, 1_069_306_368)] == ["98 MB", "999 MB", "1.1 GB"]


@pytest.mark.parametrize(
    ("codes", "said"),
    [
        ((), "languages not said"),
        (("en",), "English"),
        (("en", "DE", "tlh"), "English, German, tlh"),
        (("en", "fr", "de", "it", "es"), "English, French, German, Italian, Spanish"),
        (("en", "fr", "de", "it", "es", "pt", "nl"), "English, French, German, Italian and 3 more"),
    ],
)
def test_languages(codes: tuple[str, ...], said: str) -> None:
    assert languages_in_words(codes) == said


@pytest.mark.parametrize(
    ("memory", "said"),
    [
        (Memory(), ""),
        (Memory(8 * GB), "This machine has 8.0 GB of memory."),
        (Memory(8 * GB, GB // 2), "This machine has 8.0 GB of memory, 500 MB of it free."),
    ],
)
def test_memory(memory: Memory, said: str) -> None:
    assert memory_in_words(memory) == said


@pytest.mark.parametrize(
    ("memory", "more"),
    [
        (Memory(), ""),
        (Memory(8 * GB, 2 * GB), ""),
        (Memory(8 * GB, GB), ", more than is free now"),
        (Memory(GB, GB), ", more than this machine has"),
    ],
)
def test_what_a_model_needs(memory: Memory, more: str) -> None:
    assert need_in_words(GB, memory) == f"needs about 1.6 GB of memory{more}"


def test_what_is_not_said_is_said_to_be_so() -> None:
    assert model_in_words(GB, None, ()) == "1.0 GB · licence not said · languages not said"
    assert model_in_words(GB, "gemma", ("en",)) == "1.0 GB · gemma · English"
