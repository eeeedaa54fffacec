"""What Streamlit really draws of a text that was made safe: looked at in a browser, with a hostile text.

The unit tests say what text is handed to Streamlit; these say that Streamlit still does with it what is meant, which is
what a new Streamlit could change.
"""

import json

import pytest
from playwright.sync_api import expect

from tests.support.browser import browser  # noqa: F401
from tests.support.streamlit_server import StreamlitServer
from ui.markdown.safe import as_label, as_typed, safe_markdown

# Every pair is an element of its own; the page is ready when the last one is there.
SCRIPT = """
import json
import pathlib

import streamlit as st

for number, (kind, text) in enumerate(json.loads(pathlib.Path("texts.json").read_text("utf-8"))):
    with st.container(key=f"text{number}"):
        draw = st.text if kind == "typed" else st.markdown
        _ = draw(text)
st.container(key="end").text("The end")
"""

HOST = "http://picture.invalid"

PICTURES = [
    f"![x]({HOST}/1) ![x][r]\n\n[r]: {HOST}/2",
    f"> ```\n![x]({HOST}/3)",
    f"- ```\n\n![x]({HOST}/4)",
    f"<http://a`> ![x]({HOST}/5) `",
    f"http://a/` ![x]({HOST}/6) `",
    f"- `a\n- ![x]({HOST}/7) `",
    f"| a | b |\n|---|---|\n| ` | ![x]({HOST}/8) ` |",
    f"- a\nlazy\n\n    ![x]({HOST}/9)",
    f"\\` ![x]({HOST}/10) ` \\\\![x]({HOST}/11) !![x]({HOST}/12)",
    f"# h `\n![x]({HOST}/13) `",
    f"para\n    ```\n    ![x]({HOST}/14)",
    f'[a](u "`") ![x]({HOST}/15) `',
    f"$![x]({HOST}/16)$ $$\\includegraphics{{{HOST}/17}}$$",
    f"`` ``` ``\n\n$$\n![x]({HOST}/18)\n$$",
    f"[^1]\n\n[^1]: note\n\n    ![x]({HOST}/19)",
    f'<img src="{HOST}/20"> <img src=x onerror="alert(1)"> <script>alert(1)</script>',
    f"```\n\t```\n```\n![x]({HOST}/21)",
    f'```mermaid\nflowchart TD\n  A@{{ img: "{HOST}/22", w: 60, h: 60 }}\n```',
    f'~~~-language-&#109;ermaid\nflowchart TD\n  A@{{ img: "{HOST}/23", w: 60, h: 60 }}\n~~~',
    "![x](data:image/svg+xml,<svg/>)",
]

WORDS = [
    # What is drawn must read as it was written.
    "$5 and $10, US$5-$7",
    ":red[x] :blue-background[y] :green-badge[z] :small[s] :shimmer[t] :rainbow[r] :help[h]",
    ':color[x]{foreground="red"} 10:30[x] color:red',
    ":material/home: :material_home: :streamlit:",
    ":smile: :smile::+1: (:tada:) a:b: :100:",
    "10:30:45 std::vector::x a:b:c a:key:x fe80::a:b",
    "a -> b <- c <-> d -- e >= f <= g ~= h",
    "5~10 and 20~30, ~50",
    "a<br>b <b>bold</b> <div>block</div> <!-- note -->",
    "<div>",
    "[run](javascript:alert(1)) [show](vbscript:x)",
    ":::note",
    "$HOME/$USER",
]

CODE = "x = ':red[x] $5 ![a](u) \\(y\\) -> <br>'"

TYPED = [
    "plain",
    "*a* _b_ `c` # d\n- e\n1. f\n> g\n\n\n    h",
    "two  spaces\tand a tab\n   indented",
    "$x$ and $5, :red[x], :smile:, :material/home:, -> --",
    "<b>bold</b> &amp; <script>alert(1)</script>",
    "[a](javascript:alert(1)) ![x](http://picture.invalid/t)",
    "שלום עולם, مرحبا",
    "👩‍👩‍👧‍👦 é 尺寸",
    "w" * 400,
]


@pytest.fixture(scope="module")
def drawn(browser, tmp_path_factory):  # noqa: F811
    """Yield a function that draws texts and returns the page, the hosts it asked and the dialogs it opened.

    All are drawn in one tab, one after the other: a browser's context for each would cost more than the drawing.
    """
    folder = tmp_path_factory.mktemp("markdown")
    (folder / "app.py").write_text(SCRIPT, "utf-8")
    (folder / "texts.json").write_text("[]", "utf-8")
    page = browser.new_page()
    foreign, dialogs = [], []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))

    with StreamlitServer(folder / "app.py") as server:
        page.on(
            "request",
            lambda request: request.url.startswith((server.url, "data:", "blob:")) or foreign.append(request.url),
        )

        def draw(kind, texts, width=1000):
            (folder / "texts.json").write_text(json.dumps([(kind, text) for text in texts]), "utf-8")
            page.set_viewport_size({"width": width, "height": 900})
            page.goto("about:blank")
            foreign.clear()
            dialogs.clear()
            page.goto(server.url)
            expect(page.get_by_text("The end")).to_be_visible(timeout=30_000)
            # KaTeX and the highlighter arrive later than the text.
            page.wait_for_load_state("networkidle")
            return page, foreign, dialogs

        yield draw
        page.close()


def test_no_picture_is_drawn_and_nobody_is_asked(drawn):
    page, foreign, dialogs = drawn("markdown", [safe_markdown(text) for text in PICTURES])
    assert (foreign, dialogs) == ([], [])
    assert page.get_by_test_id("stMermaidChart").count() == 0
    assert page.locator("img:not([src^='data:'])").count() == 0
    assert page.locator("[data-testid=stMarkdownContainer] img").count() == 0
    expect(page.get_by_role("link", name="image: x").first).to_have_attribute("href", f"{HOST}/1")


def test_the_same_pictures_are_drawn_where_nobody_makes_them_safe(drawn):
    """Else the test above would look at nothing."""
    _, foreign, _ = drawn("markdown", PICTURES)
    assert len(foreign) >= 10


def test_words_read_as_they_were_written(drawn):
    page, foreign, dialogs = drawn("markdown", [safe_markdown(text) for text in WORDS])
    for number, text in enumerate(WORDS):
        expect(page.locator(f".st-key-text{number}")).to_have_text(text, use_inner_text=True)
    assert (foreign, dialogs) == ([], [])
    drawn_by_directives = (
        ".stMarkdownColoredText, .stMarkdownColoredBackground, .stMarkdownBadge, .stMarkdownShimmer, "
        "[data-testid=stMarkdownContainer] :is([role=img], [style*=color], [style*=font], del, .katex)"
    )
    assert page.locator(drawn_by_directives).count() == 0
    assert page.locator("a[href^='javascript'], a[href^='vbscript'], a[href^='data']").count() == 0


def test_labels_read_as_they_were_written(drawn):
    labels = [*WORDS, "www.a.b c@d.e https://f.g", "**a** `b` # c", "&amp; &copy;"]
    page, _, _ = drawn("markdown", [as_label(text) for text in labels])
    for number, text in enumerate(labels):
        expect(page.locator(f".st-key-text{number}")).to_have_text(text, use_inner_text=True)
    assert (
        page.locator(".stMarkdownColoredText, [data-testid=stMarkdownContainer] :is([role=img], img, a)").count() == 0
    )


def test_math_is_drawn_and_code_is_left_alone(drawn):
    texts = [
        r"so \(x^2\) costs $5 and $y$ more",
        "so\n\\[\nx^2\n\\]\nis $10",
        f"```python\n{CODE}\n```",
        f"`{CODE}`",
        "- item\n  \\[\n  z\n  \\]\n  more",
        ":smile: and **:heart:** and ~~struck~~ and [a](https://b.example/c_d?e=1)",
    ]
    page, _, _ = drawn("markdown", [safe_markdown(text) for text in texts])
    at = [page.locator(f".st-key-text{number}") for number in range(len(texts))]
    expect(at[0].locator(".katex")).to_have_count(2)
    expect(at[0]).to_contain_text("costs $5 and")
    expect(at[1].locator(".katex-display")).to_have_count(1)
    expect(at[1]).to_contain_text("is $10")
    expect(at[2].locator("pre code")).to_have_text(CODE, use_inner_text=True)
    expect(at[3].locator("code")).to_have_text(CODE, use_inner_text=True)
    expect(at[4].locator("li .katex-display")).to_have_count(1)
    expect(at[5]).to_have_text(":smile: and :heart: and struck and a", use_inner_text=True)
    expect(at[5].locator("strong")).to_have_text(":heart:")
    expect(at[5].locator("del")).to_have_count(1)
    expect(at[5].get_by_role("link")).to_have_attribute("href", "https://b.example/c_d?e=1")
    assert page.locator(".katex-error").count() == 0


def test_no_heading_of_a_text_is_on_the_level_of_the_pages_title(drawn):
    texts = ["# a", "- x\n  # b", "> - # c\n> # d", "e\nf\n=", "1. # g", "### h", "```\n# i\n```\n\n    # j"]
    page, _, _ = drawn("markdown", [safe_markdown(text) for text in texts])
    expect(page.get_by_role("heading", level=1)).to_have_count(0)
    expect(page.get_by_role("heading", level=2)).to_have_text(["a", "b", "c", "d", "e\nf", "g"])
    expect(page.get_by_role("heading", level=3)).to_have_text(["h"])
    expect(page.locator("pre code")).to_have_text(["# i", "# j"])


@pytest.mark.parametrize("width", [1000, 390])
def test_typed_text_is_shown_as_typed(drawn, width):
    page, foreign, dialogs = drawn("typed", [as_typed(text) for text in TYPED], width)
    for number, text in enumerate(TYPED):
        shown = page.locator(f".st-key-text{number}").get_by_test_id("stText")
        assert shown.evaluate("element => element.innerText") == text
        assert shown.evaluate("element => element.scrollWidth <= element.clientWidth")
    assert (foreign, dialogs) == ([], [])
    assert page.evaluate("document.documentElement.scrollWidth") <= width
