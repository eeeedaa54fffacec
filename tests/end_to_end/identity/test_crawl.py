"""Every address that one visitor's browser asked for, asked for again with another's cookie and with none.

A proxy writes down each request as it goes through, the websocket among them, so that nothing has to be known of what
there is: pages, files, uploads, components, routes of our own. Nothing of the first may come back, and nothing that the
first has may be gone afterwards.
"""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from playwright.sync_api import expect

from chat.owner import visitor_of
from tests.support.browser import browser  # noqa: F401
from tests.support.chatkeep_app import DOWNLOAD_MANY, button, chatkeep, in_header, wait_for_answer
from tests.support.forwarding_proxy import ForwardingProxy
from tests.support.visitors.browsers import VISITORS, a_browser, asked
from tests.support.visitors.raw_client import RawBrowser

SAID, UPLOADED = "Quincunxsaid", "Quincunxuploaded"
READABLE = {"Accept-Encoding": "identity", "Sec-WebSocket-Extensions": "x-none"}
OF_THE_CONNECTION = {"connection", "upgrade", "host", "cookie", "content-length", "accept-encoding", "te"}
SESSION_ID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Asked:
    """One request of the first browser."""

    def __init__(self, recorded):
        first, *lines = recorded.head.rstrip().split("\r\n")
        self.method, self.target, _ = first.split(" ")
        pairs = (line.partition(":") for line in lines)
        self.headers = {name: value.strip() for name, _, value in pairs if name.lower() not in OF_THE_CONNECTION}
        self.is_socket = any(name.lower() == "sec-websocket-key" for name in self.headers)
        self.body = bytes(recorded.sent) if self.method in ("PUT", "POST") else None
        self.answer = bytes(recorded.answer)

    @property
    def path(self):
        return urlsplit(self.target).path

    def headers_of(self, other):
        """Return the headers as another browser would send them: with its own token against forged requests."""
        own = other.cookies.get("_streamlit_xsrf", "")
        return {name: own if name.lower() == "x-xsrftoken" else value for name, value in self.headers.items()}

    def __repr__(self):
        return f"{self.method} {self.target}"


def test_nothing_of_one_visitor_comes_back_to_nobody_nor_to_another_visitor(browser, data, models):  # noqa: F811
    with (
        chatkeep(data, models, **VISITORS) as server,
        ForwardingProxy(server.port, READABLE) as proxy,
        a_browser(browser, accept_downloads=True) as context,
    ):
        page = context.new_page()
        visit(page, proxy.url)
        token = next(each["value"] for each in context.cookies() if each["name"].startswith("chatkeep"))
        marks = [mark.encode() for mark in (SAID, UPLOADED, token, visitor_of(token).id)]
        requests = [Asked(each) for each in proxy.recorded]
        sessions = {each for one in requests if one.is_socket for each in SESSION_ID.findall(one.answer)}
        first = RawBrowser(server.url, {each["name"]: each["value"] for each in context.cookies()})

        files = [each for each in requests if each.path.startswith("/media/")]
        downloads = {each.target for each in files if SAID.encode() in each.answer}
        uploads = [each for each in requests if each.method == "PUT"]
        queries = sorted({each.target for each in requests if each.path in ("/", "/History") and "?" in each.target})
        assert len(downloads) == 2
        assert len(uploads) == 1
        assert [query.partition("=")[0] for query in queries] == ["/?c", "/?share", "/History?q"]

        async def again(who, other):
            status, body = await first.request("GET", files[-1].target)
            assert (status, marks_in(marks, body)) == (200, [SAID.encode()])
            for each in requests:
                if each.is_socket:
                    continue
                headers = each.headers_of(other)
                status, body = await other.request(each.method, each.target, each.body, **headers)
                assert marks_in(marks, body) == [], (who, each)
                if each.target in downloads:
                    assert status == 404, (who, each)
                if each.method == "PUT":
                    assert status >= 400, (who, each)
            for address in queries:
                place = urlsplit(address)
                async with await other.connect() as session:
                    run = await session.run(page=place.path.strip("/"), query=place.query)
                    assert marks_in(marks, run.data) == [], (who, address)
            for each in sessions:
                async with await other.connect(each.decode()) as session:
                    assert marks_in(marks, (await session.run()).data) == [], (who, "a session of another browser")

        async def again_by_both():
            await again("nobody", RawBrowser(server.url))
            visitor = RawBrowser(server.url)
            await visitor.load()
            await again("another visitor", visitor)

        with ThreadPoolExecutor(1) as beside:  # Playwright has an event loop of its own in this thread
            beside.submit(asyncio.run, again_by_both()).result()
        with page.expect_download() as download:
            page.get_by_role("dialog").get_by_role("button", name="Download").click()
        assert SAID.encode() in download.value.path().read_bytes()


def marks_in(marks, data):
    return [mark for mark in marks if mark in data]


def visit(page, url):
    """Do what makes a browser ask for something, and leave a download offered in its window."""
    page.goto(url)
    address = asked(page, f"zebra {SAID}")
    page.goto(address)
    wait_for_answer(page, 2)
    in_header(page, "Conversation").click()
    with page.expect_download():
        button(page, "Download").click()
    button(page, "Share").click()
    link = page.get_by_role("dialog").get_by_text("?share=").inner_text().strip()
    page.goto(link)
    expect(page.get_by_text(SAID).last).to_be_visible()
    page.goto(f"{url}/Settings")
    button(page, "End sharing").click()
    expect(page.get_by_text("Nothing is shared.")).to_be_visible()
    page.goto(f"{url}/History?q=zebra")
    button(page, "Import").click()
    words = f'[{{"role": "user", "content": "{UPLOADED}"}}, {{"role": "assistant", "content": "Yes."}}]'
    page.get_by_role("dialog").locator("input[type=file]").set_input_files(
        {"name": "history.json", "mimeType": "application/json", "buffer": words.encode()}
    )
    button(page, "Import now").click()
    expect(page.get_by_text("Imported: 1 new.")).to_be_visible()
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    expect(page.get_by_text("1 conversation", exact=True)).to_be_visible()
    button(page, DOWNLOAD_MANY).click()
    with page.expect_download():
        page.get_by_role("dialog").get_by_role("button", name="Download").click()
