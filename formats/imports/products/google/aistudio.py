"""Google AI Studio: a file a chat in the Drive folder "Google AI Studio", named by its title and without an ending.

Source: the converters aistudioMD and chat2html. A chat is a line of `chunkedPrompt.chunks`; thinking is a chunk of its
own (`isThought`), and a chunk's text is in `text` or in `parts`. There are no ids and, in older files, no dates; what
was typed but never sent waits in `pendingInputs`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chat.conversation import ConversationSettings, Message, Role
from formats.imports.content import content_of
from formats.imports.enclosed import cited
from formats.imports.ids import word_ids
from formats.imports.model_names import model_id
from formats.imports.outcome import Context, Format, Kind, LeftOut, Read, Skipped, Unreadable
from formats.imports.tree import HIDDEN, UNDATED, Chat, attached, check_count, is_shown, read_chat
from formats.imports.values import count, field, moment, number, objects, text

ENDINGS = {"stop": "stop", "max_tokens": "length", "safety": "content_filter", "prohibited_content": "content_filter"}
CODE = ("executableCode", "codeExecutionResult")
IN_DRIVE: dict[str, Kind] = {
    "driveDocument": "file",
    "driveImage": "picture",
    "driveAudio": "recording",
    "driveVideo": "video",
    "youtubeVideo": "video",
    "inlineFile": "file",
    "inlineImage": "picture",
}


def claims(value: Any) -> bool:
    return isinstance(field(value, "chunkedPrompt", "chunks"), list)


def read(values: list[Any], context: Context) -> Iterator[Read | Skipped]:
    for value in values:
        yield _read(value, context)


def _read(value: Any, context: Context) -> Read:
    prompt = field(value, "chunkedPrompt")
    chunks = [*objects(prompt, "chunks"), *objects(prompt, "pendingInputs")]
    check_count(len(chunks), context)
    model = model_id(text(value, "runSettings", "model").removeprefix("models/"), "google")
    system = content_of(field(value, "systemInstruction")).text
    nodes: list[Message] = []
    left_out = LeftOut()
    for chunk in chunks:
        parent = nodes[-1].id if nodes else None
        node, missed = _node(chunk, parent, f"aistudio\n{system}", model)
        nodes += [node] if is_shown(node) or node.reasoning else []
        left_out += missed
    if not nodes:
        raise Unreadable("has no messages")
    chat = Chat(
        product="aistudio",
        # A chat grows at its end; its first date, or else its first words, stay.
        id=next((text(chunk, "createTime") for chunk in chunks if text(chunk, "createTime")), "") or nodes[0].id,
        messages=nodes,
        head=nodes[-1].id,
        settings=ConversationSettings(
            system_prompt=system,
            temperature=number(value, "runSettings", "temperature"),
            max_tokens=count(value, "runSettings", "maxOutputTokens") or None,
        ),
        left_out=left_out,
    )
    return read_chat(chat, context)


def _node(chunk: dict[str, Any], parent: str | None, start: str, model: str | None) -> tuple[Message, LeftOut]:
    role: Role = "user" if text(chunk, "role") in ("user", "") else "assistant"
    names = ("text", *CODE) if text(chunk, "text").strip() else ("parts", *CODE)
    content = content_of({name: chunk[name] for name in names if name in chunk})
    left_out = LeftOut(content.left_out)
    for name, kind in IN_DRIVE.items():
        left_out[kind] += name in chunk
    words, thinking = content.text, content.reasoning
    if field(chunk, "isThought") is True:
        words, thinking = "", f"{words}\n\n{thinking}".strip()
    sources = objects(chunk, "grounding", "groundingSources")
    words = cited(words, ((text(each, "title"), text(each, "uri")) for each in sources))
    if role == "user" and not words.strip() and +left_out:
        words = attached([""])
    id = word_ids([(role, f"{words}\n{thinking}")], parent or start)[0]
    error = text(chunk, "errorMessage") or None
    is_answer = role == "assistant"
    node = Message(
        id,
        parent,
        HIDDEN if thinking and not words.strip() else role,
        words,
        created_at=moment(chunk, "createTime") or UNDATED,
        model=model if is_answer else None,
        status="failed" if error and is_answer else "complete",
        finish_reason=ENDINGS.get(text(chunk, "finishReason").lower()) if is_answer else None,
        error=error if is_answer else None,
        reasoning=thinking,
    )
    return node, +left_out


FORMAT = Format(
    "Google AI Studio",
    claims,
    read,
    how='In Google Drive, open the folder "Google AI Studio" and download its files.',
)
