"""Files that are not in Unicode never come in with broken letters: what they may be written in is offered."""

import io
import json

import pytest

from formats.imports import LIMITS, NotAnExport, NotUnicode, open_export
from tests.support.import_fixtures import NOW, OWNER, chatgpt, opened, reads, told, zipped

WORDS = {
    "cp1252": ("Größe und Maß – “schön”?", "Où est la crème brûlée ?"),
    "latin-1": ("Größe und Maß?", "Où est la crème brûlée ?"),
    "cp1250": ("Zażółć gęślą jaźń, proszę", "Łódź jest daleko, źle"),
    "gb18030": ("你好，今天天气怎么样？", "什么是人工智能？"),
    "cp932": ("こんにちは、元気ですか？", "パンの作り方を教えてください。"),
    "euc_jp": ("こんにちは、元気ですか？", "パンの作り方を教えてください。"),
    "big5hkscs": ("你好，今天天氣怎麼樣？", "請告訴我如何做麵包"),
    "cp949": ("안녕하세요, 잘 지내세요?", "빵을 만드는 방법"),
    "cp1251": ("Привет, как дела?", "Хорошо, спасибо большое."),
    "cp1253": ("Καλημέρα, τι κάνεις;", "Είμαι καλά, ευχαριστώ."),
}
PYTHON_NAME = {"latin-1": "cp1252"}


def messages(encoding: str) -> list[dict[str, str]]:
    question, answer = WORDS[encoding]
    return [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]


def written(encoding: str, indent: int | None = None) -> bytes:
    return json.dumps({"messages": messages(encoding)}, ensure_ascii=False, indent=indent).encode(encoding)


def refused(data: bytes) -> NotUnicode:
    with pytest.raises(NotUnicode) as refusal:
        opened(data)
    return refusal.value


def read_as(data: bytes, encoding: str):
    (read,) = open_export(io.BytesIO(data), OWNER, LIMITS, NOW, encoding=encoding)
    return read


@pytest.mark.parametrize("encoding", WORDS)
def test_likely_encoding_is_offered_first_and_reads_the_words(encoding):
    for data in (written(encoding), written(encoding, 1), zipped({"chats.json": written(encoding)})):
        error = refused(data)
        assert isinstance(error, NotAnExport)
        likeliest = error.encodings[0]
        assert likeliest.name == PYTHON_NAME.get(encoding, encoding)
        assert WORDS[encoding][0] in likeliest.sample
        read = read_as(data, likeliest.name)
        assert told(read.conversation) == [("user", WORDS[encoding][0]), ("assistant", WORDS[encoding][1])]
        assert read.left_out == {}


def test_refusal_says_what_to_do():
    assert str(refused(written("cp1252"))) == (
        "This file is not written in Unicode. Nothing was imported; choose the encoding in which its words read right."
    )


def test_one_letter_is_enough_wherever_it_is():
    padding = json.dumps({"messages": [{"role": "user", "content": "Hi " * 1000}]}).encode() + b"\n"
    data = padding * 1000 + json.dumps({"messages": [{"role": "user", "content": "Größe"}]}, ensure_ascii=False).encode(
        "cp1252"
    )
    assert refused(data).encodings[0].name == "cp1252"


def test_other_encodings_are_offered_too_each_with_how_it_would_read():
    offered = {each.name: each for each in refused(written("cp1252")).encodings}
    assert offered["cp1252"].title == "Western European (Windows-1252)"
    assert offered["mac_roman"].sample != offered["cp1252"].sample
    assert len({each.name for each in offered.values()}) == len(offered) > 3


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"])
@pytest.mark.parametrize("name", WORDS)
def test_unicode_is_read_without_a_question(name, encoding):
    data = json.dumps({"messages": messages(name)}, ensure_ascii=False).encode(encoding)
    (read,) = reads(data)
    assert [words for _, words in told(read.conversation)] == list(WORDS[name])


def test_unicode_of_which_a_byte_was_damaged_is_read_and_the_letter_counted():
    line = json.dumps({"messages": messages("gb18030")}, ensure_ascii=False).encode()
    damaged = line.replace("天".encode(), b"\xe5\xa4", 1)
    other = json.dumps(
        {"messages": [{"role": "user", "content": "\ufffd is a letter too"}]}, ensure_ascii=False
    ).encode()
    first, second = reads(damaged + b"\n" + other)
    assert told(first.conversation)[0] == ("user", "你好，今\ufffd天气怎么样？")
    assert (first.left_out, second.left_out) == ({"letter": 1}, {})


def test_broken_letters_that_somebody_asked_for_are_counted():
    read = read_as(b'[{"role": "user", "content": "a\x81b \xe4"}]', "cp1252")
    assert told(read.conversation) == [("user", "a\ufffdb ä")]
    assert read.left_out == {"letter": 1}


def test_letters_of_a_file_that_is_no_chat_are_nobodys_question():
    data = zipped({"conversations.json": [chatgpt()], "notes.json": '{"notes": "Größe"}'.encode("cp1252")})
    assert [read.conversation.title for read in opened(data)] == ["Rye and acid"]


def test_unicode_files_of_a_zip_stay_what_they_are():
    data = zipped({"a.json": written("cp1252"), "b.json": json.dumps({"messages": messages("cp1251")}).encode()})
    assert refused(data).encodings[0].name == "cp1252"
    read = [told(item.conversation)[0][1] for item in open_export(io.BytesIO(data), OWNER, encoding="cp1252")]
    assert read == [WORDS["cp1252"][0], WORDS["cp1251"][0]]
