"""Everything of one owner as one zip: what is in it, what is not, and that it comes in again."""

import io
import json
import zipfile
from datetime import timedelta

import pytest

from chat.conversation import Conversation, Message, new_id, utc_now
from exchange.everything import everything_of, file_name_of_everything
from exchange.exporting import Exporting
from exchange.importing import Importing
from store import open_store
from tests.support.processes import wait_for


@pytest.fixture
def store(tmp_path):
    store = open_store(f"tinydb:///{tmp_path}/data")
    yield store
    store.close()


def keep(store, owner, title, **fields):
    now = utc_now()
    message = Message(new_id(), None, "user", f"Words of {title}", now)
    made = Conversation(new_id(), owner, title, now, now, head=message.id, messages=(message,), **fields)
    store.create(made)
    return made


def test_everything_is_one_zip_with_all_that_is_kept(store):
    kept, trashed = keep(store, "personal", "Kept"), keep(store, "personal", "Trashed", trashed_at=utc_now())
    keep(store, "account-" + "0" * 32, "Somebody else's")
    store.set_preferences("personal", trash_days=30)
    until = utc_now() + timedelta(days=7)
    link = store.shares.share("personal", kept.id, until)
    how_far = Exporting(0)
    content = everything_of(store, "personal", how_far)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == ["Kept.json", "Trashed.json", "manifest.json"]
        manifest = json.loads(archive.read("manifest.json"))
        assert json.loads(archive.read("Trashed.json"))["conversation"]["id"] == trashed.id
    assert (manifest["format"], manifest["of"]) == ("chatkeep-archive", "chatkeep")
    assert manifest["preferences"] == {
        "trash_days": 30,
        "stays_behind": False,
        "knows_place": False,
        "last_model": None,
    }
    (said_of,) = manifest["links"]
    assert (said_of["title"], said_of["conversation"], said_of["expires_at"]) == ("Kept", kept.id, until.isoformat())
    assert link.token.encode() not in content
    assert (how_far.written, how_far.total, how_far.is_running) == (2, 2, False)


def test_everything_comes_in_again_as_it_was_the_trash_too(store):
    owner, taker = "visitor-" + "1" * 32, "visitor-" + "2" * 32
    kept = keep(store, owner, "Kept", pinned=True, tags=("a tag",))
    trashed = keep(store, owner, "Trashed", trashed_at=utc_now())
    content = everything_of(store, owner, Exporting(0))
    job = Importing(store, taker, "everything.zip", io.BytesIO(content))
    wait_for(lambda: not job.is_working, "the file is looked through")
    assert (job.tally.new, job.tally.skipped) == (2, [])
    job.merge()
    wait_for(lambda: not job.is_working, "the import is done")
    for each in (kept, trashed):
        before, after = store.get(owner, each.id), store.get(taker, each.id)
        assert (after.messages, after.title, after.pinned, after.tags, after.trashed_at) == (
            before.messages,
            before.title,
            before.pinned,
            before.tags,
            before.trashed_at,
        )


def test_nothing_kept_is_an_empty_zip_not_an_error(store):
    how_far = Exporting(0)
    with zipfile.ZipFile(io.BytesIO(everything_of(store, "visitor-" + "1" * 32, how_far))) as archive:
        assert archive.namelist() == ["manifest.json"]
    assert (how_far.total, how_far.lacks_some) == (0, False)


def test_file_is_named_by_its_day():
    assert file_name_of_everything(utc_now().replace(2026, 3, 4).date()) == "chatkeep-everything-2026-03-04.zip"
