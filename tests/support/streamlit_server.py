"""A real Streamlit server for a test: started on a free loopback port, waited for, and ended with all it started.

For what AppTest cannot see: the browser's side of a page, a reload, a second tab. It knows nothing of Chatkeep; the
browser that looks at it is in `browser.py`.
"""

from __future__ import annotations

import os
import random
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

START_SECONDS = 60.0
STOP_SECONDS = 10.0
POLL_SECONDS = 0.05

STARTED: deque[StreamlitServer] = deque(maxlen=3)
"""The servers that were started last, for a failed test to show their logs; a test may have ended its own by then."""

# Nothing leaves this machine, nothing waits for a person, and an edited file does not rerun a page mid-test.
OPTIONS = (
    "--server.headless=true",
    "--server.address=127.0.0.1",
    "--server.fileWatcherType=none",
    "--browser.gatherUsageStats=false",
)


_ANY_CERTIFICATE = ssl._create_unverified_context()


_PORTS = range(12_000, 32_000)
"""Below those that a system gives to connections that go out: else one of these may take the port before its server."""
_chance = random.Random()  # of its own in each process, whatever a test has seeded


def free_port() -> int:
    """Return a loopback port that was free a moment ago, and that nobody else is likely to take before it is used."""
    while True:
        port = _chance.choice(_PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class StreamlitServer:
    """`streamlit run script`, as a context manager; inside it the server answers at `url`.

    `env` is laid over this process's environment, `args` are further options of `streamlit run`, `cwd` is the folder
    it runs in (default: the script's own), `run` are the arguments of Python that stand for `streamlit run script`,
    `scheme` is `https` where `env` has a certificate for it.
    Entering raises `RuntimeError`, with the log, where the server ends or stays unhealthy.
    """

    def __init__(
        self,
        script: Path,
        env: Mapping[str, str] | None = None,
        args: Sequence[str] = (),
        cwd: Path | None = None,
        run: Sequence[str] | None = None,
        scheme: str = "http",
    ) -> None:
        self.script = Path(script).resolve()
        self.run = ("-m", "streamlit", "run", str(self.script)) if run is None else tuple(run)
        self.env = {**os.environ, **(env or {})}
        self.args = tuple(args)
        self.cwd = Path(cwd) if cwd is not None else self.script.parent
        self.port = free_port()
        prefix = self.env.get("STREAMLIT_SERVER_BASE_URL_PATH", "")
        self.url = f"{scheme}://127.0.0.1:{self.port}{prefix and f'/{prefix}'}"
        self._process: subprocess.Popen[bytes] | None = None
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - read after the server has ended, closed with this object

    @property
    def log(self) -> str:
        """Everything the server has printed so far."""
        size = os.fstat(self._log.fileno()).st_size
        return os.pread(self._log.fileno(), size, 0).decode("utf-8", "replace")

    def __enter__(self) -> Self:
        STARTED.append(self)
        self._process = subprocess.Popen(
            [sys.executable, *self.run, *self._options(), *self.args],
            cwd=self.cwd,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            self._wait_until_healthy(self._process)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _options(self) -> tuple[str, ...]:
        return (f"--server.port={self.port}", *OPTIONS)

    def end(self, word: signal.Signals) -> None:
        """Send the server itself this signal and wait until it has ended."""
        process = self._process
        assert process is not None, "the server is not running"
        process.send_signal(word)
        process.wait(2 * STOP_SECONDS)

    def stop(self) -> None:
        """End the server and every process it started; calling it again does nothing."""
        process, self._process = self._process, None
        if process is None:
            return
        for word in (signal.SIGTERM, signal.SIGKILL):
            try:
                # The group outlives its leader while a child is left; it is gone once nobody is in it.
                os.killpg(process.pid, word)
            except ProcessLookupError:
                break
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                continue
        process.wait(STOP_SECONDS)

    def _wait_until_healthy(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise RuntimeError(f"streamlit ended with {process.returncode}:\n{self.log}")
            if self._is_healthy():
                return
            time.sleep(POLL_SECONDS)
        raise RuntimeError(f"streamlit did not become healthy in {START_SECONDS:.0f} s:\n{self.log}")

    def _is_healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1, context=_ANY_CERTIFICATE) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


class UnixSocketServer(StreamlitServer):
    """An `st.App` run by uvicorn on a Unix socket, as a context manager; `app` is `module:name`."""

    def __init__(self, path: Path, app: str, cwd: Path, env: Mapping[str, str]) -> None:
        super().__init__(cwd / "Home.py", env, cwd=cwd, run=("-m", "uvicorn", app))
        self.path = path

    def _options(self) -> tuple[str, ...]:
        return (f"--uds={self.path}", "--no-access-log")

    def _is_healthy(self) -> bool:
        with socket.socket(socket.AF_UNIX) as connection:
            try:
                connection.connect(str(self.path))
                connection.sendall(b"GET /_stcore/health HTTP/1.0\r\nHost: health\r\n\r\n")
                return b" 200 " in connection.recv(1024)
            except OSError:
                return False
