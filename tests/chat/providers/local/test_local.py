"""The model on this machine, with the real model: answers, memory, stopping, limits, and how its process can end."""

import asyncio
import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import httpx2
import pytest

from chat.errors import ChatError, ContextTooLong, CutOff, ModelUnavailable, NotFound
from chat.providers.base import Chunk, Model, Progress, PromptMessage, ProviderInfo, Request
from chat.providers.local import library, machine
from chat.providers.local import provider as local
from chat.providers.local.hub.kept import Kept, KeptModel
from chat.providers.local.machine import Memory
from chat.providers.local.model import SMOLLM2
from chat.providers.local.process import DidNotStart, LocalServer
from chat.providers.local.provider import LocalModelProvider
from chat.providers.local.server import PLACES
from chat.providers.local.weights import Weights, WeightsCache
from tests.support.local_model import local_model_cache
from tests.support.processes import is_gone, wait_for

__all__ = ["local_model_cache"]

MODEL = "local/smollm2-135m-instruct"
LONG = "Tell me a very long story about a cat."
STARTING, WAITING = Progress("Starting the model"), Progress("Waiting for another answer to end")


def ask(*words: str, max_tokens: int | None = 8, model: str = MODEL) -> Request:
    """A request whose messages are said by the user and the assistant in turn; always answered in the same way."""
    messages = tuple(PromptMessage("assistant" if turn % 2 else "user", said) for turn, said in enumerate(words))
    return Request(model, messages, temperature=0, max_tokens=max_tokens)


async def answer(provider: LocalModelProvider, request: Request) -> Chunk:
    total = Chunk()
    async with aclosing(provider.stream(request)) as chunks:
        async for chunk in chunks:
            total += chunk
    return total


async def begun(provider: LocalModelProvider, request: Request) -> AsyncGenerator[Chunk, None]:
    """Return the chunks of an answer whose first words have arrived."""
    chunks = provider.stream(request)
    async for chunk in chunks:
        if chunk.text:
            break
    return chunks


def with_model(cache: WeightsCache, work: Callable[[LocalModelProvider], Awaitable[None]]) -> None:
    async def run() -> None:
        provider = LocalModelProvider(cache=cache)
        try:
            await work(provider)
        finally:
            await provider.close()
        assert provider.process_ids == ()

    asyncio.run(run())


def failing(provider: LocalModelProvider, request: Request) -> ChatError:
    """Return the error that the request ends with."""

    async def run() -> None:
        try:
            await answer(provider, request)
        finally:
            await provider.close()

    with pytest.raises(ChatError) as caught:
        asyncio.run(run())
    return caught.value


def test_a_chat_of_two_turns_is_streamed_and_remembered(local_model_cache: WeightsCache) -> None:
    async def chat(provider: LocalModelProvider) -> None:
        chunks = [chunk async for chunk in provider.stream(ask("My name is Ada. What is the capital of France?"))]
        assert chunks[0] == Chunk(progress=STARTING)
        first = sum(chunks, Chunk())
        assert len([chunk for chunk in chunks if chunk.text]) > 3
        assert first.usage is not None
        second = await answer(provider, ask("My name is Ada. What is the capital of France?", first.text, "My name?"))
        assert second.text
        assert second.progress is None
        assert second.usage is not None
        assert second.usage.prompt_tokens > first.usage.prompt_tokens + first.usage.completion_tokens

    with_model(local_model_cache, chat)


def test_the_demo_model_is_told_to_be_brief_where_nobody_has_told_it_anything(local_model_cache: WeightsCache) -> None:
    async def chat(provider: LocalModelProvider) -> None:
        async def asked(*system: str) -> Chunk:
            messages = (
                *(PromptMessage("system", said) for said in system),
                PromptMessage("user", "Which planet is this?"),
            )
            return await answer(provider, Request(MODEL, messages, temperature=0, max_tokens=12))

        untold, told = await asked(), await asked(SMOLLM2.system_prompt)
        assert (untold.text, untold.usage) == (told.text, told.usage)
        other = await asked(f"{SMOLLM2.system_prompt} You are a pirate, and you say so in each of your answers.")
        assert untold.usage is not None
        assert other.usage is not None
        assert other.usage.prompt_tokens > untold.usage.prompt_tokens

    with_model(local_model_cache, chat)


def test_a_limit_of_tokens_ends_the_answer_and_says_so(local_model_cache: WeightsCache) -> None:
    async def chat(provider: LocalModelProvider) -> None:
        limited = await answer(provider, ask(LONG, max_tokens=5))
        assert limited.finish_reason == "length"
        assert limited.usage is not None
        assert limited.usage.completion_tokens == 5

    with_model(local_model_cache, chat)


def test_what_does_not_fit_is_said_and_not_cut(local_model_cache: WeightsCache) -> None:
    async def chat(provider: LocalModelProvider) -> None:
        with pytest.raises(ContextTooLong) as caught:
            await answer(provider, ask("hello " * 5000))
        assert str(caught.value) == (
            "The conversation is too long for smollm2-135m-instruct: "
            "leave out some messages, or choose a model with a larger context window."
        )
        assert (await answer(provider, ask("Hello"))).text

    with_model(local_model_cache, chat)


def test_an_unfinished_answer_at_the_end_is_continued(local_model_cache: WeightsCache) -> None:
    async def chat(provider: LocalModelProvider) -> None:
        asked = await answer(provider, ask("Count to ten."))
        continued = await answer(provider, ask("Count to ten.", "One, two, three, fo"))
        assert asked.usage is not None
        assert continued.usage is not None
        words = continued.usage.prompt_tokens - asked.usage.prompt_tokens
        assert words == 7, "only the words are added: no mark ends the answer, and none begins another"

    with_model(local_model_cache, chat)


def test_stopped_answers_make_room_for_others(local_model_cache: WeightsCache) -> None:
    async def chat(provider: LocalModelProvider) -> None:
        for _ in range(2):
            running = [await begun(provider, ask(LONG, max_tokens=None)) for _ in range(PLACES)]
            for chunks in running:
                await chunks.aclose()
        assert (await answer(provider, ask("Hello"))).progress is None

    with_model(local_model_cache, chat)


def test_an_answer_too_many_waits_and_says_so(local_model_cache: WeightsCache) -> None:
    async def chat(provider: LocalModelProvider) -> None:
        running = [await begun(provider, ask(LONG, max_tokens=None)) for _ in range(PLACES)]
        waiting = provider.stream(ask("Hello"))
        assert await anext(waiting) == Chunk(progress=WAITING)
        await running[0].aclose()
        assert sum([chunk async for chunk in waiting], Chunk()).finish_reason == "length"
        await running[1].aclose()

    with_model(local_model_cache, chat)


def test_two_first_questions_start_one_process(local_model_cache: WeightsCache) -> None:
    async def chat(provider: LocalModelProvider) -> None:
        answers = await asyncio.gather(answer(provider, ask("Hello")), answer(provider, ask("Good morning")))
        assert all(each.text and each.progress == STARTING for each in answers)

    with_model(local_model_cache, chat)


def test_a_killed_model_cuts_the_answer_off_and_is_started_again(local_model_cache: WeightsCache) -> None:
    async def chat(provider: LocalModelProvider) -> None:
        chunks = await begun(provider, ask(LONG, max_tokens=None))
        (killed,) = provider.process_ids
        os.kill(killed, signal.SIGKILL)
        with pytest.raises(CutOff) as caught:
            async for _ in chunks:
                pass
        assert str(caught.value) == "The answer from SmolLM2 135M broke off: continue it, or try again."
        await asyncio.to_thread(wait_for, lambda: provider.process_ids == (), "asyncio to hear of it")
        assert (await answer(provider, ask("Hello"))).text
        assert provider.process_ids not in ((), (killed,))

    with_model(local_model_cache, chat)


def test_leaving_while_it_starts_leaves_no_process(local_model_cache: WeightsCache) -> None:
    async def chat(provider: LocalModelProvider) -> None:
        chunks = provider.stream(ask("Hello"))
        assert await anext(chunks) == Chunk(progress=STARTING)
        await chunks.aclose()
        assert provider.process_ids == ()
        assert (await answer(provider, ask("Hello"))).text

    with_model(local_model_cache, chat)


def test_the_process_ends_when_the_app_is_killed(local_model_cache: WeightsCache) -> None:
    app = f"""
import asyncio
from pathlib import Path
from chat.providers.local.model import SMOLLM2
from chat.providers.local.process import LocalServer
async def main():
    server = await LocalServer.start(Path({str(local_model_cache.path)!r}), "model", {{}}, -1)
    print(server.pid, flush=True)
    await asyncio.sleep(1000)
asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", app], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert not is_gone(child)
        parent.kill()
    wait_for(lambda: is_gone(child), "the model's process to end")


def test_nobody_without_the_key_can_ask(local_model_cache: WeightsCache) -> None:
    async def knock() -> int:
        server = await LocalServer.start(local_model_cache.path, "model", {}, -1)
        try:
            assert server.address.startswith("http://127.0.0.1:")
            async with httpx2.AsyncClient(trust_env=False) as client:
                return (await client.post(f"{server.address}/v1/chat/completions", json={})).status_code
        finally:
            await server.close()

    assert asyncio.run(knock()) == 401


@pytest.mark.parametrize("content", [b"", b"GGUF", b"no model at all" * 1000])
def test_a_file_that_is_no_model_is_said(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "other.gguf").write_bytes(content)
    error = failing(LocalModelProvider(gguf=str(tmp_path / "other.gguf")), ask("Hello", model="local/other"))
    assert isinstance(error, ModelUnavailable)
    assert str(error) == (
        "other.gguf could not be loaded: it is no GGUF file, is not complete, or needs more memory. "
        "Put another file in CHATKEEP_GGUF, or choose another model."
    )


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    error = failing(LocalModelProvider(gguf=str(tmp_path / "other.gguf")), ask("Hello", model="local/other"))
    assert str(error) == "other.gguf was not found. Put another file in CHATKEEP_GGUF, or choose another model."


def test_a_file_of_ones_own_answers_under_its_name(local_model_cache: WeightsCache) -> None:
    async def chat() -> None:
        provider = LocalModelProvider(gguf=str(local_model_cache.path))
        assert provider.info.default_model == "local/SmolLM2-135M-Instruct.Q4_1"
        try:
            request = ask("Hello", model="local/SmolLM2-135M-Instruct.Q4_1")
            assert (await answer(provider, request)).text
        finally:
            await provider.close()

    asyncio.run(chat())


def test_damaged_weights_are_removed_so_that_trying_again_helps(tmp_path: Path) -> None:
    whole, damaged = b"whole" * 100, b"wrong" * 100
    sha256 = hashlib.sha256(whole).hexdigest()
    cache = WeightsCache(Weights("tiny==1.0", 1, "0" * 64, "tiny/tiny.gguf", len(whole), sha256), tmp_path)
    cache.path.write_bytes(damaged)
    assert str(failing(LocalModelProvider(cache=cache), ask("Hello"))) == (
        "The model's file was damaged and has been removed. Try again to download it anew, or choose another model."
    )
    assert not cache.is_there


def test_another_model_is_not_answered_for(tmp_path: Path) -> None:
    error = failing(LocalModelProvider(cache=WeightsCache(folder=tmp_path)), ask("Hello", model="local/another"))
    assert isinstance(error, NotFound)
    assert str(error) == "The model another is not on this machine: choose another one."


def test_what_is_offered(tmp_path: Path) -> None:
    assert LocalModelProvider().info == ProviderInfo(
        "local",
        "On this machine",
        file_name="CHATKEEP_GGUF",
        default_model=MODEL,
        demo_model=MODEL,
        prefill=True,
        libraries=("httpx2", "openai.resources.chat"),
        note=local.NOTE,
    )
    assert asyncio.run(LocalModelProvider(kept=Kept(tmp_path)).models()) == (Model(MODEL, "SmolLM2 135M", 4096),)


NOT_INSTALLED = (
    "No model can run on this machine: xllamacpp is not installed. "
    "Install it (pip install xllamacpp) and try again, or choose another model."
)
NO_LIBGOMP = (
    "No model can run on this machine: libgomp is missing. Install it (apt-get install libgomp1; on Streamlit "
    "Community Cloud a line libgomp1 in packages.txt) and try again, or choose another model."
)


def offered_by(provider: LocalModelProvider) -> str:
    with pytest.raises(ModelUnavailable) as caught:
        asyncio.run(provider.models())
    return str(caught.value)


def test_without_llama_cpp_nothing_is_offered_or_downloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "find_spec", lambda name: None)
    provider = LocalModelProvider(cache=WeightsCache(folder=tmp_path / "cache"))
    assert offered_by(provider) == NOT_INSTALLED
    assert str(failing(provider, ask("Hello"))) == NOT_INSTALLED
    assert not (tmp_path / "cache").exists()


@pytest.fixture
def llama_cpp_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Have every new Python process find a llama.cpp that does this when it is imported."""

    def install(statement: str) -> None:
        (tmp_path / "modules").mkdir()
        (tmp_path / "modules" / "xllamacpp.py").write_text(statement)
        monkeypatch.setenv("PYTHONPATH", str(tmp_path / "modules"))

    return install


CANNOT_OPEN = "libgomp.so.1: cannot open shared object file: No such file or directory"


@pytest.mark.parametrize("error", ["ImportError", "OSError"])
def test_a_library_that_is_missing_is_named_with_how_to_install_it(
    error: str, tmp_path: Path, llama_cpp_that: Callable[[str], None]
) -> None:
    llama_cpp_that(f"raise {error}({CANNOT_OPEN!r})")
    assert library.trouble() == NO_LIBGOMP
    provider = LocalModelProvider(cache=WeightsCache(folder=tmp_path / "cache"))
    assert offered_by(provider) == NO_LIBGOMP
    assert str(failing(provider, ask("Hello"))) == NO_LIBGOMP
    assert not (tmp_path / "cache").exists()
    (tmp_path / "other.gguf").write_bytes(b"GGUF")
    own = LocalModelProvider(gguf=str(tmp_path / "other.gguf"))
    assert str(failing(own, ask("Hello", model="local/other"))) == NO_LIBGOMP


def test_a_llama_cpp_that_kills_its_process_does_not_end_the_app(llama_cpp_that: Callable[[str], None]) -> None:
    llama_cpp_that("import os; os.abort()")
    assert library.trouble() == (
        "No model can run on this machine: xllamacpp is installed and cannot be loaded. "
        "Install it anew (pip install --force-reinstall xllamacpp) and try again, or choose another model."
    )


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (f"ImportError: {CANNOT_OPEN}", NO_LIBGOMP),
        (
            "ImportError: libstdc++.so.6: cannot open shared object file",
            NO_LIBGOMP.replace("libgomp1", "libstdc++6").replace("libgomp", "libstdc++"),
        ),
        (
            "ImportError: libcuda.so.1: cannot open shared object file",
            "No model can run on this machine: libcuda is missing. Install it and try again, or choose another model.",
        ),
        (
            "ImportError: dlopen(x.so, 0x0002): Library not loaded: @rpath/libomp.dylib",
            "No model can run on this machine: libomp is missing. Install it and try again, or choose another model.",
        ),
        (
            "ImportError: /lib/libc.so.6: version `GLIBC_2.34' not found (required by xllamacpp.so)",
            "No model can run on this machine: its system is too old for xllamacpp. "
            "Update it, or choose another model.",
        ),
        (
            "ImportError: DLL load failed while importing xllamacpp: The specified module could not be found.",
            "No model can run on this machine: the Visual C++ Redistributable of Microsoft is missing. "
            "Install it and try again, or choose another model.",
        ),
        ("ModuleNotFoundError: No module named 'xllamacpp'", NOT_INSTALLED),
    ],
)
def test_what_loading_it_can_meet(words: str, says: str) -> None:
    assert library.not_loaded(words) == says


def test_llama_cpp_is_loaded_in_the_child_only() -> None:
    code = "import sys, chat.providers.local.provider; sys.exit('xllamacpp' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(("set_here", "spins"), [(None, "1000"), ("7", "7")], ids=["by default", "set by somebody"])
def test_its_threads_soon_sleep_where_others_need_the_core(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, set_here: str | None, spins: str
) -> None:
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    if set_here:
        monkeypatch.setenv("GOMP_SPINCOUNT", set_here)
    script, told = tmp_path / "server.py", tmp_path / "told"
    script.write_text(f"import os, pathlib; pathlib.Path({str(told)!r}).write_text(os.environ['GOMP_SPINCOUNT'])")
    with pytest.raises(DidNotStart):
        asyncio.run(LocalServer.start(tmp_path / "model.gguf", "model", {}, 8, script))
    assert told.read_text() == spins


def test_leaving_as_the_child_begins_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "server.py"
    script.write_text("import sys\nsys.stdin.read()\n")
    begin, begun = subprocess.Popen, []

    async def start_and_leave() -> None:
        starting = asyncio.create_task(LocalServer.start(tmp_path / "model.gguf", "model", {}, 8, script=script))

        def begin_and_leave(*arguments: Any, **options: Any) -> "subprocess.Popen[bytes]":
            begun.append(begin(*arguments, **options))
            starting.cancel()  # it runs, before anybody here knows of it
            return begun[-1]

        monkeypatch.setattr(subprocess, "Popen", begin_and_leave)
        await asyncio.wait({starting})
        assert starting.cancelled()

    asyncio.run(start_and_leave())
    assert [is_gone(each.pid) for each in begun] == [True]


def kept_as(folder: Path, cache: WeightsCache, *files: str) -> Kept:
    """Have the demo model's file be here as so many models of the hub's."""
    kept = Kept(folder)
    for file in files:
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.hardlink_to(cache.path) if folder.stat().st_dev == cache.path.stat().st_dev else path.symlink_to(
            cache.path
        )
        kept.put(KeptModel("owner/name", file, cache.path.stat().st_size, path=str(path)))
    return kept


def test_models_of_the_hub_stand_beside_the_demo_model_and_answer(
    local_model_cache: WeightsCache, tmp_path: Path
) -> None:
    kept = kept_as(tmp_path / "kept", local_model_cache, "tiny-Q8_0.gguf")
    kept.put(KeptModel("owner/name", "half-Q8_0.gguf", 5))

    async def chat() -> None:
        provider = LocalModelProvider(cache=local_model_cache, kept=kept)
        try:
            assert await provider.models() == (
                Model(MODEL, "SmolLM2 135M", 4096),
                Model("local/owner/name/tiny-Q8_0.gguf", "tiny-Q8_0", 8192),
            )
            assert (await answer(provider, ask("Hello", model="local/owner/name/tiny-Q8_0.gguf"))).text
            (model,) = kept.models()
            kept.drop(model.name)
            assert len(await provider.models()) == 1
            assert provider.process_ids == (), "what is removed leaves memory"
            with pytest.raises(NotFound):
                await answer(provider, ask("Hello", model="local/owner/name/tiny-Q8_0.gguf"))
        finally:
            await provider.close()

    asyncio.run(chat())


def test_a_file_of_the_hub_that_is_no_model_is_said(tmp_path: Path) -> None:
    (tmp_path / "tiny.gguf").write_bytes(b"GGUF")
    kept = Kept(tmp_path / "kept")
    kept.put(KeptModel("owner/name", "tiny.gguf", 4, path=str(tmp_path / "tiny.gguf")))
    error = failing(LocalModelProvider(kept=kept), ask("Hello", model="local/owner/name/tiny.gguf"))
    assert str(error) == (
        "tiny.gguf could not be loaded: it is no GGUF file, is not complete, or needs more memory. "
        "Remove it in Settings and get it again, or choose another model."
    )


@pytest.mark.parametrize("free", [None, 10_000_000])
def test_the_least_recently_used_model_leaves_memory_first(
    local_model_cache: WeightsCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int | None
) -> None:
    """Where memory is short; where nobody knows, two stay."""
    kept = kept_as(tmp_path / "kept", local_model_cache, "a.gguf", "b.gguf")
    models = [MODEL, "local/owner/name/a.gguf", "local/owner/name/b.gguf"]

    async def chat() -> None:
        provider = LocalModelProvider(cache=local_model_cache, kept=kept)

        async def used(model: str) -> int:
            before = set(provider.process_ids)
            await answer(provider, ask("Hello", model=model, max_tokens=1))
            return next(iter(set(provider.process_ids) - before), 0)

        try:
            monkeypatch.setattr(machine, "memory", lambda: Memory(free=1 << 40))
            first, second = await used(models[0]), await used(models[1])
            assert set(provider.process_ids) == {first, second}
            assert await used(models[0]) == 0, "it is in memory still"
            monkeypatch.setattr(machine, "memory", lambda: Memory(free=free))
            third = await used(models[2])
            assert set(provider.process_ids) == ({first, third} if free is None else {third})
        finally:
            await provider.close()

    asyncio.run(chat())


def test_a_model_that_answers_is_not_let_go(
    local_model_cache: WeightsCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = kept_as(tmp_path / "kept", local_model_cache, "a.gguf")
    monkeypatch.setattr(machine, "memory", lambda: Memory(free=0))

    async def chat() -> None:
        provider = LocalModelProvider(cache=local_model_cache, kept=kept)
        try:
            running = await begun(provider, ask(LONG, max_tokens=64))
            assert (await answer(provider, ask("Hello", model="local/owner/name/a.gguf"))).text
            assert sum([chunk async for chunk in running], Chunk()).finish_reason == "length"
        finally:
            await provider.close()

    asyncio.run(chat())
