"""Models on their way: whole and checked or not at all, over breaks, stops and ends of the process; every refusal."""

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chat.providers.local.hub import download
from chat.providers.local.hub.catalog import File, Hub, Repository
from chat.providers.local.hub.downloads import Downloads, Progress
from chat.providers.local.hub.kept import Kept, KeptModel
from tests.support.fakes.fake_hub import COMMIT, FakeHub
from tests.support.processes import wait_for

NAME, FILE = "owner/model-GGUF", "model-Q8_0.gguf"
GGUF = random.Random(1).randbytes(3_000_000)
SHA256 = hashlib.sha256(GGUF).hexdigest()
REPOSITORY = Repository(NAME, (File(FILE, len(GGUF)),), "mit", ("en",))
ID = f"{NAME}/{FILE}"


class Rig:
    """Downloads from the fake hub into a folder of the test's own."""

    def __init__(self, fake: FakeHub, hub: Hub, tmp_path: Path) -> None:
        self.fake, self.hub, self.records = fake, hub, tmp_path / "records"
        self.news: list[str] = []
        self.downloads = self.anew()
        fake.add(NAME, {FILE: GGUF}, licence="mit", languages=("en",))

    def anew(self) -> Downloads:
        """Return downloads that know only what the disk knows, as those of a process that starts."""
        return Downloads(Kept(self.records), self.hub, lambda: self.news.append("changed"))

    def get(self) -> Progress | None:
        """Begin, wait for the end, and return what is left to say."""
        self.downloads.begin(REPOSITORY, FILE)
        return self.end()

    def end(self) -> Progress | None:
        wait_for(lambda: not any(each.is_running for each in self.downloads.progress()), "the download to end")
        return next(iter(self.downloads.progress()), None)

    def model(self) -> KeptModel:
        (model,) = self.downloads.kept.models()
        return model

    @property
    def part(self) -> Path:
        assert self.hub.cache is not None
        return self.hub.cache / "models--owner--model-GGUF" / "blobs" / f"{SHA256}.incomplete"

    def failure(self) -> str:
        left = self.get()
        assert left is not None
        assert self.downloads.kept.models() == ()
        assert self.news == []
        return left.error or ""


@pytest.fixture
def rig(fake: FakeHub, hub: Hub, tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(fake, hub, tmp_path)
    yield rig
    fake.go_on()
    rig.downloads.close()


def test_a_model_comes_whole_into_the_shared_cache(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    assert rig.get() is None
    model = rig.model()
    assert rig.hub.cache is not None
    place = rig.hub.cache / "models--owner--model-GGUF" / "snapshots" / COMMIT / FILE
    assert model == KeptModel(
        NAME, FILE, len(GGUF), "mit", ("en",), commit=COMMIT, sha256=SHA256, path=str(place), goes_on=False
    )
    assert (model.label, model.name, model.is_there) == ("model-Q8_0", ID, True)
    assert place.read_bytes() == GGUF
    assert not rig.part.exists()
    assert rig.news == ["changed"]
    assert {each.authorization for each in rig.fake.asked_for_bytes()} == {None}, "the token stays with the hub"
    assert {each.authorization for each in rig.fake.requests} == {None, "Bearer hf_secret"}


def test_a_connection_that_breaks_is_taken_up_where_it_broke(rig: Rig) -> None:
    rig.fake.cut_after = [1_000_000, 500_000]
    assert rig.get() is None
    assert Path(rig.model().path or "").read_bytes() == GGUF
    assert [each.range for each in rig.fake.asked_for_bytes()] == ["bytes=0-", "bytes=1000000-", "bytes=1500000-"]


def test_a_connection_that_breaks_again_and_again_is_given_up_and_gone_on_with_later(rig: Rig) -> None:
    rig.fake.cut_after = [1_000_000, *[0] * 6]
    left = rig.get()
    assert left is not None
    assert (left.done, left.model.size, left.is_running, left.model.goes_on) == (1_000_000, len(GGUF), False, False)
    assert left.error == (
        "The connection to Hugging Face broke off. What has arrived is kept, and trying again goes on from there."
    )
    rig.fake.requests.clear()
    assert rig.get() is None
    assert [each.range for each in rig.fake.asked_for_bytes()] == ["bytes=1000000-"]
    assert Path(rig.model().path or "").read_bytes() == GGUF


def test_a_server_that_sends_all_of_it_again_is_understood(rig: Rig) -> None:
    rig.fake.cut_after, rig.fake.knows_ranges = [1_000_000], False
    assert rig.get() is None
    assert Path(rig.model().path or "").read_bytes() == GGUF


def test_what_is_not_what_was_promised_is_removed(rig: Rig) -> None:
    rig.fake.repositories[NAME].promised[FILE] = wrong = "0" * 64
    assert rig.failure() == (
        "What arrived of model-Q8_0.gguf is not what Hugging Face promised, and was removed. Try again."
    )
    assert not rig.part.with_name(f"{wrong}.incomplete").exists()
    assert not rig.part.with_name(wrong).exists()


def test_half_a_file_of_other_bytes_is_found_out(rig: Rig) -> None:
    rig.part.parent.mkdir(parents=True)
    rig.part.write_bytes(b"other bytes")
    assert rig.failure().startswith("What arrived of model-Q8_0.gguf is not what Hugging Face promised")
    assert rig.get() is None
    assert Path(rig.model().path or "").read_bytes() == GGUF


def test_more_than_the_whole_is_begun_anew(rig: Rig) -> None:
    rig.part.parent.mkdir(parents=True)
    rig.part.write_bytes(GGUF + b"more")
    assert rig.get() is None
    assert Path(rig.model().path or "").read_bytes() == GGUF


def test_a_file_that_another_program_has_brought_is_checked_and_not_fetched(rig: Rig) -> None:
    blob = rig.part.with_suffix("")
    blob.parent.mkdir(parents=True)
    blob.write_bytes(GGUF)
    assert rig.get() is None
    assert rig.fake.asked_for_bytes() == []
    assert Path(rig.model().path or "").read_bytes() == GGUF


def test_a_damaged_file_of_another_program_is_fetched_anew(rig: Rig) -> None:
    blob = rig.part.with_suffix("")
    blob.parent.mkdir(parents=True)
    blob.write_bytes(b"x" * len(GGUF))
    assert rig.get() is None
    assert Path(rig.model().path or "").read_bytes() == GGUF


def test_a_model_that_another_program_has_brought_is_taken_as_it_is(rig: Rig) -> None:
    assert rig.get() is None
    place = Path(rig.model().path or "")
    rig.downloads.kept.drop(ID)
    rig.fake.requests.clear()
    assert rig.get() is None
    assert rig.fake.asked_for_bytes() == []
    assert Path(rig.model().path or "") == place


def test_where_there_are_no_links_a_model_takes_its_room_once(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_SYMLINKS", True)
    assert rig.get() is None
    place = Path(rig.model().path or "")
    assert not place.is_symlink()
    assert place.read_bytes() == GGUF
    assert not rig.part.with_suffix("").exists()
    place.write_bytes(b"x" * len(GGUF))  # damaged
    rig.downloads.kept.drop(ID)
    assert rig.get() is None
    assert place.read_bytes() == GGUF
    assert rig.downloads.remove(rig.model()) == len(GGUF)
    assert not place.exists()


def test_a_file_for_those_who_accepted_terms_is_said(rig: Rig) -> None:
    rig.fake.repositories[NAME].is_gated = True
    assert rig.failure() == (
        "owner/model-GGUF is only for people who accepted its terms. Accept them on its page at Hugging Face, put a "
        "token of yours into HF_TOKEN, start Chatkeep again and try again, or choose another model."
    )


def test_a_file_that_is_not_there_is_said(rig: Rig) -> None:
    rig.fake.repositories[NAME].files.clear()
    assert rig.failure() == "owner/model-GGUF has no file model-Q8_0.gguf. Look it up again, or choose another."


def test_a_repository_that_is_gone_is_said(rig: Rig) -> None:
    rig.fake.repositories.clear()
    assert rig.failure().startswith("Hugging Face does not know owner/model-GGUF, or it is not open to all.")


def test_no_room_on_the_disk_is_said_before_anything_is_fetched(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    free = shutil.disk_usage(rig.records.parent)._replace(free=20_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: free)
    assert rig.failure() == (
        "The disk has no room: 0.1 GB are needed and 0.0 GB are free. "
        "Make room and try again, or choose a smaller model."
    )
    assert rig.fake.asked_for_bytes() == []


def test_a_disk_that_fills_up_meanwhile_is_said(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: object, file: object) -> None:
        raise OSError(28, "No space left on device", "/a/path")

    monkeypatch.setattr(download._Rest, "_ask", full)
    assert rig.failure() == (
        "The disk is full. Make room and try again. What has arrived is kept, and trying again goes on from there."
    )


def test_a_folder_that_cannot_be_is_said_without_its_path(rig: Rig) -> None:
    assert rig.hub.cache is not None
    rig.hub.cache.write_text("a file in the way")
    assert rig.failure() == "The folder for models cannot be written to. Check its rights and try again."


def test_without_a_network_it_is_said_and_gone_on_with_later(rig: Rig) -> None:
    rig.downloads.hub = Hub(endpoint="http://127.0.0.1:9", cache=rig.hub.cache)
    assert rig.failure() == (
        "Hugging Face does not answer. Check the connection, and HF_ENDPOINT where a mirror is used, then try again."
    )
    rig.downloads.hub = rig.hub
    assert rig.get() is None


def test_where_the_hub_is_switched_off_it_is_said(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert rig.failure() == (
        "HF_HUB_OFFLINE is set here, so nothing is fetched. Take it away, start Chatkeep again and try again."
    )


def test_a_file_without_a_promise_is_not_fetched(rig: Rig) -> None:
    rig.fake.repositories[NAME].promised[FILE] = "0" * 40  # as git names a small file
    assert rig.failure() == (
        "Nothing says what model-Q8_0.gguf should hold, so it is not fetched. Choose another model."
    )


def test_trouble_of_the_hubs_own_is_tried_again_and_said(rig: Rig) -> None:
    rig.fake.status = 503
    assert rig.failure() == "Hugging Face has trouble of its own (status 503). Try again in a few minutes."


def test_stopping_keeps_what_has_arrived(rig: Rig) -> None:
    rig.fake.hold_at = 1_000_000
    rig.downloads.begin(REPOSITORY, FILE)
    wait_for(lambda: rig.downloads.progress()[0].done > 900_000, "bytes to arrive")
    running = rig.downloads.progress()[0]
    assert (running.is_running, running.is_stopping, running.model.size) == (True, False, len(GGUF))
    rig.downloads.stop(ID)
    assert rig.downloads.progress()[0].is_stopping
    rig.fake.go_on()
    left = rig.end()
    assert left is not None
    assert (left.error, left.model.goes_on) == (None, False)
    assert left.done == rig.part.stat().st_size > 900_000
    assert rig.anew().progress() == (left,), "another process knows it too"
    rig.downloads = rig.anew()
    rig.downloads.go_on_with_all()
    assert rig.end() == left, "what a person stopped stays so"
    rig.downloads.go_on(left.model)
    assert rig.end() is None
    assert Path(rig.model().path or "").read_bytes() == GGUF


PROCESS = """
import sys
from pathlib import Path
from chat.providers.local.hub.catalog import File, Hub, Repository
from chat.providers.local.hub.downloads import Downloads
from chat.providers.local.hub.kept import Kept
url, cache, records, name, file, size = sys.argv[1:]
downloads = Downloads(Kept(Path(records)), Hub(url, Path(cache)))
downloads.begin(Repository(name, (File(file, int(size)),), "mit", ("en",)), file)
sys.stdin.read()
"""


def test_a_process_killed_in_mid_download_is_gone_on_with_by_the_next(rig: Rig) -> None:
    rig.fake.hold_at = 1_000_000
    arguments = [rig.fake.url, str(rig.hub.cache), str(rig.records), NAME, FILE, str(len(GGUF))]
    with subprocess.Popen([sys.executable, "-c", PROCESS, *arguments], stdin=subprocess.PIPE) as process:
        wait_for(rig.fake.held.is_set, "bytes to be sent")
        wait_for(lambda: rig.part.stat().st_size > 0, "bytes to be written")
        os.kill(process.pid, signal.SIGKILL)
    rig.fake.go_on()
    arrived = rig.part.stat().st_size
    rig.fake.requests.clear()
    rig.downloads.go_on_with_all()
    assert rig.end() is None
    assert [each.range for each in rig.fake.asked_for_bytes()] == [f"bytes={arrived}-"]
    assert Path(rig.model().path or "").read_bytes() == GGUF


def test_a_process_that_ends_leaves_it_to_the_next(rig: Rig) -> None:
    rig.fake.hold_at = 1_000_000
    rig.downloads.begin(REPOSITORY, FILE)
    wait_for(lambda: rig.downloads.progress()[0].done > 0, "bytes to arrive")
    rig.fake.go_on()
    rig.downloads.close()
    rig.downloads = rig.anew()
    rig.downloads.go_on_with_all()
    assert rig.end() is None
    assert Path(rig.model().path or "").read_bytes() == GGUF


def test_two_processes_get_a_model_once(rig: Rig) -> None:
    rig.fake.hold_at = 1_000_000
    rig.downloads.begin(REPOSITORY, FILE)
    wait_for(rig.fake.held.is_set, "the first to be at it")
    other = rig.anew()
    other.begin(REPOSITORY, FILE)
    rig.fake.go_on()
    assert rig.end() is None
    wait_for(lambda: other.progress() == (), "the second to hear of it")
    assert len(rig.fake.asked_for_bytes()) == 1
    other.close()


def test_removing_says_what_it_frees_and_frees_it(rig: Rig) -> None:
    assert rig.get() is None
    model = rig.model()
    blob = Path(model.path or "").resolve()
    assert rig.downloads.freed_by(model) == len(GGUF)
    assert rig.downloads.remove(model) == len(GGUF)
    assert not blob.exists()
    assert not Path(model.path or "").is_symlink()
    assert rig.downloads.kept.list() == ()
    assert rig.news == ["changed", "changed"]


def test_bytes_that_another_revision_shares_stay(rig: Rig) -> None:
    assert rig.get() is None
    model = rig.model()
    path = Path(model.path or "")
    other = path.parent.with_name("other") / FILE
    other.parent.mkdir()
    other.symlink_to(path.resolve())
    assert rig.downloads.freed_by(model) == 0
    assert rig.downloads.remove(model) == 0
    assert other.read_bytes() == GGUF
    assert rig.downloads.kept.list() == ()


def test_removing_what_is_on_its_way_ends_it_and_frees_what_has_arrived(rig: Rig) -> None:
    rig.fake.cut_after = [1_000_000, *[0] * 6]
    left = rig.get()
    assert left is not None
    assert rig.downloads.remove(left.model) == 1_000_000
    assert not rig.part.exists()
    assert rig.downloads.progress() == ()


def test_a_model_whose_file_is_gone_is_no_model_and_can_be_had_again(rig: Rig) -> None:
    assert rig.get() is None
    Path(rig.model().path or "").resolve().unlink()
    assert rig.downloads.kept.models() == ()
    assert rig.get() is None
    assert Path(rig.model().path or "").read_bytes() == GGUF


def test_records_that_cannot_be_read_hide_no_other(rig: Rig) -> None:
    assert rig.get() is None
    (rig.records / "broken.json").write_text("{")
    (rig.records / "list.json").write_text("[]")
    (rig.records / "stranger.json").write_text(json.dumps({"repository": NAME, "file": FILE, "path": "/etc/passwd"}))
    assert rig.downloads.kept.models() == (rig.model(),)
