"""Behind a real nginx with the documentation's file, over https: everything works as without it, for visitors alone."""

import json

import httpx2
import pytest
from playwright.sync_api import expect

from tests.support.browser import browser  # noqa: F401
from tests.support.chatkeep_app import all_stored, button, chatkeep, message_box, open_page, say, wait_for_answer
from tests.support.fakes.fake_server import FakeModelServer
from tests.support.identity.openid_provider import OpenIdProvider, sign_in, write_secrets
from tests.support.shared_app import answered, counting, squeezed, text_of
from tests.support.streamlit_server import free_port
from tests.support.visitors.browsers import VISITORS, a_browser, assert_new_place, assert_same_place, cookie_names
from tests.support.web.nginx import Nginx

LARGER_THAN_USUAL = 1_048_576
"""Bytes of a request that nginx by itself takes."""


@pytest.fixture
def nginx(tmp_path):
    folder = tmp_path / "nginx"
    folder.mkdir()
    with Nginx(folder, target=free_port()) as running:
        yield running


def behind(nginx, data, models, model="by-script", **environment):
    """Return the app where nginx looks for it."""
    server = chatkeep(data, models, model, **environment)
    server.port, server.url = nginx.target, f"http://127.0.0.1:{nginx.target}"
    return server


@pytest.fixture(scope="module")
def for_visitors(tmp_path_factory):
    """Return nginx, the data folder and the models of an app behind it that nobody told whom it serves."""
    folder = tmp_path_factory.mktemp("visitors")
    (folder / "nginx").mkdir()
    with (
        Nginx(folder / "nginx", target=free_port()) as nginx,
        FakeModelServer() as models,
        behind(nginx, folder / "data", models, CHATKEEP_VISITOR_KEYS="1"),
    ):
        yield nginx, folder / "data", models


def test_everything_works_and_nobody_is_taken_for_the_personal_owner(browser, for_visitors, tmp_path):  # noqa: F811
    nginx, data, models = for_visitors
    export = tmp_path / "history.json"
    said = "word " * 250_000
    export.write_text(json.dumps([{"role": "user", "content": "Uploaded"}, {"role": "assistant", "content": said}]))
    assert export.stat().st_size > LARGER_THAN_USUAL
    gate = models.gate()
    models.script = [*counting(1, 30), gate, *counting(31, 60)]
    with a_browser(browser, ignore_https_errors=True, accept_downloads=True) as context:
        page = context.new_page()
        sockets = []
        page.on("websocket", lambda socket: sockets.append(socket.url))
        page.goto(nginx.url)
        say(page, "Through nginx")
        expect(page.get_by_text("word30")).to_be_visible()  # nothing is held back until the end
        gate.open()
        assert squeezed(answered(page, 2)) == squeezed(text_of(models.script))
        address = nginx.url.replace("https", "wss")
        assert sockets == [f"{address}/_stcore/stream", f"{address}/chatkeep/live"]
        (name,) = cookie_names(context)
        assert name.startswith("__Host-Http-chatkeep")
        before = context.cookies()
        page.reload()
        wait_for_answer(page, 2)
        assert_same_place(page, "Through nginx")
        assert [cookie["value"] for cookie in context.cookies() if cookie["name"] == name] == [
            cookie["value"] for cookie in before if cookie["name"] == name
        ]

        open_page(page, "History")
        button(page, "Import").click()
        dialog = page.get_by_role("dialog")
        dialog.locator("input[type=file]").set_input_files(export)
        dialog.get_by_role("button", name="Import now").click()
        expect(dialog.get_by_role("button", name="Import another file")).to_be_visible()
        dialog.get_by_role("button", name="Close").click()
        page.goto(f"{nginx.url}/History?q=nginx")  # of two that are equally new either may come first
        expect(page.get_by_text("1 conversation", exact=True)).to_be_visible()
        button(page, "More").click()
        with page.expect_download() as download:
            dialog.get_by_role("button", name="Download", exact=True).click()
        assert "word60" in download.value.path().read_text("utf-8")
        with a_browser(browser, ignore_https_errors=True) as other:
            stranger = other.new_page()
            stranger.goto(nginx.url)
            assert_new_place(stranger, "Through nginx", "Uploaded")
    assert all_stored(data) == []  # which are the personal owner's
    assert "/?" not in nginx.written
    assert "Through nginx" not in nginx.written


def test_health_and_headers_pass_and_plain_http_leads_to_https(for_visitors):
    nginx, _, _ = for_visitors
    with httpx2.Client(verify=False) as client:
        health = client.get(f"{nginx.url}/health")
        assert (health.status_code, health.json()) == (200, {"ready": True})
        assert client.head(f"{nginx.url}/health").status_code == 200
        page = client.get(nginx.url)
        assert page.headers["cross-origin-opener-policy"] == "same-origin"
        assert page.headers["cache-control"] == "no-store"
        assert "; Secure; HttpOnly; SameSite=Lax" in page.headers["set-cookie"]
        led = client.get(f"{nginx.plain_url}/History?q=x", headers={"Host": "chat.example.org"})
        assert (led.status_code, led.headers["location"]) == (301, "https://chat.example.org/History?q=x")


def test_signing_in_works_and_lasts(browser, data, models, nginx, tmp_path):  # noqa: F811
    secrets = tmp_path / "secrets.toml"
    with OpenIdProvider(
        {"ann": {"name": "Ann Example", "email": "ann@example.org", "email_verified": True}}
    ) as provider:
        write_secrets(secrets, nginx.url, provider.url)
        settings = {**VISITORS, "CHATKEEP_MODE": "signed-in", "STREAMLIT_SECRETS_FILES": str(secrets)}
        with (
            behind(nginx, data, models, "echo", **settings),
            a_browser(browser, ignore_https_errors=True) as context,
        ):
            page = context.new_page()
            page.goto(nginx.url)
            sign_in(page, "ann")
            say(page, "Only Ann knows this.")
            wait_for_answer(page, 2)
            page.reload()
            expect(message_box(page)).to_be_visible()
            assert_same_place(page, "Only Ann knows this.")
            (user,) = [cookie for cookie in context.cookies() if cookie["name"] == "_streamlit_user"]
            assert (user["secure"], user["httpOnly"]) == (True, True)
