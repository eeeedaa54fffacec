"""What a provider says of a failure, read from any of the shapes in use into one `Report`.

Providers agree on little: a status, one of half a dozen shapes of JSON, a wait in a header, in the details or in the
words, a web page from a proxy in between. What a report means, and what a person is told, is decided in `failures.py`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

DEEPEST = 8
"""Levels of a report that are looked at."""

REQUEST_ID_HEADERS = (
    "x-request-id",
    "request-id",  # Anthropic
    "mistral-correlation-id",
    "x-ms-request-id",  # Azure
    "x-generation-id",  # OpenRouter
    "cf-ray",
)
"""The names under which providers and what stands before them say how they call a request, the best first."""

_REQUEST_ID = re.compile(r"[\w.:/-]{1,128}", re.ASCII)
_LENGTH = r"(\d{1,9}(?:\.\d{1,9})?)\s*(milliseconds?|ms|hours?|h|minutes?|min|m|seconds?|secs?|s)(?![a-z])"
_LENGTHS = re.compile(_LENGTH, re.I)
_NAMED_WAIT = re.compile(rf"\b(?:retry|again)\s+(?:after|in)\s+((?:{_LENGTH}\s*)+)", re.I)
_SECONDS_OF = {
    **dict.fromkeys(("millisecond", "milliseconds", "ms"), 0.001),
    **dict.fromkeys(("second", "seconds", "sec", "secs", "s"), 1.0),
    **dict.fromkeys(("minute", "minutes", "min", "m"), 60.0),
    **dict.fromkeys(("hour", "hours", "h"), 3600.0),
}


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
    said_wait: float | None = None
    """Seconds to wait before the next try, as its words or its details name them."""
    retry_after: float | None = None
    """The same, as its headers say it."""
    request_id: str = ""
    """What it calls the request, for whoever asks its support."""

    @classmethod
    def of_response(cls, status: int, headers: Mapping[str, str], body: str) -> Report:
        """Read an HTTP answer; `headers` find their names in any case, as the HTTP client's do."""
        try:
            said = json.loads(body)
        except (ValueError, RecursionError):
            said = None if status < 400 or "html" in headers.get("content-type", "") else body
        report = cls.of_json(said)
        return replace(
            report,
            status=status if status >= 400 else report.status,
            retry_after=wait_of(headers),
            request_id=report.request_id or request_id_of(headers),
        )

    @classmethod
    def of_json(cls, said: Any, depth: int = 0) -> Report:
        """Read an error in any of the shapes in use.

        `{"error": {…}}`, `{"error": "text"}`, `{"object": "error", …}`, `{"detail": "text"}`,
        `{"detail": [{"loc": […], "msg": "…"}]}`, and any of them in a list, or inside another one's `message`.
        """
        if isinstance(said, str):
            return cls(message=said, said_wait=_named_wait(said))
        if isinstance(said, list):  # the first complaint says enough
            return cls.of_json(said[0], depth + 1) if said and depth < DEEPEST else cls()
        if not isinstance(said, dict) or depth >= DEEPEST:
            return cls()
        if isinstance(location := said.get("loc"), list):
            place = ".".join(str(part) for part in location if part != "body")
            return cls(code=str(said.get("type") or ""), param=place, message=f"{place}: {said.get('msg')}")
        inner = (said.get(name) for name in ("error", "detail", "message"))
        report = cls.of_json(
            next((value for value in inner if value and isinstance(value, str | dict | list)), None), depth + 1
        )
        wait = _retry_info(said.get("details"))
        code = said.get("code") or said.get("type")
        number = next((said[name] for name in ("code", "status") if _is_status(said.get(name))), None)
        return cls(
            status=int(number) if number is not None else report.status,
            code=report.code or (str(code) if code is not None else ""),
            param=report.param or (said["param"] if isinstance(said.get("param"), str) else ""),
            message=report.message,
            said_wait=wait if wait is not None else report.said_wait,
            request_id=report.request_id or _id(said.get("request_id")),
        )

    @property
    def wait(self) -> float | None:
        """Seconds to wait before the next try, wherever it says so."""
        return self.said_wait if self.retry_after is None else self.retry_after

    @property
    def words(self) -> str:
        """Everything it said, to look for signs in."""
        return f"{self.code} {self.message}"


def request_id_of(headers: Mapping[str, str]) -> str:
    """Return what an answer's headers call the request, or nothing; they find their names in any case."""
    return next((found for name in REQUEST_ID_HEADERS if (found := _id(headers.get(name)))), "")


def _id(value: object) -> str:
    """Return an id; nothing for what could be anything else."""
    return value if isinstance(value, str) and _REQUEST_ID.fullmatch(value) else ""


def _is_status(value: Any) -> bool:
    return re.fullmatch(r"[45][0-9]{2}", str(value)) is not None


def _named_wait(words: str) -> float | None:
    """Return the seconds of `Please retry in 20.04s` or `try again in 6m0s`, or None."""
    named = _NAMED_WAIT.search(words)
    return None if named is None else _length(named.group(1))


def _length(words: str) -> float:
    return sum(float(number) * _SECONDS_OF[unit.lower()] for number, unit in _LENGTHS.findall(words))


def _retry_info(details: Any) -> float | None:
    """Return the seconds of Google's `google.rpc.RetryInfo`, `{"retryDelay": "20s"}`, among the details of an error."""
    if not isinstance(details, list):
        return None
    delays = (each.get("retryDelay") for each in details if isinstance(each, dict))
    delay = next((delay for delay in delays if isinstance(delay, str)), "")
    return _length(delay) if _LENGTHS.fullmatch(delay) else None


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
