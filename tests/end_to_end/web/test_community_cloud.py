"""The steps of docs/community-cloud.md in a fresh folder with only what is in git, behind a stand-in of the platform.

It shows the app in a frame of the same address below `/~/+/`, over https, and starts it with settings of its own.
"""

import io
import subprocess
import tarfile
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.support.browser import CHROMIUM, PATIENCE, TEST_OPTIONS
from tests.support.chatkeep_app import ROOT
from tests.support.fakes.fake_server import FakeModelServer
from tests.support.streamlit_server import StreamlitServer
from tests.support.web.nginx import Nginx
from ui.identity.place import HOW
from ui.page import CLOUD_NOTE

CONFIG = ROOT / "tests" / "support" / "web" / "cloud.conf"
PLATFORM = (
    "--client.showErrorDetails=false",
    "--runner.fastReruns=true",
    "--server.runOnSave=true",
    "--server.enableXsrfProtection=true",
    "--browser.gatherUsageStats=true",
)
"""What the platform sets, whatever the config of the app says (its documentation, App settings)."""


@pytest.fixture(scope="module")
def deployed(tmp_path_factory):
    """Return the port of the app, deployed as the page says."""
    fresh = tmp_path_factory.mktemp("deployed")
    kept = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(kept)) as files:
        files.extractall(fresh, filter="data")
    with FakeModelServer() as models:
        secrets = f"""
            OPENAI_API_KEY = "sk-test"
            OPENAI_BASE_URL = "{models.url}"
            CHATKEEP_MODEL = "openai/echo"
            CHATKEEP_VISITOR_KEYS = "1"
        """
        (fresh / ".streamlit" / "secrets.toml").write_text(secrets, "utf-8")
        with StreamlitServer(fresh / "Home.py", args=PLATFORM, cwd=fresh) as server:
            yield server.port
            assert "Traceback" not in server.log


@pytest.fixture(params=["cookie", "script"])
def cloud(request, deployed, tmp_path):
    """Return the platform in front of it: one that lets every cookie through, and one that lets only Streamlit's."""
    config = CONFIG
    if request.param == "script":
        config = tmp_path / "cloud.conf"
        text = CONFIG.read_text("utf-8")
        assert text.count("Cookie $every_cookie") == 1
        config.write_text(text.replace("Cookie $every_cookie", "Cookie $streamlits_own"), "utf-8")
    folder = tmp_path / "cloud"
    folder.mkdir()
    with Nginx(folder, deployed, config) as running:
        yield request.param, f"https://chatkeep.streamlit.app:{running.port}"


@pytest.fixture(scope="module")
def chromium():
    """Return a browser for which the platform's name leads to this machine."""
    rules = "--host-resolver-rules=MAP *.streamlit.app 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=[*TEST_OPTIONS, rules])
        yield chromium
        chromium.close()


@pytest.fixture
def page(chromium):
    """Return a page of somebody who was never here."""
    context = chromium.new_context(ignore_https_errors=True, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


def test_place_lasts_and_the_page_says_what_is_kept_how_long(page, cloud):
    kept_by, url = cloud
    hosts = set()
    page.context.on("request", lambda request: hosts.add(urlsplit(request.url.removeprefix("blob:")).hostname))
    page.goto(url)
    app = page.frame_locator("iframe")
    box = app.get_by_role("textbox", name="Message", exact=True)
    box.fill("Said in the cloud")
    box.press("Enter")
    expect(app.get_by_test_id("stChatMessage")).to_have_count(2)
    expect(app.get_by_test_id("stChatMessage").last).to_contain_text("Said in the cloud")
    page.reload()
    entry = app.get_by_test_id("stSidebar").get_by_role("link", name="Said in the cloud", exact=True)
    expect(entry).to_be_visible()
    expect(app.get_by_text(CLOUD_NOTE.partition(":")[0])).to_be_visible()

    page.goto(f"{url}/History?q=cloud")
    expect(app.get_by_text("1 conversation", exact=True)).to_be_visible()
    app.get_by_role("button", name="More", exact=True).click()
    with page.expect_download() as download:
        app.get_by_role("dialog").get_by_role("button", name="Download", exact=True).click()
    assert "Said in the cloud" in download.value.path().read_text("utf-8")
    app.get_by_role("dialog").get_by_role("button", name="Close").click()
    app.get_by_role("link", name="Settings", exact=True).click()
    expect(app.get_by_text(HOW[kept_by])).to_be_visible()
    expect(app.get_by_text("once you have not been here for 90 days")).to_be_visible()
    names = [cookie["name"] for cookie in page.context.cookies() if "chatkeep" in cookie["name"]]
    assert all(name.startswith("__Host-") for name in names)
    assert hosts == {"chatkeep.streamlit.app"}
