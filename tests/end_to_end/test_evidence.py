"""What a failed browser test leaves behind."""

from tests.support.browser import browser, page  # noqa: F401
from tests.support.evidence import evidence


def test_page_and_console_are_in_the_report(page):  # noqa: F811
    page.set_content("<h1>Here</h1>")
    page.evaluate("console.error('odd')")
    with page.expect_event("pageerror"):
        page.evaluate("setTimeout(() => { throw new Error('worse') })")
    assert evidence(page)[:2] == [
        ("page about:blank", '- heading "Here" [level=1]'),
        ("console", "error: odd\nuncaught: worse"),
    ]
