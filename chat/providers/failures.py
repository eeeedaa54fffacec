"""From what a provider, or the network, says went wrong to what a person is told.

Providers agree on little: a status, one of half a dozen shapes of JSON, a web page from a proxy in between. `Report`
reads any of them, `Failures` makes the `ChatError` with its sentence: what happened, and what to do next. No key, path,
traceback or HTML passes, and of the provider's own words only a short excerpt. How the words came here (as an answer's
status, in mid-stream, as an exception of an SDK) is the business of the modules that call this one.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from chat.conversation import printable
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

EXCERPT_LENGTH = 200
"""Characters of a provider's own words that are shown at most."""

_UNFIT = re.compile(r"<[!/]?[a-zA-Z]|Traceback|(?:^|[\s'\"(=])(?:/[\w.-]+){2,}|\b[A-Za-z]:\\")
"""HTML, tracebacks and paths: words that help nobody, or tell what is nobody's business."""
_TOO_LONG = re.compile(
    r"context.{0,20}(length|window|size)|too large for model|prompt.{0,20}too long|too many tokens", re.I
)
_NO_MODEL = re.compile(r"invalid.model|model_not_found|unknown model|model\b.{0,80}(does not exist|not found)", re.I)
_NO_CREDIT = re.compile(
    r"insufficient_quota|exceeded your current quota|billing|credit balance|insufficient credit", re.I
)


@dataclass(frozen=True, slots=True)
class Report:
    """What a provider said of a failure, in one shape."""

    status: int | None = None
    """The HTTP status, or the number that a frame in mid-stream gave as its code."""
    code: str = ""
    """`context_length_exceeded`, `insufficient_quota`, ...; the type where there is no code."""
    param: str = ""
    """The parameter of the request that it does not like."""
    message: str = ""
    retry_after: float | None = None
    """Seconds to wait before the next try."""

    @classmethod
    def of_response(cls, status: int, headers: Mapping[str, str], body: str) -> Report:
        """Read an HTTP answer; `headers` find their names in any case, as the HTTP client's do."""
        try:
            said = json.loads(body)
        except ValueError:
            said = None if status < 400 or "html" in headers.get("content-type", "") else body
        report = cls.of_json(said)
        return replace(report, status=status if status >= 400 else report.status, retry_after=wait_of(headers))

    @classmethod
    def of_json(cls, said: Any) -> Report:
        """Read an error in any of the shapes in use.

        `{"error": {…}}`, `{"error": "text"}`, `{"object": "error", …}`, `{"detail": "text"}`,
        `{"detail": [{"loc": […], "msg": "…"}]}`, and any of them inside another one's `message`.
        """
        if isinstance(said, str):
            return cls(message=said)
        if isinstance(said, list):  # a validation report: the first complaint says enough
            return cls.of_json(said[0]) if said else cls()
        if not isinstance(said, dict):
            return cls()
        if isinstance(location := said.get("loc"), list):
            place = ".".join(str(part) for part in location if part != "body")
            return cls(code=str(said.get("type") or ""), param=place, message=f"{place}: {said.get('msg')}")
        inner = (said.get(name) for name in ("error", "detail", "message"))
        report = cls.of_json(next((value for value in inner if value and isinstance(value, str | dict | list)), None))
        code = said.get("code") or said.get("type")
        number = next((said[name] for name in ("code", "status") if _is_status(said.get(name))), None)
        return cls(
            status=int(number) if number is not None else report.status,
            code=report.code or (str(code) if code is not None else ""),
            param=report.param or (said["param"] if isinstance(said.get("param"), str) else ""),
            message=report.message,
        )

    @property
    def words(self) -> str:
        """Everything it said, to look for signs in."""
        return f"{self.code} {self.message}"


def _is_status(value: Any) -> bool:
    return str(value).isdecimal() and 400 <= int(value) <= 599


def wait_of(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Return the seconds to wait that Retry-After (seconds, or a date) or retry-after-ms asks for, or None."""
    try:
        if (milliseconds := headers.get("retry-after-ms")) is not None:
            seconds = float(milliseconds) / 1000
        elif (asked := headers.get("retry-after")) is None:
            return None
        elif re.fullmatch(r"[\d.]+", asked.strip()):
            seconds = float(asked)
        else:
            date = parsedate_to_datetime(asked)
            date = date if date.tzinfo else date.replace(tzinfo=UTC)
            seconds = (date - (now or datetime.now(UTC))).total_seconds()
    except ValueError:
        return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def spoken(seconds: float) -> str:
    """Return a wait as a person says it, rounded up: `20 seconds`, `5 minutes`."""
    for length, name in ((3600, "hour"), (60, "minute")):
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

    def wrong_key(self) -> ChatError:
        if self.key is None:
            return WrongKey(f"{self.label} asks for an API key: add one under Settings.")
        return WrongKey(f"{self.label} does not accept this key: check it under Settings.")

    def unreachable(self) -> ChatError:
        """The connection could not be made, or broke before anything was said."""
        if self.own_address:
            return Unreachable(f"No connection to {self.label}: check that it is running and its address is right.")
        return Unreachable(f"No connection to {self.label}: check the network, then try again.")

    def of_transport(self, error: BaseException, *, answering: bool = False, begun: bool = False) -> ChatError:
        """Return the error for what the HTTP client raised: `answering` once the head of an answer had arrived."""
        import httpx2

        if isinstance(error, httpx2.TimeoutException) and not isinstance(error, httpx2.ConnectTimeout):
            return self.timed_out()
        if isinstance(error, httpx2.DecodingError):
            return self.bad_answer()
        return self.cut_off(begun=begun) if answering else self.unreachable()

    def timed_out(self) -> ChatError:
        return TimedOut(f"{self.label} was silent for too long: try again, or choose another model.")

    def cut_off(self, *, begun: bool) -> ChatError:
        """The answer ended too early, after some of it had arrived (`begun`) or before."""
        if begun:
            return CutOff(f"The answer from {self.label} broke off: continue it, or try again.")
        return CutOff(f"{self.label} ended the connection without an answer: try again.")

    def bad_answer(self, *, web_page: bool = False) -> ChatError:
        """What came is not in the protocol; a `web_page` mostly means a wrong address, or a sign-in page in between."""
        if web_page:
            suspect = "its address" if self.own_address else "the network"
            return BadAnswer(f"{self.label} sent a web page instead of an answer: check {suspect}, then try again.")
        return BadAnswer(f"{self.label} sent something that is not an answer: try again, or choose another model.")

    def of_report(self, report: Report, model: str | None = None, *, in_stream: bool = False) -> ChatError:
        """Return the error for what the provider said. `model`: who was asked; `in_stream`: after the answer had begun.

        In mid-stream everything that has no better name is a failure of the server: the request had been accepted.
        """
        status = report.status
        if status == 413 or (status not in (401, 403, 404, 429) and _TOO_LONG.search(report.words)):
            return ContextTooLong(
                f"The conversation is too long for {model or 'this model'}: "
                "leave out some messages, or choose a model with a larger context window."
            )
        if status == 402 or (status in (None, 400, 403, 429) and _NO_CREDIT.search(report.words)):
            return OutOfQuota(
                f"The {self.label} account has no credit left: add credit there, or choose another model."
            )
        if status == 401:
            return self.wrong_key()
        if status == 403:
            return WrongKey(
                f"{self.label} refuses this{self._excerpt(report)}: choose another model, or check the key."
            )
        if model is not None and status in (400, 404, 422) and _NO_MODEL.search(report.words):
            return NotFound(f"{self.label} does not know the model {model}: choose another one.")
        if status == 404:
            return NotFound(
                f"{self.label} answers nothing at this address: check its address, or choose another model."
            )
        if status == 429 or report.code in ("rate_limit_exceeded", "rate_limited"):
            return self._rate_limited(report.retry_after)
        if status in (408, 504):
            return self.timed_out()
        if in_stream and not (status and status < 500):
            return ServerError(f"{self.label} stopped with an error{self._excerpt(report)}: try again.")
        if status is not None and status >= 500:
            return self._server_error(status, report.retry_after)
        return Refused(
            f"{self.label} does not accept this request{self._excerpt(report)}: "
            "change the message or the model's settings, then try again."
        )

    def _rate_limited(self, wait: float | None) -> ChatError:
        if wait is None:
            return RateLimited(f"{self.label} is busy: try again in a little while.")
        return RateLimited(f"{self.label} is busy and asks to wait {spoken(wait)}: try again then.", retry_after=wait)

    def _server_error(self, status: int, wait: float | None) -> ChatError:
        when = "in a little while" if wait is None else f"in {spoken(wait)}"
        return ServerError(f"{self.label} has trouble of its own ({status}): try again {when}.", retry_after=wait)

    def _excerpt(self, report: Report) -> str:
        """Return the provider's own words, short and in brackets; nothing where they would not help."""
        words = printable(" ".join(report.message.split()))
        if self.key:
            words = words.replace(self.key, "…")
        if not words or _UNFIT.search(words):
            return ""
        if len(words) > EXCERPT_LENGTH:
            words = words[: EXCERPT_LENGTH - 1].rsplit(" ", 1)[0] + "…"
        return f" (“{words.rstrip('.')}”)"
