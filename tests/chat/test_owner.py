"""Who sees the personal conversations: a browser on this machine, and nobody of whom that is in doubt."""

import pytest

from chat.owner import FORWARDING_HEADERS, Connection, is_personal, new_visitor

HERE = {"Host": "localhost:8501"}


@pytest.mark.parametrize(
    ("remote_ip", "host"),
    [
        ("127.0.0.1", "localhost:8501"),
        ("127.0.0.1", "127.0.0.1:8501"),
        ("127.8.9.10", "localhost"),
        ("::1", "[::1]:8501"),
        ("::ffff:127.0.0.1", "chat.localhost:8501"),
    ],
)
def test_browser_on_this_machine_is_personal(remote_ip, host):
    assert is_personal(None, Connection(remote_ip, {"Host": host, "Origin": f"http://{host}"}))


@pytest.mark.parametrize(
    ("remote_ip", "headers"),
    [
        ("192.168.1.20", HERE),
        ("10.0.0.1", HERE),
        ("::ffff:10.0.0.1", HERE),
        (None, HERE),
        ("nonsense", HERE),
        ("127.0.0.1", {}),
        ("127.0.0.1", {"Host": "chat.example.org"}),
        ("127.0.0.1", {"Host": "192.168.1.5:8501"}),
        ("127.0.0.1", {"Host": "localhost.example.org"}),
        ("127.0.0.1", {"Host": "127.0.0.1.example.org"}),
        ("127.0.0.1", {"Host": "evil.example/@localhost"}),
        ("127.0.0.1", {"Host": "[::1"}),
        ("127.0.0.1", {"Host": "localhost:8501", "Origin": "https://chat.example.org"}),
        ("127.0.0.1", {"Host": "localhost:8501", "Origin": "null"}),
    ],
)
def test_any_doubt_makes_a_visitor(remote_ip, headers):
    assert not is_personal(None, Connection(remote_ip, headers))


@pytest.mark.parametrize("header", sorted(FORWARDING_HEADERS))
def test_one_forwarding_header_makes_a_visitor(header):
    assert not is_personal(None, Connection("127.0.0.1", {**HERE, header.title(): "127.0.0.1"}))


def test_mode_goes_before_everything_else():
    far, near = Connection("203.0.113.7", {"Host": "chat.example.org"}), Connection("127.0.0.1", HERE)
    assert is_personal("personal", far)
    assert not is_personal("visitors", near)
    assert not is_personal("signed-in", near)
    assert not is_personal("persnal", near)


def test_every_visitor_is_somebody_else():
    assert len({new_visitor().id for _ in range(100)}) == 100
