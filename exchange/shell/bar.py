"""A progress bar on a terminal, and nothing anywhere else."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from types import TracebackType

import click

STEPS = 1000
"""Parts in which a bar is counted."""


class Bar:
    """Shows how far something is, on the standard error output where that is a terminal."""

    def __init__(self, label: str) -> None:
        """`label` says what is being done; what is not printable in it is not printed."""
        name = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in label)
        # Click comes with Streamlit; neither tqdm nor rich comes with anything that is needed here.
        self._bar = click.progressbar(length=STEPS, label=name, file=sys.stderr, hidden=not sys.stderr.isatty())
        self._shown = 0

    def __enter__(self) -> Bar:
        self._bar.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.__exit__(kind, error, trace)

    def show(self, part: float) -> None:
        """Show how much is done, from 0 to 1."""
        steps = int(part * STEPS)
        if steps > self._shown:
            self._bar.update(steps - self._shown)
            self._shown = steps

    def following(self, ids: Sequence[str]) -> Iterator[str]:
        """Yield these, and show how many are gone through."""
        for number, each in enumerate(ids, start=1):
            yield each
            self.show(number / len(ids))
