"""Who looks at a page, and what is there for them: the owner, the shared services, the providers they may use."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from chat.allowances.limits import Allowances
from chat.conversation import Conversation, ConversationSettings, Message
from chat.owner import Owner
from chat.providers.base import Model, ProviderSpec
from chat.providers.finding.servers import KnownServer
from chat.providers.live import ModelList
from chat.providers.offers import beside, default_model, servers_here, spec_of
from chat.replies.reply import Reply
from store.conversations import ConversationStore, Damage, StoreError
from ui import state
from ui.identity.identify import THIS_MACHINE, Identity
from ui.services import Services

_log = logging.getLogger(__name__)

LABEL_WAIT = 0.5
"""Seconds that a page waits at most for the local model's own name, and whether it can run."""
PICKER_WAIT = 1.0
"""Seconds that the model picker waits at most for a provider's first answer."""

FIND_WAIT = 0.3
"""Seconds that a page waits at most for servers on this machine to answer; those that run do in a few milliseconds."""

STOP_WAIT = 10.0
"""Seconds that erasing everything waits at most for each answer that it has stopped."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One run of a page for one owner."""

    owner: Owner
    services: Services
    specs: tuple[ProviderSpec, ...]
    identity: Identity = THIS_MACHINE
    servers: Mapping[ProviderSpec, tuple[Model, ...]] = field(default_factory=dict)
    """Those of `specs` that run on this machine and were found there, and the models of each."""

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

    def with_servers(self, wait: float = 0.0) -> Visit:
        """Return this visit with the servers that run on this machine; waits at most so long for a look to end.

        Nobody but the personal owner has any: what a server asks on its own machine is no business of its visitors.
        """
        if not self.owner.is_personal:
            return self
        own = tuple(spec for spec in self.specs if spec not in self.servers)
        servers = servers_here(self.services.providers.finder.found(wait), own)
        return replace(self, specs=beside(own, servers), servers=servers)

    def look_for_servers(self, wait: float = FIND_WAIT) -> Visit:
        """Have servers on this machine be looked for, and return this visit with those that answer in so long."""
        if not self.owner.is_personal:
            return self
        self.services.providers.finder.look()
        return self.with_servers(wait)

    def spec_of(self, model: str) -> ProviderSpec | None:
        """Return who answers as this model, None where nobody does; a server that was away is looked for once more."""
        spec = spec_of(model, self.specs)
        if spec is None and self.resting_server(model) is not None:
            spec = spec_of(model, self.look_for_servers().specs)
        return spec

    def resting_server(self, model: str) -> KnownServer | None:
        """Return the server on this machine that would answer as this model if it ran; None where that is none."""
        name = model.partition("/")[0]
        return self.services.providers.finder.known(name) if self.owner.is_personal else None

    def new_settings(self) -> ConversationSettings:
        """Return what a new conversation starts with: the model that was used last, where it can be used, else the
        one that is set up; no model where none can be used."""
        last = self.store.preferences(self.owner.id).last_model
        if last is not None and self._is_usable(last):
            return ConversationSettings(model=last)
        model = default_model(self.services.settings, self.specs)
        spec = spec_of(model or "", self.specs)
        if spec is not None and spec.is_here and self.models(spec, LABEL_WAIT).error is not None:
            others = tuple(each for each in self.specs if each is not spec)
            model = default_model(self.services.settings, others)
        return ConversationSettings(model=model)

    def _is_usable(self, model: str) -> bool:
        """Say whether a model can be asked now, as far as that is known without asking anybody far away."""
        spec = spec_of(model, self.specs)
        if spec is None or spec.lacks_key:
            return False
        if not (spec.is_here or spec in self.servers):
            return True
        return any(each.id == model for each in self.models(spec, LABEL_WAIT).models)

    def remember_model(self, model: str) -> None:
        """Have new conversations begin with this model, which was chosen or used just now.

        Kept among the owner's preferences: so it holds after a reload, in other tabs and after a restart. Nothing is
        kept of a model that new ones begin with anyway, so that who never chose follows what is set up.
        """
        try:
            if self.new_settings().model != model:
                self.store.set_preferences(self.owner.id, last_model=model)
        except StoreError as error:  # a convenience: nobody's message waits for it
            _log.info("the model that was used last could not be kept (%s)", error)

    def model_of(self, conversation: Conversation) -> str | None:
        """Return the model that answers in this conversation: its own, else what a new one would start with."""
        return conversation.settings.model or self.new_settings().model

    def models(self, spec: ProviderSpec, wait: float = 0.0) -> ModelList:
        """Return what is known of this provider's models; asks in the background where that is not fresh."""
        if spec in self.servers:
            return ModelList(self.servers[spec])
        return self.services.providers.known_models(spec, wait)

    def offers(self) -> object:
        """Return what changes with the models that can be chosen, and with why a provider has none."""
        visit = self.with_servers()
        known = (visit.models(spec) for spec in visit.specs)
        return visit.specs, [(each.models, each.error, each.pending and not each.models) for each in known]

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

    def present(self, shown: Conversation) -> Conversation:
        """Return a shown conversation as it is kept now, in the same branch. For callbacks: a button may have been
        drawn before its messages were what they are."""
        if shown.head is None:
            return shown
        return replace(self.store.get(self.owner.id, shown.id), head=shown.head)

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
