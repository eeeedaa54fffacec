"""What the hub says of a model before it is fetched: its files and their sizes, its licence, the languages it knows.

Nothing of that is written down here but the names of three repositories: what they hold is asked each time.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chat.errors import ModelUnavailable
from chat.providers.local.hub.failures import translated
from chat.providers.local.hub.names import is_whole_model, label_of

if TYPE_CHECKING:
    from huggingface_hub import HfApi, ModelInfo

SUGGESTED = ("ggml-org/Qwen3.5-0.8B-GGUF", "unsloth/Qwen3.5-2B-GGUF", "ggml-org/gemma-3-1b-it-GGUF")
"""Small models that answer everyday questions, by the makers of llama.cpp and by Unsloth."""
KINDS = ("Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M", "Q4_K_S", "Q4_0", "IQ4_NL", "IQ4_XS")
"""How exact the numbers of a file are, the most exact first; as good as the original, or still good."""
QUICK = 1_500_000_000
"""Bytes of a file up to which an answer comes about as fast as one reads: reckoned from SmolLM2, whose 98 MB give 120
tokens a second on two cores, to be 8 a second."""
ASKING_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Hub:
    """Where models come from and where they are kept, as `huggingface_hub` is set up but for what is given here."""

    endpoint: str | None = None
    cache: Path | None = None

    @property
    def api(self) -> HfApi:
        from huggingface_hub import HfApi

        return HfApi(endpoint=self.address)

    @property
    def address(self) -> str:
        """The hub's own, or the mirror's that HF_ENDPOINT names."""
        from huggingface_hub import constants

        return (self.endpoint or os.environ.get("HF_ENDPOINT") or constants.ENDPOINT).rstrip("/")

    @property
    def folder(self) -> Path:
        """The cache that is shared with other programs."""
        from huggingface_hub import constants

        return (self.cache or Path(os.environ.get("HF_HUB_CACHE") or constants.HF_HUB_CACHE)).expanduser()


@dataclass(frozen=True, slots=True)
class File:
    """A GGUF file of a repository, as the hub lists it."""

    name: str
    size: int

    @property
    def label(self) -> str:
        return label_of(self.name)


@dataclass(frozen=True, slots=True)
class Repository:
    """What the hub says of a repository with GGUF files."""

    name: str
    files: tuple[File, ...]
    """The smallest first."""
    licence: str | None = None
    languages: tuple[str, ...] = ()
    """As codes: `en`."""
    is_gated: bool = False
    """Only for people who have accepted its terms."""

    def best(self) -> File:
        """Return the file to take where nobody says which: the most exact that is quick, else the smallest good one."""
        usual = [file for kind in KINDS for file in self.files if self._is(file, kind)]
        quick = [file for file in usual if file.size <= QUICK]
        return (quick or sorted(usual, key=lambda file: file.size) or list(self.files))[0]

    def named(self, file: str | None, kind: str | None = None) -> File:
        """Return the file that somebody asked for by its name or its kind. Raises `ModelUnavailable`."""
        if file is None and kind is None:
            return self.best()
        for each in self.files:
            if each.name == file or (kind is not None and self._is(each, kind)):
                return each
        raise ModelUnavailable(f"{self.name} has no file {file or kind}. Look it up again, or choose another.")

    @staticmethod
    def _is(file: File, kind: str) -> bool:
        return file.label.lower().endswith((f"-{kind.lower()}", f".{kind.lower()}"))


def look_up(hub: Hub, name: str) -> Repository:
    """Ask the hub what it has under this name. Raises `ModelUnavailable`. Takes a moment: not in a run of a page."""
    try:
        api = hub.api
        info = api.model_info(name, files_metadata=True, timeout=ASKING_SECONDS)
        licence, languages = _said(info)
        if licence is None or not languages:
            of_base = _of_base(api, info)
            licence, languages = licence or of_base[0], languages or of_base[1]
    except Exception as error:
        raise translated(error, name) from error
    files = [
        File(each.rfilename, each.size)
        for each in info.siblings or ()
        if each.size and each.lfs is not None and is_whole_model(each.rfilename)
    ]
    if not files:
        raise ModelUnavailable(f"{name} has no GGUF file that is a model by itself. Choose another.")
    ordered = tuple(sorted(files, key=lambda file: (file.size, file.name)))
    return Repository(name, ordered, licence, languages, bool(info.gated))


def look_up_all(hub: Hub, names: Sequence[str] = SUGGESTED) -> tuple[Repository | ModelUnavailable, ...]:
    """Ask for several at once; of each comes what there is, or why it could not be asked for."""

    def ask(name: str) -> Repository | ModelUnavailable:
        try:
            return look_up(hub, name)
        except ModelUnavailable as error:
            return error

    with ThreadPoolExecutor(len(names)) as threads:
        return tuple(threads.map(ask, names))


def _said(info: ModelInfo) -> tuple[str | None, tuple[str, ...]]:
    """Return licence and languages as the model's card has them, which its author has written."""
    card = _card(info)
    licence, languages = card.get("license_name") or card.get("license"), card.get("language")
    found = [languages] if isinstance(languages, str) else languages if isinstance(languages, list) else []
    return (
        licence if isinstance(licence, str) and licence != "other" else None,
        tuple(each for each in found if isinstance(each, str)),
    )


def _of_base(api: HfApi, info: ModelInfo) -> tuple[str | None, tuple[str, ...]]:
    """Return what the card of the model says that this one was made of: files for llama.cpp often come without."""
    base = _card(info).get("base_model")
    base = base[0] if isinstance(base, list) and base else base
    if not isinstance(base, str):
        return None, ()
    try:
        return _said(api.model_info(base, timeout=ASKING_SECONDS))
    except Exception:  # then it is not said
        return None, ()


def _card(info: ModelInfo) -> dict[str, Any]:
    return info.card_data.to_dict() if info.card_data is not None else {}  # type: ignore[no-untyped-call]
