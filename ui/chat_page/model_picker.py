"""Choosing a model: all that can be used now, by provider; and, apart from that, any other by its name.

A name that is typed into the list only ever finds what is there. A model that no list has is added in a box of its own,
which says so: so nobody makes up a model by pressing Enter. That Enter carries the name into the box, and the next one
adds it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from chat.providers.base import Model, ProviderSpec
from chat.providers.offers import UnclearModel, chosen_model, spec_of
from ui import state
from ui.browser.unlisted import carry_unlisted
from ui.guard import draw_notices
from ui.markdown.safe import as_label
from ui.visit import PICKER_WAIT, Visit

SETTINGS_PAGE = "pages/4_Settings.py"
MODEL = "Model"
OTHER = "A model that is not listed"
LOOK_SECONDS = 0.5
"""Between two looks whether a provider has said which models it has."""


def pick_model(
    visit: Visit,
    chosen: str | None,
    *,
    key: str,
    label: str = MODEL,
    on_change: Callable[..., None] | None = None,
    args: tuple[Any, ...] = (),
) -> str | None:
    """Draw the picker and return the id of the model that is picked; `chosen` is picked at first."""
    picked: str | None = st.session_state.get(key, chosen)
    labels = _labels(visit, picked, chosen)
    options = list(labels)
    picked = st.selectbox(
        label,
        options,
        index=options.index(chosen) if chosen is not None else None,
        format_func=lambda model_id: labels.get(model_id, model_id),
        key=key,
        filter_mode="contains",
        placeholder="Choose a model",
        help="Type to search. One that is not in this list goes into the box below, by Enter too.",
        on_change=on_change or "rerun",
        args=args or None,
    )
    other = _other(key)
    st.text_input(
        OTHER,
        key=other,
        placeholder="provider/model",
        help="For a model that its provider has and does not list. Press Enter to add it.",
        on_change=_add,
        args=(visit, key, on_change, args),
    )
    draw_notices(other)
    carry_unlisted(label, OTHER, key)
    return picked


def _labels(visit: Visit, *first: str | None) -> dict[str, str]:
    """Return what a person reads for each model that can be picked, by its id, these before all others.

    The browser closes the list, with what is typed into it, where the picked model gets another place or another name
    in it: and more models may come while somebody types.
    """
    labels = {each: _unlisted(visit, each) for each in first if each is not None}
    return labels | {model.id: f"{spec.info.label}/{model.label}" for model, spec in _listed(visit).items()}


def _unlisted(visit: Visit, model_id: str) -> str:
    spec, name = spec_of(model_id, visit.specs), model_id.partition("/")[2]
    return f"{spec.info.label}/{name}" if spec is not None and name else model_id


def _listed(visit: Visit) -> Mapping[Model, ProviderSpec]:
    return {model: spec for spec in visit.specs for model in visit.models(spec, PICKER_WAIT).models}


def _other(key: str) -> str:
    return f"other-{key}"


def _add(visit: Visit, key: str, on_change: Callable[..., None] | None, args: tuple[Any, ...]) -> None:
    """Pick the model whose name was typed, and say so where no list has it; else say why it is not picked."""
    other = _other(key)
    typed = st.session_state[other] or ""
    if not typed.strip():
        return
    listed = _listed(visit)
    try:
        model = chosen_model(typed, listed, visit.specs, st.session_state.get(key))
    except UnclearModel as error:
        state.page.notify(str(error), is_error=True, place=other)
        return
    if all(model != each.id for each in listed):
        state.page.notify(
            f"Added {model}, which is in no list: if there is no such model, its answer says so.", place=other
        )
    st.session_state[key], st.session_state[other] = model, ""
    if on_change is not None:
        on_change(*args)


def draw_servers(visit: Visit) -> None:
    """Say which servers were found on this machine."""
    for spec, models in visit.servers.items():
        st.caption(f":material/dns: {as_label(found_sentence(spec, len(models)))}")


def found_sentence(spec: ProviderSpec, count: int) -> str:
    """Return what a person reads of a server that was found: `Found Ollama: 3 models`."""
    how_many = {0: "no model yet", 1: "1 model"}.get(count, f"{count} models")
    return f"Found {spec.info.label}: {how_many}"


def draw_asked(visit: Visit) -> None:
    """Say which providers are still being asked for their models, and have the panel drawn anew once they answer.

    To be drawn last in the panel: nothing moves as it goes.
    """
    asked = [spec.info.label for spec in visit.specs if (known := visit.models(spec)).pending and not known.models]
    if not asked:
        return
    names = as_label(", ".join(asked))

    @st.fragment(run_every=LOOK_SECONDS)
    def look() -> None:  # whatever has changed by then is drawn along
        st.caption(f":material/hourglass: {names}: being asked for models.")

    look()


def draw_troubles(visit: Visit) -> None:
    """Say which providers could not be asked, and which lack a key and how to add one."""
    for spec in visit.specs:
        error = None if spec.lacks_key else visit.models(spec).error
        if error is not None:
            st.caption(f":material/warning: {as_label(error)}")
    _draw_missing_keys([spec for spec in visit.specs if spec.lacks_key])


def _draw_missing_keys(lacking: list[ProviderSpec]) -> None:
    if not lacking:
        return
    names = " and ".join(spec.info.label for spec in lacking)
    st.caption(f"{names}: add an API key to use {'its' if len(lacking) == 1 else 'their'} models.")
    st.page_link(SETTINGS_PAGE, label="Add a key in Settings", icon=":material/key:")
