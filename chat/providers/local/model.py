"""A model that can run on this machine: the one that comes with the app, a file of one's own, or one from the hub."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from chat.providers.local.hub.kept import KeptModel

NAME = "local"
DEMO_CONTEXT, CONTEXT = 4096, 8192
"""Tokens that prompt and answer may have together, in each place. Reading 4096 takes SmolLM2 25 s on two cores."""


@dataclass(frozen=True, slots=True)
class LocalModel:
    """What is run, and how it chooses words where a request does not say it."""

    name: str
    """The second part of its id."""
    label: str
    sampling: tuple[tuple[str, float], ...] = ()
    """In llama.cpp's names; empty: the GGUF's own, or llama.cpp's."""
    system_prompt: str = ""
    """What is said before a chat in which nobody has set a system prompt; empty: what the GGUF's chat template says."""
    longest_answer: int = -1
    """Tokens; -1: up to the end of the context."""
    context: int = DEMO_CONTEXT
    thinks: bool = True
    """Whether it may think before it answers, where it knows how."""
    gguf: Path | None = None
    """Its file; None: the one that comes with the app, which is fetched when it is first asked."""
    mended_by: str = "Put another file in CHATKEEP_GGUF, or choose another model."
    """What helps where its file is no good."""

    @property
    def id(self) -> str:
        """The model's id in the app."""
        return f"{NAME}/{self.name}"


SMOLLM2 = LocalModel(
    name="smollm2-135m-instruct",
    label="SmolLM2 135M",
    # The best of those that benchmarks/thirty_questions.py compares: right more often the fewer words it makes, and
    # steady; the second ends its loops.
    sampling=(("temp", 0.0), ("dry_multiplier", 0.8)),
    system_prompt="You are a helpful assistant. Answer briefly.",
    longest_answer=1024,  # a model this small may never come to an end
)


def model_for(gguf: str | None) -> LocalModel:
    """Return the model of this GGUF file, or the one that comes with the app."""
    if gguf is None:
        return SMOLLM2
    path = Path(gguf).expanduser()
    return LocalModel(path.stem, path.stem, gguf=path)


def model_of(kept: KeptModel) -> LocalModel:
    """Return a model from the hub whose file is here."""
    return LocalModel(
        kept.name,
        kept.label,
        context=CONTEXT,
        thinks=False,  # on a processor alone the first word would be minutes away
        gguf=Path(kept.path or ""),
        mended_by="Remove it in Settings and get it again, or choose another model.",
    )
