"""Who looks at a page, and what is there for them: the owner, the shared services, the providers they may use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chat.allowances.limits import Allowances
from chat.conversation import ConversationSettings, Message
from chat.owner import Owner
from chat.providers.base import Model, ProviderSpec
from chat.providers.live import ModelList
from chat.providers.offers import default_model, spec_of
from chat.replies.reply import Reply
from store.conversations import ConversationStore, Damage, StoreError
from ui import state
from ui.identity.identify import THIS_MACHINE, Identity
from ui.services import Services

LABEL_WAIT = 0.5
"""Seconds that a page waits at most for the local model's own name, and whether it can run."""
PICKER_WAIT = 1.0
"""Seconds that the model picker waits at most for a provider's first answer."""

STOP_WAIT = 10.0
"""Seconds that erasing everything waits at most for each answer that it has stopped."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One run of a page for one owner."""

    owner: Owner
    services: Services
    specs: tuple[ProviderSpec, ...]
    identity: Identity = THIS_MACHINE

    @property
    def is_admin(self) -> bool:
        """Whether they look after this installation."""
        return self.identity.is_admin

    @property
    def store(self) -> ConversationStore:
        return self.services.store

    @property
    def allowances(self) -> Allowances:
        """The limits that hold for this owner."""
        return self.services.settings.allowances_of(self.owner)

    def new_settings(self) -> ConversationSettings:
        """Return what a new conversation starts with; no model where none can be used."""
        model = default_model(self.services.settings, self.specs)
        spec = spec_of(model or "", self.specs)
        if spec is not None and spec.is_here and self.models(spec, LABEL_WAIT).error is not None:
            others = tuple(each for each in self.specs if each is not spec)
            model = default_model(self.services.settings, others)
        return ConversationSettings(model=model)

    def models(self, spec: ProviderSpec, wait: float = 0.0) -> ModelList:
        """Return what is known of this provider's models; asks in the background where that is not fresh."""
        return self.services.providers.known_models(spec, wait)

    def tags(self) -> list[str]:
        """Return the tags that are in use, the most used first; none where the list cannot be read."""
        try:
            return [name for name, _ in self.store.facets(self.owner.id).tags]
        except StoreError:
            return []

    def model_label(self, model_id: str | None) -> str:
        """Return what a person reads for a model: its own label where that is known, else its name."""
        if model_id is None:
            return "No model"
        spec = spec_of(model_id, self.specs)
        # Only what is on this machine is waited for, a moment and once: nobody's network holds a page up.
        wait = LABEL_WAIT if spec is not None and spec.is_here else 0.0
        known: tuple[Model, ...] = () if spec is None else self.models(spec, wait).models
        return next((model.label for model in known if model.id == model_id), model_id.partition("/")[2] or model_id)

    def reply_to(self, message: Message) -> Reply | None:
        """Return the reply that is becoming this message, or None where none is."""
        return self.services.replies.get(self.owner.id, message.id) if message.status == "streaming" else None

    def end_reply(self, message_id: str) -> None:
        """Stop the reply that is becoming this message, where there is one."""
        reply = self.services.replies.get(self.owner.id, message_id)
        if reply is not None:
            reply.stop()

    def trash(self, conversation_id: str) -> None:
        """Put a conversation into the trash, and end what is being written in it: nobody can read that any more."""
        self.store.trash(self.owner.id, conversation_id)
        self.services.replies.stop_all_in(self.owner.id, conversation_id)

    def erase(self, conversation_ids: Sequence[str]) -> int:
        """Erase conversations for good, and end what is being written in them; return how many there were."""
        erased = self.store.erase_many(self.owner.id, conversation_ids)
        for each in conversation_ids:
            self.services.replies.stop_all_in(self.owner.id, each)
        return erased

    def erase_everything(self) -> int:
        """End all that is being written for this owner, and erase all of theirs; return how many conversations."""
        writing = [each for each in self.services.replies.active() if each.owner == self.owner.id]
        for reply in writing:
            reply.stop()
        for reply in writing:
            reply.wait_until_ended(STOP_WAIT)
        return self.store.people.erase_everything(self.owner.id)

    def new_damage(self) -> tuple[Damage, ...]:
        """Return the damaged files of this owner that nobody has dismissed in this session."""
        told = state.page.dismissed()
        return tuple(each for each in self.store.damaged(self.owner.id) if each.file_name not in told)
