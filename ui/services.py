"""What the whole process shares: settings, the store, the background loop, the providers and the replies.

Made before the first visitor (`ui/web/app.py`), else by the first page that is drawn, and held by Streamlit's resource
cache. When the process ends, running replies are kept as interrupted before anything else goes.
"""

from __future__ import annotations

import atexit
import gc
import logging
import os
import re
from dataclasses import dataclass, replace

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from chat.libraries import FOR_SIGNING_IN, not_installed
from chat.providers.finding.finder import Finder
from chat.providers.live import Providers
from chat.providers.local.hub.downloads import Downloads
from chat.providers.local.model import NAME
from chat.providers.offers import default_model, offered, spec_of
from chat.replies.background import Background
from chat.replies.replies import Replies
from chat.settings.app import AppSettings, load_settings
from store import open_store
from store.conversations import ConversationStore, StoreError
from ui.running.in_one_piece import pass_on_in_one_piece
from ui.running.runs import run_one_after_the_other
from ui.web.binding import bind_in_plain_mode
from ui.web.files.lasting import keep_downloads
from ui.web.upkeep import begin_upkeep

_log = logging.getLogger(__name__)

SECRETS_UNREADABLE = "The secrets cannot be read, so none of them is used. Mend .streamlit/secrets.toml"
_PLACE_IN_TOML = re.compile(r" \(at line \d+, column \d+\)| \(at end of document\)")


@dataclass(frozen=True, slots=True)
class Services:
    settings: AppSettings
    store: ConversationStore
    background: Background
    providers: Providers
    replies: Replies
    downloads: Downloads
    """Of models to this machine."""

    def close(self) -> None:
        """Keep running replies as interrupted, then let go of everything. Safe to call twice.

        Whatever one part meets, the others are closed all the same, the store last.
        """
        for part in (self.replies, self.downloads, self.providers, self.background, self.store):
            try:
                part.close()
            except Exception:
                _log.exception("something could not be closed")


_opened: list[Services] = []


@atexit.register
def close_services() -> None:
    """Close whatever `services` has made, whoever asked for it. Safe to call twice.

    For the end of the process. A signal skips `atexit` where uvicorn runs the app; `ui/web/app.py` calls this then.
    """
    while _opened:
        _opened.pop().close()


@st.cache_resource(show_spinner=False)
def services() -> Services:
    """Return the process's services, made at the first call. Raises `StoreError` where the store cannot be opened."""
    run_one_after_the_other()
    pass_on_in_one_piece()
    bind_in_plain_mode()
    keep_downloads()
    settings = app_settings()
    for problem in settings.problems:
        _log.warning("%s", problem)
    try:
        store = open_store(settings.store_url)
    except StoreError:
        app_settings.clear()
        raise
    background = Background()
    providers = Providers(background, Finder(background, settings.servers, own_port=st.get_option("server.port")))
    if settings.mode == "personal":  # else the first page of a personal owner looks: nobody else is to
        providers.finder.look()
    _look_at_this_machine(settings, providers)
    # Neither a list nor a backup that cannot be read may keep the app from starting.
    for tidy in (store.interrupt_orphans, store.erase_expired):
        try:
            tidy()
        except StoreError as error:
            _log.warning("what an earlier run left could not be put in order (%s)", error)
    begin_upkeep(store, background, settings.visitor_days)
    downloads = Downloads(changed=lambda: providers.ask_again(NAME))
    downloads.go_on_with_all()
    shared = Services(settings, store, background, providers, Replies(store, background), downloads)
    _opened.append(shared)
    # What is imported by now stays: frozen, it costs no garbage collection in any later run of any page.
    gc.collect()
    gc.freeze()
    return shared


def _look_at_this_machine(settings: AppSettings, providers: Providers) -> None:
    """Begin to find out whether the model on this machine can run, where a new conversation would begin with it."""
    specs = offered(settings, {})
    spec = spec_of(default_model(settings, specs) or "", specs)
    if spec is not None and spec.is_here:
        providers.known_models(spec)


@st.cache_resource(show_spinner=False)
def app_settings() -> AppSettings:
    """Return how this installation is set up, read at the first call, and anew while the store cannot be opened."""
    return read_settings()


def read_settings() -> AppSettings:
    """Return how this installation is set up, secrets that cannot be read among its problems."""
    environment = dict(os.environ)  # before Streamlit copies the secrets into it
    trouble = None
    try:
        secrets = st.secrets.to_dict()
    except StreamlitSecretNotFoundError as error:
        secrets = {}
        if error.__cause__ is not None or not str(error).startswith("No secrets found"):
            place = _PLACE_IN_TOML.search(str(error))
            trouble = f"{SECRETS_UNREADABLE}{place.group() if place else ''}, then start Chatkeep again."
    except (OSError, ValueError):  # a folder in its place, another encoding, a NUL
        secrets, trouble = {}, f"{SECRETS_UNREADABLE}, then start Chatkeep again."
    settings = load_settings(environment, secrets)
    if trouble is not None:
        settings = replace(settings, problems=(trouble, *settings.problems))
    missing = not_installed(FOR_SIGNING_IN) if settings.sign_in.providers else None
    if missing is not None:
        nobody = replace(settings.sign_in, providers=())
        settings = replace(settings, sign_in=nobody, problems=(f"Nobody can sign in. {missing}", *settings.problems))
    return settings
