"""How much of the keys configured here is spent, beside the limits that there are for visitors."""

from __future__ import annotations

import streamlit as st

from chat.allowances.limits import MEGABYTE, Rate, rates, upload_rates
from chat.allowances.spent import HOUR, Past, spent_within
from chat.conversation import utc_now
from ui.admin_page.table import table
from ui.visit import Visit

HEAD = ("What", "Whose", "Spent", "Most")


def draw(visit: Visit) -> None:
    """Draw each limit on what may be spent, with what everybody, or who spent most, has spent of it."""
    st.header("Limits", anchor=False)
    allowances = visit.services.settings.allowances
    limits = (*rates(allowances), *upload_rates(allowances))
    now, spending = utc_now(), visit.store.spending
    owners = spending.all_past(now)
    everybody = spending.past(None, now)

    def spent(rate: Rate) -> int:
        pasts: list[Past] = [everybody] if rate.whose == "everybody's" else list(owners.values())
        return max((rate.measure(spent_within(past, rate.window, now)) for past in pasts), default=0)

    if limits:
        st.markdown(
            table(
                HEAD,
                ((_what(each), _whose(each), _amount(each, spent(each)), _amount(each, each.most)) for each in limits),
                numbers=(2, 3),
            )
        )
    else:
        st.markdown("There is no limit on what may be asked of the keys configured here.")
    room = [
        f"{most:,} {what}"
        for most, what in (
            (allowances.conversations, "conversations"),
            (allowances.megabytes, "MB"),
            (allowances.answers_at_once, "answers at once"),
            (allowances.message_characters, "characters in a message"),
            (allowances.upload_megabytes, "MB in an upload"),
        )
        if most is not None
    ]
    st.caption(
        f"For each visitor at most: {', '.join(room) or 'as much as they like'}. `[limits]` in the secrets sets all of "
        "these. There are none for the person of this machine."
    )


def _what(rate: Rate) -> str:
    what = "Megabytes sent" if rate.what == "uploaded" else rate.what.capitalize()
    return f"{what} in {'an hour' if rate.window == HOUR else '24 hours'}"


def _whose(rate: Rate) -> str:
    return "everybody together" if rate.whose == "everybody's" else "who spent most"


def _amount(rate: Rate, number: int) -> str:
    return f"{-(-number // MEGABYTE) if rate.what == 'uploaded' else number:,}"
