"""Every verb of the store, tried by somebody else: it says and does what it would if the other had never been here.

The verbs are read from the protocols, so that one without a row here is noticed.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from chat.allowances.spent import Spent
from chat.conversation import ConversationSettings, Waiting
from chat.owner import new_token, visitor_of
from chat.pairing import new_code, seal
from store.conversations import ConversationStore
from store.files.store import TinyDBFiles
from store.queries import Query, Term
from tests.support.store_fixtures import CUT, START, FakeClock, clock, conversation, message

__all__ = ["clock"]

VICTIM, STRANGER = (visitor_of(token * 43).id for token in "vs")
SECRETS = ("secretword", "About mine", "secrettag", "secret-model", "set aside words")
IDS = ("mine", "trashed", "damaged", "live")
"""Of the victim's conversations."""
Call = Callable[[Any, str], Any]
"""Calls a verb as the stranger, with the id of a conversation or link of the victim's; first comes the part."""

OF_NO_OWNER = "concerns nobody's conversations, or is only for the machine's own person"

ROWS: Mapping[str, Mapping[str, Call | str]] = {
    "ConversationStore": {
        "process": OF_NO_OWNER,
        "is_alive": OF_NO_OWNER,
        "list_trouble": OF_NO_OWNER,
        "rebuilding": OF_NO_OWNER,
        "wait_until_ready": OF_NO_OWNER,
        "close": OF_NO_OWNER,
        "read_only": lambda store, id: store.read_only(STRANGER, id),
        "list": lambda store, id: [store.list(STRANGER, trashed=trashed) for trashed in (False, True)],
        "count": lambda store, id: [store.count(STRANGER, trashed=trashed) for trashed in (False, True)],
        "search": lambda store, id: [
            store.search(STRANGER, query)
            for query in (
                Query(),
                Query(trashed=True),
                Query(terms=(Term("secretword"),)),
                Query(terms=(Term("mine"),)),
                Query(tags=("secrettag",)),
                Query(models=("secret-model",)),
                Query(providers=("secret",)),
                Query(ratings=(1,), pinned=True),
            )
        ],
        "facets": lambda store, id: store.facets(STRANGER),
        "holding": lambda store, id: store.holding(STRANGER, "user", "secretword of mine"),
        "get": lambda store, id: store.get(STRANGER, id),
        "create": lambda store, id: store.create(conversation(id, message("q1", content="theirs"), owner=STRANGER)),
        "add_message": lambda store, id: store.add_message(STRANGER, id, message("q9")),
        "update_message": lambda store, id: store.update_message(STRANGER, id, "q1", rating=1),
        "update_messages": lambda store, id: store.update_messages(STRANGER, id, ("q1", "a1"), left_out=True),
        "update": lambda store, id: store.update(STRANGER, id, title="taken"),
        "trash": lambda store, id: store.trash(STRANGER, id),
        "restore": lambda store, id: store.restore(STRANGER, id),
        "merge": lambda store, id: store.merge(conversation(id, message("q8", content="theirs"), owner=STRANGER)),
        "merge_many": lambda store, id: store.merge_many([conversation(id, message("q7"), owner=STRANGER)]),
        "erase": lambda store, id: store.erase(STRANGER, id),
        "erase_many": lambda store, id: store.erase_many(STRANGER, IDS),
        "erase_expired": lambda store, id: store.erase_expired(STRANGER),
        "preferences": lambda store, id: store.preferences(STRANGER),
        "set_preferences": lambda store, id: store.set_preferences(STRANGER, trash_days=1),
        "interrupt_orphans": lambda store, id: store.interrupt_orphans(STRANGER),
        "damaged": lambda store, id: store.damaged(STRANGER),
    },
    "Line": {
        "join": lambda line, id: line.join(STRANGER, id, Waiting("w9", "theirs", START, "a1")),
        "leave": lambda line, id: line.leave(STRANGER, id, "w1"),
        "say": lambda line, id: line.say(STRANGER, id, "w1", "a1"),
    },
    "Keeping": {
        "backups": OF_NO_OWNER,
        "open_backup": OF_NO_OWNER,
        "delete_backup": OF_NO_OWNER,
        "check": OF_NO_OWNER,
        "repair": OF_NO_OWNER,
        "trouble": OF_NO_OWNER,
        "back_up": lambda keeping, id: keeping.back_up(owner=STRANGER).conversations,
        "restore": lambda keeping, id: keeping.restore(keeping.back_up(owner=STRANGER).path, owner=STRANGER),
    },
    "People": {
        "everybody": OF_NO_OWNER,
        "damaged": OF_NO_OWNER,
        "erase_unseen": OF_NO_OWNER,
        "person": lambda people, id: people.person(STRANGER),
        "seen": lambda people, id: people.seen(STRANGER, START),
        "give": lambda people, id: people.give(STRANGER, visitor_of("t" * 43).id),
        "erase_everything": lambda people, id: people.erase_everything(STRANGER),
    },
    "Shares": {
        "open": OF_NO_OWNER,  # whoever has the link reads the copy
        "share": lambda shares, id: shares.share(STRANGER, id, None),
        "list": lambda shares, id: [shares.list(STRANGER), shares.list(STRANGER, id)],
        "renew": lambda shares, id: shares.renew(STRANGER, id, START),
        "revoke": lambda shares, id: shares.revoke(STRANGER, id),
    },
    "Spending": {
        "all_past": OF_NO_OWNER,
        "spend": lambda spending, id: spending.spend(STRANGER, Spent(1), START, lambda own, everybody: None),
        "correct": lambda spending, id: spending.correct(STRANGER, START, 50, START),
        "past": lambda spending, id: spending.past(STRANGER, START),
    },
    "Codes": {
        "keep": lambda codes, id: codes.keep(seal("s" * 43, new_code()), START),
        "take": lambda codes, id: codes.take(new_code(), START, by=STRANGER),
    },
}


def protocols() -> dict[str, Any]:
    """Every protocol that a store is made of, by its name: its own, and those of its parts."""
    found = {"ConversationStore": ConversationStore}
    for part in parts().values():
        found[part.__name__] = part
    return found


def parts() -> dict[str, Any]:
    """The parts of a store by the names of their properties."""
    found = {}
    for name, member in vars(ConversationStore).items():
        if isinstance(member, property):
            kind = typing.get_type_hints(member.fget)["return"]
            if getattr(kind, "_is_protocol", False):
                found[name] = kind
    return found


def verbs(protocol: Any) -> set[str]:
    return {name for name in vars(protocol) if not name.startswith("_")}


def rows() -> list[tuple[str, str]]:
    return [(name, verb) for name, table in ROWS.items() for verb, call in table.items() if call != OF_NO_OWNER]


def fill(store: TinyDBFiles, data: Path, owner: str) -> None:
    """Give this owner something of everything that a store keeps."""
    said = message("q1", content="secretword of mine")
    answer = message("a1", "q1", "assistant", content="secretword", model="secret/secret-model", rating=1)
    settings = ConversationSettings(model="secret/secret-model")
    more: dict[str, Any] = {"owner": owner, "tags": ("secrettag",), "settings": settings, "pinned": True}
    store.create(conversation("mine", said, answer, **more))
    store.line.join(owner, "mine", Waiting("w1", "secretword that waits", START, "a1"))
    store.create(conversation("trashed", said, trashed_at=START, **more))
    store.create(conversation("damaged", said, **more))
    live = message("a1", "q1", "assistant", content="secretword", status="streaming", process=store.process)
    store.create(conversation("live", said, live, **more))
    (data / owner / "damaged.json").write_bytes(CUT + b"set aside words")
    with pytest.raises(LookupError):
        store.get(owner, "damaged")
    store.shares.share(owner, "mine", None)
    store.set_preferences(owner, trash_days=9)
    store.people.seen(owner, START)
    store.codes.keep(seal(new_token(), new_code()), START)
    store.spending.spend(owner, Spent(1, 50), START, lambda own, everybody: None)


def outcome(call: Call, part: Any, id: str) -> str:
    """What a verb returned or raised, with all that can be read in it."""
    try:
        return repr(call(part, id))
    except Exception as error:
        return f"{type(error).__name__}: {error!r} {error.__dict__}"


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_every_verb_has_a_row() -> None:
    assert {name: set(table) for name, table in ROWS.items()} == {
        name: verbs(protocol) - (parts().keys() if name == "ConversationStore" else set())
        for name, protocol in protocols().items()
    }


def test_every_verb_with_an_owner_is_tried() -> None:
    """A verb is only told to be of no owner where it takes none."""
    takes_an_owner = {
        (name, verb)
        for name, protocol in protocols().items()
        for verb in verbs(protocol)
        if inspect.isfunction(member := vars(protocol)[verb])
        if {"owner", "giver"} & inspect.signature(member).parameters.keys()
    }
    assert takes_an_owner <= set(rows())


@pytest.mark.parametrize(("protocol", "verb"), rows(), ids=[".".join(row) for row in rows()])
def test_it_is_as_if_the_other_had_never_been_here(
    data: Path, tmp_path: Path, clock: FakeClock, protocol: str, verb: str
) -> None:
    call = ROWS[protocol][verb]
    assert callable(call)
    name = next((name for name, part in parts().items() if part.__name__ == protocol), None)
    said: list[list[str]] = []
    ids: list[str] = []
    for folder, owners in ((data, (VICTIM,)), (tmp_path / "empty", ())):
        store = TinyDBFiles(folder, clock)
        store.create(conversation("own", message("q1", content="own words"), owner=STRANGER))
        for owner in owners:
            fill(store, folder, owner)
            ids += [*IDS, store.shares.list(owner)[0].id]
        before = {owner: files_of(folder / owner) for owner in owners}
        part = store if name is None else getattr(store, name)
        said.append([outcome(call, part, id) for id in ids])
        assert {owner: files_of(folder / owner) for owner in owners} == before
        for owner in owners:
            assert store.count(owner) == 2
            assert store.get(owner, "mine").messages[0].content == "secretword of mine"
        store.close()
    assert said[0] == said[1]
    assert [word for word in (*SECRETS, VICTIM) if word in str(said)] == []
