"""The window for imports tells how to get the chats out of another product, before a file is chosen."""

from formats.imports import HOW_TO_EXPORT
from tests.support.pages import app, page  # noqa: F401
from ui.history_page.import_dialog import HOW


def test_every_product_is_named_with_how_to_export_from_it():
    at = page("pages/1_History.py")
    at.button(key="import").click().run()
    assert not at.exception
    (folded,) = [each for each in at.expander if each.label == HOW]
    (listed,) = folded.markdown
    assert listed.value.split("\n") == [f"- **{product}**: {how}" for product, how in HOW_TO_EXPORT.items()]
