"""The top of the chat page: the title and what can be done with the conversation, the model and how it is asked."""

from __future__ import annotations

from typing import Any

import streamlit as st

from chat.conversation import Conversation
from chat.providers.registry import ProviderSpec, spec_of
from ui import actions
from ui.dialogs import rename_dialog
from ui.downloads import draw_downloads
from ui.markdown import as_label
from ui.visit import PICKER_WAIT, Visit

SETTINGS_PAGE = "pages/4_Settings.py"
MEMORY_HELP = (
    "On: the model gets the earlier turns of this conversation. Off: only your newest message. "
    "The system prompt goes along either way."
)
MODEL_HELP = "Type to search, or type any other model as provider/model."


def draw(visit: Visit, conversation: Conversation) -> None:
    """Draw the title, the model and its settings, and the conversation's menu."""
    if conversation.head is not None:
        st.markdown(f"#### {as_label(conversation.title)}", anchors=False)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        _draw_settings(visit, conversation)
        if conversation.head is not None:
            _draw_menu(visit, conversation)


def draw_greeting(visit: Visit, conversation: Conversation) -> None:
    """Draw the app's greeting. It is no message: it is never kept and never sent."""
    model = conversation.settings.model
    spec = None if model is None else spec_of(model, visit.specs)
    with st.chat_message("assistant", avatar=":material/forum:"):
        st.markdown(f"Send a message to get a reply from {as_label(visit.model_label(model))}!")
        if spec is not None and spec.info.note:
            st.caption(spec.info.note)


def _draw_menu(visit: Visit, conversation: Conversation) -> None:
    with st.popover("More", icon=":material/more_horiz:", type="tertiary"):
        if st.button("Rename", key="rename", icon=":material/edit:", type="tertiary", width="stretch"):
            rename_dialog(visit, conversation.id, conversation.title)
        draw_downloads(visit, conversation.id, conversation.title)
        st.button(
            "Delete",
            key="delete",
            icon=":material/delete:",
            type="tertiary",
            width="stretch",
            on_click=actions.delete,
            args=(visit, conversation.id, conversation.title),
        )


def _draw_settings(visit: Visit, conversation: Conversation) -> None:
    settings = conversation.settings
    popover = st.popover(
        as_label(visit.model_label(settings.model)),
        icon=":material/tune:",
        help="Model, memory, system prompt",
        key="model_and_memory",
        on_change="rerun",
    )
    if not popover.open:
        return
    with popover:
        _draw_model_picker(visit, conversation)
        st.toggle(
            "Memory",
            value=settings.memory == "all",
            key=_key("memory", conversation),
            help=MEMORY_HELP,
            on_change=_store_widget,
            args=(visit, conversation, "memory"),
        )
        st.text_area(
            "System prompt",
            value=settings.system_prompt,
            key=_key("system_prompt", conversation),
            placeholder="Not set",
            on_change=_store_widget,
            args=(visit, conversation, "system_prompt"),
        )
        st.number_input(
            "Temperature",
            min_value=0.0,
            max_value=2.0,
            step=0.1,
            value=settings.temperature,
            key=_key("temperature", conversation),
            placeholder="The model's own",
            help="Low: steady answers. High: varied ones. Sent only when set.",
            on_change=_store_widget,
            args=(visit, conversation, "temperature"),
        )
        st.number_input(
            "Maximum tokens",
            min_value=1,
            step=1,
            value=settings.max_tokens,
            key=_key("max_tokens", conversation),
            placeholder="The model's own",
            help="Where an answer is cut off. Sent only when set.",
            on_change=_store_widget,
            args=(visit, conversation, "max_tokens"),
        )


def _draw_model_picker(visit: Visit, conversation: Conversation) -> None:
    usable = [spec for spec in visit.specs if not spec.lacks_key]
    labels: dict[str, str] = {}
    for spec in usable:
        for model in visit.models(spec, PICKER_WAIT).models:
            labels[model.id] = f"{spec.info.label} · {model.label}"
    chosen = conversation.settings.model
    if chosen is not None and chosen not in labels:
        labels[chosen] = chosen
    options = list(labels)
    st.selectbox(
        "Model",
        options,
        index=options.index(chosen) if chosen is not None else None,
        format_func=lambda model_id: labels.get(model_id, model_id),
        key=_key("model", conversation),
        accept_new_options=True,
        placeholder="Choose a model",
        help=MODEL_HELP,
        on_change=_store_widget,
        args=(visit, conversation, "model"),
    )
    for spec in usable:
        error = visit.models(spec).error
        if error is not None:
            st.caption(f":material/warning: {as_label(error)}")
    _draw_missing_keys([spec for spec in visit.specs if spec.lacks_key])


def _draw_missing_keys(lacking: list[ProviderSpec]) -> None:
    if not lacking:
        return
    names = " and ".join(spec.info.label for spec in lacking)
    st.caption(f"{names}: add an API key to use {'its' if len(lacking) == 1 else 'their'} models.")
    st.page_link(SETTINGS_PAGE, label="Add a key in Settings", icon=":material/key:")


def _key(field: str, conversation: Conversation) -> str:
    return f"{field}:{conversation.id}"


def _store_widget(visit: Visit, conversation: Conversation, field: str) -> None:
    value: Any = st.session_state[_key(field, conversation)]
    if field == "memory":
        value = "all" if value else "off"
    elif field == "system_prompt":
        value = value or ""
    elif field == "model":
        value = actions.model_id(visit, value, conversation.settings.model)
    actions.change_settings(visit, conversation, **{field: value})
