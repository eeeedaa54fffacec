"""The child process that runs the model on this machine: llama.cpp's server on a loopback port.

This file is the child's script. It has a process of its own because a crash in C++ must not take the chats with it, and
because its memory comes back when it ends. It reads one line of JSON from stdin (see `Settings`), answers with one line
on stdout, `{"address": …}` or `{"problem": …}`, and ends as soon as stdin does: whatever happened to its parent, it
never outlives it. The parent's side is `process.py`.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any, TypedDict

PLACES = 2
"""Answers at a time; more wait. On two cores 4 at once give hardly more words per second than 1 (155 : 115)."""
BATCH_TOKENS = 256
"""Tokens read at a time. Other answers, and a stop, wait for one batch: a second on two cores."""
PROMPT_CACHE_MIB = 128
"""Memory for conversations that have lost their place to another; their next turn need not be read anew."""
IDLE_SECONDS = 600
"""After so long without a question the weights leave memory (338 to 56 MB); they are back in half a second."""


class Settings(TypedDict):
    """The line that the parent writes."""

    gguf: str
    name: str
    """The model's name in requests and answers."""
    api_key: str
    sampling: dict[str, float]
    """How to choose words where a request does not say it, in llama.cpp's names: `temp`, `top_p`."""
    longest_answer: int
    """Tokens; -1: up to the end of the context."""
    context: int
    """Tokens that prompt and answer may have together, in each place."""
    thinks: bool
    """Whether a model that can think before it answers does."""


def main() -> None:
    """Serve until stdin ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in a terminal is for the parent
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever C++ prints must not get between
    settings: Settings = json.loads(sys.stdin.readline())
    watcher = threading.Thread(target=_end_with_stdin)
    watcher.start()
    server, answer = _start(settings)
    print(json.dumps(answer), file=answers, flush=True)
    watcher.join()
    del server  # which serves as long as it is held


def _start(settings: Settings) -> tuple[Any, dict[str, str]]:
    """Return the server, which runs on threads of its own, and what is answered to the parent."""
    try:
        import xllamacpp  # type: ignore[import-untyped,unused-ignore]
    except Exception as error:
        return None, {"problem": "missing", "words": str(error)}
    try:
        server = xllamacpp.Server(_params(xllamacpp, settings))
    except Exception as error:
        print(error, file=sys.stderr)
        return None, {"problem": "unusable"}
    return server, {"address": server.listening_address}


def _end_with_stdin() -> None:
    while sys.stdin.read(1):
        pass
    os._exit(0)  # without waiting for answers in the making: nobody reads them any more


def _params(xllamacpp: Any, settings: Settings) -> Any:
    params = xllamacpp.CommonParams()
    params.model.path = settings["gguf"]
    params.model_alias = {settings["name"]}
    params.hostnames = ["127.0.0.1"]
    params.port = 0  # a free one
    params.api_keys = [settings["api_key"]]
    params.cors_origins = "null"  # no web page may read its answers
    params.cors_origins_explicit = True
    params.cors_credentials = False
    params.ui = False
    params.endpoint_slots = False
    params.verbosity = 1  # errors
    params.offline = True
    params.fit_params = False

    params.n_parallel = PLACES
    # Not unified: with a shared cache one long conversation ends all answers in the making when it is full.
    params.kv_unified = False
    params.n_ctx = PLACES * settings["context"]
    params.n_batch = params.n_ubatch = BATCH_TOKENS
    params.ctx_shift = False  # a full context is said, never silently cut
    params.cache_ram_mib = PROMPT_CACHE_MIB
    params.sleep_idle_seconds = IDLE_SECONDS
    if not settings["thinks"]:
        params.enable_reasoning = 0
    params.n_predict = settings["longest_answer"]
    if (threads := _usable_cores()) < (os.cpu_count() or threads):
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    for name, value in settings["sampling"].items():
        setattr(params.sampling, name, value)
    return params


def _usable_cores() -> int:
    """Return how many cores this process may use. llama.cpp counts the machine's, and more threads than that crawl."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        return max(1, min(cores, int(quota) // int(period)))
    except (OSError, ValueError):  # no container, or one without a limit
        return cores


if __name__ == "__main__":
    main()
