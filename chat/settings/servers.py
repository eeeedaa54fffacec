"""Which servers on this machine are looked for: `CHATKEEP_LOCAL_SERVERS`, in place of the usual ones."""

from __future__ import annotations

from typing import Any

from chat.providers.finding.servers import KNOWN, KnownServer
from chat.providers.registry import PROVIDERS
from chat.settings.values import BadSetting, names_of

NAME = "CHATKEEP_LOCAL_SERVERS"
EXAMPLE = '"Ollama=11434, vLLM=8000"'
MOST_PORT = 65535


def clean_servers(value: Any) -> tuple[KnownServer, ...]:
    """Return the servers of a value such as `Ollama=11434, vLLM=8000`, or a list of such; none for `off`.

    Raises `BadSetting` for anything else. Without a value they are the usual ones.
    """
    if value is None:
        return KNOWN
    entries = names_of(NAME, value.split(",") if isinstance(value, str) else value, EXAMPLE)
    if [entry.lower() for entry in entries] == ["off"]:
        return ()
    servers = {server.name: server for server in map(_server, entries)}
    return tuple(servers.values())


def _server(entry: str) -> KnownServer:
    label, _, port = (part.strip() for part in entry.rpartition("="))
    is_port = port.isascii() and port.isdecimal() and len(port) <= len(str(MOST_PORT)) and 0 < int(port) <= MOST_PORT
    server = KnownServer(label, int(port) if is_port else 0)
    if not is_port or not server.name or not label.isprintable():
        raise BadSetting(f"{NAME} must look like {EXAMPLE}, or be off.")
    if server.name in {info.name for info in PROVIDERS}:
        raise BadSetting(f"The name {label} in {NAME} is taken: choose another one for this server.")
    return server
