"""Where a link leads, made from where the page is."""

import pytest

from ui.sharing.address import share_address

TOKEN = "t" * 43


@pytest.mark.parametrize(
    ("page_url", "page_path", "expected"),
    [
        ("http://localhost:8501/", "", "http://localhost:8501/"),
        ("http://localhost:8501", "", "http://localhost:8501/"),
        ("http://localhost:8501/Settings", "Settings", "http://localhost:8501/"),
        ("http://localhost:8501/Settings/", "Settings", "http://localhost:8501/"),
        ("https://example.org/tools/chat/", "", "https://example.org/tools/chat/"),
        ("https://example.org/tools/chat/History", "History", "https://example.org/tools/chat/"),
        ("https://example.org/Settings", "", "https://example.org/Settings/"),
        ("https://example.org/Settings/Settings", "Settings", "https://example.org/Settings/"),
        ("https://somebody.streamlit.app/~/+/", "", "https://somebody.streamlit.app/"),
        ("https://somebody.streamlit.app/~/+/Settings", "Settings", "https://somebody.streamlit.app/"),
        ("https://[::1]:8501/?c=abc&embed=true#words", "", "https://[::1]:8501/"),
        ("", "", "/"),
    ],
)
def test_it_is_the_apps_own_address_with_the_token(page_url: str, page_path: str, expected: str) -> None:
    assert share_address(page_url, page_path, "share", TOKEN) == f"{expected}?share={TOKEN}"
