"""DeepSeek, Grok, Google's Gemini, TypingMind, Chatbot UI and Jan: each with the traps that its readers name."""

import pytest

from chat.conversation import Usage
from formats.imports import NotAnExport
from formats.imports.known import FORMATS, HOW_TO_EXPORT
from tests.support.import_fixtures import (
    case,
    lines,
    one,
    opened,
    reads,
    said_by_whom,
    second,
    shape,
    told,
    zipped,
)


def at(seconds: float) -> str:
    return second(seconds).isoformat().replace("+00:00", "Z")


# --- DeepSeek


def test_deepseek_is_not_chatgpt():
    export = opened(case("deepseek-export.json"))
    (read,) = export
    conversation = read.conversation
    assert (export.product, conversation.title, conversation.source) == ("DeepSeek", "Rye", "deepseek:d1")
    assert told(conversation) == [
        ("user", "Why does rye need acid?"),
        ("assistant", "Because of its enzymes."),
    ]
    answer = conversation.messages[1]
    assert (answer.reasoning, answer.model) == ("Enzymes.", "deepseek/deepseek-reasoner")
    assert answer.created_at.isoformat() == "2026-02-01T02:00:05+00:00"
    assert conversation.created_at.isoformat() == "2026-02-01T02:00:00+00:00"
    assert read.left_out == {}


def deepseek(**nodes: tuple[str, list[dict], dict]) -> list[dict]:
    mapping = {"root": {"id": "root", "parent": None, "children": [], "message": None}}
    for id, (parent, fragments, more) in nodes.items():
        message = {"files": [], "model": "deepseek-chat", "fragments": fragments} | more
        mapping[id] = {"id": id, "parent": parent, "children": [], "message": message}
    return [{"id": "d2", "title": "Case", "inserted_at": at(0), "updated_at": at(9), "mapping": mapping}]


def test_deepseek_answers_made_again_are_branches_and_files_are_kept_or_counted():
    files = [{"file_name": "plan.txt", "content": "The plan."}, {"file_name": "loaf.png"}]
    (read,) = reads(
        deepseek(
            n1=("root", [{"type": "REQUEST", "content": "Hi"}], {"files": files}),
            n2=("n1", [{"type": "RESPONSE", "content": "One"}], {}),
            n3=("n1", [{"type": "SEARCH", "results": []}, {"type": "RESPONSE", "content": "Two"}], {}),
        )
    )
    asked = "Hi\n\n[attachment: plan.txt]\nThe plan."
    assert shape(read.conversation) == {asked: None, "One": asked, "Two": asked}
    assert read.left_out == {"picture": 1, "tool call": 1}


def test_deepseek_of_early_2025_has_no_roles_and_takes_turns():
    def said(words: str, thinking: str | None = None) -> dict:
        return {"content": words, "reasoning_content": thinking, "inserted_at": at(1), "model": "deepseek-reasoner"}

    mapping = {
        "root": {"parent": None, "message": None},
        "1": {"parent": "root", "message": said("Why?")},
        "2": {"parent": "1", "message": said("Acid.", "Hm.")},
        "3": {"parent": "2", "message": said("And wheat?")},
    }
    export = opened([{"id": "d", "title": "Old", "inserted_at": at(0), "mapping": mapping}])
    (read,) = export
    assert export.product == "DeepSeek"
    assert told(read.conversation) == [("user", "Why?"), ("assistant", "Acid."), ("user", "And wheat?")]
    assert read.conversation.messages[1].reasoning == "Hm."


def test_deepseek_nodes_of_two_chats_with_the_same_numbers_are_not_the_same():
    first = deepseek(n1=("root", [{"type": "REQUEST", "content": "Hi"}], {}))[0]
    ids = [read.conversation.messages[0].id for read in reads([first, first | {"id": "d3"}])]
    assert len(set(ids)) == 2


# --- Grok


def grok_said(id: str, sender: str, words: str, seconds: float, **more) -> dict:
    date = {"$date": {"$numberLong": str(1_750_000_000_000 + int(seconds * 1000))}}
    return {"response": {"_id": id, "message": words, "sender": sender, "create_time": date} | more, "share_link": None}


def grok(*responses: dict, **more) -> dict:
    about = {"id": "g1", "title": "Rye", "create_time": at(0), "modify_time": at(60), "leaf_response_id": None} | more
    return {"conversation": about, "responses": list(responses)}


def test_grok_senders_dates_and_order():
    export = opened(
        {
            "conversations": [
                grok(
                    grok_said("c", "grok-4", "Three", 3),
                    grok_said("b", "ASSISTANT", "Two", 2, model="grok-4-auto", thinking_trace="Hm."),
                    grok_said("a", "human", "One", 1),
                    starred=True,
                ),
                {"conversation": {"id": "g2", "title": "Empty"}, "responses": []},
            ],
            "projects": [],
        }
    )
    read, skipped = export
    conversation = read.conversation
    assert (export.product, conversation.title, conversation.pinned) == ("Grok", "Rye", True)
    assert told(conversation) == [("user", "One"), ("assistant", "Two"), ("assistant", "Three")]
    assert [message.created_at for message in conversation.messages] == [second(1), second(2), second(3)]
    assert (conversation.messages[1].model, conversation.messages[1].reasoning) == ("xai/grok-4-auto", "Hm.")
    assert (conversation.created_at, conversation.updated_at) == (second(0), second(60))
    assert (skipped.title, skipped.reason) == ("Empty", "has no messages")


def test_grok_branches_and_a_leaf_that_is_not_there():
    conversation = one(
        grok(
            grok_said("q", "human", "Hi", 1),
            grok_said("a", "assistant", "One", 2, parent_response_id="q"),
            grok_said("b", "assistant", "Two", 3, parent_response_id="q"),
            leaf_response_id="gone",
        )
    )
    assert shape(conversation) == {"Hi": None, "One": "Hi", "Two": "Hi"}
    assert told(conversation)[-1] == ("assistant", "Two")


def test_grok_tags_of_its_page_are_words_or_counted():
    card = '<grok:render card_id="1"><argument name="citation_id">3</argument></grok:render>'
    tool = "<xai:tool_usage_card><xai:tool_name>web</xai:tool_name></xai:tool_usage_card>"
    artifact = '<xaiArtifact artifact_id="x" title="loaf.py" contentType="text/python">\nbake()\n</xaiArtifact>'
    cited = [{"title": "Rye", "url": "https://r.example"}]
    said = f"{tool}It rises {card}. {artifact}"
    (read,) = reads(
        grok(
            grok_said("a", "assistant", said, 1, cited_web_search_results=cited, generated_image_urls=["x"]),
            grok_said("b", "assistant", "", 2, generated_image_urls=["y"]),
            grok_said("q", "human", f"What is {card}?", 3, file_attachments=["u"]),
        )
    )
    assert said_by_whom(read.conversation) == [
        ("assistant", "It rises. \n\n#### loaf.py\n\n```python\nbake()\n``` ([Rye](https://r.example))"),
        ("assistant", "[picture]"),
        ("user", f"What is {card}?"),
    ]
    assert read.left_out == {"tool call": 1, "picture": 2, "file": 1}


# --- Gemini


def asked(title: str, seconds: float, answer: str = "", **more) -> dict:
    record = {"header": "Gemini Apps", "title": title, "time": at(seconds), "products": ["Gemini Apps"]} | more
    return record | ({"safeHtmlItem": [{"html": answer}]} if answer else {})


def test_takeout_puts_questions_of_one_sitting_together():
    export = opened(
        [
            asked("Prompted Later", 7200, "<p>Yes</p>"),
            asked("Used Gemini Apps", 100),
            asked("Prompted And wheat? Attached 2 files.", 60),
            asked("Prompted Why does rye\nrise?", 0, "<p>It <b>rises</b>.</p><ul><li>Acid</li><li>Gas</li></ul>"),
            {"header": "YouTube", "title": "Watched a film", "time": at(30), "products": ["YouTube"]},
        ]
    )
    first, later = export
    assert export.product == "Gemini"
    assert told(first.conversation) == [
        ("user", "Why does rye\nrise?"),
        ("assistant", "It **rises**.\n\n- Acid\n- Gas"),
        ("user", "And wheat?"),
    ]
    assert first.left_out == {"file": 1, "message": 1}
    assert told(later.conversation) == [("user", "Later"), ("assistant", "Yes")]
    assert later.conversation.created_at == second(7200)


def test_takeout_in_another_language_keeps_the_whole_title_where_there_is_an_answer():
    record = asked("Ha solicitado: ¿Por qué?", 0, "<p>Porque sí</p>", header="Aplicaciones de Gemini", products=[])
    assert told(one([record])) == [("user", "Ha solicitado: ¿Por qué?"), ("assistant", "Porque sí")]


def test_gemini_conversation_of_workspace():
    turns = [
        {"user_turn": {"prompt": "Hi", "turn_index": 0, "turn_last_modified": at(1)}},
        {
            "system_turn": {
                "text": [{"data": "Hello"}, {"cards": [{"content": "A card"}]}],
                "images": ["x"],
                "model_thoughts": [{"headline": "Greet", "description": "Politely."}],
                "turn_index": 1,
            }
        },
    ]
    (read,) = reads({"title": "Greeting", "creation_time": at(0), "conversation_turns": turns})
    assert told(read.conversation) == [("user", "Hi"), ("assistant", "Hello\n\nA card")]
    assert (read.conversation.title, read.conversation.messages[1].reasoning) == ("Greeting", "Greet\n\nPolitely.")
    assert read.left_out == {"picture": 1}


def aistudio(*chunks: dict, **more) -> dict:
    settings = {"model": "models/gemini-2.5-pro", "temperature": 0.5, "maxOutputTokens": 100}
    prompt = {"chunks": list(chunks), "pendingInputs": more.pop("pending", [])}
    return {"runSettings": settings, "systemInstruction": {"parts": [{"text": "Be brief."}]}, "chunkedPrompt": prompt}


def test_aistudio_thoughts_files_sources_and_what_was_never_sent():
    sources = {"groundingSources": [{"title": "Rye", "uri": "https://r.example"}]}
    export = opened(
        aistudio(
            {"role": "user", "driveImage": {"id": "x"}},
            {"role": "user", "text": "Why?"},
            {"role": "model", "text": "Hm.", "isThought": True},
            {"role": "model", "parts": [{"text": "Acid."}], "text": "", "grounding": sources, "finishReason": "STOP"},
            {"role": "model", "text": "", "errorMessage": "Quota"},
            pending=[{"role": "user", "text": "And wheat?"}],
        )
    )
    (read,) = export
    conversation = read.conversation
    assert export.product == "Google AI Studio"
    assert told(conversation) == [
        ("user", "[attachment]"),
        ("user", "Why?"),
        ("assistant", "Acid. ([Rye](https://r.example))"),
        ("assistant", ""),
        ("user", "And wheat?"),
    ]
    answer, failed = conversation.messages[2:4]
    assert (answer.reasoning, answer.model, answer.finish_reason) == ("Hm.", "google/gemini-2.5-pro", "stop")
    assert (failed.status, failed.error) == ("failed", "Quota")
    assert read.left_out == {"picture": 1}
    assert conversation.settings.system_prompt == "Be brief."
    assert (conversation.settings.temperature, conversation.settings.max_tokens) == (0.5, 100)


def test_aistudio_chat_that_has_grown_is_the_same_chat():
    before = one(aistudio({"role": "user", "text": "Hi"}))
    after = one(aistudio({"role": "user", "text": "Hi"}, {"role": "model", "text": "Hello"}))
    assert (after.id, after.messages[0].id) == (before.id, before.messages[0].id)


# --- TypingMind


def test_typingmind_chats_with_folder_models_and_parts():
    chat = {
        "chatID": "t1",
        "chatTitle": "Rye",
        "folderID": "f",
        "model": "gpt-4o",
        "createdAt": at(0),
        "updatedAt": at(9),
        "messages": [
            {"uuid": "s", "role": "system", "content": "Be brief."},
            {
                "uuid": "q",
                "role": "user",
                "content": [{"type": "text", "text": "Why?"}, {"type": "image_url", "image_url": {"url": "x"}}],
                "createdAt": at(1),
            },
            {
                "uuid": "a",
                "role": "assistant",
                "content": "Acid.",
                "createdAt": at(2),
                "model": "claude-opus-5",
                "usage": {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12},
            },
        ],
    }
    data = {
        "data": {"chats": [chat, chat | {"chatID": "t2", "messages": []}], "folders": [{"id": "f", "title": "Bread"}]}
    }
    export = opened(data)
    read, skipped = export
    conversation = read.conversation
    assert (export.product, conversation.title, conversation.tags) == ("TypingMind", "Rye", ("Bread",))
    assert told(conversation) == [("user", "Why?"), ("assistant", "Acid.")]
    answer = conversation.messages[1]
    assert (answer.model, answer.usage, answer.created_at) == ("anthropic/claude-opus-5", Usage(5, 7), second(2))
    assert (conversation.settings.system_prompt, read.left_out) == ("Be brief.", {"picture": 1})
    assert skipped.reason == "has no messages"
    assert told(one(chat)) == told(conversation)


# --- Chatbot UI


def test_chatbotui_history_with_folders_and_its_first_version():
    chat = {
        "id": "c1",
        "name": "Rye",
        "messages": [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "Acid."}],
        "model": {"id": "gpt-4", "name": "GPT-4", "maxLength": 24000, "tokenLimit": 8000},
        "prompt": "Be brief.",
        "temperature": 0.5,
        "folderId": "f",
    }
    data = {"version": 4, "history": [chat], "folders": [{"id": "f", "name": "Bread", "type": "chat"}], "prompts": []}
    export = opened(data)
    (read,) = export
    conversation = read.conversation
    assert (export.product, conversation.title, conversation.tags) == ("Chatbot UI", "Rye", ("Bread",))
    assert told(conversation) == [("user", "Why?"), ("assistant", "Acid.")]
    assert [message.model for message in conversation.messages] == [None, "openai/gpt-4"]
    assert (conversation.settings.system_prompt, conversation.settings.temperature) == ("Be brief.", 0.5)
    assert one([chat]).id == conversation.id


# --- Jan


def jan_said(id: str, role: str, words: str, seconds: int, thread: str = "jan_1", **more) -> dict:
    content = [{"type": "text", "text": {"value": words, "annotations": []}}]
    return {
        "id": id,
        "object": "thread.message",
        "thread_id": thread,
        "role": role,
        "content": content,
        "created_at": 1_750_000_000 + seconds,
    } | more


def test_jan_messages_are_put_in_order_thread_by_thread():
    data = lines(
        jan_said("1", "assistant", "<think>Hm.</think>Acid.", 2),
        jan_said("0", "user", "Why?", 1),
        jan_said("0", "user", "Another", 5, thread="jan_2"),
    )
    export = opened(zipped({"threads/jan_1/messages.jsonl": data, "threads/jan_1/thread.json": {"id": "jan_1"}}))
    first, other = export
    assert export.product == "Jan"
    assert told(first.conversation) == [("user", "Why?"), ("assistant", "Acid.")]
    assert (first.conversation.messages[1].reasoning, first.conversation.source) == ("Hm.", "jan:jan_1")
    assert told(other.conversation) == [("user", "Another")]
    assert first.conversation.messages[0].id != other.conversation.messages[0].id


# --- What nobody knows


def test_unknown_file_says_which_products_are_known_and_how_to_export_from_them():
    with pytest.raises(NotAnExport) as refused:
        opened({"rows": [1, 2]})
    said = str(refused.value)
    for product, how in HOW_TO_EXPORT.items():
        assert f"- {product}: {how}" in said
    assert {format.product for format in FORMATS if format.how} == set(HOW_TO_EXPORT)
    assert set(HOW_TO_EXPORT) >= {"ChatGPT", "Claude", "Gemini", "Grok", "Open WebUI", "Chatkeep"}


@pytest.mark.parametrize("how", HOW_TO_EXPORT.values(), ids=list(HOW_TO_EXPORT))
def test_how_to_export_is_one_short_sentence(how):
    assert len(how) < 130
    assert how.endswith((".", "llm.json"))
