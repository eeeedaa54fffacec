"""Parameters that a model does not take: which one a refusal means, and what is said below the answer made without it.

A model that is asked with a temperature it no longer knows refuses for good, and the person who set it has no way to
know why. So the request is sent once more without what the provider names, and the answer says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from chat.providers.report import Report

_NOT_TAKEN = re.compile(
    r"unsupported|not supported|(does|do)(n.t| not) (support|accept|allow|take)"
    r"|no longer (supported|accepted|available)|deprecated|unrecognized|unknown|unexpected"
    r"|extra.?(inputs|forbidden|fields)|not (permitted|allowed|accepted)"
    r"|cannot (both )?be (both )?(specified|set|used)|(may|can|must) only be|only .{0,30}\b(allowed|supported)",
    re.I,
)
_OUT_OF_RANGE = re.compile(
    r"(more|less|greater|higher|lower|larger|smaller) than|at (most|least)|exceed|too (large|high|small|low)"
    r"|out of range|\bbetween\b|\bin the range\b",
    re.I,
)
"""The parameter is taken, and its value is for the person who set it to change."""
OTHER_NAMES = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
"""Two names of one parameter, as OpenAI and all others call it."""
_LABELS = {"temperature": "temperature", "max_tokens": "maximum tokens", "max_completion_tokens": "maximum tokens"}
"""As the page calls what a person can set."""
OPTIONAL = ("stream_options", *_LABELS)
"""What an answer can be made without, in the order in which it is looked for."""


class Parameters:
    """The optional parameters of one request, fewer with each that is refused.

    `other_names`: what a parameter may be called instead, where its own name is refused.
    """

    def __init__(self, options: Mapping[str, Any], other_names: Mapping[str, str] | None = None) -> None:
        self.options = dict(options)
        self._other_names = other_names or {}
        self._given_up: list[str] = []

    def give_up(self, report: Report) -> bool:
        """Leave out what a refusal means, or send it under its other name; False where there is nothing to leave out.

        No parameter is given up twice, so there are as many new tries as parameters at most.
        """
        name = _named(report, self.options)
        if name is None or name in self._given_up:
            return False
        self._given_up.append(name)
        value, other = self.options.pop(name), self._other_names.get(name)
        if other is not None and other not in self._given_up:
            self.options[other] = value
        return True

    def note(self, model: str) -> str | None:
        """Return the sentence on what a person had set and the model went without, or None."""
        lost = [
            _LABELS[name]
            for name in self._given_up
            if name in _LABELS and self._other_names.get(name) not in self.options
        ]
        if not lost:
            return None
        settings = tuple(dict.fromkeys(lost))
        it = "it" if len(settings) == 1 else "them"
        return f"Answered without the {' and '.join(settings)} you set: {model} does not take {it}."


def _named(report: Report, options: Mapping[str, Any]) -> str | None:
    """Return the name of the optional parameter that the provider says it does not take, or None."""
    refused = report.status in (400, 422) and _NOT_TAKEN.search(report.words)
    if not refused or _OUT_OF_RANGE.search(report.words):
        return None
    optional = [name for name in OPTIONAL if name in options]
    param = report.param.partition(".")[0]
    if param in optional:
        return param
    named = [name for name in optional if re.search(rf"\b{name}\b", report.message, re.I)]
    # "max_tokens is not supported, use max_completion_tokens": the first one named is the one that was sent
    return min(named, key=lambda name: report.message.lower().index(name), default=None)
