"""The first line of every page: its name, whose it is, the sidebar, and what there is to say before anything else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import streamlit as st

from chat.conversation import Conversation
from chat.owner import Owner
from chat.providers.base import ProviderSpec
from chat.providers.offers import offered
from chat.surrogates import printable
from store.conversations import StoreError
from ui import actions, sidebar, state, what_happened
from ui.browser.keys import listen_for_keys
from ui.browser.loading import load_scripts
from ui.browser.skip_link import skip_to_message_box
from ui.browser.small_screen import leave_room_where_small
from ui.browser.steady import keep_steady
from ui.dialogs import draw_open_window
from ui.downloads import draw_download_of
from ui.guard import guarded_page
from ui.identity import bring_along, place, script_cookie, sign_in
from ui.identity.identify import identify
from ui.markdown.safe import as_label
from ui.running import parts
from ui.services import Services, services
from ui.shortcuts import shortcuts_dialog
from ui.visit import Visit
from ui.web.upkeep import note_visit
from ui.work.work import take_in_ended

ICON = str(Path(__file__).with_name("icon.png"))
"""From this machine: a named icon would have every browser fetch a picture from a font server."""
LOGO = str(Path(__file__).with_name("logo.png"))
"""The mark and the name, in a colour that reads on light and dark."""

CLOUD = ".streamlit.app"
"""How the addresses of Streamlit Community Cloud end."""
CLOUD_NOTE = (
    "This app runs on Streamlit Community Cloud, where files do not last: conversations are gone when the app sleeps "
    "or is deployed anew. Download what you want to keep; Chatkeep JSON can be imported again."
)


@contextmanager
def open_page(title: str, *, notes_place: bool = True) -> Iterator[Visit]:
    """Set the page up and give who visits it. Whatever fails in it, or inside the `with`, is said on the page.

    `notes_place`: tell a new visitor whose place this is, where the page itself does not.
    """
    set_up(title)
    if title == state.page.FIRST_PAGE:
        skip_to_message_box()
    with guarded_page():
        visit = visiting(services())
        identity, settings = visit.identity, visit.services.settings
        with st.sidebar:  # at its end nothing moves when it goes
            script_cookie.keep(identity, may_wait=not settings.must_sign_in)
        sign_in.draw_where_needed(settings, identity)
        state.page.show_page(title)
        if title == state.page.FIRST_PAGE:
            actions.open_at_address(visit)
        parts.begin()
        take_in_ended()
        sidebar.draw(visit)
        with st.sidebar:
            listen_for_keys(shortcuts_dialog)
            keep_steady()
            leave_room_where_small()
            load_scripts()
        owners = (each.id for each in (identity.browser, visit.owner) if each is not None)
        note_visit(visit.store, *owners, name=identity.name)
        # In a place of its own: a control further down that moved, as a note comes or goes, would be made anew by the
        # browser, and the one of before, going last, takes along what ties it to the address.
        parts.part("notes", partial(_sign_of_notes, visit), partial(_draw_notes, visit, notes_place=notes_place))
        try:
            yield visit
        except Exception:
            what_happened.draw_in_sight(visit)
            raise
        if title != state.page.FIRST_PAGE:  # there it is said above the message box
            parts.part("what_happened", what_happened.sign, partial(what_happened.draw_in_sight, visit))
        parts.part("window", state.page.window_number, draw_open_window)
        visit.services.providers.import_libraries(visit.specs)


def _sign_of_notes(visit: Visit) -> object:
    """Return what changes with what is noted."""
    noted: list[object] = [visit.store.read_only(), visit.new_damage(), len(state.page.dismissed())]
    for look in (place.note, bring_along.offer, _kept_on_cloud):
        with suppress(StoreError):  # as it is drawn
            noted.append((look, look(visit)))
    return noted


def _draw_notes(visit: Visit, *, notes_place: bool) -> None:
    if notes_place:
        place.draw_note(visit)
    read_only = visit.store.read_only()
    if read_only is not None:
        st.warning(as_label(read_only), icon=":material/lock:")
    for draw in (_draw_damages, bring_along.draw_offer, _draw_cloud_note):
        with suppress(StoreError):  # the sidebar says already that the list cannot be read
            draw(visit)


def set_up(title: str) -> None:
    """Give the page its name and its picture."""
    # The chat page's name of the run before, so that a tab is not called otherwise for a moment with every run.
    words = (state.chat.title_of_open() if title == state.page.FIRST_PAGE else None) or title
    st.set_page_config(page_title=f"{words} · Chatkeep", page_icon=ICON)
    st.logo(LOGO, size="large", icon_image=ICON)


def tab_name(conversation: Conversation) -> str:
    """Return what the browser's tab is called while this conversation is open."""
    return state.page.FIRST_PAGE if conversation.head is None else printable(conversation.title)


def name_tab(conversation: Conversation) -> None:
    """Call the browser's tab by the open conversation: its tabs, bookmarks and history entries are told apart so."""
    words = tab_name(conversation)
    if conversation.head is not None:
        state.chat.note_title(conversation.id, words)
    st.set_page_config(page_title=f"{words} · Chatkeep")


def visiting(shared: Services) -> Visit:
    """Return who visits in this run, to whom the session belongs from here on."""
    identity = identify(shared.settings)
    state.visitor.belong_to(identity.owner.id)
    visit = Visit(identity.owner, shared, _offered(shared, identity.owner), identity)
    # The first page waits a moment for the first look: a new chat may begin with a model that is found.
    return visit.with_servers() if shared.providers.finder.has_looked else visit.look_for_servers()


def _offered(shared: Services, owner: Owner) -> tuple[ProviderSpec, ...]:
    return offered(
        shared.settings,
        state.visitor.typed_keys(),
        # An address typed here is opened by the server: on somebody else's machine that would be a door inwards.
        state.visitor.typed_endpoints() if owner.is_personal else (),
        configured=shared.settings.may_use_keys(owner),
    )


def _draw_damages(visit: Visit) -> None:
    for damage in visit.new_damage():
        with st.container(horizontal=True, vertical_alignment="center"):
            st.warning(
                f"“{as_label(damage.title)}” could not be read ({as_label(damage.reason)}). Its file was set aside "
                f"unchanged as {as_label(damage.file_name)}; all other conversations are fine.",
                icon=":material/warning:",
                width="stretch",
            )
            _dismiss_button(f"dismiss-{damage.file_name}", state.page.dismissed().add, damage.file_name)


def _is_on_community_cloud() -> bool:
    return st.context.headers.to_dict().get("Host", "").partition(":")[0].endswith(CLOUD)


def _kept_on_cloud(visit: Visit) -> int:
    """Return how many conversations may be gone as the app sleeps, until that was dismissed."""
    is_said = _is_on_community_cloud() and CLOUD_NOTE not in state.page.dismissed()
    return visit.store.count(visit.owner.id) if is_said else 0


def _draw_cloud_note(visit: Visit) -> None:
    count = _kept_on_cloud(visit)
    if not count:
        return

    def ids() -> list[str]:
        return [summary.id for summary in visit.store.list(visit.owner.id, limit=None)]

    with st.container(border=True):
        st.markdown(CLOUD_NOTE)
        draw_download_of(visit, ids, count, label="Download all", key="cloud")
        _dismiss_button("dismiss_cloud", state.page.dismissed().add, CLOUD_NOTE)


def _dismiss_button(key: str, on_click: Callable[..., None], argument: object) -> None:
    st.button("Dismiss", key=key, on_click=on_click, args=(argument,), icon=":material/close:", type="tertiary")
