"""Signing in: its page, what somebody reads who may not come in, the buttons, and signing out."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import streamlit as st
from streamlit.errors import StreamlitAPIException

from chat.records import is_id
from chat.settings.app import AppSettings
from chat.sign_in import Account, IdentityProvider, SignIn
from ui import state
from ui.identity import bring_along, waiting
from ui.identity.account import sign_out, signed_in
from ui.identity.identify import Identity
from ui.markdown.safe import as_label
from ui.state.sign_in import Ending
from ui.visit import Visit

_log = logging.getLogger(__name__)

WHAT = "Chat with Mistral, OpenAI or local models. Every word is kept, found again, and yours to take away."
MEANS = (
    "Chatkeep then knows your name and e-mail address, and your conversations are there wherever you sign in. Nobody "
    "else who signs in sees them."
)
UNUSABLE = (
    "Signing in is not possible now, because it is not set up right. Whoever runs this Chatkeep finds what is wrong in "
    "its log."
)
ENDED = "You are not signed in any more. Your conversations are where they were: sign in again."
ENDINGS: Mapping[Ending, str] = {
    "declined": "Signing in was ended before you were signed in. Nothing has changed: sign in again when you like.",
    "failed": (
        "Signing in did not work: the service that you sign in with could not be reached, or its answer cannot be "
        "trusted. Your conversations are where they were: sign in again. If that does not help, tell whoever runs this "
        "Chatkeep."
    ),
    "late": "This signing in was begun too long ago, or in another browser. Sign in again.",
    "unreachable": (
        "Signing in could not begin: the service that you sign in with cannot be reached now. Your conversations are "
        "where they were: sign in again in a moment."
    ),
}
_COOKIE = "_streamlit_user"
"""In which Streamlit keeps who signed in."""


def draw_where_needed(settings: AppSettings, identity: Identity) -> None:
    """Draw the page of somebody who may not go on, and end the run there: not signed in, or not to come in.

    A visitor who goes on reads above their page how signing in ended, where it ended badly.
    """
    if identity.kept_by in ("machine", "account"):
        state.sign_in.take_ending()
        return
    account = signed_in(settings.sign_in)
    if account is not None:
        _draw_refused(account, settings)
        st.stop()
    if settings.must_sign_in:
        _draw_sign_in(settings.sign_in, identity)
        st.stop()
    if (ending := state.sign_in.take_ending()) is not None:
        state.page.notify(ENDINGS[ending], is_error=True)


def is_needed(settings: AppSettings, identity: Identity) -> bool:
    """Whether this is somebody whom `draw_where_needed` lets not go on."""
    if identity.kept_by in ("machine", "account"):
        return False
    return settings.must_sign_in or signed_in(settings.sign_in) is not None


def draw_on_settings(visit: Visit) -> None:
    """Draw how being signed in ends, or the offer to sign in where nobody has to and somebody can."""
    sign_in = visit.services.settings.sign_in
    if visit.identity.kept_by == "account":
        if visit.is_admin:
            st.caption("You look after this installation.")
        draw_sign_out()
        bring_along.draw_on_settings(visit)
    elif visit.identity.kept_by != "machine" and sign_in.providers:
        st.markdown(f"You can also sign in. {MEANS}")
        _draw_buttons(sign_in, visit.identity)


def draw_sign_out(label: str = "Sign out", *, key: str = "sign_out") -> None:
    """Draw the button that signs out."""
    st.button(label, key=key, on_click=sign_out, icon=":material/logout:")


def _draw_sign_in(sign_in: SignIn, identity: Identity) -> None:
    st.title("Chatkeep", anchor=False)
    st.markdown(WHAT)
    if not sign_in.providers:
        st.warning(UNUSABLE, icon=":material/warning:")
        return
    ending = state.sign_in.ending()
    if ending is not None:
        st.warning(ENDINGS[ending], icon=":material/warning:")
    elif _COOKIE in st.context.cookies:
        st.info(ENDED, icon=":material/info:")
    _draw_buttons(sign_in, identity)
    st.caption(MEANS)


def _draw_buttons(sign_in: SignIn, identity: Identity) -> None:
    if sign_in.address is not None and not sign_in.works_at(st.context.headers.get("Origin")):
        st.markdown("Signing in works at this app's own address only.")
        st.link_button("Open it there", sign_in.address, icon=":material/open_in_new:")
        return
    with st.container(horizontal=True):
        for provider in sign_in.providers:
            st.button(
                f"Sign in with {as_label(provider.label)}" if provider.label else "Sign in",
                key=f"sign-in-{provider.name}",
                on_click=_begin,
                args=(provider, identity),
                icon=":material/login:",
                type="primary",
            )


def _begin(provider: IdentityProvider, identity: Identity) -> None:
    state.sign_in.set_ending(None)
    wanted = state.chat.url_id()
    if wanted is not None and is_id(wanted) and state.share.token_in_url() is None:
        waiting.put(identity.owner.id, waiting.Wish(conversation=wanted))
    try:
        st.login(provider.name)
    except StreamlitAPIException as error:  # the secrets were changed since they were read
        _log.warning("nobody can sign in: %s", type(error).__name__)
        state.sign_in.set_ending("unreachable")


def _draw_refused(account: Account, settings: AppSettings) -> None:
    st.title("You may not come in", anchor=False)
    if account.address is None:
        st.markdown(
            f"You are signed in{_as(account.name)}, and the service that you signed in with does not say that an "
            "e-mail address is yours. People come in by their address here."
        )
    else:
        name = "" if account.name == account.address else f" ({as_label(account.name)})"
        st.markdown(f"You are signed in as **{as_label(account.address)}**{name}. This address may not come in here.")
    st.markdown("Ask the person who gave you this link to let you in, or sign out and try another address.")
    if not settings.must_sign_in:
        st.markdown("Once you are signed out you can go on as a visitor.")
    draw_sign_out("Sign out and try another", key="sign_out_refused")


def _as(name: str) -> str:
    return f" as **{as_label(name)}**" if name else ""
