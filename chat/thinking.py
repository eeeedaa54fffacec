"""A model's thinking that stands inside its answer, between tags such as `<think>` and `</think>`.

Models of the DeepSeek-R1 kind write so. A server without a parser for it passes it on as text, and exports of other
products hold it as text. Live answers are taken apart piece by piece (`ThinkingSplitter`), imported ones at once
(`split_thinking`), by the same rules:

- An opening tag counts at the very start of an answer only. Further down, or as code in a fence, the same letters may
  well be what the answer is about.
- Some servers keep the opening tag, because it stood in the prompt. A closing tag that was never opened then ends the
  thinking: outside of code, alone on its line or at the end of a sentence, and followed by an answer.

Pure values: text in, reasoning and text out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

TAGS = {
    "<think>": "</think>",  # DeepSeek-R1, Qwen, and most others
    "[THINK]": "[/THINK]",  # Magistral
    "<thinking>": "</thinking>",
    "<antThinking>": "</antThinking>",  # Claude
    "<thought>": "</thought>",  # Gemini, Gemma
    "<Thought>": "</Thought>",
    "<seed:think>": "</seed:think>",  # Seed-OSS
    "<reasoning>": "</reasoning>",
    "<reason>": "</reason>",
    "<|begin_of_thought|>": "<|end_of_thought|>",  # OpenThinker, Sky-T1
    "◁think▷": "◁/think▷",  # Kimi
}
"""Each opening tag with its closing one. Open WebUI knows most of them too."""

_OPENING = tuple(TAGS)
_CLOSING_BEGINS = tuple(dict.fromkeys(tag[:2] for tag in TAGS.values()))
_ALL_TAGS = (*TAGS, *TAGS.values())
_ANY_TAG = re.compile("|".join(re.escape(tag) for tag in _ALL_TAGS))
_FENCE = re.compile(r"\s{0,3}(?P<mark>`{3,}|~{3,})(?P<info>.*)")
_GLUED = re.compile(r"[\w.!?…。！？)\]}*]")
"""What a closing tag may follow directly. After a quotation mark or a backtick it is quoted itself."""
_SENTENCE_ENDS = ".!?…。！？"
_LOOK_AHEAD = 200
"""Characters after a closing tag that are looked at."""


@dataclass(frozen=True, slots=True)
class Parted:
    """What is certain after a piece of an answer."""

    reasoning: str = ""
    text: str = ""
    was_thinking: bool = False
    """All text that was given out before this was thinking after all."""


class ThinkingSplitter:
    """Takes an answer apart piece by piece. A tag may be split over pieces; what may yet become one is held back."""

    def __init__(self) -> None:
        self._state: Literal["start", "thinking", "between", "answer", "settled"] = "start"
        self._held = ""
        self._closing = ""
        self._place = _Place()

    def feed(self, piece: str) -> Parted:
        """Return what is certain after this piece."""
        if self._state == "settled":
            return Parted(text=piece)
        self._held += piece
        if self._state == "start":
            self._open()
        reasoning = self._reasoning() if self._state == "thinking" else ""
        if self._state == "between":  # the empty lines between thinking and answer
            self._held = self._held.lstrip()
            self._state = "settled" if self._held else "between"
        if self._state == "settled":
            return Parted(reasoning, self._take(len(self._held)))
        return self._watched() if self._state == "answer" else Parted(reasoning)

    def finish(self) -> Parted:
        """Return what was held back. The answer has ended."""
        held = self._take(len(self._held))
        return Parted(reasoning=held) if self._state == "thinking" else Parted(text=held)

    def _take(self, length: int) -> str:
        taken, self._held = self._held[:length], self._held[length:]
        return taken

    def _open(self) -> None:
        """Look for an opening tag, as soon as there is enough to know."""
        begun = self._held.lstrip()
        if any(tag != begun and tag.startswith(begun) for tag in TAGS):
            return
        tag = next((tag for tag in TAGS if begun.startswith(tag)), None)
        if tag is None:
            self._state = "answer"
        else:
            self._state, self._closing, self._held = "thinking", TAGS[tag], begun.removeprefix(tag)

    def _reasoning(self) -> str:
        """Take the thinking as far as it has come, and the closing tag where it is there."""
        end = self._held.find(self._closing)
        if end < 0:
            return self._take(len(self._held) - _beginning(self._held, (self._closing,)))
        reasoning = self._take(end)
        self._take(len(self._closing))
        self._state = "between"
        return reasoning

    def _watched(self) -> Parted:
        """Pass an answer on, until its first tag outside of code shows whether all of it so far was thinking."""
        passed = 0
        for tag in _ANY_TAG.finditer(self._held):
            self._place.go_over(self._held[passed : tag.start()])
            passed = tag.start()
            if tag.group() in TAGS:  # the answer is about tags
                return self._settled()
            if self._place.in_code:
                continue
            after = self._held[tag.end() : tag.end() + _LOOK_AHEAD]
            if not after.strip() and len(after) < _LOOK_AHEAD:
                return Parted(text=self._take(passed))  # what follows decides; an answer that ends here was one
            if not self._place.may_end_thinking(after):
                return self._settled()
            thought = self._take(passed)
            self._state = "settled"
            answer = self._take(len(self._held))[len(tag.group()) :].lstrip()
            return Parted(thought, answer, was_thinking=True)
        certain = len(self._held) - _beginning(self._held, _ALL_TAGS)
        self._place.go_over(self._held[passed:certain])
        return Parted(text=self._take(certain))

    def _settled(self) -> Parted:
        self._state = "settled"
        return Parted(text=self._take(len(self._held)))


def split_thinking(text: str) -> tuple[str, str]:
    """Return the reasoning and the answer of a whole text; a text without thinking comes back as it is."""
    # An import has thousands of answers, and hardly one has a tag. To look for one letter takes next to no time.
    if "<" not in text and "[" not in text and "◁" not in text:
        return "", text
    may_close = any(begin in text for begin in _CLOSING_BEGINS) and any(tag in text for tag in TAGS.values())
    if not may_close and not text.lstrip().startswith(_OPENING):
        return "", text
    splitter = ThinkingSplitter()
    first, last = splitter.feed(text), splitter.finish()
    return (first.reasoning + last.reasoning).strip(), first.text + last.text


class _Place:
    """Where in a Markdown text one has come to: in code or not, and what stands just before."""

    def __init__(self) -> None:
        self._fence = ""
        self._line = ""
        """The present line, without its middle."""
        self._runs = 0
        """Runs of backticks in the present line: after an odd number of them code goes on."""
        self._last = ""
        """The last character that is no white space."""

    @property
    def in_code(self) -> bool:
        """Whether what comes now is code, in a fence or between backticks."""
        return bool(self._fence) or self._runs % 2 == 1

    def may_end_thinking(self, after: str) -> bool:
        """Say whether a closing tag here, with this text `after` it, ends thinking whose opening was never sent."""
        answer = after.lstrip()[:1]
        if not answer:
            return False
        if not self._line.strip() and after.lstrip(" \t")[0] in "\r\n":
            return True  # alone on its line
        if not self._last:
            return not after[0].isspace()
        if self._line[-1:].strip():
            return _GLUED.match(self._last) is not None
        return self._last in _SENTENCE_ENDS and not answer.islower()

    def go_over(self, text: str) -> None:
        """Go on to the end of this text."""
        first, *others = re.split(r"\r\n|\r|\n", text)
        self._go_on(first)
        for line in others:
            self._end_line()
            self._go_on(line)
        if visible := text.rstrip():
            self._last = visible[-1]

    def _go_on(self, text: str) -> None:
        self._runs += len(re.findall("`+", text)) - (text.startswith("`") and self._line.endswith("`"))
        line = self._line + text
        self._line = line if len(line) <= 200 else line[:100] + line[-100:]

    def _end_line(self) -> None:
        fence = _FENCE.fullmatch(self._line)
        if fence is not None:
            mark, info = fence["mark"], fence["info"]
            if not self._fence:
                self._fence = "" if "`" in info and mark[0] == "`" else mark
            elif mark.startswith(self._fence) and not info.strip():
                self._fence = ""
        self._line, self._runs = "", 0


def _beginning(text: str, tags: tuple[str, ...]) -> int:
    """Return how many characters at the end of `text` may be the beginning of one of the tags."""
    longest = max(len(tag) for tag in tags) - 1
    ends = (text[-length:] for length in range(min(longest, len(text)), 0, -1))
    return next((len(end) for end in ends if any(tag.startswith(end) for tag in tags)), 0)
