"""What of a component's script travels with each run that draws it, counted."""

from streamlit.testing.v1 import AppTest

from ui.browser import message_box, newest, rows
from ui.browser.loading import _SCRIPTS

MOST_CHARACTERS = 250
"""Of script beside the data: enough to hand a component over."""


def draw_all():
    from ui.browser.loading import load_scripts
    from ui.browser.message_box import tend_message_box
    from ui.browser.newest import follow_newest
    from ui.browser.rows import Group, Row, draw_rows

    load_scripts()
    follow_newest("here", answering=False)
    tend_message_box("here", None, None)
    draw_rows([Group([Row("a", "Title")])], print, key="recent", name="Conversations", look="list", address="")


def test_scripts_are_sent_once_and_not_with_what_is_drawn_anew():
    app = AppTest.from_function(draw_all, default_timeout=60).run()
    sent = {each.proto.component_name: each.proto.js_content for each in app.get("bidi_component")}
    once = sent.pop("chatkeep_scripts")
    assert sorted(sent) == ["chatkeep_list_rows", "chatkeep_message_box", "chatkeep_newest"]
    assert [len(script) < MOST_CHARACTERS for script in sent.values()] == [True] * 3
    assert [script.strip() in once for script in (rows.SCRIPT, message_box.SCRIPT, newest.SCRIPT)] == [True] * 3


def test_every_script_is_handed_what_bears_its_name():
    app = AppTest.from_function(draw_all, default_timeout=60).run()
    sent = {each.proto.component_name: each.proto.js_content for each in app.get("bidi_component")}
    for name in _SCRIPTS:
        assert f".{name} ??= []).push(component)" in sent[f"chatkeep_{name}"]
        assert f"take('{name}'," in sent["chatkeep_scripts"]


def test_every_script_has_one_function_that_is_handed_its_components():
    assert {name: script.count("function main(") for name, script in _SCRIPTS.items()} == dict.fromkeys(_SCRIPTS, 1)
