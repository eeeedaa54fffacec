"""A table of the Admin page, as markdown: `st.table` and `st.dataframe` would load a library of 80 MB."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[int]) -> str:
    """Return the table. `numbers`: the columns that stand to the right. Cells are markdown, each of one line."""
    rule = ["--:" if column in numbers else "---" for column in range(len(head))]
    return "\n".join("| " + " | ".join(line) + " |" for line in (head, rule, *rows))
