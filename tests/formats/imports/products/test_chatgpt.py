"""ChatGPT's export: what its page showed is there, wherever the export has it, and the rest is counted by kind."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formats.exports.chatkeep import to_chatkeep
from tests.support.import_fixtures import (
    case,
    chatgpt,
    gpt_node,
    gpt_said,
    lines,
    one,
    opened,
    reads,
    said_by_whom,
    second,
    skips,
    told,
    zipped,
)

CREATED, UPDATED = second(0), second(100)


def chat(*messages: dict, **more) -> dict:
    """A conversation in which each message hangs on the one before it."""
    nodes, before = [gpt_node("root", None, None)], "root"
    for message in messages:
        nodes.append(gpt_node(message["id"], before, message))
        before = message["id"]
    return {"title": "Case", "mapping": {node["id"]: node for node in nodes}, "conversation_id": "g"} | more


@pytest.mark.parametrize(
    ("name", "expected", "left_out"),
    [
        (
            "canvas",
            [
                ("user", "Write a poem in a canvas."),
                ("assistant", "#### poem\n\nFlour, water, salt.\nTime."),
                ("assistant", "I have written it. Anything to change?"),
            ],
            {},
        ),
        ("conversation-with-rating", [("user", "Hi"), ("assistant", "Hello")], {}),
        (
            "deep-research-2026",
            [
                ("user", "Research rye, please."),
                ("assistant", "I will start the research."),
                ("assistant", "# Rye\n\nThe whole report."),
                ("user", "Thanks, and wheat?"),
                ("assistant", "Next time."),
            ],
            {},
        ),
        ("folders-first", [("user", "Hi"), ("assistant", "Hello")], {}),
        ("half-emoji", [("user", "Half \ufffd of it"), ("assistant", "Yes")], {}),
        ("metadata-missing", [("user", "Hi"), ("assistant", "Hello")], {}),
        (
            "picture-answer",
            [("user", "Draw a loaf."), ("assistant", "[picture]"), ("user", "Make it darker.")],
            {"picture": 1, "tool call": 1},
        ),
        ("pinned-time", [("user", "Hi"), ("assistant", "Hello")], {}),
        (
            "system-in-the-middle",
            [("user", "One"), ("assistant", "Two"), ("user", "Three"), ("assistant", "Four")],
            {},
        ),
        (
            "two-part-answer",
            [
                ("user", "How long does rye bake?"),
                ("assistant", "Let me look that up."),
                ("assistant", "Fifty minutes at 200 degrees."),
            ],
            {"tool call": 1},
        ),
        ("user-error", [("user", "Hi"), ("assistant", "")], {}),
    ],
)
def test_case_is_one_line_of_messages(name, expected, left_out):
    export = opened(case(f"chatgpt-{name}.json"))
    (read,) = export
    conversation = read.conversation
    assert export.product == "ChatGPT"
    assert told(conversation) == said_by_whom(conversation) == expected
    assert read.left_out == left_out
    assert (conversation.title, conversation.created_at, conversation.updated_at) == ("Case", CREATED, UPDATED)
    assert {message.model for message in conversation.messages} == {None, "openai/gpt-5"}
    parents = [message.parent_id for message in conversation.messages]
    assert parents == [None, *(message.id for message in conversation.messages[:-1])]


def test_shared_link_is_read():
    conversation = one(case("chatgpt-linear-conversation.json"))
    assert told(conversation) == [("user", "Hi"), ("assistant", "Hello")]
    assert (conversation.title, conversation.source, conversation.created_at) == ("Shared", "chatgpt:g13", CREATED)
    assert [message.created_at for message in conversation.messages] == [second(1), second(2)]


def test_shared_link_without_parents_is_a_line():
    entries = [{"id": "root", "children": ["q"]}]
    entries += [{"id": id, "message": gpt_said(id, role, id)} for id, role in (("q", "user"), ("a", "assistant"))]
    assert told(one({"linear_conversation": entries})) == [("user", "q"), ("assistant", "a")]


def test_pinned_and_archived_and_filed_conversations_say_so():
    conversation = one(case("chatgpt-pinned-time.json"))
    assert (conversation.pinned, conversation.tags) == (True, ("archived",))
    assert one([chatgpt() | {"pinned_time": None, "gizmo_id": "g-p-68a"}]).tags == ("project g-p-68a",)
    assert one([chatgpt() | {"gizmo_id": "g-7Xy"}]).tags == ("GPT g-7Xy",)
    assert (one([chatgpt()]).pinned, one([chatgpt() | {"is_starred": True}]).pinned) == (False, True)


def test_title_has_no_private_letter():
    assert one([chatgpt() | {"title": 'Rye \ue200entity\ue202["food","bread",0]\ue201\ue206'}]).title == "Rye bread"


def test_error_in_the_place_of_an_answer_is_a_failed_answer():
    answer = one(case("chatgpt-user-error.json")).messages[1]
    assert (answer.status, answer.content, answer.error) == ("failed", "", "The tool did not answer.")


def test_error_of_a_tool_is_one_only_where_nothing_came_after_it():
    error = gpt_said("e", "tool", content={"content_type": "system_error", "name": "Timeout", "text": ""})
    question, answer = gpt_said("q", "user", "Hi"), gpt_said("a", "assistant", "Hello")
    failed = one([chat(question, error)]).messages[-1]
    assert (failed.status, failed.error) == ("failed", "Timeout")
    assert told(one([chat(question, error, answer)])) == [("user", "Hi"), ("assistant", "Hello")]


def test_conversation_with_a_rating_beside_real_ratings():
    feedback = [{"id": "a1", "conversation_id": "c", "rating": "thumbs_up", "content": "{}"}]
    rated = chatgpt() | {"rating": "thumbs_up"}
    conversation = one(zipped({"message_feedback.json": feedback, "conversations.json": [rated]}))
    assert [message.content for message in conversation.messages if message.rating == 1] == ["Its enzymes."]


def test_many_folders_before_the_chats_are_no_skipped_chats():
    folders = [{"id": f"g-p-{number}", "name": f"Folder {number}", "kind": "project"} for number in range(300)]
    assert skips([*folders, chatgpt()]) == []
    assert one([*folders, chatgpt()]).title == "Rye and acid"


@pytest.mark.parametrize(
    ("tool", "call", "expected"),
    [
        (
            "create_textdoc",
            {"name": "loaf", "type": "code/python", "content": "bake()"},
            "#### loaf\n\n```python\nbake()\n```",
        ),
        (
            "update_textdoc",
            {"updates": [{"pattern": ".*", "multiple": False, "replacement": "Bake it."}]},
            "#### Canvas\n\nBake it.",
        ),
        (
            "comment_textdoc",
            {"comments": [{"pattern": "Bake", "comment": "How long?"}, {"pattern": "it", "comment": "What?"}]},
            "- How long?\n- What?",
        ),
    ],
)
def test_what_is_written_in_a_canvas_is_kept(tool, call, expected):
    written = gpt_said("c", "assistant", json.dumps(call), recipient=f"canmore.{tool}")
    as_code = written | {"content": {"content_type": "code", "language": "json", "text": json.dumps(call)}}
    for message in (written, as_code):
        (read,) = reads([chat(gpt_said("q", "user", "Hi"), message)])
        assert told(read.conversation)[-1] == ("assistant", expected)
        assert read.left_out == {}


def test_canvas_that_was_cut_off_keeps_its_words():
    cut = gpt_said("c", "assistant", '{"name": "loaf", "content": "Flour', recipient="canmore.create_textdoc")
    assert "Flour" in one([chat(gpt_said("q", "user", "Hi"), cut)]).messages[1].content


def test_report_of_deep_research_is_found_as_text_and_as_object():
    report = gpt_said("r", "assistant", "# Rye \ue203all of it\ue204")
    for sdk in (
        {"widget_state": json.dumps({"report_message": report})},
        {"widget_state": {"report_message": report}},
        {"tool_response_metadata": {"venus_widget_state": {"report_message": report}}},
    ):
        hidden = {"is_visually_hidden_from_conversation": True, "chatgpt_sdk": sdk}
        conversation = one([chat(gpt_said("q", "user", "Hi"), gpt_said("t", "tool", "", metadata=hidden))])
        assert told(conversation)[-1] == ("assistant", "# Rye all of it")


def test_words_that_a_question_replies_to_are_quoted_above_it():
    reply = gpt_said("q", "user", "Why?", metadata={"targeted_reply": "It rises.\nIt holds."})
    assert told(one([chat(reply)])) == [("user", "> It rises.\n> It holds.\n\nWhy?")]


def test_picture_of_an_answer_has_the_words_beside_it():
    picture = {"content_type": "image_asset_pointer", "metadata": {"dalle": {"prompt": "A dark\nloaf"}}}
    drawn = gpt_said("t", "tool", content={"content_type": "multimodal_text", "parts": [picture, picture]})
    (read,) = reads([chat(gpt_said("q", "user", "Draw"), drawn)])
    assert told(read.conversation)[-1] == ("assistant", "[picture: A dark loaf]\n[picture: A dark loaf]")
    assert read.left_out == {"picture": 2}


def test_what_a_tool_says_to_the_model_is_no_answer():
    page = gpt_said("t", "tool", "Page 1", content={"content_type": "multimodal_text", "parts": ["Page 1", {}]})
    assert told(one([chat(gpt_said("q", "user", "Hi"), page)])) == [("user", "Hi")]


def test_files_pictures_and_recordings_are_counted_by_their_kind():
    parts = [{"content_type": "image_asset_pointer"}, {"content_type": "audio_asset_pointer"}, "Look"]
    attachments = {"attachments": [{"name": "loaf.jpg"}, {"name": "recipe.pdf"}, {"name": "plan.pdf"}]}
    question = gpt_said("q", "user", content={"content_type": "multimodal_text", "parts": parts}, metadata=attachments)
    (read,) = reads([chat(question)])
    assert read.left_out == {"picture": 1, "recording": 1, "file": 1}


def test_own_export_of_half_an_emoji_is_the_same_chat():
    conversation = one(case("chatgpt-half-emoji.json"))
    again = one(to_chatkeep(conversation))
    assert (again.id, again.messages) == (conversation.id, conversation.messages)


SEEN = st.text("abcdefgh \u00e9", min_size=3, max_size=12).filter(str.strip).map(lambda words: f"<{words.strip()}>")
MESSAGES = st.one_of(
    SEEN.map(lambda words: ([words], gpt_said("", "user", words))),
    SEEN.map(lambda words: ([words], gpt_said("", "assistant", words))),
    SEEN.map(lambda words: ([words], gpt_said("", "user", {"content_type": "audio_transcription", "text": words}))),
    SEEN.map(
        lambda words: ([words], gpt_said("", "assistant", f"\ue203{words}\ue204\ue200cite\ue202turn0news1\ue201"))
    ),
    SEEN.map(lambda words: ([words], gpt_said("", "assistant", f'\ue200new\ue202{{"a": ["{words}"]}}\ue201'))),
    SEEN.map(lambda words: ([words], gpt_said("", "user", "Hi", metadata={"targeted_reply": words}))),
    SEEN.map(
        lambda words: (
            [words],
            gpt_said("", "assistant", json.dumps({"name": "n", "content": words}), recipient="canmore.create_textdoc"),
        )
    ),
    SEEN.map(lambda words: ([], gpt_said("", "assistant", json.dumps({"q": words}), recipient="web.run"))),
    st.just(([], gpt_said("", "user", {"content_type": "image_asset_pointer"}))),
)
COUNTED = ("image_asset_pointer", "web.run")


@settings(max_examples=60)
@given(st.lists(MESSAGES, min_size=1, max_size=6))
def test_every_string_that_was_seen_is_kept_or_counted(said):
    messages = [message | {"id": str(number)} for number, (_, message) in enumerate(said)]
    items = list(opened(lines(chat(*messages), chat(gpt_said("x", "user", "x")))))
    read = items[0]
    counted = sum(any(mark in json.dumps(message) for mark in COUNTED) for message in messages)
    if all("web.run" in json.dumps(message) for message in messages):
        assert read.reason.startswith("has nothing that was said, only ")
        return
    kept = "\n".join(message.content for message in read.conversation.messages)
    assert [words for seen, _ in said for words in seen if words not in kept] == []
    assert read.left_out.total() == counted
