"""Exports as other products write them, small and with their traps, and what the import tests share."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chat.conversation import Conversation
from formats.imports import Export, Limits, Read, Skipped, open_export

CASES = Path(__file__).resolve().parent.parent / "formats" / "imports" / "cases"
"""Small files of other products, with invented words, that were imported wrong once."""

OWNER = "personal"
NOW = datetime(2026, 10, 1, 12, 0, tzinfo=UTC)


def second(seconds: float) -> datetime:
    """The moment so many seconds after 1,750,000,000, near which the fixtures' chats are."""
    return datetime.fromtimestamp(1_750_000_000 + seconds, UTC)


def opened(data: Any, **limits: int) -> Export:
    """The export in these bytes, or in this value written as JSON."""
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return open_export(io.BytesIO(raw), OWNER, Limits(**limits), NOW)


def case(name: str) -> bytes:
    """The bytes of one of the files in `cases/`."""
    return (CASES / name).read_bytes()


def zipped(files: dict[str, Any], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, data in files.items():
            archive.writestr(name, data if isinstance(data, bytes) else json.dumps(data).encode())
    return file.getvalue()


def lines(*values: Any) -> bytes:
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


def reads(data: Any, **limits: int) -> list[Read]:
    """What was read, where nothing may be skipped."""
    items = list(opened(data, **limits))
    assert [item for item in items if isinstance(item, Skipped)] == []
    return items


def one(data: Any) -> Conversation:
    (read,) = reads(data)
    return read.conversation


def skips(data: Any, **limits: int) -> list[tuple[str, str]]:
    return [(item.title, item.reason) for item in opened(data, **limits) if isinstance(item, Skipped)]


def told(conversation: Conversation, head: str | None = None) -> list[tuple[str, str]]:
    """Who said what on the path."""
    return [(message.role, message.content) for message in conversation.path(head)]


def said_by_whom(conversation: Conversation) -> list[tuple[str, str]]:
    """Who said what in all branches, in the order in which it was added."""
    return [(message.role, message.content) for message in conversation.messages]


def shape(conversation: Conversation) -> dict[str, str | None]:
    """The tree: what each message says, and what the one above it says."""
    return {
        message.content: above.content if (above := conversation.message(message.parent_id)) else None
        for message in conversation.messages
    }


# --- ChatGPT


def gpt_node(id: str, parent: str | None, message: Any, *children: str) -> dict[str, Any]:
    return {"id": id, "parent": parent, "children": list(children), "message": message}


def gpt_said(id: str, role: str, *parts: Any, at: float | None = 0, **more: Any) -> dict[str, Any]:
    metadata = more.pop("metadata", {})
    return {
        "id": id,
        "author": {"role": role, "name": None, "metadata": {}},
        "create_time": None if at is None else 1_750_000_000 + at,
        "update_time": None,
        "content": more.pop("content", {"content_type": "text", "parts": list(parts)}),
        "status": "finished_successfully",
        "end_turn": True,
        "weight": 1.0,
        "metadata": metadata,
        "recipient": "all",
        "channel": None,
    } | more


def chatgpt(id: str = "6b0f0d9c-0001") -> dict[str, Any]:
    """A conversation of 2026: custom instructions, thoughts, a tool, a picture, and an answer made again."""
    about = {"content_type": "user_editable_context", "user_profile": "I am a baker.", "user_instructions": "Be brief."}
    thoughts = {"content_type": "thoughts", "thoughts": [{"summary": "Bread", "content": "Rye needs acid."}]}
    picture = {"content_type": "image_asset_pointer", "asset_pointer": "file-service://file-1"}
    shown = {"content_type": "multimodal_text", "parts": [picture, "And this loaf?"]}
    call = {"content_type": "code", "language": "json", "text": '{"q": "rye"}'}
    hidden = {"is_visually_hidden_from_conversation": True}
    model = {"model_slug": "o4-mini"}
    nodes = [
        gpt_node("root", None, None, "system"),
        gpt_node("system", "root", gpt_said("system", "system", "", at=None, metadata=hidden), "about"),
        gpt_node("about", "system", gpt_said("about", "user", at=None, content=about, metadata=hidden), "q1"),
        gpt_node("q1", "about", gpt_said("q1", "user", "Why does rye need sourdough?", at=1), "t1"),
        gpt_node("t1", "q1", gpt_said("t1", "assistant", at=2, content=thoughts, metadata=model), "recap"),
        gpt_node("recap", "t1", gpt_said("recap", "assistant", content={"content_type": "reasoning_recap"}), "call"),
        gpt_node("call", "recap", gpt_said("call", "assistant", content=call, recipient="web"), "tool"),
        gpt_node("tool", "call", gpt_said("tool", "tool", "12 results"), "a1"),
        gpt_node("a1", "tool", gpt_said("a1", "assistant", "Its enzymes.", at=3, metadata=model), "q2"),
        gpt_node("a1b", "q1", gpt_said("a1b", "assistant", "Because of acid.", at=9)),
        gpt_node("q2", "a1", gpt_said("q2", "user", at=20, content=shown), "a2"),
        gpt_node("a2", "q2", gpt_said("a2", "assistant", "It is \ue200cite\ue202turn0\ue201dense.", at=None)),
    ]
    return {
        "title": "Rye and acid",
        "create_time": 1_750_000_000.5,
        "update_time": 1_750_000_030.0,
        "mapping": {node["id"]: node for node in nodes},
        "current_node": "a2",
        "conversation_id": id,
        "default_model_slug": "gpt-5-thinking",
        "is_starred": None,
        "id": id,
    }


# --- Claude


def claude_said(id: str, sender: str, words: str, at: int, **more: Any) -> dict[str, Any]:
    return {
        "uuid": id,
        "text": words,
        "content": [{"type": "text", "text": words}],
        "sender": sender,
        "created_at": second(at).isoformat().replace("+00:00", "Z"),
        "attachments": [],
        "files": [],
    } | more


def claude(id: str = "c-1") -> dict[str, Any]:
    """An older conversation, a line; its second answer thinks and uses a tool."""
    blocks = [
        {"type": "thinking", "thinking": "Count the beans."},
        {"type": "text", "text": "Let me look."},
        {"type": "tool_use", "name": "web_search", "input": {}},
        {"type": "tool_result", "content": []},
        {"type": "text", "text": "About 60 beans."},
    ]
    unsupported = "Let me look.\n```\nThis block is not supported on your current device yet.\n```\nAbout 60 beans."
    pasted = {"file_name": "", "file_size": 3, "file_type": "txt", "extracted_content": "A long paste."}
    document = {"file_name": "b.pdf", "file_size": 3, "file_type": "pdf", "extracted_content": "secret"}
    return {
        "uuid": id,
        "name": "Coffee",
        "summary": "",
        "created_at": second(0).isoformat(),
        "updated_at": second(60).isoformat(),
        "account": {"uuid": "me"},
        "chat_messages": [
            claude_said("h1", "human", "How many beans?", 1, attachments=[pasted, document]),
            claude_said("a1", "assistant", unsupported, 2, content=blocks),
            claude_said("h2", "human", "Thanks", 3, files=[{"file_name": "cup.png"}]),
        ],
    }


def claude_tree(id: str = "c-2") -> dict[str, Any]:
    """A newer conversation: an edited question, and the branch that is shown is not the last one."""
    root = "00000000-0000-4000-8000-000000000000"
    return claude(id) | {
        "name": "",
        "model": "claude-opus-5",
        "current_leaf_message_uuid": "a2",
        "chat_messages": [
            claude_said("h1", "human", "First", 1, parent_message_uuid=root),
            claude_said("a1", "assistant", "One", 2, parent_message_uuid="h1"),
            claude_said("h2", "human", "Second", 3, parent_message_uuid="a1"),
            claude_said("a2", "assistant", "Two", 4, parent_message_uuid="h2"),
            claude_said("h3", "human", "Second, edited", 5, parent_message_uuid="a1"),
            claude_said("a3", "assistant", "Three", 6, parent_message_uuid="h3", stop_reason="user_canceled"),
        ],
    }


# --- Open WebUI


def openwebui(id: str = "ow-1") -> dict[str, Any]:
    """A model that thinks, a tool call, a failed answer and one that was rated, and two models side by side."""
    thinking = (
        '<details type="reasoning" done="true"><summary>Thought for 3 s</summary>\n&gt; Break it down\n</details>\n'
    )
    tool = '<details type="tool_calls" done="true"><summary>Tool</summary>"18C"</details>'

    def said(id: str, parent: str | None, role: str, content: str, at: int, **more: Any) -> dict[str, Any]:
        message = {"id": id, "parentId": parent, "childrenIds": [], "role": role, "content": content}
        return message | {"timestamp": 1_750_000_000 + at} | more

    messages = [
        said("q1", None, "user", "What is 15 * 17?", 0, files=[{"type": "image", "name": "sum.png"}]),
        said(
            "a1",
            "q1",
            "assistant",
            thinking + tool + "255 <details>kept</details>",
            10,
            model="deepseek-r1:7b",
            done=True,
            usage={"prompt_tokens": 12, "completion_tokens": 34},
            annotation={"rating": "1", "comment": "right"},
        ),
        said("a1b", "q1", "assistant", "I cannot", 11, model="gpt-4o", annotation={"rating": -1}),
        said("q2", "a1", "user", "And 16 * 17?", 20),
        said("a2", "q2", "assistant", "", 21, model="gpt-4o", error={"content": "Quota"}),
        said("a2b", "q2", "assistant", "272 and", 22, model="gpt-4o", done=False),
    ]
    return {
        "id": id,
        "user_id": "u1",
        "title": "Sums",
        "chat": {
            "title": "Sums",
            "models": ["deepseek-r1:7b"],
            "params": {"system": "Be exact.", "temperature": 0.2},
            "history": {"currentId": "a2b", "messages": {message["id"]: message for message in messages}},
        },
        "created_at": 1_750_000_000,
        "updated_at": 1_750_000_022,
        "archived": False,
        "pinned": True,
        "meta": {"tags": ["school", {"name": "maths"}]},
    }


# --- LibreChat

ZEROS = "00000000-0000-0000-0000-000000000000"


def libre_said(id: str, parent: str, words: str, at: int, is_user: bool = False, **more: Any) -> dict[str, Any]:
    return {
        "messageId": id,
        "parentMessageId": parent,
        "isCreatedByUser": is_user,
        "sender": "User" if is_user else "GPT-4",
        "text": words,
        "model": None if is_user else "gpt-4o",
        "createdAt": second(at).isoformat().replace("+00:00", "Z"),
        "error": False,
        "unfinished": False,
    } | more


def librechat(id: str = "l-1") -> dict[str, Any]:
    parts = [
        {"type": "think", "think": "Eldoria?"},
        {"type": "text", "text": {"value": "Once"}},
        {"type": "tool_call", "tool_call": {}},
    ]
    return {
        "conversationId": id,
        "endpoint": "azureOpenAI",
        "title": "Stories",
        "exportAt": "08:12:16 GMT-0400",
        "branches": True,
        "recursive": False,
        "options": {"model": "gpt-4o", "promptPrefix": "Tell stories.", "temperature": 1},
        "messages": [
            libre_said("q1", ZEROS, "Tell me a story", 1, is_user=True),
            libre_said("a1", "q1", "", 2, content=parts, feedback={"rating": "thumbsUp", "text": "nice"}),
            libre_said("a1b", "q1", "Sure, I can", 3, unfinished=True),
            libre_said("q2", ZEROS, "Tell me a long story", 5, is_user=True, files=[{"filename": "plot.txt"}]),
            libre_said("a2", "q2", "The server is overloaded", 6, error=True),
            libre_said("a2b", "q2", ":::thinking\nLong.\n:::\n\nVery long", 7, finish_reason="length"),
        ],
    }


def librechat_recursive(length: int = 4, id: str = "l-2") -> dict[str, Any]:
    """Every message inside of the one above it, as deep as the chat is long."""
    top: list[dict[str, Any]] = []
    children = top
    for place in range(length):
        message = libre_said(f"m{place}", "ignored", f"Words {place}", place, is_user=place % 2 == 0, children=[])
        children.append(message)
        children = message["children"]
    return {"conversationId": id, "title": "Nested", "recursive": True, "messagesTree": top}


# --- Le Chat


def mistral_said(id: str, role: str, words: str, at: float, **more: Any) -> dict[str, Any]:
    chunks = None if role == "user" else [{"type": "text", "text": words}]
    return {
        "id": id,
        "version": 0,
        "chatId": "m-1",
        "content": words,
        "contentChunks": chunks,
        "role": role,
        "createdAt": second(at).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "reaction": "neutral",
        "reactionDetail": None,
        "reactionComment": None,
        "preference": None,
        "preferenceOver": None,
        "context": None,
        "canvas": [],
        "files": [],
    } | more


def lechat() -> list[dict[str, Any]]:
    """Not in order; thinking that looks like an answer; two answers of which one was preferred; a tool."""
    chunks = [
        {"type": "text", "text": "The user wants Go.", "_context": {"type": "reasoning"}},
        {"type": "tool_call", "name": "web_search"},
        {"type": "text", "text": "Go is "},
        {"type": "reference", "referenceIds": [1]},
        {"type": "text", "text": "a language."},
    ]
    timing = {"completionTiming": {"timeToFirstTokenMs": 170, "completionDurationMs": 2440}}
    return [
        mistral_said("q2", "user", "More", 10, files=[{"type": "image", "name": "go.png"}]),
        mistral_said("a1", "assistant", "Go is a language.", 2, contentChunks=chunks, context=timing),
        mistral_said("q1", "user", "What is Go?", 1),
        mistral_said("a2", "assistant", "Channels.", 11),
        mistral_said("a2b", "assistant", "Goroutines.", 11.5, preferenceOver="a2", reaction="like"),
        mistral_said("q3", "user", "Thanks", 20),
    ]


# --- LM Studio


def lm_user(*words: str, selected: int = 0) -> dict[str, Any]:
    versions = [{"type": "singleStep", "role": "user", "content": [{"type": "text", "text": each}]} for each in words]
    return {"versions": versions, "currentlySelected": selected}


def lm_answer(*steps: dict[str, Any], name: str = "qwen3-4b") -> dict[str, Any]:
    return {"type": "multiStep", "role": "assistant", "senderInfo": {"senderName": name}, "steps": list(steps)}


def lm_block(words: str, **more: Any) -> dict[str, Any]:
    return {"type": "contentBlock", "content": [{"type": "text", "text": words}]} | more


def lmstudio() -> dict[str, Any]:
    stats = {
        "stopReason": "eosFound",
        "timeToFirstTokenSec": 0.25,
        "totalTimeSec": 2,
        "promptTokensCount": 20,
        "predictedTokensCount": 40,
    }
    thinking = lm_block("Hm, tea.", style={"type": "thinking"}, stepIdentifier="1750000005000-0.1")
    tool = {"type": "contentBlock", "content": [{"type": "toolCallRequest", "name": "clock"}]}
    end = lm_block("Two to four minutes.", genInfo={"identifier": "qwen3-4b-2507", "stats": stats})
    return {
        "name": "Tea",
        "createdAt": 1_750_000_000_000,
        "systemPrompt": "",
        "perChatPredictionConfig": {"fields": [{"key": "llm.prediction.systemPrompt", "value": "Be calm."}]},
        "messages": [
            lm_user("How long does tea take?", "How long does green tea take?", selected=1),
            {
                "versions": [
                    lm_answer(lm_block("No idea.", genInfo={"stats": {"stopReason": "userStopped"}})),
                    lm_answer(thinking, tool, {"type": "toolStatus"}, end),
                ],
                "currentlySelected": 1,
            },
            lm_user("Thanks"),
        ],
    }


# --- Without ids

HISTORY = [
    {"role": "user", "content": "Größe? 尺寸?"},
    {"role": "assistant", "content": "Groß.\u2028Sehr."},
    {"role": "user", "content": "Und klein?"},
]
SUPERVISED = {
    "messages": [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello", "weight": 1},
    ]
}
SHAREGPT = {
    "id": "identity_0",
    "conversations": [
        {"from": "system", "value": "Be kind."},
        {"from": "human", "value": "Hi there"},
        {"from": "function_call", "value": "{}"},
        {"from": "observation", "value": "{}"},
        {"from": "gpt", "value": "Hello there"},
    ],
}
