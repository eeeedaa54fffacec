"""Where somebody's conversations are, and what keeps that place theirs: on Settings, and once as a note on any page."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from ui.guard import said_on_the_page
from ui.identity.identify import Keeper
from ui.markdown.safe import as_label
from ui.visit import Visit

WHO: Mapping[Keeper, str] = {
    "machine": "You are the one person of this installation.",
    "account": "You are signed in.",
    "cookie": "You are a visitor here: nobody else sees your conversations.",
    "script": "You are a visitor here: nobody else sees your conversations.",
    "session": "You are a visitor here: nobody else sees your conversations.",
}
MEANS: Mapping[Keeper, str] = {
    "machine": "Conversations are kept on this machine. Other people who open this address are visitors.",
    "account": "Your conversations are there wherever you sign in.",
    "cookie": (
        "This browser finds them again until its cookies are deleted; another browser does not. Download what you want "
        "to keep."
    ),
    "script": (
        "This browser finds them again until its cookies are deleted, and Safari deletes them after seven days without "
        "a visit; another browser does not find them. Download what you want to keep."
    ),
    "session": (
        "This browser keeps nothing for this address, so they are out of your reach once you close or reload this "
        "page. Download what you want to keep."
    ),
}
EVERYBODY = "Conversations are kept on the server, and everybody who opens this address sees them."
"""In the place of what `machine` means, where `CHATKEEP_MODE=personal` says so for every browser."""
OTHERS_SIGN_IN = "Conversations are kept on this machine. Other people who open this address have to sign in."
"""In that place where people sign in."""
HOW: Mapping[Keeper, str] = {
    "machine": "Set CHATKEEP_MODE to change who sees what.",
    "account": "Sign out to change that.",
    "cookie": "The cookie that it is known by says nothing about you, and no script can read it.",
    "script": "The cookie that it is known by says nothing about you; the server could not set it, so this page did.",
    "session": "To be found again, allow cookies for this address, then reload the page.",
}


def draw_place(visit: Visit) -> None:
    """Draw who the visitor of Settings is, what that means and how it can be changed."""
    st.header("Who you are here", anchor=False)
    identity = visit.identity
    who = f"You are signed in as {as_label(identity.name)}." if identity.name else WHO[identity.kept_by]
    st.markdown(f"**{who}** {_means(visit)} {HOW[identity.kept_by]}")
    if visit.owner.kind == "visitor":
        st.caption(how_long(visit.services.settings.visitor_days))


def _means(visit: Visit) -> str:
    settings = visit.services.settings
    if visit.identity.kept_by != "machine":
        return MEANS[visit.identity.kept_by]
    if settings.mode == "personal":
        return EVERYBODY
    return OTHERS_SIGN_IN if settings.must_sign_in else MEANS["machine"]


def how_long(days: int) -> str:
    """Return how long a visitor's conversations are kept; `days`: `AppSettings.visitor_days`."""
    if not days:
        return "Your conversations are kept until you erase them."
    return (
        f"Your conversations are erased once you have not been here for {'a day' if days == 1 else f'{days:,} days'}, "
        "but not while one that is pinned has changed since."
    )


def note(visit: Visit) -> str | None:
    """Return what a visitor is told once: whose place this is. That nothing keeps it is told as long as it is so."""
    keeper = visit.identity.kept_by
    if keeper == "session":
        return f"{WHO[keeper]} {MEANS[keeper]} {HOW[keeper]}"
    if visit.owner.kind != "visitor" or visit.store.preferences(visit.owner.id).knows_place:
        return None
    return f"{WHO[keeper]} {MEANS[keeper]}"


def draw_note(visit: Visit) -> None:
    """Tell it."""
    said = note(visit)
    if said is None:
        return
    if visit.identity.kept_by == "session":
        st.warning(said, icon=":material/visibility_off:")
    else:
        with st.container(horizontal=True, vertical_alignment="center"):
            with st.container(width="stretch"):
                st.caption(said)
            st.button(
                "Dismiss",
                key="dismiss_place",
                on_click=_dismiss,
                args=(visit,),
                icon=":material/close:",
                type="tertiary",
            )


@said_on_the_page
def _dismiss(visit: Visit) -> None:
    visit.store.set_preferences(visit.owner.id, knows_place=True)
