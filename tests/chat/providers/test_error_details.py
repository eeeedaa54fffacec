"""What is kept of a failure beside its sentence: status, the provider's own words, its request id; never a key."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx2
import pytest

from chat.conversation import ErrorDetails
from chat.errors import ChatError, MissingKey
from chat.providers.failures import DETAILS_LENGTH, Failures
from chat.providers.report import Report, request_id_of
from tests.chat.providers.test_providers_table import outcome_of, provider_for
from tests.support.fakes.fake_server import FakeModelServer

KEY = "sk-acme-0123456789abcdefghij"
ACME = Failures("Acme", KEY)
OWN = Failures("Den", own_address=True)


def kept(report: Report) -> ErrorDetails | None:
    return ACME.of_report(report, "acme/large").details


def test_status_words_and_request_id_are_kept():
    body = json.dumps({"error": {"message": "Rate limit  reached\nfor acme-large.", "code": "rate_limit_exceeded"}})
    report = Report.of_response(429, httpx2.Headers({"X-Request-Id": "req_07.a-B", "cf-ray": "8f-AMS"}), body)
    assert kept(report) == ErrorDetails(429, "Rate limit reached for acme-large. · rate_limit_exceeded", "req_07.a-B")


def test_failure_in_mid_stream_has_the_number_and_the_id_of_its_frame():
    said = {"type": "error", "error": {"code": 529, "message": "Overloaded"}, "request_id": "req_9"}
    error = ACME.of_report(Report.of_json(said), "acme/large", in_stream=True)
    assert error.details == ErrorDetails(529, "Overloaded · 529", "req_9")


@pytest.mark.parametrize("sdk", ["openai", "mistral"])
def test_what_the_sdk_passes_on_is_kept_without_the_key(sdk: str, models: FakeModelServer):
    provider = provider_for(sdk, models)
    _, error = outcome_of(provider, "http-401")
    assert isinstance(error, ChatError)
    assert error.details is not None
    assert (error.details.status, error.details.in_settings) == (401, True)
    sent = models.requests[-1].headers["authorization"].removeprefix("Bearer ")
    assert sent
    assert sent not in error.details.words


@pytest.mark.parametrize(
    ("said", "left"),
    [
        (f"Incorrect API key provided: {KEY}.", "Incorrect API key provided: …."),
        (f"The key starting with {KEY[:12]} is unknown", "The key starting with … is unknown"),
        (f"...{KEY[-9:]} has expired", "...… has expired"),
        ("Got Bearer abc.def-ghi", "Got …"),
        ("Not ours: sk-proj-AbCdEfGh0123456789", "Not ours: …"),
        ("Use AIzaSyA0123456789abcdefghijk", "Use …"),
        ("Any ordinary words: context_length_exceeded", "Any ordinary words: context_length_exceeded"),
    ],
)
def test_no_key_is_kept_whole_or_in_part(said: str, left: str):
    details = kept(Report(400, message=said))
    assert details is not None
    assert details.words == left
    assert KEY[:12] not in str(kept(Report(400, code=said, message="No", request_id=KEY)))


@pytest.mark.parametrize(
    "said", ["<html><body>Bad gateway</body></html>", "Traceback (most recent call last)", "in /srv/app/main.py"]
)
def test_what_is_nobodys_business_is_not_kept(said: str):
    assert kept(Report(502, message=said)) == ErrorDetails(502)


def test_long_words_are_cut():
    details = kept(Report(500, message="word " * 1000))
    assert details is not None
    assert len(details.words) <= DETAILS_LENGTH
    assert details.words.endswith("word…")


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ({}, ""),
        ({"request-id": "req_1"}, "req_1"),
        ({"x-request-id": "not one <b>", "mistral-correlation-id": "0199-aa"}, "0199-aa"),
        ({"CF-Ray": "8f2-AMS"}, "8f2-AMS"),
        ({"x-request-id": "x" * 129}, ""),
    ],
)
def test_request_id_is_taken_from_where_providers_say_it(headers: dict[str, str], found: str):
    assert request_id_of(httpx2.Headers(headers)) == found


def test_nothing_is_kept_where_nothing_was_said():
    assert ACME.timed_out().details is None
    assert ACME.unreachable().details is None


@pytest.mark.parametrize(
    "error",
    [MissingKey("Acme"), ACME.wrong_key(), OWN.unreachable(), OWN.moved(), OWN.bad_answer(web_page=True)],
    ids=str,
)
def test_what_is_mended_under_settings_says_so(error: ChatError):
    assert error.details == ErrorDetails(in_settings=True)


PASSING: list[Callable[[], ChatError]] = [
    ACME.timed_out,
    ACME.unreachable,
    OWN.unreachable,
    lambda: ACME.of_report(Report(429)),
    lambda: ACME.of_report(Report(429, retry_after=8.0)),
    lambda: ACME.of_report(Report(503)),
    lambda: ACME.of_report(Report(503, retry_after=8.0)),
    lambda: ACME.of_report(Report(message="error: try again later: now"), in_stream=True),
]


@pytest.mark.parametrize("made", PASSING)
def test_what_happened_is_said_without_what_to_do_next(made: Callable[[], ChatError]):
    error = made()
    assert error.transient
    assert str(error).startswith(f"{error.happened}")
    assert str(error) != error.happened
    advice = str(error).removeprefix(error.happened)
    assert "try again" in advice or "check" in advice
