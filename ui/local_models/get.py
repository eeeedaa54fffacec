"""How a better model comes to this machine: a short list with what the hub says of each, or any other by its name."""

from __future__ import annotations

import streamlit as st

from chat.errors import ModelUnavailable
from chat.providers.local.hub.catalog import File, Repository, look_up, look_up_all
from chat.providers.local.hub.kept import KeptModel
from chat.providers.local.hub.names import wanted
from chat.providers.local.machine import Memory
from ui import state
from ui.guard import said_on_the_page, say
from ui.local_models.words import model_in_words, need_in_words, size_in_words
from ui.markdown.safe import as_label
from ui.visit import Visit
from ui.work.work import begin, draw_work

PLACE = "local_models"
"""Where the page says what came of it."""
ASKING = "Asking Hugging Face"


def draw_get(visit: Visit, memory: Memory) -> None:
    """Draw the list, or how to have it, and the box for any other model."""
    offers = state.local_models.offers()
    if offers is None and state.local_models.is_address() and state.page.work() is None:
        _ask(visit)
        offers = state.local_models.offers()
    if offers is None:
        st.button(
            "Find a better model",
            key="find_models",
            icon=":material/search:",
            help="Asks Hugging Face which models there are for this machine",
            on_click=_ask,
            args=(visit,),
            disabled=state.page.work() is not None,
        )
    else:
        _draw_offers(visit, offers, memory)
    draw_work(PLACE)
    _draw_other(visit, memory)


def _ask(visit: Visit) -> None:
    hub = visit.services.downloads.hub
    begin(PLACE, ASKING, lambda step: look_up_all(hub), state.local_models.set_offers, reports_at=PLACE)


def _draw_offers(visit: Visit, offers: tuple[Repository | ModelUnavailable, ...], memory: Memory) -> None:
    for offer in offers:
        if isinstance(offer, Repository):
            _draw_offer(visit, offer, offer.best(), memory)
    failures = dict.fromkeys(str(offer) for offer in offers if isinstance(offer, ModelUnavailable))
    for failure in failures:
        st.caption(f":material/warning: {as_label(failure)}")
    if failures:
        st.button(
            "Ask again", key="find_models", icon=":material/refresh:", type="tertiary", on_click=_ask, args=(visit,)
        )


def _draw_offer(visit: Visit, repository: Repository, file: File, memory: Memory) -> None:
    """Draw one model with what it needs, and the button that gets it; nothing where it is here or on its way."""
    if visit.services.downloads.kept.get(KeptModel(repository.name, file.name).name) is not None:
        return
    with st.container(border=True, key=f"offer-{repository.name}", gap="xsmall"):
        st.markdown(f"**{as_label(file.label)}**")
        facts = model_in_words(file.size, repository.licence, repository.languages)
        st.caption(as_label(f"{facts} · {need_in_words(file.size, memory)}"))
        if repository.is_gated:
            st.caption("Only for people who accepted its terms at Hugging Face.")
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            _get_button(visit, repository, file, key=f"get-{repository.name}")
            st.link_button(
                "About it",
                f"{visit.services.downloads.hub.address}/{repository.name}",
                type="tertiary",
                width="content",
            )


def _get_button(visit: Visit, repository: Repository, file: File, *, key: str) -> None:
    st.button(
        f"Get it ({size_in_words(file.size)})",
        key=key,
        icon=":material/download:",
        on_click=_get,
        args=(visit, repository, file),
    )


@said_on_the_page
def _get(visit: Visit, repository: Repository, file: File) -> None:
    visit.services.downloads.begin(repository, file.name)
    if (found := state.local_models.looked_up()) is not None and found[0] == repository:
        state.local_models.set_looked_up(None)


def _draw_other(visit: Visit, memory: Memory) -> None:
    with (
        st.form("other_model", border=False, clear_on_submit=False),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        st.text_input(
            "Another model from Hugging Face",
            key=state.local_models.TYPED,
            placeholder="owner/repository or owner/repository/file.gguf",
            width="stretch",
        )
        st.form_submit_button("Look it up", key="look_up_model", on_click=_look_up, args=(visit,))
    found = state.local_models.looked_up()
    if found is None:
        return
    repository, meant = found
    with st.container(border=True, key="looked_up", gap="xsmall"):
        st.markdown(f"**{as_label(repository.name)}**")
        files = {file.name: file for file in repository.files}
        chosen = st.selectbox(
            "File",
            list(files),
            index=list(files).index(meant),
            format_func=lambda name: f"{name}, {size_in_words(files[name].size)}",
            key=state.local_models.FILE,
        )
        file = files[chosen or meant]
        facts = model_in_words(file.size, repository.licence, repository.languages)
        st.caption(as_label(f"{facts} · {need_in_words(file.size, memory)}"))
        _get_button(visit, repository, file, key="get_looked_up")


def _look_up(visit: Visit) -> None:
    state.local_models.set_looked_up(None)
    try:
        meant = wanted(st.session_state[state.local_models.TYPED] or "")
    except ModelUnavailable as error:
        say(error, PLACE)
        return
    hub = visit.services.downloads.hub

    def ask() -> tuple[Repository, str]:
        repository = look_up(hub, meant.repository)
        return repository, repository.named(meant.file, meant.kind).name

    begin(PLACE, ASKING, lambda step: ask(), state.local_models.set_looked_up, reports_at=PLACE)
