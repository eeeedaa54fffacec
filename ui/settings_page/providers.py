"""The parts of the Settings page: each provider with its key and what it offers, endpoints, and the storage."""

from __future__ import annotations

import streamlit as st

from chat.providers.base import ProviderSpec
from chat.settings.values import BadSetting, clean_endpoint, clean_key
from ui import state
from ui.guard import draw_notices
from ui.markdown.safe import as_label
from ui.visit import PICKER_WAIT, Visit

NAME, ADDRESS, KEY = "endpoint_name", "endpoint_url", "endpoint_key"
"""Widget keys of what is typed of a new endpoint."""


def draw(visit: Visit, spec: ProviderSpec) -> None:
    """Draw one provider: whether it works, and where its key comes from."""
    with st.container(border=True, key=f"provider-{spec.info.name}", gap="xsmall"):
        st.markdown(f"**{as_label(spec.info.label)}**")
        st.caption(_condition(visit, spec))
        if spec.info.key_name is not None:
            _draw_key(visit, spec, spec.info.key_name)
        elif any(each.name == spec.info.name for each in state.visitor.typed_endpoints()):
            st.button(
                "Remove",
                key=f"remove-{spec.info.name}",
                icon=":material/delete:",
                type="tertiary",
                on_click=_remove_endpoint,
                args=(visit, spec),
            )


def _condition(visit: Visit, spec: ProviderSpec) -> str:
    if spec.lacks_key:
        return "Needs an API key."
    known = visit.models(spec, PICKER_WAIT)
    if known.error is not None:
        return f":material/warning: {as_label(known.error)}"
    if known.pending:
        return "Asking for its models …"
    count = len(known.models)
    models = f"{count} {'model' if count == 1 else 'models'}"
    is_found = spec in visit.servers
    return f":material/check: {'Found on this machine' if is_found else 'Ready'} with {models}."


def _draw_key(visit: Visit, spec: ProviderSpec, key_name: str) -> None:
    if key_name in state.visitor.typed_keys():
        st.button(
            "Forget this key",
            key=f"forget-{key_name}",
            icon=":material/key_off:",
            type="tertiary",
            on_click=_forget_key,
            args=(visit, spec, key_name),
        )
        return
    if not spec.lacks_key:
        st.caption(f"Its key is configured ({key_name}).")
    with st.form(f"key-form-{key_name}", clear_on_submit=True, border=False):
        st.text_input(
            f"{spec.info.label} API key",
            type="password",
            key=f"key-{key_name}",
            autocomplete="off",
            placeholder="Paste the key",
        )
        st.form_submit_button("Use this key", key=f"use-{key_name}", on_click=_use_key, args=(key_name,))
        draw_notices(key_name)
    if spec.info.key_page is not None:
        configured = f", or set {key_name} in the environment or in the app's secrets" if visit.is_admin else ""
        # No caption: a link in one is paler than can be read.
        st.markdown(f":small[Get a key at {spec.info.key_page}{configured}.]")


def _use_key(key_name: str) -> None:
    try:
        state.visitor.typed_keys()[key_name] = clean_key(st.session_state[f"key-{key_name}"] or "")
    except BadSetting as error:
        state.page.notify(str(error), is_error=True, place=key_name)


def _forget_key(visit: Visit, spec: ProviderSpec, key_name: str) -> None:
    state.visitor.typed_keys().pop(key_name, None)
    visit.services.providers.forget(spec)


def draw_new_endpoint() -> None:
    """Draw the form for an endpoint of one's own. For the personal owner only: the server opens its address."""
    with (
        st.expander("Add an OpenAI-compatible endpoint", icon=":material/add_link:", key="new_endpoint"),
        st.form("endpoint_form", clear_on_submit=False, border=False),
    ):
        st.text_input("Name", placeholder="ollama", key=NAME, max_chars=40)
        st.text_input("Address", placeholder="http://localhost:11434/v1", key=ADDRESS)
        st.text_input("API key, if it needs one", type="password", key=KEY, autocomplete="off")
        st.caption(
            "For this browser session. To keep it, write it into .streamlit/secrets.toml: docs/providers.md shows how."
        )
        st.form_submit_button("Add endpoint", key="add_endpoint", on_click=_add_endpoint)
        draw_notices(ADDRESS)


def _add_endpoint() -> None:
    try:
        name, address, key = (st.session_state[each] or "" for each in (NAME, ADDRESS, KEY))
        endpoint = clean_endpoint(name, address, key)
    except BadSetting as error:
        state.page.notify(str(error), is_error=True, place=ADDRESS)
        return
    others = tuple(each for each in state.visitor.typed_endpoints() if each.name != endpoint.name)
    state.visitor.set_typed_endpoints((*others, endpoint))


def _remove_endpoint(visit: Visit, spec: ProviderSpec) -> None:
    others = tuple(each for each in state.visitor.typed_endpoints() if each.name != spec.info.name)
    state.visitor.set_typed_endpoints(others)
    visit.services.providers.forget(spec)
