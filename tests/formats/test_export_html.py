"""HTML: a page that shows every word and lets nothing through but words."""

import re
import tomllib
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.conversation import Conversation, Message
from formats.exports.html.code import LANGUAGES, code_html
from formats.exports.html.math import MOST_DRAWN
from formats.exports.html.mathml import ATTRIBUTES as ATTRIBUTES_OF_MATH
from formats.exports.html.mathml import ELEMENTS
from formats.exports.html.page import DEEPEST, POLICY, to_html
from formats.exports.html.style import DARK, LIGHT
from formats.exports.html.words import markdown_html, typed_html
from tests.support.looks.contrast import READABLE, contrast
from tests.support.rich_conversation import MOMENT, at, said

ROOT = Path(__file__).resolve().parents[2]


class Seen(HTMLParser):
    """What a page holds: its elements, its attributes, its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str | None]] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags[tag] += 1
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_data(self, data):
        self.text += data


def shown(markdown: str) -> str:
    """Return the body of a model's words."""
    return markdown_html(markdown).removeprefix('<div class="words" dir="auto">\n').removesuffix("</div>\n")


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("# One\n\n###### Six", "<h3>One</h3>\n<h6>Six</h6>\n"),
        ("<b>x</b> <script>", "<p>&lt;b&gt;x&lt;/b&gt; &lt;script&gt;</p>\n"),
        ("[a](https://b.c)", '<p><a href="https://b.c" rel="noreferrer">a</a></p>\n'),
        ("[a](mailto:b@c.d)", '<p><a href="mailto:b@c.d" rel="noreferrer">a</a></p>\n'),
        ("[a](javascript:alert(1))", "<p>[a](javascript:alert(1))</p>\n"),
        ("[a](data:text/html,x)", "<p>[a](data:text/html,x)</p>\n"),
        ("[a](&#106;avascript:x)", "<p>[a](javascript:x)</p>\n"),
        ("[a](//host/path)", "<p>[a](//host/path)</p>\n"),
        ("[a](file:///etc/passwd)", "<p>[a](file:///etc/passwd)</p>\n"),
        ("[a](page.html)", "<p>[a](page.html)</p>\n"),
        ("<javascript:x>", "<p>&lt;javascript:x&gt;</p>\n"),
        ("![a *b*](https://b.c/d.png)", '<p><a href="https://b.c/d.png" rel="noreferrer">[image: a *b*]</a></p>\n'),
        ("![](https://b.c)", '<p><a href="https://b.c" rel="noreferrer">[image]</a></p>\n'),
        ("[![a](https://b.c)](https://d.e)", '<p><a href="https://d.e" rel="noreferrer">[image: a]</a></p>\n'),
        (
            "See https://b.c/d_(e), or (https://f.g).",
            '<p>See <a href="https://b.c/d_(e)" rel="noreferrer" class="bare">https://b.c/d_(e)</a>, or '
            '(<a href="https://f.g" rel="noreferrer" class="bare">https://f.g</a>).</p>\n',
        ),
        ("`https://b.c`", "<p><code>https://b.c</code></p>\n"),
        ("[a]: https://b.c\n\nx", "<p>x</p>\n<p>[a]: https://b.c</p>\n"),
        ("[a]: https://b.c\n\n[a]", '<p><a href="https://b.c" rel="noreferrer">a</a></p>\n'),
        ("~~x~~ **y**", "<p><s>x</s> <strong>y</strong></p>\n"),
        ("nul \0", "<p>nul \ufffd</p>\n"),
    ],
)
def test_model_markdown_as_html(markdown, html):
    assert shown(markdown) == html


MATH = (
    '<math display="{}"><semantics><mrow>{}</mrow>'
    '<annotation encoding="application/x-tex">{}</annotation></semantics></math>'
)


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        (
            r"So \(a_1\) is",
            '<p>So <span class="formula" dir="ltr" translate="no">'
            + MATH.format("inline", "<msub><mi>a</mi><mn>1</mn></msub>", "a_1")
            + "</span> is</p>\n",
        ),
        (
            r"\[ x*y \].",
            '<div class="formula" dir="ltr" translate="no">'
            + MATH.format("block", "<mi>x</mi><mo>*</mo><mi>y</mi>", "x*y")
            + ".</div>\n",
        ),
        (
            r"$\alpha_1$",
            '<p><span class="formula" dir="ltr" translate="no">'
            + MATH.format("inline", "<msub><mi>α</mi><mn>1</mn></msub>", r"\alpha_1")
            + "</span></p>\n",
        ),
        (
            "$$\na<b\n$$",
            '<div class="formula" dir="ltr" translate="no">'
            + MATH.format("block", "<mi>a</mi><mo>&lt;</mo><mi>b</mi>", "a&lt;b")
            + "</div>\n",
        ),
    ],
)
def test_formula_is_drawn_with_its_source_beside_it(markdown, html):
    assert shown(markdown) == html


@pytest.mark.parametrize(
    "formula",
    [
        r"\(\nobody{x} knows\)",
        r"\(\frac\)",
        r"\[ 5 % of what \]",
        r"\(\text{<script>alert(1)</script>}\)",
        r"\(\text{<b>bold</b>}\)",
        r"\(\text{<!-- x -->}\)",
        r"\(x" + "{" * 40 + "y" + "}" * 40 + r"\)",
        r"\(" + "{" * 2_000 + r"\)",
        r"\(" + "x" * 2_100 + r"\)",
        "$$\n\\begin{matrix}\n$$",
    ],
)
def test_formula_that_cannot_be_drawn_is_its_source_letter_by_letter(formula):
    seen = Seen(shown(f"Before {formula} after" if "\n" not in formula else f"Before:\n{formula}\nAfter"))
    assert formula in seen.text
    assert set(seen.tags) <= {"p", "span", "div"}


@pytest.mark.parametrize(
    "formula",
    [
        r"\href{javascript:alert(1)}{x}",
        r"\href{https://example.org/?leak}{x}",
        r"\style{position:fixed;inset:0}{x}",
        r"\class{typed}{x}",
        r"\cssId{a}{x}",
        r"\text{&lt;script&gt;}",
        r"\mathrm{<img src=x onerror=alert(1)>}",
        r"\unicode{x3c}",
    ],
)
def test_no_formula_brings_an_address_a_style_or_an_element_along(formula):
    seen = Seen(shown(rf"\({formula}\)"))
    assert set(seen.tags) <= {"p", "span", "semantics", "annotation", *ELEMENTS}
    known = {"class", "dir", "translate", "display", "encoding", *ATTRIBUTES_OF_MATH}
    assert {name for _, name, _ in seen.attributes} <= known
    assert formula in seen.text


def test_of_very_many_formulas_only_the_first_are_drawn():
    seen = Seen(shown(r"\(x\) " * (MOST_DRAWN + 5)))
    assert seen.tags["math"] == MOST_DRAWN
    assert seen.text.count(r"\(x\)") == 5


def test_task_list_has_its_boxes_with_their_words_as_names():
    opening = '<li class="task-list-item"><label><input class="task-list-item-checkbox" '
    box = opening + '{}type="checkbox"> {}</label></li>\n'
    assert shown("- [ ] milk\n- [x] bread\n- [link]") == (
        '<ul class="contains-task-list" dir="auto">\n'
        + box.format('disabled="disabled" ', "milk")
        + box.format('checked="checked" disabled="disabled" ', "bread")
        + "<li>[link]</li>\n</ul>\n"
    )


def test_page_wears_the_colours_of_the_app():
    theme = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["theme"]
    for colours, app in ((LIGHT, theme["light"]), (DARK, theme["dark"])):
        assert (colours["page"], colours["asked"], colours["ink"], colours["link"]) == (
            app["backgroundColor"],
            app["secondaryBackgroundColor"],
            app["textColor"],
            app["linkColor"],
        )


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("$5 and *six* $6", "<p>$5 and <em>six</em> $6</p>\n"),
        (r"\[1\] *x* \[2\]", "<p>[1] <em>x</em> [2]</p>\n"),
        (
            r"\[a\](https://b.c)",
            r'<p>[a](<a href="https://b.c" rel="noreferrer" class="bare">https://b.c</a>)</p>' "\n",
        ),
        (r"\(open *x*", "<p>(open <em>x</em></p>\n"),
        (r"\\(x\\)", "<p>\\(x\\)</p>\n"),
    ],
)
def test_what_only_looks_like_a_formula_is_none(markdown, html):
    assert shown(markdown) == html


def test_words_of_a_person_are_as_typed():
    assert typed_html(" <b>  \r\n*x* &amp;\n") == (
        '<div class="words typed" dir="auto"> &lt;b&gt;  \n*x* &amp;amp;</div>\n'
    )


ALLOWED = {"div", "p", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "hr", "br", "em", "strong", "s", "code"}
ALLOWED |= {"input", "label", "semantics", "annotation", *ELEMENTS}
ALLOWED |= {"pre", "figure", "figcaption", "a", "span", "table", "thead", "tbody", "tr", "th", "td"}
ATTRIBUTES = {"class", "dir", "href", "rel", "title", "translate", "tabindex", "role", "aria-label", "start"}
ATTRIBUTES |= {"type", "disabled", "checked", "encoding", "display", *ATTRIBUTES_OF_MATH}
PIECES = (
    "<script>,</div>,<img src=x onerror=alert(1)>,[a](,javascript:x,),![,](,data:x,https://b.c,<,>,\",',&quot;,&lt;,"
    "```,```html,[ ] ,- [x] ,\\text{,\\href{javascript:x}{,},"
    "\n,\n\n, ,    ,> ,- ,1. ,| a |,|:-:|,$$,$,\\(,\\),\\[,\\],\\,`,*,_,#,[x]: https://b.c 'y',[x],\0"
)
HOSTILE = st.lists(st.sampled_from(PIECES.split(",")), max_size=14).map("".join)


@given(HOSTILE)
def test_only_known_elements_and_attributes_come_out_of_any_text(text):
    seen = Seen(markdown_html(text) + typed_html(text))
    assert set(seen.tags) <= ALLOWED
    assert {name for _, name, _ in seen.attributes} <= ATTRIBUTES
    assert all(re.match("https?://|mailto:", value) for _, name, value in seen.attributes if name == "href")


@given(
    st.lists(
        st.sampled_from(["> ", "- ", "1. ", "    ", "\n", "\n\n", "`", "```\n", "|", "[x]", "_", "$$"]), max_size=20
    )
)
def test_no_word_is_lost_in_any_structure(signs):
    words = [f"w{number}w" for number in range(len(signs))]
    text = "".join(f"{sign}{word}" for sign, word in zip(signs, words, strict=True))
    seen = Seen(markdown_html(text))
    said_aloud = seen.text + " ".join(value or "" for _, name, value in seen.attributes if name == "aria-label")
    assert [word for word in words if word not in said_aloud] == []


@pytest.mark.parametrize(
    "text", [">" * 5_000 + "deep", "- " * 5_000 + "deep", "[" * 5_000 + "deep", "*a " * 5_000 + "deep"]
)
def test_nesting_too_deep_to_be_read_is_shown_as_it_was_written(text):
    assert "deep" in Seen(markdown_html(text)).text


CODE = st.text("abc 01\"'`#/*<>&\\(){}[]=;:.\n\t\ufeff-", max_size=60)


@given(
    CODE, st.sampled_from(["", "python", "js", "html", "bash", "json", "diff", "C++", "nonsense", "text", "console"])
)
def test_code_in_colours_is_the_same_code(code, language):
    seen = Seen(code_html(code, language).split("<code>")[1].split("</code>")[0])
    assert seen.text == code
    assert set(seen.tags) <= {"span"}


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_usual_languages_are_coloured_and_quick_on_noise(language):
    assert "<span" in code_html("@if (x == 1) { return 'a' } # b\n$ echo 1\n<b>\n", language.upper())
    noise = "".join(Random(1).choices("ab0 <>$%#@!{}()[]'\"`\\/:;,.=+-*|~^&?\n\t", k=5_000))
    assert Seen(code_html(noise, language).split("<code>")[1].split("</code>")[0]).text == noise


def test_long_code_is_shown_without_colours():
    assert "<span" in code_html("x = 1\n" * 1_000, "python")
    assert "<span" not in code_html("x = 1\n" * 2_000, "python")
    assert "<span" not in code_html("word " * 100, "java")


def branched() -> Conversation:
    """Two versions of the first question; below the other one two answers, one of them with a question after it."""
    return Conversation(
        "c1",
        "personal",
        "Branches",
        MOMENT,
        MOMENT,
        head="b",
        messages=(
            Message("a", None, "user", "First question", at(0)),
            Message("b", None, "user", "Second question", at(1)),
            Message("a1", "a", "assistant", "Older answer", at(2)),
            Message("a2", "a1", "user", "Asked after the older answer", at(3)),
            Message("a3", "a", "assistant", "Newer answer", at(4)),
            Message("gone", "a", "assistant", "Deleted answer", at(5), trashed=True),
            Message("a4", "gone", "user", "Asked after the deleted answer", at(6)),
        ),
    )


def test_other_versions_are_folded_below_the_message_with_what_followed_them():
    page = to_html(branched()).decode()
    main = page[page.index("<main>") : page.index("</main>")]
    found = re.findall(r"<summary>(.*?)</summary>|<(/details)>|<div class=\"words[^>]*>\s*(?:<p>)?([^<\n]*)", main)
    assert ["".join(each) for each in found] == [
        "Second question",
        "Version 1 of 2, 2 messages",
        "First question",
        "Asked after the deleted answer",
        "Version 1 of 3, 2 messages",
        "Older answer",
        "Asked after the older answer",
        "/details",
        "Version 2 of 3",
        "Newer answer",
        "/details",
        "/details",
    ]
    assert "not on this page" not in page


def test_messages_in_folds_too_deep_are_counted():
    messages = [Message("m0", None, "user", "Start", MOMENT)]
    for number in range(1, 3 * DEEPEST):
        messages.append(Message(f"x{number}", messages[-1].id, "assistant", f"Old {number}", MOMENT))
        messages.append(Message(f"y{number}", messages[-2].id, "assistant", f"New {number}", MOMENT))
        messages.append(Message(f"m{number}", f"x{number}", "user", f"Next {number}", MOMENT))
    conversation = Conversation("c", "o", "Deep", MOMENT, MOMENT, head="m0", messages=tuple(messages))
    page = to_html(replace(conversation, head="y1")).decode()
    missing = len(messages) - page.count("<article")
    assert missing > 0
    assert f"{missing} messages in further branches: not on this page" in page


@given(st.lists(st.tuples(st.integers(-1, 8), st.booleans()), max_size=9), st.integers(0, 8))
def test_every_message_is_on_the_page_or_counted_whatever_the_tree(links, head):
    messages = tuple(
        Message(
            f"m{number}", f"m{parent}" if parent >= 0 else None, "user", f"Words {number}.", MOMENT, trashed=trashed
        )
        for number, (parent, trashed) in enumerate(links)
    )
    conversation = Conversation("c", "o", "Tree", MOMENT, MOMENT, head=f"m{head}", messages=messages)
    page = to_html(conversation).decode()
    counted = re.search(r"(\d+) messages? in further branches", page)
    written = [message for message in messages if f"Words {message.content.split()[1]}" in page]
    assert all(page.count(f">{message.content}<") == 1 and not message.trashed for message in written)
    kept = sum(not message.trashed for message in messages)
    assert len(written) + (int(counted[1]) if counted else 0) == kept


def test_page_has_a_language_landmarks_and_a_policy():
    seen = Seen(to_html(said(("user", "Hi"), ("assistant", "Hello"))).decode())
    assert [seen.tags[tag] for tag in ("header", "main", "footer", "h1", "h2", "article")] == [1, 1, 1, 1, 2, 2]
    assert ("html", "lang", "en") in seen.attributes
    assert ("meta", "content", POLICY) in seen.attributes
    assert "script" not in seen.tags
    assert "link" not in seen.tags


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_text_can_be_read_on_what_it_stands_on(colours):
    in_code = ("keyword", "string", "number", "called", "aside", "added", "removed", "ink", "quiet")
    pairs = [(name, "code") for name in in_code]
    pairs += [(name, ground) for name in ("ink", "quiet", "link") for ground in ("page", "asked")]
    assert [pair for pair in pairs if contrast(colours[pair[0]], colours[pair[1]]) < READABLE] == []
