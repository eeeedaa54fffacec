"""Choosing a model: all that can be used now, by provider, and any other by its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from chat.providers.base import ProviderSpec
from chat.providers.offers import spec_of
from ui.markdown.safe import as_label
from ui.visit import PICKER_WAIT, Visit

SETTINGS_PAGE = "pages/4_Settings.py"
MODEL_HELP = "Type to search, or type any other model as provider/model."


def pick_model(
    visit: Visit,
    chosen: str | None,
    *,
    key: str,
    label: str = "Model",
    on_change: Callable[..., None] | None = None,
    args: tuple[Any, ...] = (),
) -> str | None:
    """Draw the picker and return the id of the model that is picked; `chosen` is picked at first."""
    labels: dict[str, str] = {}
    for spec in visit.specs:
        for model in visit.models(spec, PICKER_WAIT).models:
            labels[model.id] = f"{spec.info.label} · {model.label}"
    if chosen is not None and chosen not in labels:
        labels[chosen] = chosen
    options = list(labels)
    picked = st.selectbox(
        label,
        options,
        index=options.index(chosen) if chosen is not None else None,
        format_func=lambda model_id: labels.get(model_id, model_id),
        key=key,
        accept_new_options=True,
        placeholder="Choose a model",
        help=MODEL_HELP,
        on_change=on_change or "rerun",
        args=args or None,
    )
    return model_id(visit, picked, chosen)


def model_id(visit: Visit, typed: str | None, present: str | None) -> str | None:
    """Return the id of a model that was picked or typed; a name alone belongs to the present model's provider."""
    name = (typed or "").strip()
    if not name:
        return present
    if spec_of(name, visit.specs) is not None and name.partition("/")[2]:
        return name
    provider = (present or "").partition("/")[0]
    return f"{provider}/{name}" if provider else name


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
