"""The small components that lead the keyboard and the eye, each on a page that has little else: `skip_link`,
`in_sight` and `panel_focus`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import browser, page  # noqa: F401
from tests.support.chatkeep_app import ROOT, button, message_box
from tests.support.streamlit_server import StreamlitServer

SCRIPT = """
import streamlit as st

from ui.browser.in_sight import in_sight
from ui.browser.panel_focus import keep_focus
from ui.browser.skip_link import skip_to_message_box

skip_to_message_box()
st.button("Between")
with in_sight("said"):
    st.button("Undo")
if st.session_state.get("panel"):
    st.session_state["panel"] = True  # as the panel of the model stays open
with st.popover("Panel of " + st.session_state.get("name", "nobody"), key="panel", on_change="rerun"):
    st.text_input("Beside it", key="other")
    st.text_input("Name", key="name")
    keep_focus(("Name",))
for number in range(80):
    st.text(f"Line {number}")

st.text_area("Message", key="message")
"""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    script: Path = tmp_path_factory.mktemp("components") / "small.py"
    script.write_text(SCRIPT, "utf-8")
    with StreamlitServer(script, env={"PYTHONPATH": str(ROOT)}) as server:
        yield server.url


def test_first_button_of_the_page_leads_to_the_message_box(page: Page, url: str) -> None:  # noqa: F811
    page.goto(url)
    expect(message_box(page)).to_be_visible()
    skip = button(page, "Skip to the message box")
    top = button(page, "Between").bounding_box()
    button(page, "Between").focus()
    page.keyboard.press("Shift+Tab")
    expect(skip).to_be_focused()
    assert (skip.bounding_box() or {})["height"] > 20
    assert button(page, "Between").bounding_box() == top  # it takes no room
    page.keyboard.press("Enter")
    expect(message_box(page)).to_be_focused()
    assert (skip.bounding_box() or {})["height"] < 5


def test_what_is_in_sight_stays_so_wherever_the_page_is_and_however_wide(page: Page, url: str) -> None:  # noqa: F811
    page.goto(url)
    undo = button(page, "Undo")
    expect(undo).to_be_in_viewport(ratio=1)
    page.get_by_text("Line 79", exact=True).scroll_into_view_if_needed()
    expect(button(page, "Between")).not_to_be_in_viewport()
    expect(undo).to_be_in_viewport(ratio=1)
    page.set_viewport_size({"width": 390, "height": 600})
    expect(undo).to_be_in_viewport(ratio=1)
    undo.click()  # nothing lies over it
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_field_keeps_the_focus_as_what_is_typed_there_makes_its_panel_another_one(page: Page, url: str) -> None:  # noqa: F811
    page.goto(url)
    button(page, "Panel of nobody").click()
    name = page.get_by_role("textbox", name="Name", exact=True)
    for each in ("Ann", "Bo"):
        name.fill(each)
        name.press("Enter")
        expect(button(page, f"Panel of {each}")).to_be_visible()
        expect(name).to_be_focused()
    page.get_by_role("textbox", name="Beside it", exact=True).focus()
    expect(name).not_to_be_focused()
