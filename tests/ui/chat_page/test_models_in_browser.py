"""Choosing who answers, in a real browser: a found server, the picker by keys, what is in force; also on a phone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import browser, console_of, page  # noqa: F401
from tests.support.chatkeep_app import button, chatkeep, choose, message_box, pick, say
from tests.support.fakes.fake_server import FakeModelServer
from tests.support.fakes.local_servers import running_servers
from tests.support.shared_app import SharedApp, answered, app, in_row  # noqa: F401

LOCAL = "local/smollm2-135m-instruct"
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedApp]:
    """Run the app beside a stand-in for Ollama, with a key for one provider and none for the other."""
    data = tmp_path_factory.mktemp("models") / "data"
    with FakeModelServer() as models, running_servers({"Ollama": ("echo", "normal", "thinking")}) as servers:
        models.models = [{"id": name, "object": "model"} for name in ("echo", "length")]
        server, _ = servers["Ollama"]
        here = {"CHATKEEP_LOCAL_SERVERS": f"Ollama={server.port}", "CHATKEEP_MODEL": LOCAL}
        with chatkeep(data, models, **here) as started:
            yield SharedApp(started.url, data, models)


def model_button(page: Page, name: str):  # noqa: F811
    return page.get_by_test_id("stMain").get_by_role("button", name=name, exact=True)


def picker(page: Page):  # noqa: F811
    return page.get_by_role("combobox", name="Model")


def choose_by_keys(page: Page, words: str) -> None:  # noqa: F811
    picker(page).fill(words)
    expect(page.get_by_role("option").first).to_be_visible()
    picker(page).press("Enter")


def test_from_the_first_visit_to_a_model_of_ones_own(page, app):  # noqa: F811
    page.goto(app.url)
    expect(page.get_by_role("heading", name="New chat", exact=True)).to_be_visible()
    expect(page.get_by_role("radiogroup", name="Found Ollama: 3 models")).to_be_visible()
    choose(page, "normal")
    expect(page.get_by_text("Send a message to get a reply from normal!")).to_be_visible()

    model_button(page, "normal").click()
    choose_by_keys(page, "think")
    expect(model_button(page, "thinking")).to_be_visible()
    expect(picker(page)).to_be_focused()  # the panel stays, for what else there is to set
    picker(page).fill("no such model")
    expect(page.get_by_role("option", name="no such model")).to_have_count(0)
    picker(page).press("Enter")
    other = page.get_by_role("textbox", name="A model that is not listed")
    expect(other).to_be_focused()
    expect(other).to_have_value("no such model")
    expect(picker(page)).to_have_value("Ollama/thinking")
    expect(model_button(page, "thinking")).to_be_visible()
    other.fill("ech")
    other.press("Enter")
    expect(page.get_by_text("choose that above")).to_be_visible()
    other.fill("openai/by-script")
    other.press("Enter")
    expect(page.get_by_text("Added openai/by-script, which is in no list")).to_be_visible()
    expect(other).to_be_focused()
    choose_by_keys(page, "ollama/normal")
    expect(model_button(page, "normal")).to_be_visible()
    page.get_by_text("Memory", exact=True).click()
    page.get_by_role("textbox", name="System prompt").fill("Be brief.")
    page.get_by_role("textbox", name="System prompt").press("Control+Enter")
    expect(page.get_by_text("Memory off")).to_be_visible()
    expect(page.get_by_text("System prompt", exact=True).first).to_be_visible()
    page.keyboard.press("Escape")
    expect(picker(page)).to_have_count(0)

    button(page, "Give me three tips for better sleep").click()
    expect(page.get_by_text("Hello, world!")).to_be_visible()
    expect(page.get_by_role("heading", name="Give me three tips for better sleep", exact=True)).to_be_visible()
    page.reload()
    expect(page.get_by_text("Memory off")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    button(page, "New chat").click()
    expect(page.get_by_text("Send a message to get a reply from normal!")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Send a message to get a reply from normal!")).to_be_visible()
    expect(page.get_by_text("Memory off")).to_have_count(0)

    button(page, "Import from ChatGPT, Claude, …").click()
    expect(page.get_by_role("dialog").get_by_text("Exports of ChatGPT")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("link", name="Add a key").click()
    expect(page.get_by_role("textbox", name="Mistral API key")).to_be_visible()
    expect(page.get_by_text("Found on this machine with 3 models.")).to_be_visible()
    assert [said for said in console_of(page.context) if said.startswith(("error", "uncaught"))] == []


def test_on_a_phone_title_and_model_share_a_line(page, app):  # noqa: F811
    page.set_viewport_size(PHONE)
    kept = app.begun("A question whose words go on and on, further than any phone is wide", "Yes.", "openai/echo")
    page.goto(f"{app.url}/?c={kept.id}")
    expect(message_box(page)).to_be_visible()
    title = page.get_by_role("heading", name=kept.title, exact=True)
    for name in ("echo", "mistral-small-latest"):
        expect(title).to_be_visible()
        shown, model = title.bounding_box(), model_button(page, name).bounding_box()
        assert shown is not None
        assert model is not None
        assert shown["y"] < model["y"] + model["height"] / 2 < shown["y"] + shown["height"]
        assert shown["width"] > 60
        assert shown["x"] + shown["width"] <= model["x"]
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        if name == "echo":
            model_button(page, name).click()
            other = page.get_by_role("textbox", name="A model that is not listed")
            other.fill("mistral/mistral-small-latest")
            other.press("Enter")
            expect(model_button(page, "mistral-small-latest")).to_be_visible()
            page.keyboard.press("Escape")
            expect(other).to_have_count(0)


def test_models_of_a_provider_that_takes_long_come_into_the_open_panel(page, tmp_path):  # noqa: F811
    with FakeModelServer() as models, chatkeep(tmp_path / "data", models, "echo") as server:
        models.models_gate = models.gate()
        page.goto(server.url)
        model_button(page, "echo").click()
        expect(page.get_by_text("OpenAI: being asked for models.")).to_be_visible()
        picker(page).fill("openai/by-script")
        models.models_gate.open()
        expect(page.get_by_role("option", name="OpenAI/by-script")).to_be_visible()
        picker(page).press("Enter")
        expect(model_button(page, "by-script")).to_be_visible()
        expect(page.get_by_text("being asked for models.")).to_have_count(0)


def test_words_typed_into_the_list_find_what_is_there_though_more_models_come_meanwhile(page, tmp_path):  # noqa: F811
    with FakeModelServer() as models, running_servers({"Ollama": ("echo", "normal", "pondering")}) as servers:
        models.models_gate = models.gate()
        here = {"CHATKEEP_LOCAL_SERVERS": f"Ollama={servers['Ollama'][0].port}", "CHATKEEP_MODEL": LOCAL}
        with chatkeep(tmp_path / "data", models, **here) as server:
            page.goto(server.url)
            expect(page.get_by_role("radiogroup", name="Found Ollama: 3 models")).to_be_visible()
            choose(page, "normal")
            model_button(page, "normal").click()
            expect(page.get_by_text("OpenAI: being asked for models.")).to_be_visible()
            picker(page).fill("ponder")
            expect(page.get_by_role("option")).to_have_count(1)
            models.models_gate.open()
            expect(page.get_by_text("being asked for models.")).to_have_count(0)
            picker(page).press("Enter")
            expect(model_button(page, "pondering")).to_be_visible()


def test_model_of_a_server_that_was_found_since_the_page_was_opened_can_answer_again(page, tmp_path):  # noqa: F811
    with FakeModelServer() as models, running_servers({"Ollama": ("by-script", "normal")}) as servers:
        known, ollama = servers["Ollama"]
        ollama.models_gate = ollama.gate()
        with chatkeep(tmp_path / "data", models, "echo", CHATKEEP_LOCAL_SERVERS=f"Ollama={known.port}") as server:
            page.goto(server.url)
            say(page, "Say this.")
            answered(page, 2)
            ollama.models_gate.open()
            elsewhere = page.context.new_page()
            elsewhere.goto(server.url)
            model_button(elsewhere, "echo").click()
            expect(elsewhere.get_by_text("Found Ollama: 2 models")).to_be_visible()
            in_row(page, 1, "More").click()
            page.get_by_role("menuitem", name="Regenerate with another model", exact=True).click()
            pick(page, "Regenerate with", "Ollama/normal")
            button(page.get_by_role("dialog"), "Regenerate").click()
            expect(page.get_by_text("2/2", exact=True)).to_be_visible()
            assert answered(page, 2) == "Hello, world!"
            assert [each.model for each in ollama.asked] == ["normal"]
