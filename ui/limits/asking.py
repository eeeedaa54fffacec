"""Asking for an answer within the limits: is one more allowed, and what it takes is counted."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial

from chat.allowances.limits import Left, least_left, rates, refusal
from chat.allowances.sentences import at_once_refusal, message_refusal, spending_refusal
from chat.allowances.spent import Past, Spent
from chat.allowances.tokens import reserved_tokens, taken_tokens
from chat.conversation import utc_now
from chat.errors import OverLimit
from chat.providers.base import ProviderSpec, Request
from chat.replies.replies import Settle
from chat.replies.reply import Reply
from store.conversations import StoreError
from ui.phrases import soon
from ui.visit import Visit

SOMEWHERE = "another conversation"
LATEST = 50
"""Conversations, the last changed first, among which those are that are being written to."""


def check_message(visit: Visit, text: str) -> None:
    """Raise `OverLimit` where this is more than may be sent at once."""
    if (words := message_refusal(text, visit.allowances)) is not None:
        raise OverLimit(words)


def check(visit: Visit, spec: ProviderSpec | None, request: Request) -> None:
    """Raise `OverLimit` where this cannot be asked now, before anything of it is kept.

    Asked again as the answer begins (`spend`, `Replies.start`): then others may have come first.
    """
    if visit.allowances.answers_at_once is not None:
        check_at_once(visit, _writing(visit))
    if spec is not None and spec.is_configured and (limits := rates(visit.allowances)):
        now, spending = utc_now(), visit.store.spending
        wanted = Spent(1, reserved_tokens(request))
        found = refusal(limits, spending.past(visit.owner.id, now), spending.past(None, now), wanted, now)
        if found is not None:
            raise OverLimit(spending_refusal(found, soon))


def check_at_once(visit: Visit, writing: tuple[str, ...]) -> None:
    """Raise `OverLimit` where one answer more than these, by their conversations, is one too many."""
    if visit.allowances.answers_at_once is not None and len(writing) >= visit.allowances.answers_at_once:
        words = at_once_refusal([_title(visit, each) for each in writing], visit.allowances)
        raise OverLimit(words or "")


def spend(visit: Visit, spec: ProviderSpec | None, request: Request) -> Callable[[], Settle] | None:
    """Return what counts an answer of this provider as it begins, for `Replies.start`.

    None where it costs whoever runs this app nothing, or is their own. What it raises is `OverLimit`.
    """
    if spec is None or not spec.is_configured or visit.owner.is_personal:
        return None
    return partial(_spend, visit, request)


def _spend(visit: Visit, request: Request) -> Settle:
    now, reserved, limits = utc_now(), reserved_tokens(request), rates(visit.allowances)
    wanted = Spent(1, reserved)

    def may(own: Past, everybody: Past) -> None:
        found = refusal(limits, own, everybody, wanted, now)
        if found is not None:
            raise OverLimit(spending_refusal(found, soon))

    owner, spending = visit.owner.id, visit.store.spending
    slot = spending.spend(owner, wanted, now, may)

    def settle(reply: Reply) -> None:
        taken = taken_tokens(reply, request)
        if taken != reserved:
            spending.correct(owner, slot, taken - reserved, utc_now())

    return settle


def left(visit: Visit) -> Left | None:
    """Return how much may still be asked of the keys configured here; None where there is no limit."""
    limits = rates(visit.allowances)
    if not limits:
        return None
    now, spending = utc_now(), visit.store.spending
    return least_left(limits, spending.past(visit.owner.id, now), spending.past(None, now), now)


def _writing(visit: Visit) -> tuple[str, ...]:
    """Return the conversations in which an answer of this owner's is on its way, here or in another process."""
    here = tuple(each.conversation_id for each in visit.services.replies.active() if each.owner == visit.owner.id)
    elsewhere: list[str] = []
    with suppress(StoreError):  # a list that cannot be read keeps nobody from asking
        for each in visit.store.list(visit.owner.id, limit=LATEST):
            if each.streaming and each.id not in here:
                elsewhere += [each.id] * _written_elsewhere(visit, each.id)
    return (*here, *elsewhere)


def _written_elsewhere(visit: Visit, conversation_id: str) -> int:
    processes = [
        each.process
        for each in visit.store.get(visit.owner.id, conversation_id).messages
        if each.status == "streaming" and each.process not in (None, visit.store.process)
    ]
    return sum(process is not None and visit.store.is_alive(process) for process in processes)


def _title(visit: Visit, conversation_id: str) -> str:
    try:
        return visit.store.get(visit.owner.id, conversation_id).title
    except StoreError:
        return SOMEWHERE
