"""An exported page in a real browser: nothing of a hostile conversation runs, loads or leaves."""

import re
from dataclasses import replace

import pytest

from formats.exports.html.page import to_html
from tests.support.browser import browser, page  # noqa: F401
from tests.support.rich_conversation import rich, said

HOSTS = "https://evil.example/"
WORDS = f"""<script>window.ran = 1</script>
<img src=x onerror="window.ran = 2"> <svg onload="window.ran = 3"></svg>
<iframe src="javascript:parent.ran = 4"></iframe><object data="{HOSTS}o"></object><embed src="{HOSTS}e">
<form action="{HOSTS}f"><button>Go</button></form><style>@import "{HOSTS}s";</style>
<a href="javascript:window.ran = 5">click</a>
<div style="background: url({HOSTS}b)" onmouseover="window.ran = 6">x</div>
</div></article></main><base href="{HOSTS}"><meta http-equiv="refresh" content="0; url={HOSTS}m">

![p]({HOSTS}p.png) ![q](javascript:window.ran=7) [l](javascript:window.ran=8) [v](vbscript:x)
[w](data:text/html,<script>window.ran=9</script>)
[t]({HOSTS} "x\\" onmouseover=\\"window.ran=10") <javascript:window.ran=11> [r]

[r]: javascript:window.ran=12

```"><script>window.ran=13</script>
<script>window.ran = 14</script></code></pre></style></title>
```

| a |
|:-:|
| <script>window.ran = 15</script> |

$$<script>window.ran = 16</script>$$ \\(<img src=x onerror="window.ran = 17">\\)
"""


def hostile():
    conversation = said(("user", WORDS), ("assistant", WORDS), ("system", WORDS), title=f"</title></style>{WORDS}")
    answer = replace(
        conversation.messages[1], reasoning=WORDS, model=WORDS, error=WORDS, attachments=(WORDS,), finish_reason=WORDS
    )
    other = replace(answer, id="other")
    messages = (conversation.messages[0], answer, conversation.messages[2], other)
    settings = replace(conversation.settings, system_prompt=WORDS)
    return replace(conversation, messages=messages, settings=settings)


@pytest.mark.parametrize("policy", ["with its policy", "without its policy"])
def test_nothing_of_a_hostile_conversation_runs_or_loads(page, tmp_path, policy):  # noqa: F811
    text = to_html(hostile()).decode()
    if policy == "without its policy":
        text, count = re.subn(r"<meta http-equiv=[^>]*>\n", "", text, count=1)
        assert count == 1
    file = tmp_path / "hostile.html"
    file.write_bytes(text.encode())
    requests: list[str] = []
    dialogs: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.goto(file.as_uri(), wait_until="networkidle")
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    for element in page.locator("article :is(p, td, pre)").all()[:40]:
        element.hover()
    assert page.evaluate("typeof window.ran") == "undefined"
    assert dialogs == []
    assert requests == [file.as_uri()]
    assert page.locator("script, iframe, object, embed, svg, form, img, base, link, button, input").count() == 0
    assert page.locator("body style, body meta, [style]").count() == 0
    attributes = page.evaluate("[...document.querySelectorAll('*')].flatMap(each => each.getAttributeNames())")
    assert [name for name in attributes if name.startswith("on") or name in ("src", "srcset", "action")] == []
    addresses = page.evaluate("[...document.querySelectorAll('[href]')].map(each => each.href)")
    assert addresses
    assert all(address.startswith(HOSTS) for address in addresses)
    assert page.locator("article").count() == 4


@pytest.mark.parametrize("width", [1280, 390])
def test_page_fits_its_window(page, width):  # noqa: F811
    page.set_viewport_size({"width": width, "height": 800})
    wide = (
        "| a | b |\n|---|---|\n| "
        + "x" * 400
        + " | "
        + "words " * 80
        + "|\n\n```py\n"
        + "x" * 500
        + "\n```\n\n"
        + "y" * 500
    )
    conversation = rich()
    page.set_content(to_html(conversation).decode())
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.set_content(to_html(said(("user", "z" * 900), ("assistant", wide))).decode())
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_right_to_left_words_stand_at_the_right(page):  # noqa: F811
    page.set_content(to_html(said(("user", "ما هو المقاس؟"), ("assistant", "المقاس **كبير**\n\nEnglish"))).decode())
    assert page.evaluate("[...document.querySelectorAll('.words')].map(each => getComputedStyle(each).direction)") == [
        "rtl",
        "rtl",
    ]


@pytest.mark.parametrize(("scheme", "colour"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(18, 23, 22)")])
def test_page_is_as_light_or_dark_as_the_system_and_light_on_paper(page, scheme, colour):  # noqa: F811
    page.emulate_media(color_scheme=scheme)
    page.set_content(to_html(rich()).decode())
    background = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(background) == colour
    page.emulate_media(media="print")
    assert page.evaluate(background) == "rgb(255, 255, 255)"
