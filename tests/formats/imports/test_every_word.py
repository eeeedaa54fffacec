"""Whatever a product's export says that a person saw is in the imported conversation, wherever the product puts it.

Each product is a list of places: a function that puts some words into one message of its export.
"""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formats.imports import Read
from tests.support.import_fixtures import (
    ZEROS,
    libre_said,
    lines,
    lm_answer,
    lm_block,
    lm_user,
    mistral_said,
    opened,
    second,
)

Place = Callable[[str, int], Any]
"""From words and the number of the message to the message."""


def at(number: int) -> str:
    return second(number).isoformat().replace("+00:00", "Z")


def webui(number: int, role: str, content: Any, **more) -> dict:
    parent = str(number - 1) if number else None
    return {"id": str(number), "parentId": parent, "role": role, "content": content, "timestamp": 1_750_000_000} | more


def openwebui(messages: list[dict]) -> Any:
    tree = {message["id"]: message for message in messages}
    return [{"id": "w", "chat": {"history": {"currentId": str(len(messages) - 1), "messages": tree}}}]


def libre(number: int, words: str, **more) -> dict:
    return libre_said(f"m{number}", f"m{number - 1}" if number else ZEROS, words, number, **more)


def deepseek(messages: list[dict]) -> Any:
    mapping = {
        str(number): {"parent": str(number - 1) if number else "root", "message": message}
        for number, message in enumerate(messages)
    }
    return [{"id": "d", "mapping": {"root": {"message": None}} | mapping}]


def fragment(kind: str, words: str, **more) -> dict:
    return {"inserted_at": at(0), "fragments": [{"type": kind, "content": words}]} | more


def grok(number: int, sender: str, words: str, **more) -> dict:
    parent = {"parent_response_id": str(number - 1)} if number else {}
    return {
        "response": {"_id": str(number), "sender": sender, "message": words, "create_time": at(number)} | parent | more
    }


def rolled(kind: str, number: int, **payload) -> dict:
    return {"timestamp": at(number), "type": kind, "payload": payload}


def happened(kind: str, number: int, content: Any) -> dict:
    above = str(number - 1) if number else None
    message = {"role": kind, "content": content}
    return {"type": kind, "uuid": str(number), "parentUuid": above, "sessionId": "s", "timestamp": at(number)} | {
        "message": message
    }


def output(kind: str, words: str) -> dict:
    return {"output": [{"type": kind, "content": [{"type": "output_text", "text": words}]}]}


PRODUCTS: dict[str, tuple[Callable[[list[Any]], Any], list[Place]]] = {
    "Open WebUI": (
        openwebui,
        [
            lambda words, n: webui(n, "user", words),
            lambda words, n: webui(n, "user", [{"type": "text", "text": words}]),
            lambda words, n: webui(n, "assistant", words),
            lambda words, n: webui(n, "assistant", f'<details type="reasoning">\n&gt; {words}\n</details>\nSo.'),
            lambda words, n: webui(n, "assistant", f"<think>{words}</think>So."),
            lambda words, n: webui(n, "assistant", "", **output("message", words)),
            lambda words, n: webui(n, "assistant", "So.", **output("reasoning", words)),
            lambda words, n: webui(n, "assistant", "So.", merged={"content": words}),
            lambda words, n: webui(n, "assistant", "", error={"content": words}),
        ],
    ),
    "LibreChat": (
        lambda messages: {"conversationId": "l", "messages": messages},
        [
            lambda words, n: libre(n, words, is_user=True),
            lambda words, n: libre(n, words),
            lambda words, n: libre(n, "", content=[{"type": "text", "text": {"value": words}}]),
            lambda words, n: libre(n, "", content=[{"type": "think", "think": words}, {"type": "text", "text": "So."}]),
            lambda words, n: libre(n, f":::thinking\n{words}\n:::\n\nSo."),
            lambda words, n: libre(n, words, error=True),
            lambda words, n: libre(n, "", content=[{"type": "error", "error": words}]),
            lambda words, n: libre(n, "Look", is_user=True, files=[{"filename": "a.txt", "text": words}]),
        ],
    ),
    "Le Chat": (
        list,
        [
            lambda words, n: mistral_said(str(n), "user", words, n),
            lambda words, n: mistral_said(str(n), "assistant", words, n),
            lambda words, n: mistral_said(str(n), "assistant", "", n, contentChunks=[{"type": "text", "text": words}]),
            lambda words, n: mistral_said(
                str(n),
                "assistant",
                "So.",
                n,
                contentChunks=[{"type": "text", "text": words, "_context": {"type": "reasoning"}}],
            ),
            lambda words, n: mistral_said(str(n), "assistant", "So.", n, canvas=[{"title": "A", "content": words}]),
        ],
    ),
    "LM Studio": (
        lambda messages: {"name": "Case", "createdAt": 1_750_000_000_000, "messages": messages},
        [
            lambda words, n: lm_user(words),
            lambda words, n: lm_user("Another", words),
            lambda words, n: {"versions": [lm_answer(lm_block(words))]},
            lambda words, n: {"versions": [lm_answer(lm_block(words, style={"type": "thinking"}), lm_block("So."))]},
        ],
    ),
    "DeepSeek": (
        deepseek,
        [
            lambda words, n: fragment("REQUEST", words),
            lambda words, n: fragment("RESPONSE", words),
            lambda words, n: fragment("THINK", words),
            lambda words, n: fragment("UNHEARD_OF", words),
            lambda words, n: fragment("REQUEST", "", files=[{"file_name": "a.txt", "content": words}]),
        ],
    ),
    "Grok": (
        lambda responses: {"conversations": [{"conversation": {"id": "g"}, "responses": responses}]},
        [
            lambda words, n: grok(n, "human", words),
            lambda words, n: grok(n, "ASSISTANT", words),
            lambda words, n: grok(n, "assistant", "So.", thinking_trace=words),
            lambda words, n: grok(n, "assistant", "So.", agent_thinking_traces=[{"thinking_trace": words}]),
            lambda words, n: grok(n, "assistant", f'<xaiArtifact title="A">{words}</xaiArtifact>'),
            lambda words, n: grok(n, "assistant", "", error=words),
        ],
    ),
    "Google AI Studio": (
        lambda chunks: {"chunkedPrompt": {"chunks": chunks}},
        [
            lambda words, n: {"role": "user", "text": words},
            lambda words, n: {"role": "model", "text": words},
            lambda words, n: {"role": "model", "parts": [{"text": words}]},
            lambda words, n: {"role": "model", "parts": [{"text": words, "thought": True}, {"text": f"So {n}."}]},
            lambda words, n: {"role": "model", "text": "", "errorMessage": words},
        ],
    ),
    "Gemini": (
        list,
        [
            lambda words, n: {"header": "Gemini Apps", "title": f"Prompted {words}", "time": at(n)},
            lambda words, n: {
                "header": "Gemini Apps",
                "title": "Asked Gemini: Why?",
                "time": at(n),
                "safeHtmlItem": [{"html": f"<ul><li><b>{words}</b></li></ul>"}],
            },
        ],
    ),
    "TypingMind": (
        lambda messages: {"data": {"chats": [{"chatID": "t", "messages": messages}]}},
        [
            lambda words, n: {"uuid": str(n), "role": "user", "content": words},
            lambda words, n: {"uuid": str(n), "role": "assistant", "content": [{"type": "text", "text": words}]},
        ],
    ),
    "Chatbot UI": (
        lambda messages: {"version": 4, "history": [{"id": 1, "name": "A", "folderId": None, "messages": messages}]},
        [
            lambda words, n: {"role": "user", "content": words},
            lambda words, n: {"role": "assistant", "content": f"<think>{words}</think>So."},
        ],
    ),
    "Jan": (
        lambda messages: lines(*messages, {"object": "thread"}),
        [
            lambda words, n: {
                "id": str(n),
                "object": "thread.message",
                "thread_id": "j",
                "role": "user" if n % 2 else "assistant",
                "content": [{"type": "text", "text": {"value": words}}],
            }
        ],
    ),
    "llm": (
        list,
        [
            lambda words, n: logged(n, words, "So."),
            lambda words, n: logged(n, "Why?", words),
            lambda words, n: logged(n, "Why?", "So.", prompt_fragments=[{"content": words}]),
        ],
    ),
    "Codex": (
        lambda events: lines(rolled("session_meta", 0, id="r"), *events),
        [
            lambda words, n: rolled("event_msg", n, type="user_message", message=words),
            lambda words, n: rolled(
                "response_item", n, type="message", role="assistant", content=[{"type": "output_text", "text": words}]
            ),
        ],
    ),
    "Claude Code": (
        lambda events: lines(*events, {"type": "summary", "summary": "Case", "leafUuid": "0"}),
        [
            lambda words, n: happened("user", n, words),
            lambda words, n: happened("user", n, [{"type": "text", "text": words}]),
            lambda words, n: happened("assistant", n, [{"type": "text", "text": words}]),
        ],
    ),
}


def logged(number: int, prompt: str, response: str, **more) -> dict:
    record = {"id": str(number), "conversation_id": "c", "model": "gpt-4o", "datetime_utc": at(number)}
    return record | {"prompt": prompt, "response": response} | more


@pytest.mark.parametrize("product", PRODUCTS)
@settings(max_examples=25)
@given(data=st.data())
def test_every_string_that_was_seen_is_kept(product, data):
    build, places = PRODUCTS[product]
    chosen = data.draw(st.lists(st.sampled_from(range(len(places))), min_size=1, max_size=5))
    words = [f"words-{number}-of {product}\nin two lines" for number in range(len(chosen))]
    messages = [places[place](said, number) for number, (place, said) in enumerate(zip(chosen, words, strict=True))]
    # A line of its own after it, so that thinking has an answer to belong to.
    messages.append(places[1 if len(places) > 1 else 0]("The end.", len(chosen)))
    export = opened(build(messages))
    items = list(export)
    assert export.product == product
    assert [item for item in items if not isinstance(item, Read)] == []
    kept = " ".join(
        f"{message.content} {message.reasoning} {message.error or ''}"
        for item in items
        for message in item.conversation.messages
    )
    kept = " ".join(kept.split())
    assert [said for said in words if " ".join(said.split()) not in kept] == []
    ids = [message.id for item in items for message in item.conversation.messages]
    assert len(set(ids)) == len(ids)
    assert [message.id for item in opened(build(messages)) for message in item.conversation.messages] == ids
