"""Whatever goes wrong outside the pages' own guard: a browser reads a sentence, the log has where it was, no words."""

import itertools
import json
import shutil
from pathlib import Path

import httpx2
import pytest
import streamlit
from playwright.sync_api import expect

from tests.support.browser import browser  # noqa: F401
from tests.support.browser import same_page as page  # noqa: F401
from tests.support.chatkeep_app import ROOT, button, chatkeep
from tests.support.processes import wait_for
from tests.support.streamlit_server import StreamlitServer
from ui.guard import UNDRAWN

MARKED = "marked words"
FAILING = f"""

if __name__ == "__main__":

    def fail():
        raise ValueError("{MARKED}")

    @st.fragment
    def part():
        if st.button("In a fragment"):
            fail()

    st.button("In a callback", on_click=fail)
    part()
    if st.button("On the page"):
        fail()
"""
BROKEN = "\n\ndef broken(:  # marked words\n"
PLAIN_MODE = "import pathlib, ui.web.__main__ as plain; plain.HOME = pathlib.Path('{}'); plain._main()"


class Failing:
    """An app whose page has code that fails, outside the guard."""

    def __init__(self, server: StreamlitServer, home: Path) -> None:
        self.server = server
        self.home = home

    def break_it(self) -> None:
        self.home.write_text(self.home.read_text("utf-8") + BROKEN, "utf-8")

    def assert_nothing_told(self, page) -> None:  # noqa: F811
        said = page.locator("body").inner_text()
        assert [
            word for word in (MARKED, "Traceback", "ValueError", "Home.py", str(self.home.parent)) if word in said
        ] == []


@pytest.fixture(params=["st.App", "plain"])
def failing(request, data, tmp_path):
    """Return the app, set up as a host does that shows where an error was."""
    home = tmp_path / "Home.py"
    home.write_text((ROOT / "Home.py").read_text("utf-8") + FAILING, "utf-8")
    for name in (".streamlit", "pages"):
        shutil.copytree(ROOT / name, tmp_path / name)
    env = {"STORE_URL": f"tinydb:///{data}", "PYTHONPATH": str(ROOT), "CHATKEEP_LOG": "json"}
    run = ("-c", PLAIN_MODE.format(home)) if request.param == "plain" else None
    with StreamlitServer(home, env, ["--client.showErrorDetails=false"], cwd=tmp_path, run=run) as server:
        yield Failing(server, home)


def errors(log: str) -> list[tuple[str, str]]:
    """Return of each error in the log what it was and where it came from, last."""
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    return [(line["error"], line["traceback"].split()[-1]) for line in lines if "error" in line]


def test_an_error_says_a_sentence_on_the_page_and_its_place_in_the_log(failing, page):  # noqa: F811
    page.goto(failing.server.url)
    for number, where in enumerate(("In a callback", "In a fragment", "On the page"), 1):
        button(page, where).click()
        expect(page.get_by_text(UNDRAWN)).to_be_visible()
        failing.assert_nothing_told(page)
        wait_for(lambda so_far=number: len(errors(failing.server.log)) == so_far, "the error is in the log")
        page.reload()
        expect(button(page, where)).to_be_visible()
        expect(page.get_by_text(UNDRAWN)).to_have_count(0)
    failing.break_it()
    page.reload()
    expect(page.get_by_text(UNDRAWN)).to_be_visible()
    failing.assert_nothing_told(page)
    assert errors(failing.server.log)[:3] == [("ValueError", "fail")] * 3
    assert errors(failing.server.log)[3][0] == "SyntaxError"
    assert MARKED not in failing.server.log
    assert "Traceback (most recent call last)" not in failing.server.log


PATHS = (
    *("/", "/History", "/none/none", "/static/none.js", "/media/none.json", "/_stcore/health", "/_stcore/host-config"),
    *("/_stcore/script-health-check", "/_stcore/metrics", "/_stcore/agent/openapi.json", "/_stcore/agent/interact"),
    *("/_stcore/agent/mcp", "/_stcore/upload_file/a/b", "/_stcore/bidi-components/x/y.js", "/component/x/y.js"),
    *("/%2e%2e/etc/passwd", "//etc/passwd", "/..%5c..%5cx", "/a%00b", "/auth/login", "/oauth2callback", "/health"),
)
CLOSED = ("/_stcore/script-health-check", "/_stcore/metrics", "/_stcore/agent/")


def test_no_answer_of_the_server_has_a_traceback_a_path_or_a_version_and_each_has_the_headers(data):
    told = ("Traceback", str(ROOT), "site-packages", streamlit.__version__, ".py")
    with chatkeep(data) as server, httpx2.Client() as client:
        for path, method in itertools.product(PATHS, ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS")):
            answer = client.request(method, f"{server.url}{path}")
            what = f"{method} {path}: {answer.status_code}"
            assert [word for word in told if word in answer.text + str(answer.headers)] == [], what
            assert answer.headers["x-content-type-options"] == "nosniff", what
            assert answer.headers["referrer-policy"] == "no-referrer", what
            assert answer.headers["content-security-policy"].endswith("frame-ancestors 'self'"), what
            assert answer.headers["x-robots-tag"] == "noindex, nofollow", what
            assert answer.status_code < 500, what
            assert (answer.status_code == 404) or not path.startswith(CLOSED), what
        # A page of another site can send a file, but has not the token that Streamlit's own page sends along.
        assert (
            client.put(f"{server.url}/_stcore/upload_file/a/b", headers={"Origin": "http://a.example"}).status_code
            == 403
        )
