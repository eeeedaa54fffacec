"""The parts that both providers are made of, on their own: frames, and what is told of a failure."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.errors import (
    BadAnswer,
    ChatError,
    ContextTooLong,
    NotFound,
    OutOfQuota,
    RateLimited,
    Refused,
    ServerError,
    TimedOut,
    Unreachable,
    WrongKey,
)
from chat.providers.failures import EXCERPT_LENGTH, Failures, spoken
from chat.providers.frames import Frame, FrameReader
from chat.providers.report import Report, wait_of

# Frames


def frames_of(pieces: Iterable[bytes]) -> list[Frame]:
    reader = FrameReader()
    return [frame for piece in pieces for frame in reader.feed(piece)] + list(reader.finish())


@pytest.mark.parametrize(
    ("data", "frames"),
    [
        (b'data: {"a": 1}\n\ndata: [DONE]\n\n', [Frame("", '{"a": 1}'), Frame("", "[DONE]")]),
        (
            b"\xef\xbb\xbfdata: 1\r\n\r\n: comment\r\n\r\nretry: 3\r\n\r\ndata:2\r\n\r\n",
            [Frame("", "1"), Frame("", "2")],
        ),
        (b"event: ping\rdata: 1\r\rdata: 2\r\r", [Frame("ping", "1"), Frame("", "2")]),
        (b"event: ping\n\ndata: 1\ndata: 2\nid: 7\n\n", [Frame("", "1\n2")]),
        ("data: Grüße 🎉\u2028\x85\n\n".encode(), [Frame("", "Grüße 🎉\u2028\x85")]),
        (b"data: caf\xe9\n\n", [Frame("", "caf\ufffd")]),
        (b'data: 1\n\ndata: {"whole": 1}', [Frame("", "1"), Frame("", '{"whole": 1}')]),
        (b'data: 1\n\ndata: {"half": ', [Frame("", "1")]),
        (b"", []),
    ],
)
def test_frames_wherever_the_bytes_are_cut(data: bytes, frames: list[Frame]) -> None:
    for cut, second in itertools.combinations_with_replacement(range(len(data) + 1), 2):
        assert frames_of([data[:cut], data[cut:second], data[second:]]) == frames
    assert frames_of(bytes([byte]) for byte in data) == frames


# What a failure is, and what is told of it

IT = Failures("Acme", "sk-key")
CHANGE = "change the message or the model's settings, then try again."
TOO_LONG = (
    "The conversation is too long for m: leave out some messages, or choose a model with a larger context window."
)
NO_CREDIT = "The Acme account has no credit left: add credit there, or choose another model."


@pytest.mark.parametrize(
    ("status", "body", "error", "says"),
    [
        # The shapes in which providers report
        (400, '{"error": {"message": "No."}}', Refused, f"Acme does not accept this request (“No”): {CHANGE}"),
        (400, '{"error": "No."}', Refused, f"Acme does not accept this request (“No”): {CHANGE}"),
        (400, '{"error": true, "message": "No."}', Refused, f"Acme does not accept this request (“No”): {CHANGE}"),
        (400, '{"detail": "No."}', Refused, f"Acme does not accept this request (“No”): {CHANGE}"),
        (400, '{"object": "error", "message": "No."}', Refused, f"Acme does not accept this request (“No”): {CHANGE}"),
        (400, '[{"error": {"message": "No."}}]', Refused, f"Acme does not accept this request (“No”): {CHANGE}"),
        (400, "No.", Refused, f"Acme does not accept this request (“No”): {CHANGE}"),
        (400, "", Refused, f"Acme does not accept this request: {CHANGE}"),
        (400, "null", Refused, f"Acme does not accept this request: {CHANGE}"),
        (
            422,
            '{"object": "error", "message": {"detail": [{"loc": ["body", "temperature"], "msg": "too hot"}]}}',
            Refused,
            f"Acme does not accept this request (“temperature: too hot”): {CHANGE}",
        ),
        # Words that are not passed on
        (400, "the key is sk-key", Refused, f"Acme does not accept this request (“the key is …”): {CHANGE}"),
        (400, "<html>No</html>", Refused, f"Acme does not accept this request: {CHANGE}"),
        (400, "cannot open /srv/models/a.gguf", Refused, f"Acme does not accept this request: {CHANGE}"),
        (400, "cannot open C:\\\\models", Refused, f"Acme does not accept this request: {CHANGE}"),
        (400, "Traceback (most recent call last)", Refused, f"Acme does not accept this request: {CHANGE}"),
        (400, '{"error": "half \\ud83c"}', Refused, f"Acme does not accept this request (“half \ufffd”): {CHANGE}"),
        # Meanings that the status does not tell
        (413, "", ContextTooLong, TOO_LONG),
        (400, '{"error": {"code": "context_length_exceeded"}}', ContextTooLong, TOO_LONG),
        (400, "the request exceeds the available context size", ContextTooLong, TOO_LONG),
        (429, "tokens per minute: too many tokens", RateLimited, "Acme is busy: try again in a little while."),
        (402, "", OutOfQuota, NO_CREDIT),
        (400, "Your credit balance is too low", OutOfQuota, NO_CREDIT),
        (
            404,
            'model "m" not found, try pulling it first',
            NotFound,
            "Acme does not know the model m: choose another one.",
        ),
        (408, "", TimedOut, "Acme was silent for too long: try again, or choose another model."),
        (504, "", TimedOut, "Acme was silent for too long: try again, or choose another model."),
        (529, "", ServerError, "Acme has trouble of its own (529): try again in a little while."),
        (403, "", WrongKey, "Acme refuses this: choose another model, or check the key."),
    ],
)
def test_reports(status: int, body: str, error: type[ChatError], says: str) -> None:
    told = IT.of_report(Report.of_response(status, {}, body), "m")
    assert (type(told), str(told)) == (error, says)


@pytest.mark.parametrize(
    ("frame", "error", "says"),
    [
        ({"error": {"message": "Bad", "code": 400}}, Refused, f"Acme does not accept this request (“Bad”): {CHANGE}"),
        ({"error": {"message": "Bad", "code": "503"}}, ServerError, "Acme stopped with an error (“Bad”): try again."),
        ({"error": {"code": "rate_limit_exceeded"}}, RateLimited, "Acme is busy: try again in a little while."),
        ({"error": {"code": "insufficient_quota"}}, OutOfQuota, NO_CREDIT),
        ({"error": True}, ServerError, "Acme stopped with an error: try again."),
    ],
)
def test_reports_in_mid_stream(frame: object, error: type[ChatError], says: str) -> None:
    told = IT.of_report(Report.of_json(frame), "m", in_stream=True)
    assert (type(told), str(told)) == (error, says)


WORDS = st.sampled_from(
    [
        *("choices", "delta", "message", "content", "reasoning_content", "reasoning_details", "finish_reason"),
        *("usage", "prompt_tokens", "total_tokens", "x_groq", "error", "code", "status", "detail", "details"),
        *("retryDelay", "loc", "msg", "type", "param", "text", "summary"),
    ]
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["error", "20s"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=8,
)


@given(ANYTHING, st.sampled_from([200, 400, 401, 403, 404, 413, 429, 500]), st.booleans())
def test_whatever_a_provider_says_becomes_a_sentence(said: object, status: int, in_stream: bool) -> None:
    report = Report.of_response(status, {}, json.dumps(said))
    assert str(IT.of_report(report, "m", in_stream=in_stream))


def test_a_long_report_is_cut_at_a_word() -> None:
    told = str(IT.of_report(Report(400, message="word " * 100)))
    excerpt = told.partition("“")[2].partition("”")[0]
    assert len(excerpt) <= EXCERPT_LENGTH
    assert excerpt.endswith("word…")


def test_the_sentences_of_an_address_that_nobody_typed() -> None:
    web_page = IT.bad_answer(web_page=True)
    assert (type(web_page), type(IT.unreachable())) == (BadAnswer, Unreachable)
    assert str(web_page) == "Acme sent a web page instead of an answer: check the network, then try again."
    assert str(IT.unreachable()) == "No connection to Acme: check the network, then try again."


def test_the_key_is_in_no_repr() -> None:
    assert "sk-key" not in repr(IT)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("Please retry in 20.04s.", 20.04),
        ("please try again in 6m0s", 360.0),
        ("Try again in 1h2m3.5s.", 3723.5),
        ("try again in 137ms", 0.137),
        ("Retry after 2 minutes", 120.0),
        ("try again in 1 hour 30 min.", 5400.0),
        ("Please try again in 5 secs", 5.0),
        ("Please try again in a while", None),
        ("Please try again in 5 models", None),
        ("The trial ended 20s ago", None),
        ("retry in " + "9" * 400 + "s", None),
        ({"message": "No", "details": [{"retryDelay": "39s"}]}, 39.0),
        ({"message": "retry in 5s", "details": [7, {"retryDelay": 7}, {"retryDelay": "0.5s"}]}, 0.5),
        ({"message": "retry in 5s", "details": {"retryDelay": "1s"}}, 5.0),
        ([{"error": {"message": "retry in 5s"}}], 5.0),
    ],
)
def test_waits_in_words_and_details(said: object, seconds: float | None) -> None:
    assert Report.of_json(said).wait == (None if seconds is None else pytest.approx(seconds))
    body = json.dumps(said)
    assert Report.of_response(429, {"retry-after": "7"}, body).wait == 7.0


@pytest.mark.parametrize("body", ["[" * 100_000, '{"error":' * 900 + "1" + "}" * 900, "[" * 900 + '"No"' + "]" * 900])
def test_a_report_without_a_bottom_is_still_a_refusal(body: str) -> None:
    assert type(IT.of_report(Report.of_response(400, {}, body))) is Refused


def test_a_code_may_be_any_number() -> None:
    assert Report.of_json({"error": {"code": 10**4000, "message": "No"}}).status is None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "20"}, 20.0),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"retry-after": "Tue, 01 Dec 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Tue, 01 Dec 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "1.2.3"}, None),
        ({"retry-after-ms": "250", "retry-after": "20"}, 0.25),
        ({"retry-after-ms": "nan"}, None),
    ],
)
def test_waits(headers: dict[str, str], seconds: float | None) -> None:
    assert wait_of(headers, datetime(2026, 12, 1, 12, tzinfo=UTC)) == seconds


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "1 second"),
        (0.2, "1 second"),
        (19.1, "20 seconds"),
        (90, "90 seconds"),
        (91, "2 minutes"),
        (300, "5 minutes"),
        (5400, "90 minutes"),
        (5401, "2 hours"),
        (10799, "3 hours"),
        (36 * 3600, "36 hours"),
        (36 * 3600 + 1, "2 days"),
        (31 * 86400, "31 days"),
        (31 * 86400 + 1, "more than a month"),
        (1e300, "more than a month"),
    ],
)
def test_waits_as_words(seconds: float, words: str) -> None:
    assert spoken(seconds) == words
