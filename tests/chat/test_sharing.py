"""When a link shows nothing any more: to the moment, for its owner and for whoever opens it alike."""

from datetime import UTC, datetime, timedelta

import pytest

from chat.sharing import has_ended
from store.shares import Share

END = datetime(2026, 3, 4, 12, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("expires_at", "now", "ended"),
    [(END, END - MOMENT, False), (END, END, True), (END, END + MOMENT, True), (None, END, False)],
    ids=["before", "at", "after", "without an end"],
)
def test_link_ends_at_its_moment(expires_at, now, ended):
    share = Share("1", None, "c1", "Title", END, expires_at)
    assert (has_ended(expires_at, now), share.is_expired(now)) == (ended, ended)
