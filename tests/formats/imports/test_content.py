"""What a message says, in every shape that products write: text, thinking, attachments, and what is counted."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats.imports.content import TEXT_KEYS, THINKING_KEYS, Content, beside, content_of, document, fenced
from formats.imports.outcome import LeftOut
from formats.imports.part_kinds import BESIDE

PNG = "data:image/png;base64,iVBORw0KGgo="


def counted(**kinds: int) -> LeftOut:
    return LeftOut({kind.replace("_", " "): count for kind, count in kinds.items()})


@pytest.mark.parametrize(
    "content",
    [
        "Hi",
        ["Hi"],
        {"text": "Hi"},
        {"value": "Hi", "files": []},
        {"parts": ["Hi"]},
        {"parts": [{"text": "Hi"}]},
        {"content_type": "text", "parts": ["Hi"]},
        {"role": "user", "content": "Hi", "contentBlocks": []},
        {"content": "Hi", "contentBlocks": [{"type": "text", "text": "Hi"}]},
        {"message": {"content": [{"type": "text", "text": "Hi"}]}},
        [{"type": "text", "text": "Hi"}],
        [{"type": "text", "value": "Hi"}],
        [{"type": "text", "content": "Hi"}],
        [{"type": "text", "text": {"value": "Hi", "annotations": []}}],
        [{"type": "input_text", "text": "Hi"}],
        [{"type": "output_text", "text": "Hi", "annotations": [], "logprobs": []}],
        [{"type": "text", "text": "Hi", "citations": None, "cache_control": {"type": "ephemeral"}}],
        [{"type": "refusal", "refusal": "Hi"}],
        [{"type": "markdown", "markdown": "Hi"}],
        [{"type": "something new", "body": "Hi"}],
        [{"type": "step-start"}, {"type": "text", "text": "Hi", "state": "done"}],
        [None, "", {"type": "text", "text": ""}, "Hi"],
        [["Hi"]],
        {"question": "Hi"},
        [{"type": "text", "txt": "Hi"}],
        [{"type": "paragraph", "children": [{"text": "Hi"}]}],
        [{"type": "text", "anything": {"at": {"all": "Hi"}}}],
    ],
)
def test_text_is_taken_from_wherever_it_stands(content):
    assert content_of(content) == Content("Hi")
    assert content_of({"role": "user", "content": content}) == Content("Hi")


@pytest.mark.parametrize("key", [*THINKING_KEYS, *TEXT_KEYS, *BESIDE])
def test_what_stands_beside_a_plain_text_is_taken_or_counted(key):
    found = content_of({"role": "assistant", "content": "Hi", key: "Bye"})
    assert "Bye" in (*found.text.split("\n"), found.reasoning) or found.left_out.total() == 1


@pytest.mark.parametrize("content", [None, "", " \n", [], {}, [""], {"text": ""}, {"text": None, "files": []}])
def test_nothing_said_is_nothing_left_out(content):
    assert content_of(content) == Content()
    assert content_of({"role": "user", "name": "ann", "content": content}) == Content()


def test_several_texts_are_all_taken_and_no_text_twice():
    assert content_of([{"type": "text", "text": "One"}, "two", {"value": "three"}]).text == "One\ntwo\nthree"
    assert content_of(["One", "two"], between="\n\n").text == "One\n\ntwo"
    assert content_of({"content": "One two", "text": "One  two", "parts": ["One", "two"]}).text == "One two"
    assert content_of({"content": "One", "refusal": "I can't"}).text == "One\nI can't"
    assert content_of({"content": None, "refusal": "I can't"}).text == "I can't"


@pytest.mark.parametrize(
    "message",
    [
        {"content": "Hi", "reasoning_content": "Hm."},
        {"content": "Hi", "reasoning": "Hm.", "reasoning_details": [{"type": "reasoning.text", "text": "Hm."}]},
        {"content": "Hi", "reasoning_details": [{"type": "reasoning.summary", "summary": "Hm."}]},
        {"content": "Hi", "thinking": "Hm."},
        {"content": [{"type": "thinking", "thinking": "Hm.", "signature": "x"}, {"type": "text", "text": "Hi"}]},
        {
            "content": [
                {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]},
                {"type": "text", "text": "Hi"},
            ]
        },
        {"content": [{"type": "think", "think": {"value": "Hm."}}, {"type": "text", "text": {"value": "Hi"}}]},
        {"content": [{"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}]}, "Hi"]},
        {"parts": [{"text": "Hm.", "thought": True}, {"text": "Hi"}]},
        {"content": [{"reasoningContent": {"reasoningText": {"text": "Hm."}}}, {"text": "Hi"}]},
        {"parts": [{"type": "reasoning", "text": "Hm."}, {"type": "text", "text": "Hi"}]},
    ],
)
def test_thinking_stands_apart(message):
    assert content_of(message) == Content("Hi", "Hm.")


def test_thinking_that_nobody_can_read_is_counted():
    assert content_of([{"type": "redacted_thinking", "data": "EmwKAhgB"}, "Hi"]) == Content(
        "Hi", left_out=counted(thinking=1)
    )
    assert content_of([{"type": "reasoning", "summary": [], "encrypted_content": "gAAA"}]).left_out == counted(
        thinking=1
    )


@pytest.mark.parametrize(
    ("part", "kind", "names"),
    [
        ({"type": "image_url", "image_url": {"url": PNG}}, "picture", [""]),
        ({"type": "input_image", "image_url": PNG}, "picture", [""]),
        ({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBO"}}, "picture", [""]),
        ({"type": "image_asset_pointer", "asset_pointer": "sediment://file_1"}, "picture", [""]),
        ({"inlineData": {"mimeType": "image/png", "data": "iVBO"}}, "picture", [""]),
        ({"type": "file", "mediaType": "image/png", "filename": "a.png", "url": PNG}, "picture", ["a.png"]),
        ({"type": "input_audio", "input_audio": {"data": "UklG", "format": "wav"}}, "recording", [""]),
        ({"type": "video_url", "video_url": {"url": "https://x.example/a.mp4"}}, "video", [""]),
        ({"type": "file", "file": {"filename": "a.pdf", "file_data": "JVBE"}}, "file", ["a.pdf"]),
        ({"type": "document", "source": {"type": "base64", "data": "JVBE"}, "title": "a.pdf"}, "file", ["a.pdf"]),
        ({"type": "tool_use", "name": "x", "input": {"q": "rye"}}, "tool call", []),
        ({"type": "server_tool_use", "name": "web_search", "input": {}}, "tool call", []),
        ({"type": "web_search_call", "status": "completed"}, "tool call", []),
        ({"type": "tool-weather", "input": {}}, "tool call", []),
        ({"functionCall": {"name": "x", "args": {}}}, "tool call", []),
        ({"type": "tool_result", "content": [{"type": "text", "text": "ok"}]}, "tool result", []),
        ({"type": "web_search_tool_result", "content": []}, "tool result", []),
        ({"type": "function_call_output", "output": "ok"}, "tool result", []),
        ({"functionResponse": {"name": "x", "response": {}}}, "tool result", []),
        ({"type": "source-url", "url": "https://x.example"}, "source", []),
        ({"type": "something new", "shape": [1, 2]}, "part", []),
        (7, "part", []),
    ],
)
def test_what_is_no_text_is_counted_by_its_kind(part, kind, names):
    assert content_of([part, "Hi"]) == Content("Hi", "", tuple(names), LeftOut({kind: 1}))


def test_what_stands_beside_the_text_is_counted_too():
    message = {
        "content": "Hi",
        "images": ["pictures/loaf.png", PNG],
        "files": [{"name": "a.pdf"}],
        "tool_calls": [{"id": "1", "function": {"name": "x"}}, {}],
        "annotations": [{"type": "url_citation", "url": "https://x.example"}],
    }
    left_out = counted(picture=2, file=1, tool_call=2, source=1)
    assert content_of(message) == Content("Hi", "", ("a.pdf", "loaf.png", ""), left_out)
    assert beside({"messages": [message], "images": ["loaf.png"]}) == Content("", "", ("loaf.png",), counted(picture=1))


def test_unknown_part_costs_no_text_beside_it():
    assert content_of({"content": [{"type": "flag", "flag": 1, "why": "x"}], "text": "Hi"}) == Content(
        "Hi", left_out=counted(part=1)
    )


RYE = "Rye is a grass."
RYE_FILES = (
    {"type": "document", "title": "rye.txt", "source": {"type": "text", "media_type": "text/plain", "data": RYE}},
    {"type": "document", "title": "rye.txt", "source": {"type": "content", "content": [{"type": "text", "text": RYE}]}},
    {"type": "file", "filename": "rye.txt", "extracted_content": RYE},
)


@pytest.mark.parametrize("part", RYE_FILES)
def test_text_of_a_document_is_kept_under_its_name(part):
    assert content_of([part, "Hi"]) == Content(f"[attachment: rye.txt]\n{RYE}\nHi")


def test_text_of_an_attached_file_is_kept_behind_the_words():
    message = {"content": "Hi", "attachments": [{"file_name": "rye.txt", "extracted_content": RYE}]}
    assert content_of(message) == Content(f"Hi\n[attachment: rye.txt]\n{RYE}")
    assert document("", RYE) == RYE


def test_words_of_a_recording_are_kept():
    assert content_of([{"type": "audio", "transcript": "Good morning"}]) == Content(
        "Good morning", "", ("",), counted(recording=1)
    )


def test_code_is_fenced_so_that_it_ends_where_it_ends():
    assert content_of([{"type": "code", "language": "python", "code": "print(1)"}]).text == "```python\nprint(1)\n```"
    assert fenced("a\n```\nb") == "````\na\n```\nb\n````"


def test_number_that_somebody_said_is_a_text():
    assert content_of({"role": "assistant", "content": 42}) == Content("42")
    assert content_of([{"type": "text", "text": 4.5}]) == Content("4.5")
    assert content_of({"role": "assistant", "content": True}) == Content()


def test_endless_nesting_is_counted_not_followed():
    value: Any = "Hi"
    for _ in range(200):
        value = [value]
    assert content_of(value) == Content(left_out=counted(part=1))


WORDS = st.text(min_size=1, max_size=8).filter(str.strip)
TEXTS = WORDS.flatmap(
    lambda words: st.sampled_from(
        [
            (words, words),
            ({"type": "text", "text": words}, words),
            ({"type": "text", "value": words}, words),
            ({"text": {"value": words}}, words),
            ({"type": "thinking", "thinking": words}, words),
            ({"parts": [words]}, words),
            ({"type": "refusal", "refusal": words}, words),
            ({"type": "unheard_of", "content": [{"text": words}]}, words),
        ]
    )
)
OTHERS = st.sampled_from(
    [
        ({"type": "image_url", "image_url": {"url": "x"}}, ""),
        ({"type": "tool_use", "input": {}}, ""),
        ({"type": "odd", "x": "y"}, ""),
    ]
)


@given(st.lists(st.one_of(TEXTS, OTHERS), max_size=6))
def test_every_part_is_taken_or_counted(parts):
    content = content_of({"role": "user", "content": [part for part, _ in parts]})
    whole = f"{content.text}\n{content.reasoning}"
    assert all(words in whole for _, words in parts)
    assert content.left_out.total() == sum(not words for _, words in parts)
