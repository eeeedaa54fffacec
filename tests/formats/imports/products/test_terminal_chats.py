"""The log of `llm`, and sessions of Codex and Claude Code: what was typed and answered, and nothing put in between."""

from chat.conversation import Usage
from tests.support.import_fixtures import lines, one, opened, reads, said_by_whom, second, told


def at(seconds: float) -> str:
    return second(seconds).isoformat().replace("+00:00", "Z")


# --- llm


def logged(id: str, prompt: str, response: str, seconds: float, chat: str = "c1", **more) -> dict:
    return {
        "id": id,
        "model": "gpt-4o",
        "prompt": prompt,
        "system": None,
        "prompt_json": None,
        "options_json": {},
        "response": response,
        "response_json": None,
        "conversation_id": chat,
        "duration_ms": 1200,
        "datetime_utc": second(seconds).isoformat(),
        "conversation_name": "Why rye?",
        "conversation_model": "gpt-4o",
        "input_tokens": 5,
        "output_tokens": 7,
        "attachments": [],
    } | more


def test_llm_log_is_put_together_by_conversation_and_time():
    export = opened(
        [
            logged("b", "And wheat?", "No.", 5),
            logged("x", "Hi", "Hello", 3, chat="c2", conversation_name="Hi", model="llama3:8b"),
            logged("a", "Why rye?", "Acid.", 1, system="Be brief.", attachments=[{"type": "image/png"}]),
        ]
    )
    first, other = export
    assert export.product == "llm"
    assert told(first.conversation) == [
        ("user", "Why rye?"),
        ("assistant", "Acid."),
        ("user", "And wheat?"),
        ("assistant", "No."),
    ]
    answer = first.conversation.messages[1]
    assert (answer.model, answer.usage, answer.total_ms, answer.created_at) == (
        "openai/gpt-4o",
        Usage(5, 7),
        1200,
        second(1),
    )
    assert (first.conversation.title, first.conversation.settings.system_prompt) == ("Why rye?", "Be brief.")
    assert first.left_out == {"picture": 1}
    assert (told(other.conversation), other.conversation.messages[1].model) == (
        [("user", "Hi"), ("assistant", "Hello")],
        "llm/llama3:8b",
    )


def test_llm_fragments_are_words_of_the_question():
    fragments = [{"hash": "h", "content": "A long file."}]
    assert told(one([logged("a", "Shorten it", "Short.", 1, prompt_fragments=fragments)]))[0] == (
        "user",
        "A long file.\n\nShorten it",
    )


# --- Claude Code


def happened(type: str, uuid: str, parent: str | None, content, seconds: float = 0, **more) -> dict:
    message = {"role": type, "content": content} | more.pop("message", {})
    return {
        "type": type,
        "uuid": uuid,
        "parentUuid": parent,
        "isSidechain": False,
        "sessionId": "s1",
        "timestamp": at(seconds),
        "message": message,
    } | more


ANSWER = {"message": {"id": "m1", "model": "claude-opus-5", "usage": {"input_tokens": 5, "output_tokens": 7}}}


def test_claude_code_session_shows_what_was_shown():
    data = lines(
        {"type": "summary", "summary": "Bake a loaf", "leafUuid": "a2"},
        {"type": "file-history-snapshot", "messageId": "x", "snapshot": {}},
        happened("user", "c", None, "<command-name>/clear</command-name>"),
        happened("user", "meta", "c", "Caveat: put in", isMeta=True),
        happened("user", "q", "meta", "Bake it", 1),
        happened("assistant", "t", "q", [{"type": "thinking", "thinking": "Flour first."}], 2, **ANSWER),
        happened("assistant", "a1", "t", [{"type": "text", "text": "I look."}], 3, **ANSWER),
        happened("assistant", "call", "a1", [{"type": "tool_use", "name": "Bash", "input": {}}], 4, **ANSWER),
        happened("user", "result", "call", [{"type": "tool_result", "content": "ok", "tool_use_id": "x"}], 5),
        happened("user", "side", "call", "Do a part", 5, isSidechain=True),
        happened("assistant", "a2", "result", [{"type": "text", "text": "Baked."}], 6, **ANSWER),
        happened("assistant", "e", "a2", [{"type": "text", "text": "API Error"}], 7, isApiErrorMessage=True),
    )
    export = opened(data)
    (read,) = export
    conversation = read.conversation
    assert (export.product, conversation.title, conversation.source) == ("Claude Code", "Bake a loaf", "claude-code:s1")
    assert (
        told(conversation)
        == said_by_whom(conversation)
        == [
            ("user", "Bake it"),
            ("assistant", "I look."),
            ("assistant", "Baked."),
            ("assistant", ""),
        ]
    )
    first, last, failed = conversation.messages[1:]
    assert (first.reasoning, first.model, first.usage) == ("Flour first.", "anthropic/claude-opus-5", Usage(5, 7))
    assert (last.reasoning, last.created_at) == ("", second(6))
    assert (failed.status, failed.error) == ("failed", "API Error")
    assert read.left_out == {"tool call": 1, "tool result": 1, "message": 2}


def test_claude_code_session_goes_on_after_a_compaction():
    data = lines(
        happened("user", "q", None, "One", 1),
        {"type": "system", "uuid": "b", "parentUuid": None, "logicalParentUuid": "q", "subtype": "compact_boundary"},
        happened("user", "k", "b", "This session is continued", 2, isCompactSummary=True),
        happened("assistant", "a", "k", [{"type": "text", "text": "Two"}], 3),
        {"type": "ai-title", "aiTitle": "Old"},
        {"type": "custom-title", "customTitle": "Mine"},
    )
    conversation = one(data)
    assert (told(conversation), conversation.title) == ([("user", "One"), ("assistant", "Two")], "Mine")


# --- Codex


def rolled(type: str, seconds: float = 0, /, **payload) -> dict:
    return {"timestamp": at(seconds), "type": type, "payload": payload}


def said(role: str, words: str, seconds: float = 0) -> dict:
    kind = "output_text" if role == "assistant" else "input_text"
    return rolled("response_item", seconds, type="message", role=role, content=[{"type": kind, "text": words}])


def test_codex_session_has_what_was_typed_once_and_nothing_put_in():
    data = lines(
        rolled("session_meta", id="r1", cwd="/home/me", originator="codex_cli"),
        said("developer", "<permissions>all</permissions>"),
        said("user", "<environment_context>x</environment_context>"),
        rolled("turn_context", model="gpt-5-codex", cwd="/home/me"),
        said("user", "Bake it", 1),
        rolled("event_msg", 1, type="user_message", message="Bake it", images=["x"]),
        rolled("response_item", 2, type="reasoning", summary=[{"type": "summary_text", "text": "Flour first."}]),
        rolled("event_msg", 2, type="agent_reasoning", text="Flour first."),
        rolled("response_item", 3, type="function_call", name="shell", arguments="{}"),
        rolled("response_item", 3, type="function_call_output", output="ok"),
        rolled("event_msg", 4, type="agent_message", message="Baked."),
        said("assistant", "Baked.", 4),
        rolled("event_msg", 4, type="token_count", info=None),
    )
    export = opened(data)
    (read,) = export
    conversation = read.conversation
    assert (export.product, conversation.source) == ("Codex", "codex:r1")
    assert told(conversation) == said_by_whom(conversation) == [("user", "Bake it"), ("assistant", "Baked.")]
    answer = conversation.messages[1]
    assert (answer.reasoning, answer.model, answer.created_at) == ("Flour first.", "openai/gpt-5-codex", second(4))
    assert read.left_out == {"picture": 1, "tool call": 1}


def test_codex_session_without_events_leaves_out_what_it_put_in_itself():
    data = lines(
        said("user", "<environment_context>x</environment_context>"),
        said("user", "# AGENTS.md instructions for x"),
        said("user", "Hi", 1),
        said("assistant", "Hello", 2),
    )
    (read,) = reads(data)
    assert told(read.conversation) == [("user", "Hi"), ("assistant", "Hello")]
