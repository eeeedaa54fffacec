"""The shown path of a conversation: its last messages, what can be done with each, and the live answer.

Each message is a part of the page. Below the last one there are places for those that come, so that a turn is drawn
without a run of what stands above it. They are used up some time: then the path is drawn anew, after an answer and
not as somebody waits for one, and begins further down.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from chat.conversation import Message, utc_now
from ui import state
from ui.browser.live import listen
from ui.browser.message_row import load_rows
from ui.browser.scroll import scroll_here
from ui.chat_page import greeting, message_actions
from ui.chat_page.live_reply import Following
from ui.chat_page.open_conversation import Opened, Shown
from ui.live.channels import Channel, channel_here
from ui.local_models.label import sign_of_label
from ui.markdown.bounds import Spent
from ui.markdown.safe import as_label
from ui.message import draw_message, shares_of
from ui.phrases import local
from ui.running.parts import part

SPARE = 20
"""Places for messages that come."""
NEXT_TURN = 2
"""Places that are kept free while no answer is on its way: the next message finds one without a wait."""


def draw_path(shown: Shown) -> None:
    """Draw the shown path: its last messages, older ones on demand, and a live answer while it arrives."""
    channel = channel_here()
    if channel is not None:
        listen(channel.name)
    load_rows()  # here, where no turn draws it anew: it is as long as the words of many answers
    path = _Path(shown, channel)
    part("path", path.sign, path.draw)


@dataclass(frozen=True, slots=True)
class _Looked:
    """What is shown of a conversation, as it was looked up in one run."""

    now: Opened
    path: tuple[Message, ...]
    begins: int
    """The place in the path of the first message that is on the page."""
    places: int
    """How many messages there is place for."""
    shortcut: str | None
    """The id of the only message whose versions the keyboard switches."""
    spent: Mapping[str, Spent]
    labels: Mapping[str, tuple[str, ...]]
    """What a person reads for the models that answered, by message."""


class _Path:
    """Which messages of the path are on the page, each in a place of its own."""

    def __init__(self, shown: Shown, channel: Channel | None) -> None:
        self._shown = shown
        self._channel = channel
        self._visit = shown.visit
        self._places = 0
        self._first: str | None = None
        """The id of the message in the first place."""
        self._asked = 0
        """How many messages were asked for as they got their places."""
        self._looked: _Looked | None = None
        self._following: Following | None = None

    def sign(self) -> object:
        """Return what changes where messages need other places, or the greeting is another one."""
        looked = self._look()
        if not looked.path:
            return greeting.sign(self._visit, self._shown.conversation)
        return looked.path[looked.begins].id, looked.begins, looked.places, state.chat.shown_messages()

    def draw(self) -> None:
        looked = self._look()
        if not looked.path:
            self._first = None
            greeting.draw(self._visit, self._shown.conversation)
            return
        self._first, self._places = looked.path[looked.begins].id, looked.places
        self._asked = state.chat.shown_messages()
        if looked.begins:
            st.button(
                f"Show earlier messages ({looked.begins})",
                key="show_earlier",
                on_click=state.chat.show_more,
                icon=":material/expand_less:",
                type="tertiary",
            )
        for place in range(self._places):
            part(f"message-{place}", partial(self._sign_at, place), partial(self._draw_at, place))

    def _look(self) -> _Looked:
        if self._looked is None or self._looked.now is not self._shown.now:
            self._looked = self._look_up()
        return self._looked

    def _look_up(self) -> _Looked:
        conversation = self._shown.conversation
        path = conversation.path()
        begins, places = self._window(path)
        shown = path[begins:]
        with_versions = [message.id for message in shown if len(conversation.siblings(message.id)) > 1]
        return _Looked(
            self._shown.now,
            path,
            begins,
            places,
            with_versions[-1] if with_versions else None,
            shares_of(shown),
            self._labels(shown),
        )

    def _labels(self, shown: Sequence[Message]) -> dict[str, tuple[str, ...]]:
        by_model = {model: self._visit.model_label(model) for message in shown for model in message.models}
        return {message.id: tuple(by_model[model] for model in message.models) for message in shown}

    def _window(self, path: tuple[Message, ...]) -> tuple[int, int]:
        """Return where in the path the messages on the page begin, and how many places they need."""
        asked = state.chat.shown_messages()
        is_live = bool(path) and self._visit.reply_to(path[-1]) is not None
        begins = next((place for place, message in enumerate(path) if message.id == self._first), None)
        if begins is not None and asked == self._asked:
            needed = len(path) - begins + (0 if is_live else NEXT_TURN)
            if needed <= self._places:
                return begins, self._places
        begins = max(0, len(path) - asked)
        return begins, len(path) - begins + SPARE

    def _at(self, place: int) -> Message | None:
        looked = self._look()
        there = looked.begins + place
        return looked.path[there] if there < len(looked.path) else None

    def _sign_at(self, place: int) -> object:
        message = self._at(place)
        if message is None:
            return None
        if self._visit.reply_to(message) is not None:  # its words come by themselves
            return message.id, self._following is not None and self._following.by_push
        if (following := self._followed(message)) is not None and following.goes_on:
            return message.id, None
        looked, conversation = self._look(), self._shown.conversation
        texts = (message.id, f"thinking-{message.id}", f"copy-{message.id}")
        return (
            message,
            [each.id for each in conversation.siblings(message.id)],
            bool(conversation.line_below(message.id)),
            looked.labels[message.id],
            local(utc_now()).date(),  # a moment of today is said by the clock alone
            sign_of_label(self._visit, conversation, message),
            self._unsaved(message),
            message.id == looked.shortcut,
            [(looked.spent.get(key), state.page.is_whole(key)) for key in texts],
        )

    def _draw_at(self, place: int) -> None:
        message = self._at(place)
        if message is None:
            return
        target, wish = state.chat.target() or (None, "")
        if message.id == target:
            scroll_here(wish)  # in every run: the first one may be over before the browser has drawn it
        reply = self._visit.reply_to(message)
        if reply is not None:
            if self._following is None or self._following.reply is not reply:
                self._following = Following(reply, self._channel)
            self._following.draw()
            return
        if (following := self._followed(message)) is not None and following.goes_on:
            following.draw()
            return
        draw_message(message, self._look().spent, partial(self._draw_below, message))

    def _draw_below(self, message: Message) -> None:
        if (unsaved := self._unsaved(message)) is not None:
            st.error(as_label(unsaved), icon=":material/error:")
        has_shortcut = message.id == self._look().shortcut
        message_actions.draw(self._visit, self._shown.conversation, message, has_shortcut=has_shortcut)

    def _unsaved(self, message: Message) -> str | None:
        """Return why the words of an answer that has ended here could not be saved yet."""
        following = self._followed(message)
        return None if following is None else following.reply.snapshot().unsaved

    def _followed(self, message: Message) -> Following | None:
        """Return what was followed here of this message, which may have ended."""
        if self._following is None or self._following.reply.message.id != message.id:
            return None
        return self._following
