"""Everything of one's own: taken along as one file, and erased."""

from __future__ import annotations

import streamlit as st

from chat.conversation import utc_now
from exchange.everything import everything_of, file_name_of_everything
from exchange.exporting import Exporting
from exchange.sentences import conversations
from store.keeping import OUT_OF_REACH
from ui import state
from ui.dialogs import closing_button, dialog
from ui.downloads import draw_how_far
from ui.identity import another_place
from ui.phrases import local
from ui.visit import Visit
from ui.work.work import begin

WORK = "everything"
"""Where the page shows how far the erasing is."""
TAKE_ALL = (
    "One zip with every conversation, those in the trash too, as Chatkeep JSON that can be imported again, and with "
    "what you set and a list of what you shared."
)
PERSONAL_BACKUPS = "Backups in the data folder lose your conversations too; those of others stay in them."


def draw_take_all(visit: Visit, *, key: str) -> None:
    """Draw the download of everything. It is made at the click."""
    how_far = Exporting(0)
    st.download_button(
        "Take all my data with me",
        data=lambda: everything_of(visit.store, visit.owner.id, how_far),
        file_name=file_name_of_everything(local(utc_now()).date()),
        mime="application/zip",
        key=f"take_all-{key}",
        icon=":material/download:",
        on_click="ignore",
        help=TAKE_ALL,
    )
    draw_how_far(how_far)


@dialog("Erase everything of mine", icon=":material/delete_forever:")
def erase_everything_dialog(visit: Visit) -> None:
    """Ask twice before all of an owner's is gone for good."""
    person = visit.store.people.person(visit.owner.id)
    links = f" Links that you shared end: {person.shares:,}." if person.shares else ""
    st.markdown(
        f"Erase all that is kept of you here: {conversations(person.conversations)}, {person.in_trash:,} in the trash, "
        f"and what you set.{links} Answers that are being written are stopped. This cannot be undone."
    )
    st.caption(f"{PERSONAL_BACKUPS} {OUT_OF_REACH}" if visit.owner.is_personal else OUT_OF_REACH)
    draw_take_all(visit, key="before_erasing")
    is_sure = st.checkbox("Yes, erase everything of mine", key=state.place.SURE)
    closing_button(
        *("Erase everything", ":material/delete_forever:", _erase, visit),
        key="erase_everything",
        type="primary",
        disabled=not is_sure,
    )


def _erase(visit: Visit) -> bool:
    if not st.session_state[state.place.SURE]:
        return False
    begin(
        *(WORK, "Erasing everything"),
        lambda _step: visit.erase_everything(),
        lambda erased: _begin_anew(visit, erased),
        reports_at=another_place.PLACE,
    )
    return True


def _begin_anew(visit: Visit, erased: int) -> None:
    """Forget what the session holds of what was erased; a visitor's browser begins as a new one."""
    state.visitor.forget_all_of(visit.owner.id)
    if visit.owner.kind == "visitor":
        another_place.begin_anew(visit)
    state.page.notify(f"Everything of yours that was here is erased: {conversations(erased)}.")
