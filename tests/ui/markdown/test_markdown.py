"""A model's text on its way to the page: what becomes of each sign, and what is left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.markdown.safe import SETTLED_LENGTH, as_label, as_typed, closed, safe_markdown, split_settled

SIGNS = [
    *(
        "`",
        "``",
        "```",
        "~~~",
        "~",
        "![",
        "[",
        "]",
        "](",
        "(",
        ")",
        "$",
        "$$",
        "\\",
        "\\(",
        "\\)",
        "\\[",
        "\\]",
        "<",
        ">",
    ),
    *(
        "![x](http://h/)",
        "[a](u)",
        "[a]: http://h/",
        "![a][b]",
        "\n",
        "\n\n",
        "    ",
        "  ",
        " ",
        "\t",
        "> ",
        "- ",
        "1. ",
    ),
    *(
        "2. ",
        "| a |",
        "|---|---|",
        "<http://a",
        '<a href="',
        "<!--",
        ":",
        ":::",
        ":red",
        "[x]",
        "{a=b}",
        ":smile:",
        "-->",
    ),
    *(
        ":material/home:",
        "->",
        "--",
        "a",
        "b 1",
        "http://x.y/",
        "www.x.y",
        "&#58;",
        "!",
        '"',
        "#",
        "---",
        "[^1]: ",
        "**",
    ),
    *("\ud83d", "\u2028", "\r", "\u00a0", "😀", "é", "5"),
]
MARKDOWN = st.lists(st.sampled_from(SIGNS), max_size=40).map("".join)


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        # Math by either notation, and prices.
        (r"so \(x^2\) is", "so $x^2$ is"),
        (r"so \( x \)5", "so $$ x $$5"),
        ("\\[\nx\n\\]", "$$\nx\n$$"),
        (r"see \[ x \], and", "see \n$$\nx,\n$$\nand"),
        ("1. see\n   \\[x\\]\n   more", "1. see\n   $$\n   x\n   $$\n   more"),
        (r"> \[x\]", "> $$\n> x\n> $$"),
        (r"- \[x\]", r"- $\displaystyle x$"),
        ("| a |\n|---|\n| \\[x\\] |", "| a |\n|---|\n| $\\displaystyle x$ |"),
        (r"\[x\] - y", "$$\nx\n$$\n\\- y"),
        ("the $$x$$ here", "the \n$$\nx\n$$\nhere"),
        ("$x$ and $n$th", "$x$ and $n$th"),
        ("$2x$ and $5$", "$2x$ and $5$"),
        ("$5 and $10", r"\$5 and \$10"),
        ("costs $5-$7, US$9", r"costs \$5-\$7, US\$9"),
        ("$5 or even 10$", r"\$5 or even 10\$"),
        ("$HOME/$USER:$PATH", r"\$HOME/\$USER:\$PATH"),
        ("paid $5 for $x$", r"paid \$5 for $x$"),
        (r"as in \[1\] and \[2, 3\]", r"as in \[1\] and \[2, 3\]"),
        # Pictures and links.
        ("![a cat](https://h/c.png)", r"[image: a cat](https\://h/c.png)"),
        ("![](https://h/c.png)", r"[image](https\://h/c.png)"),
        ("![cat][1]", "[image: cat][1]"),
        ("[![Build](https://h/b.svg)](https://ci/)", r"[image: Build](https\://ci/)"),
        ("wow![1] is", r"wow\![1] is"),
        ("!![a](b)", r"\![image: a](b)"),
        ("![x](data:image/png;base64,AAAA)", r"[image: x]\(data\:…)"),
        ("[run](javascript:alert(1))", r"[run]\(javascript\:alert(1))"),
        ("[run](java&#115;cript&colon;x)", "[run]\\(java&#115;cript:color[:]x)"),
        ("[a](b.md 'title')", "[a](b.md 'title')"),
        ("<https://a.b> <javascript:x>", r"<https://a.b> \<javascript\:x>"),
        ("https://a.b:80/x_y?q=$1", r"https\://a.b\:80/x\_y?q=\$1"),
        # Streamlit's own signs.
        (":red[x] :blue-badge[y]", r"\:red[x] \:blue-badge[y]"),
        ("color:red; 10:30:45 10:30[x]", r"color\:red; 10:30:45 10\:30[x]"),
        (":::note\nx\n:::", "\\:\\:\\:note\nx\n:::"),
        (":material/home: :streamlit:", ":color[:]material/home: :color[:]streamlit:"),
        (":smile: and a:key:b", ":color[:]smile: and a:color[:]key\\:b"),
        ("a -> b, a->b", "a :color[-]> b, a->b"),
        ("a <-> b", "a <:color[-]> b"),
        ("git checkout -- x", "git checkout :color[-]- x"),
        ("| a | b |\n| -- | -- |", "| a | b |\n| -- | -- |"),
        ("5~10 and 20~30 ~~no~~", r"5\~10 and 20\~30 ~~no~~"),
        ("a<br>b 1 < 2", r"a\<br>b 1 < 2"),
        (r"C:\dir\new", r"C:\\dir\\new"),
        # The box of a task is a sign, wherever a task may stand.
        ("- [ ] buy\n- [x] bake [x] and", "- ☐ buy\n- ☑ bake [x] and"),
        ("1. [X] one\n> - [ ] two\n  * [\t] three", "1. ☑ one\n> - ☐ two\n  * ☐ three"),
        ("- [x](u) - [ ] a\n- [x]: b", "- [x](u) - [ ] a\n- [x]: b"),
        ("-\n  [ ] below its marker", "-\n  \\[ ] below its marker"),
        ("- `[ ]` is open", "- `[ ]` is open"),
        # The first level of headings is for the title of the page.
        ("# One\n## Two\n###### Six", "## One\n## Two\n###### Six"),
        ("> # a\n- # b\n1. > # c\n   #", "> ## a\n- ## b\n1. > ## c\n   ##"),
        ("One\nof two lines\n===\n\nText", "One\nof two lines\n---\n\nText"),
        ("- a\n===\n\n> b\n===\n\na | b\n===", "- a\n===\n\n> b\n===\n\na | b\n==="),
        ("#no C# `# x` \\# y", "#no C# `# x` \\# y"),
        # Halves of surrogate pairs, and line ends.
        ("half \ud83d and \ud83d\ude00", "half � and 😀"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("", ""),
    ],
)
def test_prose_is_made_safe(text, safe):
    assert safe_markdown(text) == safe


CODE = "# x = ':red[x] $5 ![a](u) \\(y\\) -> <br>'"


@pytest.mark.parametrize(
    "text",
    [
        f"`{CODE}`",
        f"``{CODE} ` ``",
        f"```python\n{CODE}\n```",
        f"~~~\n{CODE}\n```\n~~~",
        f"````md\n```\n{CODE}\n```\n````",
        f"Text:\n\n    {CODE}\n    {CODE}\n\nmore",
        f"1. one:\n   ```sh\n   {CODE}\n\n   {CODE}\n   ```\n2. two",
        f"- one\n  - two\n\n    ```\n    {CODE}\n    ```",
        f"10. ten:\n    ```\n    {CODE}\n    ```",
        f"> ```\n> {CODE}\n>\n> {CODE}\n> ```",
        f"```\n{CODE}",
        f"  ```\n{CODE}\n  ```\nmore".strip(),
    ],
)
def test_code_stays_as_it_is(text):
    assert safe_markdown(text) == text


@given(st.lists(st.sampled_from([s for s in SIGNS if not set(s) & set("\n\r\ud83d")]), max_size=20).map("".join))
def test_anything_in_a_fence_stays_as_it_is(code):
    fenced = f"~~~~~\n.{code}.\n~~~~~"
    assert safe_markdown(fenced) == fenced


@pytest.mark.parametrize(
    "language", ["mermaid", "Mermaid title", "&#109;ermaid", "mer\\maid", "-language-mermaid", "mermaid-x"]
)
def test_diagram_is_shown_as_its_code(language):
    assert safe_markdown(f"- ~~~ {language}\n  A --> B\n  ~~~") == "- ~~~text\n  A --> B\n  ~~~"


def test_fence_ends_where_its_list_or_quote_ends():
    assert safe_markdown("> ```\n> x\n![a](u)") == "> ```\n> x\n> ```\n[image: a](u)"
    assert safe_markdown("- ```\n  x\n\n![a](u)") == "- ```\n  x\n\n  ```\n[image: a](u)"
    assert safe_markdown("1. a\n   ```\n   x\n```\n![a](u)") == "1. a\n   ```\n   x\n   ```\n[image: a](u)"


@pytest.mark.parametrize(
    "text",
    [
        "para\n    ```\n    ![x](http://h/)",
        "- a\nlazy\n\n    ![x](http://h/)",
        "[^1]: note\n\n    ![x](http://h/)",
        "-\t~~~\n\n\t![x](http://h/)",
        "```\n\t```\n```\n![x](http://h/)",
        "1. ```\n   x\n```\n```\nx\n```\n![x](http://h/)",
        "para\n2. ```\n   ![x](http://h/)",
        "- `a\n- ![x](http://h/) `",
        "# a `\n![x](http://h/) `",
        "| a | b |\n|---|---|\n| ` | ![x](http://h/) ` |",
        '[a](u "`") ![x](http://h/) `',
        "\\` ![x](http://h/) `",
        "\\\\![x](http://h/)",
        "\\!![x](http://h/)",
        '](u "![x](http://h/)")',
    ],
)
def test_what_only_looks_like_code_hides_no_picture(text):
    assert "![" not in safe_markdown(text).replace("\\![", "")


@given(MARKDOWN)
def test_any_text_is_made_safe_and_settles_as_itself(text):
    safe_markdown(text).encode()
    as_label(text).encode()
    as_typed(text).encode()
    closed(text)
    settled, rest = split_settled(text)
    assert "".join(settled) + rest == text


@pytest.mark.parametrize(
    "sign",
    [
        *SIGNS,
        "[[a]",
        "![a [b] ",
        "](a(b)",
        "\"'](a ",
        "> \\[x\\]",
        "-- ",
        "![a](",
        "`a``b```c",
        "\n```\n> ```\n",
        "!",
        "(",
        ":a[",
    ],
)
def test_hostile_text_takes_no_time_out_of_proportion(sign):
    # No clock: at 200,000 characters what is not linear takes minutes, and pytest-timeout ends it.
    text = sign * (200_000 // len(sign))
    safe_markdown(text)
    split_settled(text)
    closed(text)


def test_brackets_and_formulas_that_never_close():
    for text in ("[" * 50_000 + "]" * 50_000, "\\(" * 50_000 + "\\)", ">" * 50_000 + "\\[x\\]" * 10_000):
        assert len(safe_markdown(text)) < 10 * len(text)


def test_typed_text_is_for_st_text():
    assert as_typed("*a*\r\n  b  c\n") == "*a*\n  b  c"
    assert as_typed("  indented\nnot") == "\u200b  indented\nnot"
    assert as_typed("half \ud83d") == "half �"


def test_label_is_one_line_of_letters():
    assert as_label(" *a*\n:red[b] & www.c.d ") == r"\*a\* &#58;red\[b\] &amp; www:color[.]c.d"
    assert as_label("a -> b :material_home:") == r"a :color[-]> b :color[:]material\_home&#58;"


PARAGRAPH = "Words " * 100 + "end.\n\n"
LIST = "- item " + "words " * 300 + "\n\n- another\n\n"


def test_text_settles_at_blank_lines_once_there_is_enough():
    assert split_settled(PARAGRAPH * 2 + "Next") == ([PARAGRAPH * 2], "Next")
    assert split_settled(PARAGRAPH + "Next") == ([], PARAGRAPH + "Next")
    assert len(PARAGRAPH) < SETTLED_LENGTH < 2 * len(PARAGRAPH)


@pytest.mark.parametrize(
    "block",
    [
        LIST,
        "1. item " + "words " * 300 + "\n\n2. another\n\n",
        "```\n" + PARAGRAPH * 3 + "```\n",
        "- a\n\n  ```\n" + "  code\n\n" * 300 + "  ```\n",
        "> quote " + "words " * 300 + "\n\n> more\n\n",
        "| a | b |\n|---|---|\n" + "| c | d |\n" * 200,
    ],
)
def test_no_list_code_quote_or_table_is_cut(block):
    assert split_settled(block) == ([], block)
    settled, rest = split_settled(block + "\n" + PARAGRAPH)
    assert (settled, rest) == ([block + "\n"], PARAGRAPH)


@given(st.lists(st.sampled_from([*SIGNS, "\n\n", "\n\n", PARAGRAPH, PARAGRAPH, LIST, "Word", "```\n"]), max_size=30))
def test_what_settled_stays_settled(pieces):
    before: list[str] = []
    text = ""
    for piece in pieces:
        text += piece
        settled, rest = split_settled(text)
        assert settled[: len(before)] == before
        assert "".join(settled) + rest == text
        before = settled


@given(st.lists(st.sampled_from([PARAGRAPH, LIST, "```\n:red[x]\n\n$5\n```\n\n", "a $5 -> :red[x]\n\n"]), max_size=12))
def test_parts_are_made_safe_as_the_whole_is(pieces):
    text = "".join(pieces)
    settled, rest = split_settled(text)
    parts = [safe_markdown(part) for part in (*settled, rest) if part.strip()]
    assert [line for part in parts for line in part.split("\n") if line.strip()] == [
        line for line in safe_markdown(text).split("\n") if line.strip()
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("some **bold", "some **bold**"),
        ("some **", "some "),
        ("some `code", "some `code`"),
        ("some `", "some "),
        ("**bold** and `code`", "**bold** and `code`"),
        ("a\n\n```py\nx = 1", "a\n\n```py\nx = 1\n```"),
        ("```py\nx = 1\n``", "```py\nx = 1\n```"),
        ("so \\(x^", "so "),
        ("so\n\\[\nx", "so\n"),
        ("so $$x", "so "),
        ("see [here](https://h", "see here"),
        ("see [here](https://h/)", "see [here](https://h/)"),
    ],
)
def test_open_end_is_closed(text, shown):
    assert closed(text) == shown
