"""The small components that run in the browser, all together."""

import ast
from collections import Counter

from tests.support.pages import ROOT


def names() -> list[str]:
    """Return the name of every component, as it is registered."""
    calls = (
        each
        for path in (ROOT / "ui").rglob("*.py")
        for each in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute) and each.func.attr == "component"
    )
    return [each.args[0].value for each in calls if each.args and isinstance(each.args[0], ast.Constant)]


def test_no_two_components_have_one_name():
    """The second would take the place of the first on every page."""
    assert [name for name, count in Counter(names()).items() if count > 1] == []
    assert "chatkeep_message_rows" in names()
