"""What stands on an answer of the demo model: that it is often wrong, and the ways to a better one.

Drawn by the chat page, so no export carries it.
"""

from __future__ import annotations

from collections.abc import Iterator

import streamlit as st

from chat.conversation import Conversation, Message
from chat.providers.base import Model, ProviderSpec
from chat.providers.registry import is_demo
from ui import actions, state
from ui.local_models.section import may_get_models
from ui.markdown.safe import as_label
from ui.visit import Visit

LABEL = "Demo model, often wrong"
CANNOT = "It knows English only, and makes up facts and sums."
LIMITS = f"This model is very small, and comes along to try Chatkeep out. {CANNOT} Use it for nothing that matters."
SETTINGS_PAGE = "pages/4_Settings.py"
MOST = 4
"""Models that are offered here; all are in the picker."""


def draw_demo_label(visit: Visit, conversation: Conversation, message: Message) -> None:
    """Say so on an answer of the demo model, and on the last one offer what is better until that is chosen."""
    if message.role != "assistant" or not is_demo(message.model):
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"demo-{message.id}"):
        st.badge(LABEL, color="orange")
        if message.id == conversation.head and is_demo(visit.model_of(conversation)):
            st.caption(CANNOT, width="content")
            _draw_ways(visit, conversation, message)


def sign_of_label(visit: Visit, conversation: Conversation, message: Message) -> object:
    """Return what changes with what stands on this answer, as long as that stays as it is."""
    has_ways = message.id == conversation.head and is_demo(message.model) and is_demo(visit.model_of(conversation))
    return has_ways, visit.offers() if has_ways and state.local_models.ways_are_open(message.id) else None


def _draw_ways(visit: Visit, conversation: Conversation, message: Message) -> None:
    popover = st.popover(
        "Get better answers",
        icon=":material/upgrade:",
        type="tertiary",
        key=state.local_models.ways_key(message.id),
        on_change="rerun",
    )
    if not popover.open:
        return
    visit = visit.look_for_servers()
    with popover:
        st.caption(LIMITS)
        for number, (spec, model) in enumerate(_better(visit)):
            st.button(
                as_label(f"Use {model.label} · {spec.info.label}"),
                key=f"use-{number}-{message.id}",
                icon=":material/swap_horiz:",
                type="tertiary",
                on_click=actions.change_settings,
                args=(visit, conversation),
                kwargs={"model": model.id},
            )
        if any(spec.lacks_key for spec in visit.specs):
            st.page_link(SETTINGS_PAGE, label="Add a key", icon=":material/key:")
        draw_better_model_link(visit)


def draw_better_model_link(visit: Visit) -> None:
    """Lead to the models that can be had for this machine, where this person may get them."""
    if may_get_models(visit):
        st.page_link(
            SETTINGS_PAGE,
            label="Get a better model for this machine",
            icon=":material/download:",
            query_params=state.local_models.ADDRESS,
        )


def _better(visit: Visit) -> Iterator[tuple[ProviderSpec, Model]]:
    """Yield models that can be used right away: of each provider in turn, its default first."""
    left = MOST
    for spec in visit.specs:
        if spec.lacks_key:
            continue
        models = [model for model in visit.models(spec).models if not is_demo(model.id)]
        models.sort(key=lambda model: model.id != spec.info.default_model)
        for model in models[: 1 if spec.info.needs_key else left]:
            if left:
                left -= 1
                yield spec, model
