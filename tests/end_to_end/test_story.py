"""A person's first minutes, from a first visit without a key to the same conversation on another screen.

On a laptop first and then on a phone, and the other way round. The demo model really answers; the better one is a
stand-in for Ollama that is found on this machine.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from chat.providers.local.model import SMOLLM2
from tests.support.browser import PATIENCE, browser  # noqa: F401
from tests.support.chatkeep_app import button, chatkeep, message_box, open_page, say, stored, wait_for_answer, words
from tests.support.fakes.local_servers import running_servers
from tests.support.local_model import demo_model_only, local_model_cache
from tests.support.shared_app import answered, choose, in_chat, in_row, open_recent, squeezed
from ui.local_models.label import LABEL

__all__ = ["demo_model_only", "local_model_cache"]

LAPTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
FIRST = "Give me three tips for better sleep"
SECOND = "And how do I fall asleep sooner?"
BETTER = "Read something dull, and leave the telephone in the kitchen."
OTHER = "Hello, world!"
"""What the stand-in's model `normal` says."""


@contextmanager
def screen(browser: Browser, kind: dict[str, Any]) -> Iterator[Page]:  # noqa: F811
    """Lend a page of a browser of its own that nobody has used before; nothing on it may be wider than the screen."""
    context = browser.new_context(**kind, accept_downloads=True)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    yield page
    assert page.evaluate("document.documentElement.scrollWidth") <= kind["viewport"]["width"]
    context.close()


def show_sidebar(page: Page) -> None:
    """Open the sidebar where it is closed, as it is on a phone."""
    opening = page.get_by_test_id("stExpandSidebarButton")
    if opening.is_visible():
        opening.click()


def pick_by_keys(page: Page, label: str, model: str) -> None:
    """Find a model in a picker by its name, and take it with Enter."""
    picker = page.get_by_role("combobox", name=label)
    picker.fill(model)
    expect(page.get_by_role("option", name=model)).to_be_visible()
    picker.press("Enter")


@pytest.mark.parametrize(("here", "there"), [(LAPTOP, PHONE), (PHONE, LAPTOP)], ids=["1280", "390"])
def test_from_a_first_visit_to_the_same_conversation_on_another_screen(
    browser,  # noqa: F811
    data,
    demo_model_only,
    here,
    there,
):
    with running_servers({"Ollama": ("by-script", "normal")}) as servers, screen(browser, here) as page:
        ollama, stand_in = servers["Ollama"]
        stand_in.script = [BETTER]
        with chatkeep(data, CHATKEEP_LOCAL_SERVERS=f"Ollama={ollama.port}", **demo_model_only) as server:
            page.goto(server.url)
            expect(page.get_by_text("Send a message to get a reply from SmolLM2 135M!")).to_be_visible()
            button(page, FIRST).click()
            demo_answer = wait_for_answer(page, 2)
            assert demo_answer
            expect(in_chat(page).last.get_by_text(LABEL)).to_be_visible()
            expect(button(page, "Get better answers")).to_be_visible()

            button(page, "SmolLM2 135M").click()
            expect(page.get_by_text("Found Ollama: 2 models")).to_be_visible()
            pick_by_keys(page, "Model", "Ollama/by-script")
            expect(button(page, "by-script")).to_be_visible()
            page.keyboard.press("Escape")
            expect(button(page, "Get better answers")).to_have_count(0)
            say(page, SECOND)
            assert answered(page, 4) == BETTER
            expect(page.get_by_text(LABEL)).to_have_count(1)
            assert [each.body["model"] for each in stand_in.asked] == ["by-script"]

            in_row(page, 3, "Good answer").click()
            expect(in_row(page, 3, "Good answer")).to_have_attribute("aria-pressed", "true")
            choose(page, 3, "Regenerate with another model")
            pick_by_keys(page, "Regenerate with", "Ollama/normal")
            button(page.get_by_role("dialog"), "Regenerate").click()
            expect(page.get_by_text("2/2", exact=True)).to_be_visible()
            assert answered(page, 4) == OTHER
            expect(in_chat(page).last.get_by_text("normal · ")).to_be_visible()

            page.keyboard.press("Control+k")
            box = page.get_by_role("searchbox", name="Search conversations")
            expect(box).to_be_focused()
            box.fill("telephone")
            box.press("Enter")
            expect(page.get_by_role("link", name="All 1 found")).to_be_visible()
            open_recent(page, FIRST)
            expect(in_chat(page).last.get_by_text(BETTER)).to_be_visible()  # what was found is in the first version
            in_row(page, 3, "Next version").click()
            expect(in_chat(page).last.get_by_text(OTHER)).to_be_visible()

            show_sidebar(page)
            open_page(page, "History")
            page.get_by_role("searchbox", name="Search", exact=True).fill("telephone")
            page.get_by_role("searchbox", name="Search", exact=True).press("Enter")
            expect(page.get_by_text("1 conversation", exact=True)).to_be_visible()
            button(page, "More").click()
            with page.expect_download() as download:
                button(page.get_by_role("dialog"), "Download").click()
            assert download.value.suggested_filename == f"{FIRST}.history.json"
            kept = json.loads(download.value.path().read_bytes())
            assert [(each["role"], squeezed(each["content"])) for each in kept] == [
                ("user", FIRST),
                ("assistant", squeezed(stored(data).path()[1].content)),
                ("user", SECOND),
                ("assistant", OTHER),
            ]

            with screen(browser, there) as other:
                other.goto(server.url)
                expect(message_box(other)).to_be_visible()
                show_sidebar(other)
                open_recent(other, FIRST)
                expect(in_chat(other)).to_have_count(4)
                assert squeezed("\n".join(words(other))) == squeezed("\n".join([FIRST, demo_answer, SECOND, OTHER]))
                expect(other.get_by_text(LABEL)).to_be_visible()
                in_row(other, 3, "Previous version").click()
                expect(in_chat(other).last.get_by_text(BETTER)).to_be_visible()
                expect(in_row(other, 3, "Good answer")).to_have_attribute("aria-pressed", "true")
                say(other, "Thank you.")
                answered(other, 6)

        conversation = stored(data)
        assert [(each.role, each.model, each.rating) for each in conversation.path()] == [
            ("user", None, None),
            ("assistant", SMOLLM2.id, None),
            ("user", None, None),
            ("assistant", "ollama/by-script", 1),
            ("user", None, None),
            ("assistant", "ollama/by-script", None),
        ]
