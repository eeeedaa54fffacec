"""Sharing: what a link shows and to whom, when it ends, and what nobody learns by it."""

from __future__ import annotations

import dataclasses
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tinydb import TinyDB

from chat.conversation import Conversation, ConversationSettings, Message, Part, Usage, utc_now
from chat.owner import new_token
from chat.sharing import SHARED, copy_of, fork_of, share_id_of
from store.conversations import CannotShare, ConversationStore, NotFound, StoreError
from store.files.store import TinyDBFiles
from store.rules import NO_SHARE
from store.shares import Share
from tests.support.store_fixtures import (
    CUT,
    OWNER,
    START,
    FakeClock,
    at,
    clock,
    conversation,
    message,
    open_again,
    store,
)

__all__ = ["clock", "open_again", "store"]

OTHER = "visitor-" + "a" * 32
PATH = (message("q1", content="What is ice?"), message("a1", "q1", "assistant", "Water.", model="openai/gpt-4o"))
RICH = conversation(
    "c1",
    PATH[0],
    message("a0", "q1", "assistant", "another branch", model="openai/gpt-4o"),
    dataclasses.replace(
        PATH[1],
        reasoning="secret thinking",
        rating=1,
        rating_note="secret note",
        usage=Usage(3, 4),
        error="secret error",
        note="secret remark",
        attachments=("secret.png",),
        source="chatgpt:secret",
        left_out=True,
        parts=(Part("mistral/mistral-small-latest", 0), Part("openai/gpt-4o", 3)),
        first_token_ms=5,
        total_ms=9,
        finish_reason="stop",
    ),
    message("q2", "a1", content="deleted words", trashed=True),
    Message("a2", "q2", "assistant", "", START, model="openai/gpt-4o", status="failed", error="secret error"),
    tags=("secret tag",),
    pinned=True,
    source="secret source",
    settings=ConversationSettings("openai/gpt-4o", "secret prompt", 0.5),
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def token(share: Share) -> str:
    assert share.token is not None
    return share.token


def shown(store: ConversationStore, link: str) -> list[str]:
    return [each.content for each in store.shares.open(link).messages]


def is_closed(store: ConversationStore, link: str) -> bool:
    try:
        store.shares.open(link)
    except NotFound as error:
        return str(error) == NO_SHARE
    return False


def test_a_link_shows_title_words_models_and_dates_of_the_shown_path_and_nothing_else(
    store: ConversationStore, clock: FakeClock
) -> None:
    store.create(RICH)
    clock.now = at(5)

    share = store.shares.share(OWNER, "c1", None)
    copy = store.shares.open(token(share))

    first, second = copy.messages
    assert copy == Conversation(
        copy.id,
        "",
        "About c1",
        START,
        at(5),
        title_source="manual",
        head=second.id,
        messages=(
            Message(first.id, None, "user", "What is ice?", START),
            Message(
                second.id,
                first.id,
                "assistant",
                "Water.",
                START,
                model="openai/gpt-4o",
                finish_reason="stop",
                parts=RICH.messages[2].parts,
            ),
        ),
    )
    assert not {copy.id, first.id, second.id} & {"c1", "q1", "a1"}
    assert share == Share(share.id, share.token, "c1", "About c1", at(5), None)


def test_a_copy_stays_as_it_is_until_it_is_renewed(store: ConversationStore, clock: FakeClock) -> None:
    store.create(conversation("c1", *PATH))
    share = store.shares.share(OWNER, "c1", at(60))
    before = store.shares.open(token(share))
    store.add_message(OWNER, "c1", message("q2", "a1", content="And steam?"))
    store.update(OWNER, "c1", title="Water", title_source="manual")

    assert store.shares.open(token(share)) == before

    clock.now = at(7)
    renewed = store.shares.renew(OWNER, share.id, at(90))

    assert renewed == Share(share.id, share.token, "c1", "Water", at(7), at(90))
    after = store.shares.open(token(share))
    assert (after.title, [each.content for each in after.messages]) == (
        "Water",
        ["What is ice?", "Water.", "And steam?"],
    )
    assert after.id == before.id
    assert after.messages[:2] == before.messages
    assert store.shares.list(OWNER) == (renewed,)


def test_expired_revoked_unknown_and_malformed_links_are_one(store: ConversationStore, clock: FakeClock) -> None:
    store.create(conversation("c1", *PATH))
    ended = store.shares.share(OWNER, "c1", at(10))
    revoked = store.shares.share(OWNER, "c1", None)
    store.shares.revoke(OWNER, revoked.id)
    clock.now = at(9)
    assert not is_closed(store, token(ended))
    clock.now = at(10)

    for link in (token(ended), token(revoked), new_token(), "", "../c1", "x" * 43, "é" * 43, "x" * 10_000, ended.id):
        assert is_closed(store, link), link
    assert [share.id for share in store.shares.list(OWNER)] == [ended.id]

    store.shares.renew(OWNER, ended.id, at(20))
    assert shown(store, token(ended)) == ["What is ice?", "Water."]


def test_a_link_shows_nothing_while_its_conversation_is_in_the_trash(store: ConversationStore) -> None:
    store.create(conversation("c1", *PATH))
    share = store.shares.share(OWNER, "c1", None)

    store.trash(OWNER, "c1")
    assert is_closed(store, token(share))
    with pytest.raises(CannotShare, match="trash"):
        store.shares.renew(OWNER, share.id, None)

    store.restore(OWNER, "c1")
    assert shown(store, token(share)) == ["What is ice?", "Water."]


def test_erasing_a_conversation_erases_what_was_shared_of_it(store: ConversationStore, data: Path) -> None:
    store.create(conversation("c1", *PATH))
    store.create(conversation("c11", *PATH))
    share, other = store.shares.share(OWNER, "c1", None), store.shares.share(OWNER, "c11", None)
    store.trash(OWNER, "c1")
    store.erase(OWNER, "c1")

    assert is_closed(store, token(share))
    assert store.shares.list(OWNER) == (other,)
    assert shown(store, token(other)) == ["What is ice?", "Water."]
    assert not [path for path in data.rglob("*") if share.id in path.name]
    # The same id again is another conversation.
    store.create(conversation("c1", *PATH))
    assert is_closed(store, token(share))


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (conversation("c1"), "nobody has said a word"),
        (conversation("c1", message("q1", trashed=True)), "nobody has said a word"),
        (
            conversation("c1", PATH[0], message("a1", "q1", "assistant", "Wa", status="streaming")),
            "still being written",
        ),
        (conversation("c1", *PATH, trashed_at=START), "in the trash"),
    ],
)
def test_what_cannot_be_shared_now_is_said(store: ConversationStore, broken: Conversation, said: str) -> None:
    store.create(broken)
    with pytest.raises(CannotShare, match=said):
        store.shares.share(OWNER, "c1", None)
    assert store.shares.list(OWNER) == ()


def test_the_branch_that_a_tab_shows_is_shared(store: ConversationStore) -> None:
    store.create(RICH)
    share = store.shares.share(OWNER, "c1", None, head="a0")
    assert shown(store, token(share)) == ["What is ice?", "another branch"]
    store.shares.renew(OWNER, share.id, None)
    assert shown(store, token(share)) == ["What is ice?", "Water."]
    store.shares.renew(OWNER, share.id, None, head="a0")
    assert shown(store, token(share)) == ["What is ice?", "another branch"]
    with pytest.raises(NotFound):
        store.shares.share(OWNER, "c1", None, head="nothing")


def test_an_answer_that_is_written_in_another_branch_keeps_nobody_from_sharing(store: ConversationStore) -> None:
    store.create(conversation("c1", PATH[0], message("a0", "q1", "assistant", "…", status="streaming"), PATH[1]))
    assert shown(store, token(store.shares.share(OWNER, "c1", None))) == ["What is ice?", "Water."]


def test_nothing_of_another_owners_shares_can_be_listed_renewed_or_revoked(store: ConversationStore) -> None:
    store.create(conversation("c1", *PATH))
    share = store.shares.share(OWNER, "c1", None)

    verbs: list[Any] = [
        lambda: store.shares.share(OTHER, "c1", None),
        lambda: store.shares.renew(OTHER, share.id, None),
        lambda: store.shares.revoke(OTHER, share.id),
        lambda: store.shares.share(OWNER, "../c1", None),
        lambda: store.shares.renew(OWNER, "../" + share.id, None),
        lambda: store.shares.revoke(OWNER, token(share)),
    ]
    for verb in verbs:
        with pytest.raises(NotFound):
            verb()
    assert store.shares.list(OTHER) == ()
    with pytest.raises(ValueError, match="owner"):
        store.shares.list("")
    assert store.shares.list(OWNER) == (share,)


def test_several_links_are_listed_newest_first_and_end_one_by_one(store: ConversationStore, clock: FakeClock) -> None:
    store.create(conversation("c1", *PATH))
    store.create(conversation("c2", *PATH))
    made = []
    for minute, each in enumerate(("c1", "c2", "c1")):
        clock.now = at(minute)
        made.append(store.shares.share(OWNER, each, None))

    assert store.shares.list(OWNER) == tuple(reversed(made))
    assert store.shares.list(OWNER, "c1") == (made[2], made[0])
    store.shares.revoke(OWNER, made[2].id)
    assert [is_closed(store, token(each)) for each in made] == [False, False, True]
    with pytest.raises(NotFound):
        store.shares.revoke(OWNER, made[2].id)


def test_a_link_lasts_over_a_restart_and_another_process_sees_its_end(open_again: Any) -> None:
    first, second = open_again(), open_again()
    first.create(conversation("c1", *PATH))
    share = first.shares.share(OWNER, "c1", None)
    assert second.shares.list(OWNER) == (share,)
    assert shown(second, token(share)) == ["What is ice?", "Water."]

    second.shares.revoke(OWNER, share.id)
    assert is_closed(first, token(share))


def test_what_expired_long_ago_is_erased_and_what_was_renewed_is_not(
    store: ConversationStore, clock: FakeClock, data: Path
) -> None:
    store.create(conversation("c1", *PATH))
    old, renewed = store.shares.share(OWNER, "c1", at(1)), store.shares.share(OWNER, "c1", at(1))
    clock.now = at(1) + timedelta(days=29)
    store.erase_expired()
    assert len(store.shares.list(OWNER)) == 2
    store.shares.renew(OWNER, renewed.id, at(1) + timedelta(days=40))

    clock.now = at(1) + timedelta(days=30)
    store.erase_expired()

    assert [share.id for share in store.shares.list(OWNER)] == [renewed.id]
    assert not [path for path in data.rglob("*") if old.id in path.name]


def test_a_share_is_a_file_beside_its_conversation_that_tinydb_opens(store: ConversationStore, data: Path) -> None:
    store.create(conversation("c1", *PATH))
    share = store.shares.share(OWNER, "c1", at(60))

    (path,) = (data / OWNER).glob(".share-*")
    assert path.name == f".share-c1.{share_id_of(token(share))}.json"
    with TinyDB(path) as database:
        assert [each["content"] for each in database.table("messages")] == ["What is ice?", "Water."]
        (about,) = database.table("share")
        assert about["expires_at"] == at(60).isoformat()


def test_the_token_is_in_no_file_no_log_and_no_error(
    store: ConversationStore, data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    store.create(conversation("c1", *PATH))
    share = store.shares.share(OWNER, "c1", None)
    (path,) = (data / OWNER).glob(".share-*")
    path.write_bytes(CUT)
    assert is_closed(store, token(share))
    store.shares.list(OWNER)

    assert not [each for each in data.rglob("*") if each.is_file() and token(share).encode() in each.read_bytes()]
    assert token(share) not in caplog.text
    assert OWNER not in caplog.text


def test_a_store_that_lost_its_key_opens_links_and_shows_none_again(open_again: Any, data: Path) -> None:
    first = open_again()
    first.create(conversation("c1", *PATH))
    share = first.shares.share(OWNER, "c1", None)
    (data / ".owners" / "share-key.json").unlink()
    second = open_again()

    assert shown(second, token(share)) == ["What is ice?", "Water."]
    assert second.shares.list(OWNER) == (dataclasses.replace(share, token=None),)
    other = second.shares.share(OWNER, "c1", None)
    assert [each.token for each in second.shares.list(OWNER, "c1") if each.id == other.id] == [other.token]
    second.shares.revoke(OWNER, share.id)
    assert is_closed(second, token(share))


def test_no_backup_opens_a_link_again(store: ConversationStore, data: Path, open_again: Any, tmp_path: Path) -> None:
    store.create(conversation("c1", *PATH))
    share = store.shares.share(OWNER, "c1", None)
    made = store.keeping.back_up()
    store.shares.revoke(OWNER, share.id)
    store.keeping.restore(made.path)
    assert is_closed(store, token(share))

    # Restored elsewhere, and unpacked by hand.
    elsewhere = TinyDBFiles(tmp_path / "elsewhere")
    elsewhere.keeping.restore(made.path)
    assert is_closed(elsewhere, token(share))
    assert elsewhere.shares.list(OWNER) == ()
    assert elsewhere.get(OWNER, "c1").messages == PATH
    elsewhere.close()


def findings(store: ConversationStore) -> list[tuple[str, str]]:
    return [(finding.kind, finding.text) for finding in store.keeping.check().findings]


def test_check_knows_whole_shares_and_names_expired_ones(store: ConversationStore, clock: FakeClock) -> None:
    store.create(conversation("c1", *PATH))
    store.shares.share(OWNER, "c1", at(1))
    assert findings(store) == []
    clock.now = at(2)
    report = store.keeping.check()
    assert [(each.kind, each.text) for each in report.findings] == [
        ("closed share", "a shared copy that has expired; its link shows nothing")
    ]
    assert report.problems == ()
    assert list(store.keeping.repair()) == []


def test_a_damaged_share_shows_nothing_and_repair_closes_it(store: ConversationStore, data: Path) -> None:
    store.create(conversation("c1", *PATH))
    share = store.shares.share(OWNER, "c1", None)
    (path,) = (data / OWNER).glob(".share-*")
    path.write_bytes(CUT)

    assert is_closed(store, token(share))
    assert store.shares.list(OWNER) == ()
    assert findings(store) == [
        ("share", "a shared copy that is damaged (not valid JSON at line 1, column 23); its link shows nothing")
    ]
    assert list(store.keeping.repair()) == [f"{OWNER}/{path.name}: removed."]
    assert findings(store) == []
    assert not (data / ".shares" / share.id).exists()


def test_halves_of_a_share_are_closed_and_repair_removes_them(store: ConversationStore, data: Path) -> None:
    store.create(conversation("c1", *PATH))
    without_note, without_copy = (store.shares.share(OWNER, "c1", None) for _ in range(2))
    (data / ".shares" / without_note.id).unlink()
    (data / OWNER / f".share-c1.{without_copy.id}.json").unlink()

    assert is_closed(store, token(without_note))
    assert is_closed(store, token(without_copy))
    assert store.shares.list(OWNER) == ()
    assert sorted(findings(store)) == [
        ("share", "a link that leads to no shared copy"),
        ("share", "a shared copy that no link leads to"),
    ]
    assert sorted(store.keeping.repair()) == [
        f".shares/{without_copy.id}: removed.",
        f"{OWNER}/.share-c1.{without_note.id}.json: removed.",
    ]
    assert findings(store) == []


def test_a_copy_whose_conversation_was_removed_by_hand_shows_nothing_and_is_left(
    store: ConversationStore, data: Path
) -> None:
    store.create(conversation("c1", *PATH))
    share = store.shares.share(OWNER, "c1", None)
    (data / OWNER / "c1.json").unlink()
    store.wait_until_ready()

    assert is_closed(store, token(share))
    assert ("closed share", "a shared copy whose conversation is not here; its link shows nothing") in findings(store)
    list(store.keeping.repair())
    assert (data / OWNER / f".share-c1.{share.id}.json").exists()


def test_what_only_bears_such_a_name_is_left_alone(store: ConversationStore, data: Path) -> None:
    store.create(conversation("c1", *PATH))
    theirs = {data / OWNER / f".share-c1.{'0' * 32}.json": b"theirs", data / ".shares" / "notes.txt": b"mine"}
    (data / ".shares").mkdir(exist_ok=True)
    for path, raw in theirs.items():
        path.write_bytes(raw)
    text = "not one of Chatkeep's; left alone"
    assert findings(store) == [("foreign", text), ("foreign", text)]
    assert list(store.keeping.repair()) == []
    assert {path: path.read_bytes() for path in theirs} == theirs


@pytest.mark.parametrize(
    "share",
    [
        {},
        {"nonce": "short"},
        {"nonce": 3},
        {"nonce": "0" * 32, "expires_at": "soon"},
        {"nonce": "0" * 32, "expires_at": 3},
    ],
)
def test_a_share_whose_end_or_link_cannot_be_told_is_closed(
    store: ConversationStore, data: Path, share: dict[str, Any]
) -> None:
    store.create(conversation("c1", *PATH))
    made = store.shares.share(OWNER, "c1", None)
    (path,) = (data / OWNER).glob(".share-*")
    path.write_text(json.dumps(json.loads(path.read_text()) | {"share": {"1": share}}))
    assert is_closed(store, token(made))


def test_a_data_folder_that_lost_its_marker_is_known_with_its_shares(store: ConversationStore, data: Path) -> None:
    store.create(conversation("c1", *PATH))
    store.shares.share(OWNER, "c1", None)
    store.close()
    for path in (data / ".chatkeep", *data.glob(".catalog*")):
        path.unlink()
    for name in (".locks", ".processes"):
        for path in (data / name).iterdir():
            path.unlink()
        (data / name).rmdir()
    TinyDBFiles(data).close()


@pytest.mark.parametrize("theirs", [None, PATH, (message("q1", content="another chat of that id"),)])
def test_shares_go_with_their_conversation_to_another_owner(
    store: ConversationStore, theirs: tuple[Message, ...] | None
) -> None:
    store.create(conversation("c1", *PATH))
    share = store.shares.share(OWNER, "c1", None)
    if theirs is not None:
        store.create(conversation("c1", *theirs, owner=OTHER))

    given = store.people.give(OWNER, OTHER)

    assert (given.shares, store.people.person(OWNER).shares, store.people.person(OTHER).shares) == (1, 0, 1)
    (moved,) = store.shares.list(OTHER)
    assert moved == dataclasses.replace(share, conversation_id=moved.conversation_id)
    assert store.get(OTHER, moved.conversation_id).path()[-1].content == "Water."
    assert store.shares.list(OWNER) == ()
    assert shown(store, token(share)) == ["What is ice?", "Water."]
    with pytest.raises(NotFound):
        store.shares.revoke(OWNER, share.id)
    assert findings(store) == []
    store.shares.revoke(OTHER, share.id)
    assert is_closed(store, token(share))


def test_erasing_everything_of_an_owner_ends_all_that_they_shared(store: ConversationStore, data: Path) -> None:
    store.create(conversation("c1", *PATH, owner=OTHER))
    store.create(conversation("c1", *PATH))
    shares = [store.shares.share(OTHER, "c1", None) for _ in range(2)]
    mine = store.shares.share(OWNER, "c1", None)
    # One of whose conversation only the copy is left.
    (data / OTHER / f".share-c1.{shares[0].id}.json").rename(data / OTHER / f".share-c9.{shares[0].id}.json")
    (data / ".shares" / shares[0].id).write_text(json.dumps([OTHER, "c9"]))

    store.people.erase_everything(OTHER)

    assert [is_closed(store, token(each)) for each in (*shares, mine)] == [True, True, False]
    assert not (data / OTHER).exists()
    assert [path.name for path in (data / ".shares").iterdir()] == [mine.id]


def test_a_disk_that_is_full_leaves_the_link_as_it_was(
    store: ConversationStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.create(conversation("c1", *PATH))
    share = store.shares.share(OWNER, "c1", None)
    store.add_message(OWNER, "c1", message("q2", "a1", content="And steam?"))
    with monkeypatch.context() as patched:
        patched.setattr("store.disk.atomic.os.fsync", _full)
        for verb in (
            lambda: store.shares.renew(OWNER, share.id, None),
            lambda: store.shares.share(OWNER, "c1", None),
        ):
            with pytest.raises(StoreError, match="the disk is full"):
                verb()
    assert store.shares.list(OWNER) == (share,)
    assert shown(store, token(share)) == ["What is ice?", "Water."]


def test_many_at_once_leave_nothing_half_done(open_again: Any, data: Path) -> None:
    stores = [open_again(), open_again()]
    stores[0].create(conversation("c1", *PATH))

    def make_and_end(number: int) -> None:
        store = stores[number % 2]
        for _ in range(5):
            share = store.shares.share(OWNER, "c1", None)
            assert shown(stores[0], token(share)) == ["What is ice?", "Water."]
            store.shares.renew(OWNER, share.id, None)
            stores[1].shares.revoke(OWNER, share.id)
            assert is_closed(store, token(share))

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(make_and_end, range(6)))
    assert stores[0].shares.list(OWNER) == ()
    assert sorted(path.name for path in (data / OWNER).iterdir()) == ["c1.json"]
    assert list((data / ".shares").iterdir()) == []


def _full(descriptor: int) -> None:
    raise OSError(28, "No space left on device")


TEXTS = st.text(st.characters(exclude_categories=()), max_size=20)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from(["user", "assistant", "system"]), TEXTS), min_size=1, max_size=6), TEXTS)
def test_a_link_shows_every_word_of_the_path_as_the_store_keeps_it(
    tmp_path_factory: pytest.TempPathFactory, said: list[tuple[str, str]], title: str
) -> None:
    messages: list[Message] = []
    for number, (role, content) in enumerate(said):
        parent = messages[-1].id if messages else None
        messages.append(Message(f"m{number}", parent, role, content, START))  # type: ignore[arg-type]
    store = TinyDBFiles(tmp_path_factory.mktemp("data"))
    store.create(conversation("c1", *messages, title=title))
    kept = store.get(OWNER, "c1")
    words = [(each.role, each.content) for each in kept.path() if each.content]
    if not words:
        with pytest.raises(CannotShare):
            store.shares.share(OWNER, "c1", None)
    else:
        copy = store.shares.open(token(store.shares.share(OWNER, "c1", None)))
        assert [(each.role, each.content) for each in copy.path()] == words
        assert copy.title == kept.title
    store.close()


def test_a_fork_has_ids_of_its_own_and_says_that_it_came_from_a_share() -> None:
    copy = copy_of(RICH, "0" * 32, utc_now())
    first, second = fork_of(copy, OTHER, at(9)), fork_of(copy, OTHER, at(9))

    assert [(each.role, each.content, each.model) for each in first.path()] == [
        ("user", "What is ice?", None),
        ("assistant", "Water.", "openai/gpt-4o"),
    ]
    assert (first.owner, first.title, first.source, first.updated_at) == (OTHER, "About c1", SHARED, at(9))
    ids = [{each.id, *(one.id for one in each.messages)} for each in (copy, first, second)]
    assert not ids[0] & ids[1]
    assert not ids[1] & ids[2]
