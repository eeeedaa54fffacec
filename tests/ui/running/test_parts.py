"""Which parts of a page are drawn anew: those whose sign has changed, and no others."""

from streamlit.testing.v1 import AppTest

from ui.running import parts


def page() -> None:
    import streamlit as st

    from ui.running import parts

    held = st.session_state.setdefault("held", {"outer": 1, "inner": 1, "other": 1, "has_inner": True, "page": 1})
    drawn = st.session_state.setdefault("drawn", [])

    def outer() -> None:
        drawn.append("outer")
        if held["has_inner"]:
            parts.part("inner", lambda: held["inner"], lambda: drawn.append("inner"))

    def other() -> None:
        drawn.append("other")
        if held["other"] == 2:
            raise ValueError("not drawn")

    parts.begin()
    parts.page_is(lambda: held["page"])
    parts.part("outer", lambda: (held["outer"], held["has_inner"]), outer)
    parts.part("other", lambda: 1 / (held["other"] - 3), other)
    st.session_state["changed"] = parts.changed()


def run(**changes: object) -> tuple[str, ...] | None:
    """Return which parts are to be drawn after these changes."""
    at = AppTest.from_function(page, default_timeout=60).run()
    assert not at.exception
    assert at.session_state["drawn"] == ["outer", "inner", "other"]
    assert at.session_state["changed"] == ()
    at.session_state["held"].update(changes)
    script = AppTest.from_function(look, default_timeout=60)
    script.session_state["parts"] = at.session_state["parts"]
    script.run()
    return script.session_state["changed"]


def look() -> None:
    import streamlit as st

    from ui.running import parts

    st.session_state["changed"] = parts.changed()


def test_nothing_is_drawn_where_nothing_has_changed():
    assert run() == ()


def test_what_has_changed_is_drawn_the_last_on_the_page_first():
    assert run(other=2, inner=2) == ("other", "inner")


def test_all_of_the_page_is_drawn_where_that_is_another_one():
    assert run(page=2, inner=2) is None


def test_part_whose_sign_cannot_be_told_is_drawn_and_says_so_itself():
    assert run(other=3) == ("other",)


def test_part_that_its_outer_one_does_not_draw_any_more_is_none():
    made = parts.Parts(lambda: 0, 0)
    made.signs = {"outer": lambda: 1, "inner": lambda: 1}
    made.within = {"outer": ["inner"]}
    made.begin("outer")
    assert list(made.signs) == ["outer"]
    assert (made.inside, made.drawn) == (["outer"], {"outer": 1})
