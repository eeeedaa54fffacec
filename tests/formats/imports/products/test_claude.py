"""Claude's export: pastes, artifacts and thinking are kept where they were said."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.import_fixtures import (
    case,
    claude,
    claude_said,
    one,
    opened,
    reads,
    said_by_whom,
    second,
    told,
)

POEM = "#### Poem\n\nFlour, water, salt."


def answered(*blocks: dict, **more) -> dict:
    """A conversation whose only answer has these blocks."""
    return claude() | {
        "chat_messages": [
            claude_said("h", "human", "Hi", 1),
            claude_said("a", "assistant", "", 2, content=list(blocks)),
        ],
        **more,
    }


def called(tool: str, **call) -> dict:
    return {"type": "tool_use", "name": tool, "input": call}


@pytest.mark.parametrize(
    ("name", "expected", "thinking"),
    [
        ("artifact", [("user", "Write me a poem."), ("assistant", f"Here it is.\n\n{POEM}\n\nI kept it short.")], ""),
        (
            "old-thinking-tag",
            [
                ("user", "A page, please."),
                ("assistant", "Sure.\n\n#### Page\n\n```html\n<h1>Loaf</h1>\n```\n\nDone."),
            ],
            "SECRET THINKING",
        ),
        (
            "paste",
            [
                ("user", "Shorten this.\n\n[attachment: paste.txt]\nMy long letter to the miller, all of it."),
                ("assistant", "Done."),
                ("user", "[attachment: paste-2.txt]\nAnd this whole page too."),
                ("assistant", "Done too."),
            ],
            "",
        ),
        ("stale-leaf", [("user", "One"), ("assistant", "Two"), ("user", "Three"), ("assistant", "Four")], ""),
        ("token-budget", [("user", "Hi"), ("assistant", "Hello")], ""),
    ],
)
def test_case_is_one_line_of_messages(name, expected, thinking):
    export = opened(case(f"claude-{name}.json"))
    (read,) = export
    conversation = read.conversation
    assert export.product == "Claude"
    assert told(conversation) == said_by_whom(conversation) == expected
    assert [message.reasoning for message in conversation.messages if message.reasoning] == [thinking] * bool(thinking)
    assert read.left_out == {}
    assert (conversation.title, conversation.created_at, conversation.updated_at) == ("Case", second(0), second(60))
    assert [message.created_at for message in conversation.messages] == [
        second(1 + place) for place in range(len(expected))
    ]


def test_artifact_that_was_changed_keeps_its_title():
    created = called("artifacts", id="p", command="create", type="text/markdown", title="Poem", content="Flour.")
    changed = called("artifacts", id="p", command="update", old_str="Flour.", new_str="Rye.")
    assert told(one([answered(created, changed)]))[-1] == ("assistant", "#### Poem\n\nFlour.\n\n#### Poem\n\nRye.")


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (
            called(
                "artifacts", id="x", type="application/vnd.ant.code", language="python", title="Loaf", content="bake()"
            ),
            "#### Loaf\n\n```python\nbake()\n```",
        ),
        (called("create_file", path="/mnt/out/plan.md", file_text="Bake."), "#### plan.md\n\nBake."),
        (
            called("artifacts", id="x", type="text/html", title="A\nB", content="```\n"),
            "#### A B\n\n````html\n```\n````",
        ),
    ],
)
def test_document_has_its_title_and_code_its_language(call, expected):
    (read,) = reads([answered(call)])
    assert (told(read.conversation)[-1], read.left_out) == (("assistant", expected), {})


@pytest.mark.parametrize(
    "said",
    [
        "Write\n```xml\n<antThinking>x</antThinking>\n```\nso.",
        'Write `<antArtifact title="x">` so.',
        '~~~\n<antArtifact title="x">y</antArtifact>',
    ],
)
def test_tag_that_is_shown_as_code_stays(said):
    answer = one([answered({"type": "text", "text": said})]).messages[1]
    assert (answer.content, answer.reasoning) == (said, "")


def test_tags_of_a_question_are_the_words_of_who_asked():
    said = "What is <antThinking>this</antThinking>?"
    message = claude_said("h", "human", said, 1)
    assert told(one([claude() | {"chat_messages": [message]}])) == [("user", said)]


def test_thinking_is_taken_from_its_summaries_where_it_is_hidden():
    block = {"type": "thinking", "thinking": "", "summaries": [{"summary": "Beans."}, {"summary": "Many."}]}
    assert one([answered(block, {"type": "text", "text": "60"})]).messages[1].reasoning == "Beans.\n\nMany."


def test_sources_of_an_answer_keep_title_and_address():
    cited = [
        {"details": {"type": "web_search_citation", "url": "https://a.example", "title": "A"}},
        {"url": "https://b.example", "title": "B"},
        {"url": "https://c.example", "title": "C"},
    ]
    block = {"type": "text", "text": "Rye, says https://c.example", "citations": cited}
    assert told(one([answered(block)]))[-1][1] == (
        "Rye, says https://c.example ([A](https://a.example), [B](https://b.example))"
    )


def test_project_is_a_tag_and_a_star_a_pin():
    conversation = one([claude() | {"project": {"uuid": "p", "name": "Bakery"}, "is_starred": True}])
    assert (conversation.tags, conversation.pinned) == (("project Bakery",), True)
    assert one([claude() | {"project_uuid": "p-1"}]).tags == ("project p-1",)


def test_files_are_counted_by_their_kind():
    files = [{"file_name": "cup.png"}, {"file_name": "x", "file_kind": "image"}, {"file_name": "plan.pdf"}]
    pasted = [{"file_name": "plan.pdf", "extracted_content": "The plan."}, {"file_name": "b.zip"}]
    message = claude_said("h", "human", "Look", 1, files=files, attachments=pasted)
    (read,) = reads([claude() | {"chat_messages": [message]}])
    assert read.left_out == {"picture": 2, "file": 1}
    assert told(read.conversation) == [("user", "Look\n\n[attachment: plan.pdf]\nThe plan.")]


def test_unknown_block_beside_a_filled_text_costs_no_words():
    message = claude_said("a", "assistant", "The text beside it.", 2, content=[{"type": "odd", "what": "x"}])
    (read,) = reads([claude() | {"chat_messages": [message]}])
    assert (said_by_whom(read.conversation), read.left_out) == ([("assistant", "The text beside it.")], {"part": 1})


SEEN = st.integers(1, 10**9).map(lambda number: f"<words {number}>")
BLOCKS = st.one_of(
    SEEN.map(lambda words: (words, {"type": "text", "text": words})),
    SEEN.map(lambda words: (words, {"type": "thinking", "thinking": words})),
    SEEN.map(lambda words: (words, {"type": "text", "text": f"So. <antThinking>{words}</antThinking> Yes."})),
    SEEN.map(
        lambda words: (words, {"type": "text", "text": f'<antArtifact title="{words[1:-1]}">{words}</antArtifact>'})
    ),
    SEEN.map(lambda words: (words, called("artifacts", id="p", title="T", content=words))),
    SEEN.map(lambda words: (words, called("create_file", path="a.md", file_text=words))),
    SEEN.map(lambda words: ("", called("web_search", query=words))),
    SEEN.map(lambda words: (words, {"type": "unheard_of", "text": words})),
    st.just(("", {"type": "token_budget"})),
)


@settings(max_examples=60)
@given(st.lists(BLOCKS, max_size=6), st.lists(SEEN, max_size=2))
def test_every_string_that_was_seen_is_kept_or_counted(blocks, pastes):
    attachments = [{"file_name": f"{place}.txt", "extracted_content": words} for place, words in enumerate(pastes)]
    question = claude_said("h", "human", "Hi", 1, attachments=attachments)
    answer = claude_said("a", "assistant", "", 2, content=[block for _, block in blocks])
    (read,) = reads([claude() | {"chat_messages": [question, answer]}])
    kept = "\n".join(f"{message.content}\n{message.reasoning}" for message in read.conversation.messages)
    assert [words for words in (*(words for words, _ in blocks), *pastes) if words not in kept] == []
    assert read.left_out.total() == sum(block.get("name") == "web_search" for _, block in blocks)
