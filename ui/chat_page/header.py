"""The top of the chat page: the title and what can be done with the conversation, the model and how it is asked."""

from __future__ import annotations

import html
from functools import partial
from typing import Any

import streamlit as st

from chat.conversation import Conversation, ConversationSettings
from chat.surrogates import printable
from ui import actions, state
from ui.browser.panel_focus import keep_focus
from ui.chat_page import turns
from ui.chat_page.model_picker import MODEL, OTHER, draw_asked, draw_servers, draw_troubles, pick_model
from ui.chat_page.open_conversation import Shown
from ui.conversation_dialog import conversation_dialog
from ui.markdown.safe import as_label
from ui.running.parts import part
from ui.visit import Visit

BEHIND = "This conversation went on in another tab, as a newer branch."
ASIDE = "You look at another branch than the last one. What you send goes on with this one."
MEMORY_HELP = (
    "On: the model gets the earlier turns of this conversation. Off: only your newest message. "
    "The system prompt goes along either way."
)


TITLE = (
    '<h1 dir="auto" title="{title}" style="margin: 0; padding: 0; font-size: 1.25rem; font-weight: 600; '
    'line-height: 1.4; white-space: nowrap; overflow: hidden; text-overflow: ellipsis">{title}</h1>'
)
"""In one line, whatever there is room for: Streamlit's own headings go on in the next one."""
PANEL_WIDTH = 320
"""Pixels. Fixed, so that nothing in the panel moves as something is said in it; a narrower screen makes it narrower."""
LONGEST_NAME = 24
"""Characters of a model's name that are shown, so that it shares a line with the title on a phone."""


def draw_part(shown: Shown) -> None:
    """Draw the title, the model and its settings, the conversation's menu, and that there is a newer branch."""
    part("header", partial(_sign, shown), lambda: _draw(shown.visit, shown.conversation))
    part("branch", lambda: (shown.now.is_behind, shown.now.is_aside), partial(_draw_other_branch, shown))


def _sign(shown: Shown) -> object:
    visit, conversation = shown.visit, shown.conversation
    model = visit.model_of(conversation)
    return (
        conversation.title,
        conversation.settings,
        (model, visit.model_label(model)),
        # These are in the window that opens here.
        (conversation.head, conversation.tags, conversation.pinned),
        visit.offers() if state.chat.model_panel_is_open() else None,
    )


def _draw(visit: Visit, conversation: Conversation) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall", key="chat_header"):
        with st.container(key="title"):  # it takes the room that the others leave
            st.html(TITLE.format(title=html.escape(printable(conversation.title))))
        _draw_settings(visit, conversation)
        for words in in_force(conversation.settings):
            st.badge(words, color="gray")
        if conversation.head is not None:
            _draw_menu(visit, conversation)


def in_force(settings: ConversationSettings) -> list[str]:
    """Return what is set otherwise than usual, each in a word or two."""
    said = []
    if settings.memory == "off":
        said.append("Memory off")
    if settings.system_prompt:
        said.append("System prompt")
    if settings.temperature is not None:
        said.append(f"Temperature {settings.temperature:g}")
    if settings.max_tokens is not None:
        said.append(f"≤ {settings.max_tokens:,} {'token' if settings.max_tokens == 1 else 'tokens'}")
    return said


def shortened(text: str, length: int) -> str:
    """Return the text in one line, cut after so many characters with an ellipsis."""
    words = " ".join(text.split())
    return words if len(words) <= length else f"{words[: length - 1].rstrip()}…"


def _draw_other_branch(shown: Shown) -> None:
    """Say that the branch which was last gone on with is another one, and offer to show that."""
    if not (shown.now.is_behind or shown.now.is_aside):
        return
    with st.container(horizontal=True, vertical_alignment="center", border=True):
        st.markdown(ASIDE if shown.now.is_aside else BEHIND, width="stretch")
        st.button(
            "Show it",
            key="show_newest",
            icon=":material/update:",
            on_click=turns.show_newest,
            args=(shown.visit, shown.conversation.id),
        )


def _draw_menu(visit: Visit, conversation: Conversation) -> None:
    st.button(
        "Conversation",
        key="conversation_menu",
        icon=":material/more_vert:",
        type="tertiary",
        on_click=conversation_dialog,
        args=(visit, conversation),
    )


def _draw_settings(visit: Visit, conversation: Conversation) -> None:
    settings, model = conversation.settings, visit.model_of(conversation)
    name = visit.model_label(model)
    state.chat.keep_model_panel()
    popover = st.popover(
        as_label(shortened(name, LONGEST_NAME)),
        help=f"{as_label(name)}: model, memory, system prompt",
        key=state.chat.MODEL_PANEL,
        on_change="rerun",
    )
    if not popover.open:
        return
    visit = visit.look_for_servers()
    with popover, st.container(width=PANEL_WIDTH, key="model_panel"):
        pick_model(
            visit,
            model,
            key=_key("model", conversation),
            on_change=_store_widget,
            args=(visit, conversation, "model"),
        )
        draw_servers(visit)
        draw_troubles(visit)
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
        draw_asked(visit)
        keep_focus((MODEL, OTHER))  # the two that give the panel another label


def _key(field: str, conversation: Conversation) -> str:
    return f"{field}:{conversation.id}"


def _store_widget(visit: Visit, conversation: Conversation, field: str) -> None:
    value: Any = st.session_state[_key(field, conversation)]
    if field == "memory":
        value = "all" if value else "off"
    elif field == "system_prompt":
        value = value or ""
    elif field == "model" and value is None:
        return
    actions.change_settings(visit, conversation, **{field: value})
