"""A real nginx in front of the app, with the very file of the documentation: only ports and certificate are others.

With another file it stands for a host that shows the app in a frame (`cloud.py`).
"""

from __future__ import annotations

import getpass
import shutil
import socket
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.chatkeep_app import ROOT
from tests.support.processes import wait_for
from tests.support.streamlit_server import STOP_SECONDS, free_port
from tests.support.visitors.certificate import certificate

EXAMPLE = ROOT / "docs" / "nginx.conf"
AROUND = """daemon off;
user {user};
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/chatkeep.conf;
}}
"""


class Nginx:
    """The proxy as a context manager, in front of a port of this machine; everything of it is in `folder`."""

    def __init__(self, folder: Path, target: int, config: Path = EXAMPLE) -> None:
        self.folder = folder
        self._config = config
        self.port, self._plain_port = free_port(), free_port()
        self.url = f"https://127.0.0.1:{self.port}"
        self.plain_url = f"http://127.0.0.1:{self._plain_port}"
        self.target = target
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def written(self) -> str:
        """All that it has written down, as text."""
        files = sorted(path for path in self.folder.rglob("*") if path.is_file() and path.suffix != ".conf")
        return "".join(path.read_bytes().decode("utf-8", "replace") for path in files if path.suffix != ".pem")

    def __enter__(self) -> Self:
        nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
        assert nginx is not None, "nginx is missing: apt-get install nginx-light"
        (self.folder / "chatkeep.conf").write_text(self._adapted(), "utf-8")
        around = AROUND.format(user=getpass.getuser(), folder=self.folder)
        (self.folder / "nginx.conf").write_text(around, "utf-8")
        command = [nginx, "-p", str(self.folder), "-e", "error.log", "-c", str(self.folder / "nginx.conf")]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        wait_for(self._answers, "nginx answers")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        process, self._process = self._process, None
        assert process is not None
        process.terminate()
        process.wait(STOP_SECONDS)

    def _adapted(self) -> str:
        cert, key = certificate(self.folder)
        text = self._config.read_text("utf-8")
        for documented, here in (
            ("listen 80;", f"listen 127.0.0.1:{self._plain_port};"),
            ("listen 443 ssl http2;", f"listen 127.0.0.1:{self.port} ssl http2;"),
            ("/etc/ssl/certs/chat.example.org.pem", str(cert)),
            ("/etc/ssl/private/chat.example.org.key", str(key)),
            ("/var/log/nginx/chatkeep.log", f"{self.folder}/chatkeep.log"),
            ("http://127.0.0.1:8501", f"http://127.0.0.1:{self.target}"),
        ):
            assert text.count(documented) == 1, documented
            text = text.replace(documented, here)
        return text

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.written
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0
