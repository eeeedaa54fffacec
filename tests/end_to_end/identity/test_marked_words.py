"""Marked keys, tokens, addresses and words through a whole visit in a real browser: where each is afterwards.

A proxy between browser and app writes down every byte. A key may be nowhere at all; a token only where the browser is
given its cookie; an address only where its own person reads it; a word of a conversation in no log. The log is the
plain one: what JSON makes of the same cleaned lines is in `tests/ui/web/test_logs.py`.
"""

import io
import re
import zipfile

from playwright.sync_api import expect

from chat.owner import visitor_of
from formats.exports import EXPORT_FORMATS
from tests.support.browser import browser, page  # noqa: F401
from tests.support.chatkeep_app import button, chatkeep, in_header, message_box, open_page, pick, say, wait_for_answer
from tests.support.fakes.fake_server import refused_url
from tests.support.forwarding_proxy import ForwardingProxy
from tests.support.identity.openid_provider import SECRET, OpenIdProvider, sign_in, sign_out, write_secrets

CONFIGURED, TYPED, ENDPOINTS = "sk-configured-quince-1", "sk-typed-quince-2", "sk-endpoints-quince-3"
KEYS = (CONFIGURED, TYPED, ENDPOINTS, SECRET)
SAID, IMPORTED = "Quincunxsaid", "Quincunximported"
ADDRESS = "quincunx@example.org"
CODE = re.compile("^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$")
READABLE = {"Accept-Encoding": "identity", "Sec-WebSocket-Extensions": "x-none"}
"""What the browser is made to ask for, so that words come as they are."""
SET_COOKIE = re.compile(rb"(?im)^set-cookie:.*$")


def test_marks_of_a_whole_visit_are_where_they_may_be(browser, page, data, models, tmp_path):  # noqa: F811
    person = {"sub": "ann", "name": "Ann", "email": ADDRESS, "email_verified": True}
    secrets = tmp_path / "secrets.toml"
    with OpenIdProvider({"ann": person}) as provider, refused_url() as refused:
        server = chatkeep(
            data,
            models,
            OPENAI_API_KEY=CONFIGURED,
            MISTRAL_SERVER_URL=models.root_url,
            CHATKEEP_MODE="visitors",
            CHATKEEP_VISITOR_KEYS="1",
            STREAMLIT_SECRETS_FILES=str(secrets),
        )
        with ForwardingProxy(server.port, READABLE) as proxy:
            away = f'[providers.away]\nbase_url = "{refused}"\napi_key = "{ENDPOINTS}"\nmodels = ["x"]'
            write_secrets(secrets, proxy.url, provider.url, CHATKEEP_ADMINS=ADDRESS)
            secrets.write_text(f"{secrets.read_text()}\n{away}")
            with server:
                downloads = visit(page, proxy.url, tmp_path)
                link = shared_link(page)
                reader = browser.new_context().new_page()
                read(reader, link)
                tokens = [token_of(each.context) for each in (page, reader)]
                code = moved(page, reader)
                look_after(page, proxy.url)
                downloads.append(taken_along(page))
                before = contents(data)
                erase_everything(page)
                sign_out(page)
                reader.context.close()
                page.context.close()
            answers = [SET_COOKIE.sub(b"", bytes(each.answer)) for each in proxy.recorded]
            to_reader = [bytes(each.answer) for each in proxy.recorded if tokens[1] in each.head]
    after = contents(data)
    owners = [visitor_of(token).id for token in tokens]

    assert found([SAID], answers) == [SAID], "what was recorded cannot be read"
    assert found([SAID, IMPORTED], before) == [IMPORTED, SAID], "what is kept cannot be read"
    assert len(downloads) == len(EXPORT_FORMATS) + 1
    assert all(SAID.encode() in each for each in downloads)

    log_bytes = server.log.encode()
    kept = [*before, *after, *downloads, log_bytes]
    assert found(KEYS, [*answers, *kept]) == []
    assert found(tokens, [*answers, *kept]) == []
    assert found([code, code.replace("-", "")], kept) == []
    assert found([ADDRESS], [*to_reader, *kept]) == []
    assert found([SAID, IMPORTED, *owners], [log_bytes]) == []
    assert found([SAID, IMPORTED], after) == []


def contents(data):
    """Return what is in every file of the data folder."""
    return [path.read_bytes() for path in data.rglob("*") if path.is_file()]


def found(marks, places):
    return sorted({mark for mark in marks for place in places if mark.encode() in place})


def token_of(context):
    (token,) = {cookie["value"] for cookie in context.cookies() if cookie["name"].startswith("chatkeep")}
    return token


def visit(page, url, tmp_path):  # noqa: F811
    """Do what a visitor does with conversations, and return the files that came of it, unpacked."""
    page.goto(url)
    say(page, f"{SAID} is my word")
    assert wait_for_answer(page, 2) == f"{SAID} is my word"
    type_key(page, "Mistral", TYPED)
    reopen(page)
    label = "echo"
    for model, ending in (
        ("openai/http-401", "OpenAI does not accept this key"),
        ("openai/http-400", "OpenAI does not accept this request"),
        ("mistral/http-401", "Mistral does not accept this key"),
        ("openai/http-500", "Trying again in"),
        ("away/x", "Trying again in"),
    ):
        choose(page, label, model)
        label = model.partition("/")[2]
        say(page, f"{SAID} asks {model}")
        expect(page.get_by_text(ending)).to_be_visible()
        if ending == "Trying again in":
            button(page, "Stop").click()
        expect(button(page, "Stop")).to_have_count(0)
    downloads = [downloaded(page, form) for form in EXPORT_FORMATS]
    import_and_search(page, tmp_path)
    return downloads


def reopen(page):  # noqa: F811
    """Open the conversation from the sidebar."""
    page.get_by_test_id("stSidebar").get_by_role("link", name=f"{SAID} is my word").click()
    expect(message_box(page)).to_be_visible()


def close_window(page):  # noqa: F811
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def type_key(page, label, key):  # noqa: F811
    open_page(page, "Settings")
    page.get_by_role("textbox", name=f"{label} API key").fill(key)
    page.get_by_test_id("stForm").filter(has_text=label).get_by_role("button", name="Use this key").click()
    expect(button(page, "Forget this key")).to_be_visible()


def choose(page, label, model):  # noqa: F811
    in_header(page, label).click()
    page.get_by_role("combobox", name="Model").fill(model)
    expect(page.get_by_role("option", name=model).first).to_be_visible()
    page.get_by_role("combobox", name="Model").press("Enter")
    expect(button(page, model.partition("/")[2])).to_be_visible()
    page.keyboard.press("Escape")


def downloaded(page, form):  # noqa: F811
    """Download the open conversation in a format; return all bytes of the file, unpacked where it is a zip."""
    in_header(page, "Conversation").click()
    pick(page, "Format", form.label)
    expect(page.get_by_role("dialog").get_by_text(form.help)).to_be_visible()
    with page.expect_download() as download:
        button(page, "Download").click()
    close_window(page)
    return unpacked(download.value)


def unpacked(download):
    data = download.path().read_bytes()
    if not zipfile.is_zipfile(io.BytesIO(data)):
        return data
    with zipfile.ZipFile(io.BytesIO(data)) as members:
        return b"".join(members.read(name) for name in members.namelist())


def import_and_search(page, tmp_path):  # noqa: F811
    file = tmp_path / "history.json"
    file.write_text(f'[{{"role": "user", "content": "{IMPORTED}?"}}, {{"role": "assistant", "content": "Yes."}}]')
    open_page(page, "History")
    button(page, "Import").click()
    page.get_by_role("dialog").locator("input[type=file]").set_input_files(file)
    button(page, "Import now").click()
    expect(page.get_by_text("Imported: 1 new.")).to_be_visible()
    close_window(page)
    for word in (SAID, IMPORTED):
        page.get_by_role("searchbox", name="Search", exact=True).fill(word)
        page.get_by_role("searchbox", name="Search", exact=True).press("Enter")
        expect(page.get_by_text("1 conversation", exact=True)).to_be_visible()


def shared_link(page):  # noqa: F811
    """Share the conversation, and return its link."""
    reopen(page)
    in_header(page, "Conversation").click()
    button(page, "Share").click()
    link = page.get_by_role("dialog").get_by_text("?share=")
    address = link.inner_text().strip()
    close_window(page)
    return address


def read(page, link):  # noqa: F811
    """Read what a link shows, and go on with it."""
    page.goto(link)
    expect(page.get_by_text(f"{SAID} is my word").first).to_be_visible()
    button(page, "Continue in my own place").click()
    expect(message_box(page)).to_be_visible()


def moved(page, reader):  # noqa: F811
    """Have the reader's browser take this one's place by a code, and return the code."""
    for each in (page, reader):
        open_page(each, "Settings")
        button(each, "Move to another browser").click()
    button(page, "Show a code").click()
    code = page.get_by_role("dialog").get_by_text(CODE).inner_text()
    close_window(page)
    reader.get_by_role("textbox", name="Code").fill(code)
    button(reader, "Use this code").click()
    expect(reader.get_by_test_id("stSidebar").get_by_role("link", name=IMPORTED)).to_be_visible()
    return code


def look_after(page, url):  # noqa: F811
    """Sign in, bring along what the browser kept, and look at every page."""
    sign_in(page, "ann")
    button(page, "Bring along").click()
    expect(page.get_by_text("Brought along: ")).to_be_visible()
    page.goto(f"{url}/Admin")
    expect(page.get_by_text("Everything can be kept and found.")).to_be_visible()
    open_page(page, "Settings")
    expect(page.get_by_text("You are signed in as Ann.")).to_be_visible()


def taken_along(page):  # noqa: F811
    with page.expect_download() as download:
        button(page, "Take all my data with me").click()
    return unpacked(download.value)


def erase_everything(page):  # noqa: F811
    button(page, "Erase everything of mine").click()
    page.get_by_text("Yes, erase everything of mine").click()
    button(page, "Erase everything").click()
    expect(page.get_by_text("Everything of yours that was here is erased")).to_be_visible()
