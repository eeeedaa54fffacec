"""What can go wrong between a question and its answer. Every error's text is one sentence or two for the user.

Each says what happened and what to do next. Providers translate what their SDK raises into one of these at the door;
nothing else in the app sees an SDK's exception. `can_retry` says whether sending the very same request again can help;
`transient` whether it is worth doing so unasked, before the first word has arrived.
"""

from __future__ import annotations

from dataclasses import replace

from chat.conversation import ErrorDetails


class ChatError(Exception):
    """An answer could not be made or finished. `str(error)` is for the user: no keys, no paths, no traceback."""

    can_retry = True
    transient = False
    in_settings = False
    """Whether it is mended under Settings."""

    def __init__(self, text: str, *, retry_after: float | None = None, happened: str | None = None) -> None:
        super().__init__(text)
        self.retry_after = retry_after
        """Seconds the provider asked to wait before the next try, where it said so."""
        self.happened = happened or text
        """What happened, without what to do next: for while the app does it by itself."""
        self.report: ErrorDetails | None = None
        """What the provider said."""

    @property
    def details(self) -> ErrorDetails | None:
        """What is kept beside the sentence; None where there is nothing to keep."""
        details = replace(self.report or ErrorDetails(), in_settings=self.in_settings)
        return None if details == ErrorDetails() else details


class MissingKey(ChatError):
    """No key is configured for this provider."""

    can_retry = False
    in_settings = True

    def __init__(self, provider: str) -> None:
        super().__init__(f"{provider} needs an API key: add one under Settings, or choose another model.")


class WrongKey(ChatError):
    """The provider does not accept the key, or the key has no right to this (401, 403)."""

    can_retry = False
    in_settings = True


class NotFound(ChatError):
    """The provider does not know this model or address (404)."""

    can_retry = False


class NoQuestion(ChatError):
    """There is no question to answer: it was deleted, or there never was one."""

    can_retry = False


class NotNow(ChatError):
    """This answer cannot be begun at this moment: it is being written already, or the app is being closed."""


class TooManyAtOnce(NotNow):
    """As many answers of this owner are on their way as may be; each is in one of `conversation_ids`."""

    def __init__(self, conversation_ids: tuple[str, ...]) -> None:
        super().__init__("No more answers at once: wait for the end of one, or stop it, then try again.")
        self.conversation_ids = conversation_ids


class OverLimit(NotNow):
    """A limit of this app is in the way; the text says until when, and what can be done instead."""


class RateLimited(ChatError):
    """Too many requests (429); `retry_after` where the provider said how long to wait."""

    transient = True


class OutOfQuota(ChatError):
    """The account has no credit left."""

    can_retry = False


class ContextTooLong(ChatError):
    """The conversation does not fit into the model's context window."""

    can_retry = False


class Refused(ChatError):
    """The provider did not accept the request as it is (400, 422), or its content filter ended the answer."""

    can_retry = False


class CutOff(ChatError):
    """The stream ended, or its connection broke, before the model had finished."""


class TimedOut(ChatError):
    """Nothing came for too long, or the whole answer took too long."""

    transient = True


class Stalled(TimedOut):
    """Silence beyond the app's own limit. It has cost minutes already, so it is not tried again unasked."""

    transient = False


class Unreachable(ChatError):
    """No connection to the provider."""

    transient = True


class BadAnswer(ChatError):
    """What came back is not what the protocol says."""


class ServerError(ChatError):
    """The provider failed (5xx), or reported an error in mid-stream."""

    transient = True


class ModelUnavailable(ChatError):
    """The model on this machine could not be fetched or started."""
