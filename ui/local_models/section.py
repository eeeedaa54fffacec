"""The section of Settings about models on this machine: those that are here, those on their way, and how to get one.

For the personal owner and for admins: what is fetched fills the disk of everybody's machine.
"""

from __future__ import annotations

import streamlit as st

from chat.providers.local import machine
from chat.providers.local.hub.downloads import Progress
from chat.providers.local.hub.kept import KeptModel
from chat.providers.local.model import NAME
from chat.providers.offers import spec_of
from chat.providers.registry import is_demo
from ui import actions, state
from ui.browser.scroll import scroll_here
from ui.dialogs import closing_button, dialog
from ui.guard import draw_notices, guarded, said_on_the_page
from ui.local_models.get import PLACE, draw_get
from ui.local_models.words import memory_in_words, model_in_words, size_in_words
from ui.markdown.safe import as_label
from ui.visit import Visit

LOOK_SECONDS = 0.5
"""Between two looks at what is on its way."""
DEMO = "Demo model, often wrong · English only · comes with Chatkeep"


def may_get_models(visit: Visit) -> bool:
    """Return whether they may fetch models to this machine and remove them."""
    return (visit.owner.is_personal or visit.is_admin) and spec_of(f"{NAME}/", visit.specs) is not None


def draw_local_models(visit: Visit) -> None:
    """Draw the section, for those whom it is for."""
    if not may_get_models(visit):
        return
    if state.local_models.is_address():
        scroll_here("local-models")
        st.space("large")  # what lies over the top of a small screen is not to lie over the heading
    st.header("Models on this machine", anchor=False)
    said = memory_in_words(now := machine.memory())
    st.caption(f"They answer without a key, and no word leaves this machine. {said}")
    draw_notices(PLACE)
    with guarded():
        _draw_here(visit)
        _draw_on_the_way(visit)
    with guarded():
        draw_get(visit, now)


def _draw_here(visit: Visit) -> None:
    demo = next((spec.info.demo_model for spec in visit.specs if is_demo(spec.info.default_model)), None)
    if demo is not None:
        with st.container(border=True, key="local-demo", gap="xsmall"):
            st.markdown(f"**{as_label(visit.model_label(demo))}**")
            st.caption(DEMO)
    for model in visit.services.downloads.kept.models():
        with st.container(border=True, key=f"local-{model.name}", gap="xsmall"):
            st.markdown(f"**{as_label(model.label)}**")
            facts = model_in_words(model.size, model.licence, model.languages)
            st.caption(f"{as_label(facts)} · {as_label(model.repository)}")
            with st.container(horizontal=True, gap="small"):
                st.button(
                    "Chat with it",
                    key=f"chat-with-{model.name}",
                    icon=":material/chat:",
                    type="tertiary",
                    on_click=chat_with,
                    args=(visit, f"{NAME}/{model.name}"),
                )
                _remove_button(visit, model)


@said_on_the_page
def chat_with(visit: Visit, model_id: str) -> None:
    """Begin a chat with this model."""
    state.chat.open_new()
    draft = state.chat.draft(visit.owner.id, visit.new_settings())
    actions.change_settings(visit, draft, model=model_id)


def _draw_on_the_way(visit: Visit) -> None:
    downloads = visit.services.downloads
    begun = {each.model.name: each.model.label for each in downloads.progress() if each.is_running}

    @st.fragment(run_every=LOOK_SECONDS if begun else None)
    @guarded()
    def look() -> None:
        on_their_way = downloads.progress()
        for each in on_their_way:
            _draw_progress(visit, each)
        running = {each.model.name for each in on_their_way if each.is_running}
        if running != begun.keys() and not state.page.dialog_is_open():
            there = {model.name for model in downloads.kept.models()}
            for name in begun.keys() & there:
                state.page.notify(f"{begun[name]} is here: it is among the models of every chat now.", place=PLACE)
            st.rerun()

    look()


def _draw_progress(visit: Visit, progress: Progress) -> None:
    model, downloads = progress.model, visit.services.downloads
    how_far = f"{size_in_words(progress.done)} of {size_in_words(model.size)}" if model.size else ""
    with st.container(border=True, key=f"local-{model.name}", gap="xsmall"):
        if progress.is_running:
            doing = "Checking" if progress.is_being_checked else "Stopping" if progress.is_stopping else "Getting"
            st.progress(min(1.0, progress.done / max(1, model.size)), as_label(f"{doing} {model.label}: {how_far}"))
            with st.container(horizontal=True, horizontal_alignment="right"):
                st.button(
                    "Stop",
                    key=f"stop-{model.name}",
                    on_click=downloads.stop,
                    args=(model.name,),
                    disabled=progress.is_stopping,
                )
            return
        st.markdown(f"**{as_label(model.label)}**")
        if progress.error is not None:
            st.error(as_label(progress.error), icon=":material/error:")
        st.caption(f"{how_far} are here." if progress.done else "Nothing of it is here yet.")
        with st.container(horizontal=True, gap="small"):
            st.button(
                "Go on",
                key=f"go-on-{model.name}",
                icon=":material/download:",
                type="tertiary",
                on_click=_go_on,
                args=(visit, model),
            )
            _remove_button(visit, model)


@said_on_the_page
def _go_on(visit: Visit, model: KeptModel) -> None:
    visit.services.downloads.go_on(model)


def _remove_button(visit: Visit, model: KeptModel) -> None:
    st.button(
        "Remove",
        key=f"remove-{model.name}",
        icon=":material/delete:",
        type="tertiary",
        on_click=remove_model_dialog,
        args=(visit, model),
    )


@dialog("Remove model", icon=":material/delete:")
def remove_model_dialog(visit: Visit, model: KeptModel) -> None:
    """Ask before a model leaves the disk, and say what that frees."""
    freed = visit.services.downloads.freed_by(model)
    frees = (
        f"That frees {size_in_words(freed)}; it can be had again."
        if freed
        else "That frees nothing: the file stays for other programs that use it."
    )
    st.markdown(f"Remove {as_label(model.label)} from this machine? {frees}")
    closing_button("Remove model", None, _remove, visit, model, key="remove_model", type="primary")


@said_on_the_page
def _remove(visit: Visit, model: KeptModel) -> None:
    freed = visit.services.downloads.remove(model)
    state.page.notify(f"Removed {model.label}: {size_in_words(freed)} freed.", place=PLACE)
