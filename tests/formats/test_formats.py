"""What goes out: history.json, JSONL, file names and the zip, against whole expected values."""

import io
import json
import unicodedata
import zipfile
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.conversation import Conversation, ConversationSettings, Message, Part
from chat.surrogates import printable
from formats.exports.archive import write_archive
from formats.exports.history import history_messages, to_history
from formats.exports.jsonl import to_jsonl, why_left_out
from formats.file_names import LONGEST, FileNames, file_name, folded
from formats.reading import about

MOMENT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
FAMILY = "👩‍👩‍👧‍👦"


def made(*turns: tuple[str, str], title: str = "Colours", **settings) -> Conversation:
    messages: list[Message] = []
    for number, (role, content) in enumerate(turns):
        parent = messages[-1].id if messages else None
        messages.append(Message(f"m{number}", parent, role, content, MOMENT))
    return Conversation(
        "c1",
        "personal",
        title,
        MOMENT,
        MOMENT,
        head=messages[-1].id if messages else None,
        settings=ConversationSettings(**settings),
        messages=tuple(messages),
    )


def changed(conversation: Conversation, number: int, **changes) -> Conversation:
    messages = list(conversation.messages)
    messages[number] = replace(messages[number], **changes)
    return replace(conversation, messages=tuple(messages))


TURN = made(("user", "Größe? 尺寸? الحجم؟"), ("assistant", f"```py\nprint('{FAMILY}')\n```\nDone."))


def test_history_is_the_tutorials_list_of_role_and_content():
    assert to_history(TURN).decode() == (
        "[\n"
        "  {\n"
        '    "role": "user",\n'
        '    "content": "Größe? 尺寸? الحجم؟"\n'
        "  },\n"
        "  {\n"
        '    "role": "assistant",\n'
        f'    "content": "```py\\nprint(\'{FAMILY}\')\\n```\\nDone."\n'
        "  }\n"
        "]\n"
    )


def test_history_holds_the_shown_path_and_nothing_else():
    conversation = replace(
        made(("user", "One"), ("assistant", ""), ("user", "Two"), ("assistant", "Half"), system_prompt="Be brief."),
        head="m3",
    )
    conversation = changed(conversation, 1, status="failed", error="The key is wrong.")
    conversation = changed(conversation, 3, status="stopped", reasoning="Hm.")
    conversation = replace(
        conversation, messages=(*conversation.messages, Message("x", "m1", "user", "Another branch", MOMENT))
    )
    assert json.loads(to_history(conversation)) == [
        {"role": "user", "content": "One"},
        {"role": "user", "content": "Two"},
        {"role": "assistant", "content": "Half"},
    ]


TEXT = st.text(st.characters(codec=None, categories=None), min_size=0, max_size=40)


@given(st.lists(st.tuples(st.sampled_from(["user", "assistant"]), TEXT), max_size=8))
def test_history_of_any_words_is_valid_json_and_gives_them_back(turns):
    expected = [{"role": role, "content": printable(text)} for role, text in turns if text.strip()]
    assert json.loads(to_history(made(*turns)).decode("utf-8")) == expected


def test_jsonl_is_one_record_a_line():
    conversations = [TURN, made(("user", "Hi\u2028there"), ("assistant", "Hello"), system_prompt=" Be kind. ")]
    assert to_jsonl(conversations).decode() == (
        '{"messages": [{"role": "user", "content": "Größe? 尺寸? الحجم؟"}, '
        f'{{"role": "assistant", "content": "```py\\nprint(\'{FAMILY}\')\\n```\\nDone."}}]}}\n'
        '{"messages": [{"role": "system", "content": "Be kind."}, '
        '{"role": "user", "content": "Hi\\u2028there"}, {"role": "assistant", "content": "Hello"}]}\n'
    )


@pytest.mark.parametrize(
    ("number", "changes", "reason"),
    [
        (1, {"status": "stopped"}, "m1: an answer that is stopped"),
        (1, {"status": "failed", "error": "x"}, "m1: an answer that is failed"),
        (1, {"finish_reason": "length"}, "m1: an answer that ended early (length)"),
        (1, {"finish_reason": "content_filter"}, "m1: an answer that ended early (content_filter)"),
        (1, {"content": " \n"}, "m1: an answer that ended early (no words)"),
    ],
)
def test_only_whole_answers_are_for_training(number, changes, reason):
    conversation = changed(
        made(("user", "One"), ("assistant", "1"), ("user", "Two"), ("assistant", "2")), number, **changes
    )
    (line,) = to_jsonl([conversation]).decode().split("\n")[:-1]
    assert json.loads(line) == {"messages": [{"role": "user", "content": "Two"}, {"role": "assistant", "content": "2"}]}
    assert why_left_out(conversation) == ["m0: a question without a whole answer", reason]


def test_an_answer_in_several_messages_is_one():
    conversation = made(
        ("user", "Why?"), ("assistant", "Let me look."), ("assistant", " "), ("assistant", "Because."), ("user", "So?")
    )
    assert json.loads(to_jsonl([conversation])) == {
        "messages": [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "Let me look.\n\nBecause."}]
    }
    assert why_left_out(conversation) == [
        "m2: an answer that ended early (no words)",
        "m4: a question without a whole answer",
    ]


@pytest.mark.parametrize("number", [1, 2])
def test_an_answer_of_which_one_part_is_not_whole_is_left_out(number):
    conversation = changed(
        made(("user", "Why?"), ("assistant", "Let me look."), ("assistant", "Because.")), number, status="stopped"
    )
    assert to_jsonl([conversation]) == b""
    assert why_left_out(conversation) == [
        "m0: a question without a whole answer",
        *sorted([f"m{number}: an answer that is stopped", f"m{3 - number}: a part of a turn that is not whole"]),
    ]


def test_conversation_without_a_whole_turn_gives_no_line():
    assert to_jsonl([made(), made(("user", "Anybody?")), made(("assistant", "Hello"))]) == b""


def is_portable(record: object) -> bool:
    """The rules of the fine-tuning checkers, written down a second time."""
    if not isinstance(record, dict) or record.keys() != {"messages"}:
        return False
    messages = record["messages"]
    if any(each.keys() != {"role", "content"} or not each["content"].strip() for each in messages):
        return False
    roles = [each["role"] for each in messages]
    talk = roles[1:] if roles[0] == "system" else roles
    return len(talk) >= 2 and talk == ["user", "assistant"] * (len(talk) // 2)


STATUS = st.sampled_from(["complete", "stopped", "failed", "interrupted"])


@given(
    st.lists(
        st.lists(st.tuples(st.sampled_from(["user", "assistant", "system"]), TEXT, STATUS), max_size=8), max_size=4
    )
)
def test_every_line_of_jsonl_passes_the_portable_rules(conversations):
    many = []
    for turns in conversations:
        conversation = made(*((role, text) for role, text, _ in turns))
        for number, (_, _, status) in enumerate(turns):
            conversation = changed(conversation, number, status=status)
        many.append(conversation)
    data = to_jsonl(many)
    lines = data.split(b"\n")
    assert lines.pop() == b""
    assert all(is_portable(json.loads(line)) for line in lines)
    assert b"\xe2\x80\xa8" not in data


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Colours", "Colours.json"),
        ("尺寸 und Größe 👩‍👩‍👧‍👦", "尺寸 und Größe 👩‍👩‍👧‍👦.json"),
        ('a/b\\c:d*e?f"g<h>i|j', "a-b-c-d-e-f-g-h-i-j.json"),
        ("../../etc/passwd", "-..-etc-passwd.json"),
        ("CON", "_CON.json"),
        ("aux.txt", "_aux.txt.json"),
        ("ends in dots. . .", "ends in dots.json"),
        ("two\nlines\tand\x00more", "two lines and more.json"),
        ("exe\u202egpj", "exe gpj.json"),
        ("", "conversation.json"),
        ("...", "conversation.json"),
        ("half \ud83d", "half �.json"),
    ],
)
def test_file_names(title, name):
    assert file_name(title, ".json") == name


def test_names_are_unlike_where_a_file_system_might_take_them_for_the_same():
    names = FileNames(".json")
    titles = ("Café", "CAFÉ", unicodedata.normalize("NFD", "café"), "Café", "Café (3)", "Café")
    assert [names.give(title) for title in titles] == [
        "Café.json",
        "CAFÉ (2).json",
        "café (3).json",
        "Café (4).json",
        "Café (3) (2).json",
        "Café (5).json",
    ]


def test_ten_thousand_chats_of_one_title_have_names_in_their_order():
    names = FileNames(".md", "manifest.json")
    given = [names.give("New chat") for _ in range(10_000)]
    assert given == ["New chat.md", *(f"New chat ({number}).md" for number in range(2, 10_001))]


def test_long_titles_are_cut_between_characters():
    assert file_name("é" * 200, ".json") == "é" * 117 + ".json"
    family = file_name(FAMILY * 20, ".json")
    assert family == FAMILY * 9 + ".json"


def test_title_of_200_letters_is_whole():
    assert file_name("a b" * 66 + "ab", ".json") == "a b" * 66 + "ab.json"


@given(st.lists(st.one_of(TEXT, st.sampled_from(["a", "A", "a (2)", "a (3)", "manifest"])), min_size=1, max_size=12))
def test_any_titles_give_safe_names_of_their_own(titles):
    names = FileNames(".json", "manifest.json")
    given = [names.give(title) for title in titles]
    assert len({folded(name) for name in (*given, "manifest.json")}) == len(titles) + 1
    for name in given:
        assert len(name.encode()) <= LONGEST
        assert not set(name) & set('<>:"/\\|?*\x00\n\r\t')
        assert name.removesuffix(".json") == name.removesuffix(".json").strip(". ")


def test_archive_has_a_history_for_each_conversation_and_a_manifest():
    long = "A title of two hundred characters " * 6
    conversations = [TURN, replace(TURN, id="c2", title="COLOURS"), made(("user", "x"), title=long[:200])]
    file = io.BytesIO()
    write_archive(iter(conversations), file, MOMENT)
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        *names, manifest = archive.namelist()
        assert names[:2] == ["Colours.history.json", "COLOURS (2).history.json"]
        assert names[2].startswith("A title of two hundred characters A title")
        assert manifest == "manifest.json"
        assert archive.read("Colours.history.json") == to_history(TURN)
        told = json.loads(archive.read(manifest))
    assert told.keys() == {"format", "version", "exported_at", "conversations"}
    assert (told["format"], told["version"], told["exported_at"]) == (
        "chatkeep-history",
        1,
        "2026-03-04T05:06:07+00:00",
    )
    assert told["conversations"][0] == {
        "file": "Colours.history.json",
        "id": "c1",
        "title": "Colours",
        "model": None,
        "created_at": "2026-03-04T05:06:07+00:00",
        "updated_at": "2026-03-04T05:06:07+00:00",
        "messages": 2,
        "without_words": 0,
        "in_other_branches": 0,
    }
    assert [each["id"] for each in told["conversations"]] == ["c1", "c2", "c1"]


def test_archive_of_the_same_conversations_is_the_same_bytes():
    files = [io.BytesIO(), io.BytesIO()]
    for file in files:
        write_archive([TURN], file, MOMENT)
    assert files[0].getvalue() == files[1].getvalue()


def test_messages_that_were_deleted_are_in_no_export():
    conversation = changed(changed(TURN, 0, trashed=True), 1, trashed=True)
    assert history_messages(conversation) == []
    assert to_jsonl([conversation]) == b""


def test_answer_of_several_models_names_them_in_the_order_in_which_they_wrote():
    moment = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
    parts = (Part("mistral/a", 0), Part("openai/b", 8), Part("mistral/a", 20))
    answer = Message("a", "q", "assistant", "x", moment, model="mistral/a", parts=parts)
    assert about(answer) == ["4 March 2026, 05:06 UTC", "mistral/a, then openai/b"]
    assert about(replace(answer, parts=())) == ["4 March 2026, 05:06 UTC", "mistral/a"]
