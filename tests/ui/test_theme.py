"""The colours of `.streamlit/config.toml`: whatever Streamlit writes in one of them on another can be read."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator, Mapping

import pytest

from tests.support.chatkeep_app import ROOT
from tests.support.looks.contrast import READABLE, blended, contrast

THEME = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))["theme"]
WHITE = "#ffffff"
CHOSEN = 0.1
"""How much of the primary colour lies behind what is chosen of several: pills and segments, whose words have it too."""
CAPTION = 0.6
"""How much of the text's colour a caption has."""
PILLS = ("pills", "segmented_control")


@pytest.fixture(params=["light", "dark"])
def colours(request: pytest.FixtureRequest) -> dict[str, str]:
    return {name: value for name, value in THEME[request.param].items() if isinstance(value, str)}


@pytest.fixture(params=["light", "dark"])
def beside(request: pytest.FixtureRequest) -> Mapping[str, str]:
    """The colours of the sidebar."""
    return {**THEME[request.param], **THEME[request.param]["sidebar"]}


def test_words_on_a_primary_button_and_on_a_tag_can_be_read(colours):
    """Streamlit 1.67 writes them in white, whatever the theme."""
    assert contrast(WHITE, colours["primaryColor"]) >= READABLE


def test_text_links_and_captions_can_be_read_on_a_page(colours):
    for ground in (colours["backgroundColor"], colours["secondaryBackgroundColor"]):
        assert contrast(colours["textColor"], ground) >= READABLE
        assert contrast(colours["linkColor"], ground) >= READABLE
        assert contrast(blended(colours["textColor"], CAPTION, ground), ground) >= READABLE


def test_words_can_be_read_in_the_sidebar_also_under_a_pointer(beside):
    """There a button without a frame turns to the primary colour, as it does on a page."""
    ground = beside["backgroundColor"]
    assert contrast(beside["primaryColor"], ground) >= READABLE
    assert contrast(blended(beside["textColor"], CAPTION, ground), ground) >= READABLE


def test_no_control_has_its_choice_in_a_colour_that_a_theme_makes_too_pale():
    too_pale = [
        name
        for name in ("light", "dark")
        if contrast((primary := THEME[name]["primaryColor"]), blended(primary, CHOSEN, THEME[name]["backgroundColor"]))
        < READABLE
    ]
    assert too_pale == ["dark"]
    assert list(pills()) == []


def pills() -> Iterator[str]:
    """Yield where the app draws a control that shows by the primary colour what is chosen."""
    for path in (*(ROOT / "ui").rglob("*.py"), *(ROOT / "pages").glob("*.py"), ROOT / "Home.py"):
        for each in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(each, ast.Attribute) and each.attr in PILLS:
                yield f"{path.relative_to(ROOT)}:{each.lineno}"
