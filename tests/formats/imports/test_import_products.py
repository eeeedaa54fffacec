"""What a chat of each product is in Chatkeep: the branch that was shown, all others, and what is known of them."""

from dataclasses import replace

import pytest

from chat.conversation import Conversation, Message, Usage
from chat.titles import UNTITLED
from formats.imports import Skipped
from tests.support.import_fixtures import (
    HISTORY,
    NOW,
    SHAREGPT,
    SUPERVISED,
    chatgpt,
    claude,
    claude_said,
    claude_tree,
    gpt_said,
    lechat,
    librechat,
    librechat_recursive,
    lines,
    lm_answer,
    lm_block,
    lm_user,
    lmstudio,
    mistral_said,
    one,
    opened,
    openwebui,
    reads,
    second,
    shape,
    skips,
    told,
    zipped,
)


def saying(conversation: Conversation, words: str) -> Message:
    (message,) = [message for message in conversation.messages if message.content == words]
    return message


def gpt_with(**changes) -> dict:
    """ChatGPT's fixture with other fields in its first answer's message."""
    conversation = chatgpt()
    conversation["mapping"]["a1"]["message"] |= changes
    return conversation


# --- ChatGPT


def test_chatgpt_shows_the_branch_that_was_shown_there():
    conversation = one([chatgpt()])
    assert told(conversation) == [
        ("user", "Why does rye need sourdough?"),
        ("assistant", "Its enzymes."),
        ("user", "And this loaf?"),
        ("assistant", "It is dense."),
    ]
    assert (conversation.title, conversation.title_source) == ("Rye and acid", "manual")
    assert (conversation.created_at, conversation.updated_at) == (second(0.5), second(30))
    assert conversation.source == "chatgpt:6b0f0d9c-0001"
    assert conversation.settings.system_prompt == "I am a baker.\n\nBe brief."


def test_chatgpt_keeps_the_other_branches_and_hangs_them_on_what_stays():
    assert shape(one([chatgpt()])) == {
        "Why does rye need sourdough?": None,
        "Its enzymes.": "Why does rye need sourdough?",
        "Because of acid.": "Why does rye need sourdough?",
        "And this loaf?": "Its enzymes.",
        "It is dense.": "And this loaf?",
    }


def test_chatgpt_answers_have_their_thoughts_models_and_dates():
    conversation = one([chatgpt()])
    first, again, last = (saying(conversation, words) for words in ("Its enzymes.", "Because of acid.", "It is dense."))
    assert (first.reasoning, first.model, first.created_at) == ("Rye needs acid.", "openai/o4-mini", second(3))
    assert (again.reasoning, again.model) == ("", "openai/gpt-5-thinking")
    assert (last.created_at, last.source) == (second(20), "chatgpt:a2")


def test_chatgpt_says_that_a_picture_and_a_tool_call_are_left_out():
    (read,) = reads([chatgpt()])
    assert (read.left_out.total(), read.has_identity) == (2, True)


def test_chatgpt_export_of_2026_is_read_from_all_its_files():
    data = zipped(
        {
            "conversations-000.json": [chatgpt("c1")],
            "conversations-001.json": [chatgpt("c2") | {"title": "Two"}],
            "chat.html": b"<html>",
            "user.json": {"id": "me"},
            "file-abc.jsonl": lines(SUPERVISED),
            "export_manifest.json": {"export_files": [{"path": "conversations-000.json"}, {"path": "chat.html"}]},
        }
    )
    export = opened(data)
    assert export.product == "ChatGPT"
    assert [read.conversation.title for read in export] == ["Rye and acid", "Two"]


def test_chatgpt_says_which_part_of_an_export_is_missing():
    listed = [{"path": "conversations-000.json"}, {"path": "conversations-007.json"}, {"path": None}]
    data = zipped({"conversations-000.json": [chatgpt()], "export_manifest.json": {"export_files": listed}})
    assert skips(data) == [
        ("conversations-007.json", "is not in this zip: import the other parts of the export too"),
    ]


def test_chatgpt_ratings_come_along_from_their_own_file():
    feedback = [
        {"id": "a1", "conversation_id": "c", "rating": "thumbs_up", "content": '{"text": "good crumb"}'},
        {"id": "a2", "conversation_id": "c", "rating": "thumbs_down", "content": "{"},
    ]
    conversation = one(zipped({"message_feedback.json": feedback, "conversations.json": [chatgpt()]}))
    rated = [(message.content, message.rating, message.rating_note) for message in conversation.messages]
    assert [each for each in rated if each[1]] == [("Its enzymes.", 1, "good crumb"), ("It is dense.", -1, "")]


@pytest.mark.parametrize(
    ("changes", "status", "reason"),
    [
        ({"status": "in_progress"}, "interrupted", None),
        ({"metadata": {"finish_details": {"type": "interrupted"}}}, "stopped", None),
        ({"metadata": {"finish_details": {"type": "max_tokens"}}}, "complete", "length"),
        ({"metadata": {"finish_details": {"type": "stop"}}}, "complete", "stop"),
        ({"metadata": {}}, "complete", None),
    ],
)
def test_chatgpt_answer_says_how_it_ended(changes, status, reason):
    answer = saying(one([gpt_with(**changes)]), "Its enzymes.")
    assert (answer.status, answer.finish_reason) == (status, reason)


def test_chatgpt_code_that_is_meant_for_the_user_is_code():
    conversation = one([gpt_with(content={"content_type": "code", "language": "python", "text": "print(1)"})])
    assert ("assistant", "```python\nprint(1)\n```") in told(conversation)


def test_chatgpt_citation_is_the_link_that_its_page_shows():
    mark = "\ue200cite\ue202turn0search1\ue201"
    reference = {"matched_text": mark, "alt": "([Rye](https://rye.example))"}
    content = {"content_type": "text", "parts": [f"Acid {mark}."]}
    conversation = one([gpt_with(content=content, metadata={"content_references": [reference]})])
    assert ("assistant", "Acid ([Rye](https://rye.example)).") in told(conversation)


def test_chatgpt_question_that_is_only_a_picture_says_so():
    conversation = chatgpt()
    picture = {"content_type": "multimodal_text", "parts": [{"content_type": "image_asset_pointer"}]}
    attachments = {"attachments": [{"name": "loaf.jpg"}]}
    conversation["mapping"]["q2"]["message"] = gpt_said("q2", "user", content=picture, metadata=attachments)
    assert told(one([conversation]))[2] == ("user", "[attachment: loaf.jpg]")


def test_chatgpt_voice_chat_has_the_words_that_were_heard():
    parts = [
        {"content_type": "audio_transcription", "text": "Hello, baker"},
        {"content_type": "audio_asset_pointer", "asset_pointer": "x"},
    ]
    conversation = one([gpt_with(content={"content_type": "multimodal_text", "parts": parts})])
    assert ("assistant", "Hello, baker") in told(conversation)


def test_chatgpt_without_a_title_takes_it_from_the_first_question():
    conversation = one([chatgpt() | {"title": None}])
    assert (conversation.title, conversation.title_source) == ("Why does rye need sourdough?", "auto")


@pytest.mark.parametrize("current", [None, "gone", "system", 7])
def test_chatgpt_without_a_shown_branch_shows_the_newest(current):
    conversation = one([chatgpt() | {"current_node": current}])
    assert told(conversation)[-1] == ("assistant", "It is dense.")


def test_chatgpt_links_are_found_from_either_end():
    whole = one([chatgpt()])
    no_children, no_parents = chatgpt(), chatgpt()
    above = {id: node["parent"] for id, node in no_parents["mapping"].items()}
    for id in above:
        no_children["mapping"][id]["children"] = []
        del no_parents["mapping"][id]["parent"]
        no_parents["mapping"][id]["children"] = [child for child, parent in above.items() if parent == id]
    assert one([no_children]) == whole
    assert one([no_parents]) == whole


def test_broken_links_cost_no_words():
    circle, orphan = chatgpt(), chatgpt()
    circle["mapping"]["q1"]["parent"] = "a2"
    orphan["mapping"]["q2"]["parent"] = "nowhere"
    for conversation in (one([circle]), one([orphan])):
        assert len(conversation.messages) == 5
        assert ("assistant", "It is dense.") in told(conversation)


def test_bad_conversation_never_stops_the_others():
    conversations = [
        {"title": "Corrupted", "mapping": None},
        chatgpt("c1"),
        {"title": "Empty", "mapping": {}},
        7,
        None,
        {"title": None, "mapping": {"a": None, "b": {"message": {"content": []}}}},
        "words",
        chatgpt("c2"),
    ]
    outcome = [
        (item.title, item.reason) if isinstance(item, Skipped) else item.conversation.source
        for item in opened(conversations)
    ]
    assert outcome == [
        ("Corrupted", "has no messages"),
        "chatgpt:c1",
        ("Empty", "has no messages"),
        ("Conversation 4", "is no conversation"),
        ("Conversation 5", "is no conversation"),
        ("Conversation 6", "has no messages"),
        ("Conversation 7", "is no conversation"),
        "chatgpt:c2",
    ]


# --- Claude


def test_claude_line_of_messages():
    (read,) = reads([claude()])
    conversation = read.conversation
    assert told(conversation) == [
        ("user", "How many beans?\n\nA long paste.\n\n[attachment: b.pdf]\nsecret"),
        ("assistant", "Let me look.\n\nAbout 60 beans."),
        ("user", "Thanks"),
    ]
    assert conversation.messages[1].reasoning == "Count the beans."
    assert (conversation.title, conversation.created_at, conversation.updated_at) == ("Coffee", second(0), second(60))
    assert [message.created_at for message in conversation.messages] == [second(1), second(2), second(3)]
    assert read.left_out == {"tool call": 1, "picture": 1}


def test_claude_tree_shows_the_leaf_that_was_shown_there():
    conversation = one([claude_tree()])
    assert [words for _, words in told(conversation)] == ["First", "One", "Second", "Two"]
    stopped = saying(conversation, "Three")
    assert [words for _, words in told(conversation, stopped.id)] == ["First", "One", "Second, edited", "Three"]
    assert (stopped.status, stopped.model) == ("stopped", "anthropic/claude-opus-5")
    assert conversation.title == "First"


def test_claude_export_is_read_from_its_zip():
    data = zipped(
        {"users.json": [{"uuid": "me"}], "conversations.json": [claude(), claude_tree()], "projects.json": []}
    )
    export = opened(data)
    assert (export.product, [read.conversation.title for read in export]) == ("Claude", ["Coffee", "First"])


def test_claude_old_message_without_blocks_has_its_text():
    conversation = one([claude() | {"chat_messages": [claude_said("h1", "human", "Only text", 1, content=None)]}])
    assert told(conversation) == [("user", "Only text")]


# --- Open WebUI


def test_openwebui_tree_with_everything_in_it():
    (read,) = reads([openwebui()])
    conversation = read.conversation
    assert shape(conversation) == {
        "What is 15 * 17?": None,
        "255 <details>kept</details>": "What is 15 * 17?",
        "I cannot": "What is 15 * 17?",
        "And 16 * 17?": "255 <details>kept</details>",
        "": "And 16 * 17?",
        "272 and": "And 16 * 17?",
    }
    right, wrong = saying(conversation, "255 <details>kept</details>"), saying(conversation, "I cannot")
    assert (right.reasoning, right.rating, right.rating_note) == ("Break it down", 1, "right")
    assert (right.model, right.usage) == ("openwebui/deepseek-r1:7b", Usage(12, 34))
    assert (wrong.model, wrong.rating) == ("openai/gpt-4o", -1)
    failed, cut_off = saying(conversation, ""), saying(conversation, "272 and")
    assert (failed.status, failed.error) == ("failed", "Quota")
    assert (cut_off.status, conversation.head) == ("interrupted", cut_off.id)
    assert (conversation.tags, conversation.pinned) == (("school", "maths"), True)
    assert (conversation.settings.system_prompt, conversation.settings.temperature) == ("Be exact.", 0.2)
    assert read.left_out.total() == 2


def test_openwebui_thinking_is_taken_once_from_either_place():
    data = openwebui()
    answer = data["chat"]["history"]["messages"]["a1"]
    answer["output"] = [{"type": "reasoning", "content": [{"type": "output_text", "text": "15 * 17 = 255"}]}]
    assert saying(one([data]), "255 <details>kept</details>").reasoning == "15 * 17 = 255"


def test_openwebui_old_export_is_a_line():
    line = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi!", "model": "llama3.1:latest"}]
    conversation = one([{"id": "old", "title": "Old", "chat": {"messages": line}, "created_at": 1_750_000_000}])
    assert told(conversation) == [("user", "Hello"), ("assistant", "Hi!")]
    assert [message.created_at for message in conversation.messages] == [second(0), second(0)]


def test_openwebui_unclosed_details_are_words():
    data = openwebui()
    data["chat"]["history"]["messages"]["a1"]["content"] = 'Half <details type="reasoning"> a thought'
    assert ("assistant", 'Half <details type="reasoning"> a thought') in told(one([data]))


# --- LibreChat


def test_librechat_branches_with_thinking_error_and_rating():
    (read,) = reads(librechat())
    conversation = read.conversation
    assert shape(conversation) == {
        "Tell me a story": None,
        "Once": "Tell me a story",
        "Sure, I can": "Tell me a story",
        "Tell me a long story": None,
        "": "Tell me a long story",
        "Very long": "Tell me a long story",
    }
    once, half, failed, long = (saying(conversation, words) for words in ("Once", "Sure, I can", "", "Very long"))
    assert (once.reasoning, once.rating, once.rating_note, once.model) == ("Eldoria?", 1, "nice", "openai/gpt-4o")
    assert (half.status, failed.status, failed.error) == ("interrupted", "failed", "The server is overloaded")
    assert (long.reasoning, long.finish_reason, conversation.head) == ("Long.", "length", long.id)
    assert conversation.settings.system_prompt == "Tell stories."
    assert (conversation.created_at, conversation.updated_at, read.left_out) == (
        second(1),
        second(7),
        {"tool call": 1, "file": 1},
    )


def test_librechat_recursive_export_is_read_as_deep_as_it_goes():
    conversation = one(librechat_recursive(290))
    assert [words for _, words in told(conversation)] == [f"Words {place}" for place in range(290)]


def test_librechat_recursive_export_that_is_too_deep_is_skipped():
    data = lines(librechat(), librechat_recursive(350))
    assert [(item.title, item.reason) for item in opened(data) if isinstance(item, Skipped)] == [
        ("Line 2", "is nested too deeply")
    ]


def test_librechat_model_of_the_options_and_words_of_a_file_come_along():
    data = librechat() | {"isArchived": True, "tags": ["tales", None]}
    data["messages"][1]["model"] = None
    data["messages"][3]["files"] = [{"filename": "plot.txt", "text": "A long plot."}]
    conversation = one(data)
    assert saying(conversation, "Once").model == "openai/gpt-4o"
    assert saying(conversation, "Tell me a long story\n\n[attachment: plot.txt]\nA long plot.").role == "user"
    assert conversation.tags == ("tales", "archived")


# --- Le Chat


def test_lechat_messages_are_put_in_order():
    (read,) = reads(lechat())
    conversation = read.conversation
    assert [words for _, words in told(conversation)] == [
        "What is Go?",
        "Go is a language.",
        "More",
        "Goroutines.",
        "Thanks",
    ]
    assert shape(conversation)["Channels."] == "More"
    answer, liked = saying(conversation, "Go is a language."), saying(conversation, "Goroutines.")
    assert (answer.reasoning, answer.first_token_ms, answer.total_ms) == ("The user wants Go.", 170, 2440)
    assert (answer.model, answer.rating, liked.rating) == (None, None, 1)
    assert (conversation.title, conversation.source, read.left_out) == (
        "What is Go?",
        "lechat:m-1",
        {"tool call": 1, "picture": 1},
    )


def test_lechat_newer_version_of_a_message_stands_beside_the_older():
    older = mistral_said("a1", "assistant", "First take", 2)
    newer = mistral_said("a1", "assistant", "Second take", 3, version=1)
    question, thanks = mistral_said("q1", "user", "Go?", 1), mistral_said("q2", "user", "Thanks", 9)
    conversation = one([newer, thanks, question, older])
    assert [words for _, words in told(conversation)] == ["Go?", "Second take", "Thanks"]
    before = one([question, older])
    assert [message.id for message in before.messages] == [
        saying(conversation, words).id for words in ("Go?", "First take")
    ]


def test_lechat_document_of_the_canvas_is_kept_under_its_title():
    canvas = [{"title": "Plan", "type": "code", "language": "go", "content": "go run"}, {"id": "gone"}]
    (read,) = reads([mistral_said("a1", "assistant", "Here.", 1, canvas=canvas)])
    assert told(read.conversation) == [("assistant", "Here.\n\n#### Plan\n\n```go\ngo run\n```")]
    assert read.left_out == {"file": 1}


def test_lechat_zip_has_a_file_for_each_chat():
    other = [mistral_said("x", "user", "Another", 1) | {"chatId": "m-2"}]
    export = opened(zipped({"chat-m-1.json": lechat(), "chat-m-2.json": other, "chat-m-1-files/go.png": b"\x89PNG"}))
    assert (export.product, [read.conversation.source for read in export]) == ("Le Chat", ["lechat:m-1", "lechat:m-2"])


# --- LM Studio


def test_lmstudio_versions_are_branches_and_the_selected_ones_are_shown():
    (read,) = reads(lmstudio())
    conversation = read.conversation
    assert [words for _, words in told(conversation)] == [
        "How long does green tea take?",
        "Two to four minutes.",
        "Thanks",
    ]
    assert shape(conversation)["No idea."] == "How long does green tea take?"
    assert shape(conversation)["How long does tea take?"] is None
    answer, stopped = saying(conversation, "Two to four minutes."), saying(conversation, "No idea.")
    assert (answer.reasoning, answer.model, answer.usage) == ("Hm, tea.", "lmstudio/qwen3-4b-2507", Usage(20, 40))
    assert (answer.first_token_ms, answer.total_ms, answer.finish_reason) == (250, 2000, "stop")
    assert (answer.created_at, stopped.created_at, stopped.status) == (second(5), second(0), "stopped")
    assert (conversation.title, conversation.settings.system_prompt, read.left_out) == (
        "Tea",
        "Be calm.",
        {"tool call": 1},
    )


def test_lmstudio_edited_message_is_another_message():
    before = one(lmstudio())
    data = lmstudio()
    data["messages"][2] = lm_user("Thank you")
    after = one(data)
    assert after.id == before.id
    assert {message.content for message in after.messages if before.message(message.id) is None} == {"Thank you"}


def test_lmstudio_answer_of_one_step_is_read_too():
    data = lmstudio() | {"messages": [lm_user("Hi"), {"versions": [lm_answer(lm_block("Hello"), name="")]}]}
    assert told(one(data)) == [("user", "Hi"), ("assistant", "Hello")]


def test_lmstudio_pinned_chat_with_thinking_in_a_tag():
    answer = {"versions": [lm_answer(lm_block("<think>Hm.</think>Hello"))]}
    conversation = one(lmstudio() | {"pinned": True, "messages": [lm_user("Hi"), answer]})
    assert (conversation.pinned, conversation.messages[1].content, conversation.messages[1].reasoning) == (
        True,
        "Hello",
        "Hm.",
    )


# --- Without ids


def test_history_json_is_one_conversation():
    (read,) = reads(HISTORY)
    assert told(read.conversation) == [(each["role"], each["content"]) for each in HISTORY]
    assert (read.has_identity, read.conversation.title) == (False, "Größe? 尺寸?")
    assert {message.created_at for message in read.conversation.messages} == {NOW}


def test_jsonl_is_a_conversation_a_line_and_the_same_line_is_the_same_conversation():
    other = {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Good day"}]}
    conversations = [read.conversation for read in reads(lines(SUPERVISED, other, SUPERVISED))]
    assert [told(each) for each in conversations] == [
        [("user", "Hi"), ("assistant", "Hello")],
        [("user", "Hi"), ("assistant", "Good day")],
    ]
    assert [each.settings.system_prompt for each in conversations] == ["Be kind.", ""]
    assert conversations[0].messages[0].id == conversations[1].messages[0].id
    assert conversations[0].id != conversations[1].id


def test_messages_of_parts_and_of_tools():
    parts = [{"type": "text", "text": "Look"}, {"type": "image_url", "image_url": {"url": "x"}}]
    (read,) = reads(
        lines(
            {
                "messages": [
                    {"role": "user", "content": parts},
                    {"role": "assistant", "content": None, "tool_calls": [{}]},
                    {"role": "tool", "content": "12"},
                    {"role": "assistant", "content": "Twelve", "reasoning_content": "A dozen"},
                    {"role": "assistant", "content": "Really"},
                ]
            }
        )
    )
    assert told(read.conversation) == [("user", "Look"), ("assistant", "Twelve"), ("assistant", "Really")]
    assert (read.conversation.messages[1].reasoning, read.left_out.total()) == ("A dozen", 3)


def test_bare_list_of_messages_a_line():
    assert [told(read.conversation) for read in reads(lines(HISTORY, HISTORY[:1]))] == [
        [(each["role"], each["content"]) for each in HISTORY],
        [("user", HISTORY[0]["content"])],
    ]


@pytest.mark.parametrize("data", [[SHAREGPT], lines(SHAREGPT, SHAREGPT), SHAREGPT])
def test_sharegpt_as_list_as_lines_and_alone(data):
    (read,) = reads(data)
    assert told(read.conversation) == [("user", "Hi there"), ("assistant", "Hello there")]
    assert (read.conversation.settings.system_prompt, read.left_out.total()) == ("Be kind.", 2)


def test_conversation_without_a_word_is_skipped():
    assert skips(lines(SUPERVISED, {"messages": [{"role": "user", "content": " "}]})) == [
        ("Conversation 2", "has no messages")
    ]


def test_titles_are_one_line_and_no_longer_than_the_limit():
    conversation = one([chatgpt() | {"title": " Two\nlines " + "and more " * 60}])
    assert conversation.title.startswith("Two lines and more")
    assert len(conversation.title) <= 200
    assert one([chatgpt() | {"title": " \n"}]).title != UNTITLED


def test_dates_that_cannot_be_are_taken_from_the_neighbours():
    data = chatgpt()
    for id, date in (("q1", -5), ("a1", "yesterday"), ("a1b", 10**30), ("q2", float("nan")), ("a2", True)):
        data["mapping"][id]["message"]["create_time"] = date
    conversation = one([data | {"create_time": None, "update_time": None}])
    assert {message.created_at for message in conversation.messages} == {NOW}
    assert conversation.created_at == conversation.updated_at == NOW


def test_same_file_gives_the_same_conversations_later():
    for data in ([chatgpt()], [claude()], [openwebui()], librechat(), lechat(), lmstudio()):
        (read,) = reads(data)
        again = one(data)
        assert replace(again, created_at=read.conversation.created_at) == read.conversation
