"""What a browser is forbidden hinders no page: everything is opened, and nothing is said to be blocked."""

import json

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.support.browser import browser, console_of  # noqa: F401
from tests.support.browser import same_page as page  # noqa: F401
from tests.support.chatkeep_app import button, chatkeep, open_page, say, wait_for_answer
from tests.support.fakes.fake_server import FakeModelServer
from tests.support.fakes.other_site import FakeSite
from tests.support.processes import wait_for

EVERYTHING = r"""
Math \(a^2+\sqrt{b}\) in a line, and

\[\int_0^1 \frac{x}{y}\,dx = \sum_{i=1}^n \hat{z}_i\]

```python
def f(x):
    return x  # code
```

| a | b |
|---|---|
| 1 | 2 |

- [x] a task :smile: :material/home:

![a picture](https://example.org/a.png) <b>html</b> <img src="https://example.org/b.png">
"""


def blocked(context: BrowserContext) -> list[str]:
    """Return what the browser says that it has not done, or what failed because of it."""
    return [line for line in console_of(context) if "Content Security Policy" in line or line.startswith("uncaught")]


def in_dialog(page: Page) -> Locator:  # noqa: F811
    return page.get_by_role("dialog")


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    """Return where the app is, as it is where nobody has configured anything."""
    with (
        FakeModelServer() as models,
        chatkeep(tmp_path_factory.mktemp("shared") / "data", models, CHATKEEP_MODE="personal") as server,
    ):
        yield server.url


def test_every_page_works_under_the_policy(page, url, tmp_path):  # noqa: F811
    export = tmp_path / "history.json"
    export.write_text(json.dumps([{"role": "user", "content": "Imported?"}, {"role": "assistant", "content": "Yes."}]))
    hosts = set()
    page.context.on("request", lambda request: hosts.add(request.url.removeprefix("blob:").split("/")[2]))
    page.goto(url)
    say(page, EVERYTHING)
    wait_for_answer(page, 2)
    expect(page.get_by_test_id("stChatMessage").last).to_contain_text("<b>html</b>")
    expect(page.get_by_test_id("stCode").first).to_be_visible()
    button(page, "Copy").last.click()
    expect(button(page, "Copied")).to_be_visible()

    open_page(page, "History")
    button(page, "More").click()
    with page.expect_download() as download:
        in_dialog(page).get_by_role("button", name="Download", exact=True).click()
    assert json.loads(download.value.path().read_bytes())[0] == {"role": "user", "content": EVERYTHING}
    in_dialog(page).get_by_role("button", name="Close").click()
    button(page, "Import").click()
    in_dialog(page).locator("input[type=file]").set_input_files(export)
    in_dialog(page).get_by_role("button", name="Import now").click()
    expect(in_dialog(page).get_by_role("button", name="Import another file")).to_be_visible()

    page.goto(f"{url}/History?q=Imported")
    expect(page.get_by_text("1 conversation", exact=True)).to_be_visible()
    open_page(page, "Settings")
    expect(button(page, "Back up now")).to_be_visible()  # the last on it
    assert blocked(page.context) == []
    assert hosts == {url.removeprefix("http://")}


def test_another_site_shows_the_app_in_a_frame_where_that_is_configured(page, data):  # noqa: F811
    with FakeSite() as site, chatkeep(data, CHATKEEP_FRAMES=site.url) as server:
        site.html = frame_of(server.url)
        page.goto(site.url)
        inside = page.frame_locator("iframe")
        expect(inside.get_by_role("textbox", name="Message", exact=True)).to_be_visible()
        assert blocked(page.context) == []


def test_another_site_shows_the_app_in_no_frame_where_that_is_not_configured(page, url):  # noqa: F811
    with FakeSite() as site:
        site.html = frame_of(url)
        page.goto(site.url)
        wait_for(lambda: blocked(page.context), "the browser says that it has not shown the frame")
        assert blocked(page.context) == [
            f"error: Framing '{url}/' violates the following Content Security Policy directive: "
            "\"frame-ancestors 'self'\". The request has been blocked.\n"
        ]


def frame_of(url: str) -> str:
    return f"<iframe src='{url}' width=900 height=700></iframe>"
