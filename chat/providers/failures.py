"""From what a provider, or the network, says went wrong to what a person is told.

A provider's own report is read in `report.py`. `Failures` makes the `ChatError` with its sentence: what happened, and
what to do next. No key, path, traceback or HTML passes, and of the provider's own words only a short excerpt. How the
report came here (as an answer's status, in mid-stream, as an exception of an SDK) is the business of the modules that
call this one.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

from chat.conversation import ErrorDetails
from chat.errors import (
    BadAnswer,
    ChatError,
    ContextTooLong,
    CutOff,
    MissingKey,
    NotFound,
    OutOfQuota,
    RateLimited,
    Refused,
    ServerError,
    TimedOut,
    Unreachable,
    WrongKey,
)
from chat.providers.connection import MovedElsewhere
from chat.providers.report import Report
from chat.surrogates import printable

EXCERPT_LENGTH = 200
"""Characters of a provider's own words that stand in a sentence at most."""
DETAILS_LENGTH = 1000
"""Characters of them that are kept beside it at most."""
LONGEST_WAIT = 31 * 86400
"""Seconds. Limits begin anew every month at the latest, so a longer wait is a slip, and its number helps nobody."""

_UNFIT = re.compile(r"<[!/]?[a-zA-Z]|Traceback|(?:^|[\s'\"(=])(?:/[\w.-]+){2,}|\b[A-Za-z]:\\")
"""HTML, tracebacks and paths: words that help nobody, or tell what is nobody's business."""
_LIKE_A_KEY = re.compile(r"(?i:\bbearer\s+)[^\s\"',;]+|\b(?:sk|pk|rk|gsk|xai|hf|nvapi|AIza)[-_]?[\w-]{16,}")
_WORD = re.compile(r"[\w-]{8,}")
_TOO_LONG = re.compile(
    r"context.{0,20}(length|window|size)|too large for model|prompt.{0,20}too long|too many tokens", re.I
)
_NO_MODEL = re.compile(r"invalid.model|model_not_found|unknown model|model\b.{0,80}(does not exist|not found)", re.I)
_PER_MINUTE = re.compile(r"tokens per min", re.I)
_TOO_LARGE = re.compile(r"request too large", re.I)
_NO_CREDIT = re.compile(
    r"insufficient_quota|exceeded your current quota|billing|credit balance|insufficient credit", re.I
)
_NO_ALLOWANCE = re.compile(r"\blimit: 0\b(?!\.)", re.I)
"""Gemini's way to say that an account may not use a model at all; the wait that it names does not help."""
_BAD_KEY = re.compile(
    r"(api.?key|authorization).{0,20}(not valid|invalid|expired|incorrect|missing)"
    r"|(invalid|expired|incorrect|missing).{0,20}(api.?key|authorization)",
    re.I,
)


def spoken(seconds: float) -> str:
    """Return a wait as a person says it, rounded up: `20 seconds`, `5 minutes`, `3 days`."""
    if seconds > LONGEST_WAIT:
        return "more than a month"
    for length, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds > 1.5 * length:
            return f"{math.ceil(seconds / length)} {name}s"
    count = max(1, math.ceil(seconds))
    return f"{count} second" + ("s" if count > 1 else "")


@dataclass(frozen=True, slots=True)
class Failures:
    """Makes one provider's errors: it knows the provider's name, and the key that must not be seen."""

    label: str
    key: str | None = field(default=None, repr=False)
    own_address: bool = False
    """It is at an address that somebody typed, so that address may be wrong."""

    def check_key(self, *, needed: bool) -> None:
        """Raise `MissingKey` where there is none though it is `needed`, `WrongKey` for what no header can carry."""
        if self.key is None and needed:
            raise MissingKey(self.label)
        if self.key is not None and not (self.key.isascii() and self.key.isprintable()):
            raise self.wrong_key()

    def mended_at_its_address(self, error: ChatError) -> ChatError:
        """Have an error say where an address is mended that somebody typed."""
        error.in_settings = self.own_address
        return error

    def wrong_key(self) -> ChatError:
        if self.key is None:
            return WrongKey(f"{self.label} asks for an API key: add one under Settings.")
        return WrongKey(f"{self.label} does not accept this key: check it under Settings.")

    def no_list(self, status: int) -> ChatError:
        """An endpoint does not list its models, as many do not, or not for this key; it may chat all the same."""
        if status in (401, 403) and self.key is None:
            return self.wrong_key()
        suspect = "its address" if status not in (401, 403) else "its key"
        return NotFound(f"{self.label} lists no models: type a model's name as {self.label}/name, or check {suspect}.")

    def unreachable(self) -> ChatError:
        """The connection could not be made, or broke before anything was said."""
        happened = f"No connection to {self.label}"
        advice = "check that it is running and its address is right" if self.own_address else None
        error = Unreachable(f"{happened}: {advice or 'check the network, then try again'}.", happened=happened)
        return self.mended_at_its_address(error)

    def of_transport(self, error: BaseException, *, answering: bool = False, begun: bool = False) -> ChatError:
        """Return the error for what the HTTP client raised: `answering` once the head of an answer had arrived."""
        import httpx2

        if isinstance(error, MovedElsewhere):
            return self.moved()
        if isinstance(error, httpx2.TimeoutException) and not isinstance(error, httpx2.ConnectTimeout):
            return self.timed_out()
        if isinstance(error, httpx2.DecodingError):
            return self.bad_answer()
        return self.cut_off(begun=begun) if answering else self.unreachable()

    def moved(self) -> ChatError:
        """It sends requests on to another host, where a conversation is not to go."""
        return self.mended_at_its_address(
            NotFound(
                f"{self.label} sends requests on to another address, which is not followed: "
                "check its address, or choose another model."
            )
        )

    def timed_out(self) -> ChatError:
        happened = f"{self.label} was silent for too long"
        return TimedOut(f"{happened}: try again, or choose another model.", happened=happened)

    def cut_off(self, *, begun: bool) -> ChatError:
        """The answer ended too early, after some of it had arrived (`begun`) or before."""
        if begun:
            return CutOff(f"The answer from {self.label} broke off: continue it, or try again.")
        return CutOff(f"{self.label} ended the connection without an answer: try again.")

    def bad_answer(self, *, web_page: bool = False) -> ChatError:
        """What came is not in the protocol; a `web_page` mostly means a wrong address, or a sign-in page in between."""
        if web_page:
            suspect = "its address" if self.own_address else "the network"
            return self.mended_at_its_address(
                BadAnswer(f"{self.label} sent a web page instead of an answer: check {suspect}, then try again.")
            )
        return BadAnswer(f"{self.label} sent something that is not an answer: try again, or choose another model.")

    def of_report(self, report: Report, model: str | None = None, *, in_stream: bool = False) -> ChatError:
        """Return the error for what the provider said. `model`: who was asked; `in_stream`: after the answer had begun.

        In mid-stream everything that has no better name is a failure of the server: the request had been accepted.
        """
        error = self._error_of(report, model, in_stream=in_stream)
        error.report = ErrorDetails(report.status, self._own_words(report), self._hidden(report.request_id))
        return error

    def _error_of(self, report: Report, model: str | None, *, in_stream: bool) -> ChatError:
        status = report.status
        if (
            status in (413, 429)
            and _PER_MINUTE.search(report.words)
            and (status == 413 or _TOO_LARGE.search(report.words))
        ):
            return ContextTooLong(
                f"The conversation is longer than what {self.label} reads for this account in one minute: "
                "leave out some messages, or choose another model."
            )
        if status == 413 or (status not in (401, 403, 404, 429) and _TOO_LONG.search(report.words)):
            return ContextTooLong(
                f"The conversation is too long for {model or 'this model'}: "
                "leave out some messages, or choose a model with a larger context window."
            )
        passes = report.said_wait is not None and not _NO_ALLOWANCE.search(report.words)
        if status == 402 or (status in (None, 400, 403, 429) and _NO_CREDIT.search(report.words) and not passes):
            return OutOfQuota(
                f"The {self.label} account has no credit left: add credit there, or choose another model."
            )
        if status == 401 or (status in (None, 400, 403, 422) and _BAD_KEY.search(report.words)):
            return self.wrong_key()
        if status == 403:
            return WrongKey(
                f"{self.label} refuses this{self._excerpt(report)}: choose another model, or check the key."
            )
        if model is not None and status in (400, 404, 422) and _NO_MODEL.search(report.words):
            return NotFound(f"{self.label} does not know the model {model}: choose another one.")
        if status == 404:
            return self.mended_at_its_address(
                NotFound(f"{self.label} answers nothing at this address: check its address, or choose another model.")
            )
        if status == 429 or report.code in ("rate_limit_exceeded", "rate_limited"):
            return self._rate_limited(report.wait)
        if status in (408, 504):
            return self.timed_out()
        if in_stream and not (status and status < 500):
            happened = f"{self.label} stopped with an error{self._excerpt(report)}"
            return ServerError(f"{happened}: try again.", happened=happened)
        if status is not None and status >= 500:
            return self._server_error(status, report.wait)
        return Refused(
            f"{self.label} does not accept this request{self._excerpt(report)}: "
            "change the message or the model's settings, then try again."
        )

    def _rate_limited(self, wait: float | None) -> ChatError:
        happened = f"{self.label} is busy"
        if wait is None:
            return RateLimited(f"{happened}: try again in a little while.", happened=happened)
        return RateLimited(
            f"{happened} and asks to wait {spoken(wait)}: try again then.", retry_after=wait, happened=happened
        )

    def _server_error(self, status: int, wait: float | None) -> ChatError:
        when = "in a little while" if wait is None else f"in {spoken(wait)}"
        happened = f"{self.label} has trouble of its own ({status})"
        return ServerError(f"{happened}: try again {when}.", retry_after=wait, happened=happened)

    def _excerpt(self, report: Report) -> str:
        """Return the provider's own words, short and in brackets; nothing where they would not help."""
        words = self._fit(report.message, EXCERPT_LENGTH)
        return f" (“{words.rstrip('.')}”)" if words else ""

    def _own_words(self, report: Report) -> str:
        """Return the provider's own words, and the code that it has for this; nothing where they would not help."""
        words, code = self._fit(report.message, DETAILS_LENGTH), self._fit(report.code, EXCERPT_LENGTH)
        return " · ".join(each for each in (words, code if code not in words else "") if each)

    def _fit(self, said: str, most: int) -> str:
        words = self._hidden(printable(" ".join(said.split())))
        if _UNFIT.search(words):
            return ""
        return words if len(words) <= most else words[: most - 1].rsplit(" ", 1)[0] + "…"

    def _hidden(self, words: str) -> str:
        """Return the words without the key, whole or in part, and without what looks like another one."""
        if self.key:
            words = words.replace(self.key, "…")
        return _WORD.sub(self._word, _LIKE_A_KEY.sub("…", words))

    def _word(self, word: re.Match[str]) -> str:
        return "…" if self.key and word[0] in self.key else word[0]
