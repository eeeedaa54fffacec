"""Room for more: how many conversations and bytes somebody may keep here. Whatever adds some asks here first."""

from __future__ import annotations

import logging

from chat.allowances.limits import Allowances, refusal, upload_rates
from chat.allowances.sentences import room_refusal, spending_refusal, text_refusal
from chat.allowances.spent import Past, Spent
from chat.conversation import utc_now
from chat.errors import OverLimit
from chat.owner import Owner
from exchange.room import Full, Room
from store.conversations import ConversationStore, StoreError
from store.people import Person
from ui.phrases import soon
from ui.services import Services
from ui.visit import Visit

SHORT = 1_000
"""Characters of a text that is kept in a full place too: a title or tags of what is there can always be changed."""

_log = logging.getLogger(__name__)


def check_room(visit: Visit, *, new: int = 0, more: int = 0) -> None:
    """Raise `OverLimit` where this owner has no room for so many more conversations and bytes.

    Called before anything is kept, so that nothing is lost: what is there already stays, and can be read and taken
    away.
    """
    _check(visit.store, visit.owner.id, visit.allowances, new, more)


def check_gift(shared: Services, giver_id: str, taker: Owner) -> None:
    """Raise `OverLimit` where this owner has no room for all that another one keeps. For whatever gives it to them.

    Who keeps nothing fits in everywhere, also where there is more already than there may be.
    """
    allowances = shared.settings.allowances_of(taker)
    if _has_limits(allowances) and kept_by(given := shared.store.people.person(giver_id)):
        _check(shared.store, taker.id, allowances, kept_by(given), given.bytes)


def _check(store: ConversationStore, owner_id: str, allowances: Allowances, new: int, more: int) -> None:
    if not _has_limits(allowances):
        return
    try:
        person = store.people.person(owner_id)
    except StoreError as error:  # a list that cannot be read keeps nobody from going on
        _log.warning("what somebody keeps could not be counted (%s)", error)
        return
    words = room_refusal(kept_by(person), person.bytes, allowances, new=new, more=more)
    if words is not None:
        raise OverLimit(words)


def _has_limits(allowances: Allowances) -> bool:
    return allowances.conversations is not None or allowances.megabytes is not None


def check_text(visit: Visit, text: str) -> None:
    """Raise `OverLimit` where a text that is no message is too long to be kept, or a long one has no room."""
    if (words := text_refusal(text, visit.allowances)) is not None:
        raise OverLimit(words)
    if len(text) > SHORT:
        check_room(visit, more=len(text.encode("utf-8", "replace")))


def room_of(visit: Visit) -> Room | None:
    """Return how much an import of this owner's may add; None where there is no limit."""
    allowances = visit.allowances
    if not _has_limits(allowances):
        return None

    def look() -> Full:
        person = visit.store.people.person(visit.owner.id)

        def full(new: int, more: int) -> str | None:
            return room_refusal(kept_by(person), person.bytes, allowances, new=new, more=more)

        return full

    return look


def spend_upload(visit: Visit, size: int) -> None:
    """Count a file of so many bytes that was sent. Raises `OverLimit` where it is more than may be sent in a day."""
    limits = upload_rates(visit.allowances)
    if limits:
        now, wanted = utc_now(), Spent(uploaded=size)

        def may(own: Past, everybody: Past) -> None:
            found = refusal(limits, own, everybody, wanted, now)
            if found is not None:
                raise OverLimit(spending_refusal(found, soon))

        visit.store.spending.spend(visit.owner.id, wanted, now, may)


def kept_by(person: Person) -> int:
    """Return how many conversations count for the limit."""
    return person.conversations + person.in_trash
