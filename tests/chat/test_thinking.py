"""Thinking that stands inside an answer: taken out of live and of whole texts by the same rules."""

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.thinking import TAGS, ThinkingSplitter, split_thinking

PROSE = "A model closes its thinking with </think> and goes on."
CODE = "Look for the tag `</think>`.\n\nIt ends the thinking."
FENCE = "So:\n\n```xml\n<a>\n</think>\n</a>\n```\n\nDone."


def parted(pieces: list[str]) -> tuple[str, str]:
    """Return reasoning and text as a page would show them after all these pieces."""
    splitter = ThinkingSplitter()
    reasoning = text = ""
    for part in (*(splitter.feed(piece) for piece in pieces), splitter.finish()):
        if part.was_thinking:
            reasoning, text = reasoning + text, ""
        reasoning, text = reasoning + part.reasoning, text + part.text
    return reasoning, text


ANSWERS = [
    ("Just text.", "", "Just text."),
    ("<think>Hm. </think>\n\nYes.", "Hm. ", "Yes."),
    ("\n <think>Hm.</think>Yes.", "Hm.", "Yes."),
    ("<think></think>\n\nYes.", "", "Yes."),
    ("<think>1 < 2 </thin </think> Yes </think>.", "1 < 2 </thin ", "Yes </think>."),
    ("<think>never closed </th", "never closed </th", ""),
    ("<think>Hm.</think>  \n", "Hm.", ""),
    ("  <thing>", "", "  <thing>"),
    (" <thi", "", " <thi"),
    ("Use <think>x</think> so.", "", "Use <think>x</think> so."),
    ("", "", ""),
    # The opening tag stood in the prompt
    ("Hm.\n</think>\n\nYes.", "Hm.\n", "Yes."),
    ("Hm. So\r\n </think> \r\n\r\nYes.", "Hm. So\r\n ", "Yes."),
    ("Hm.</think>Yes.", "Hm.", "Yes."),
    ("Hm</think>\n\nYes", "Hm", "Yes"),
    ("Hm. </think> Yes.", "Hm. ", "Yes."),
    ("</think>\n\nYes.", "", "Yes."),
    ("</think>Yes.", "", "Yes."),
    ("嗯。</think>好。", "嗯。", "好。"),
    ("First `</think>`, then\n```\n</think>\n```\nHm.\n</think>\nYes </think>.",
     "First `</think>`, then\n```\n</think>\n```\nHm.\n", "Yes </think>."),
    # The answer is about the tag, or ends with it
    (PROSE, "", PROSE),
    (CODE, "", CODE),
    (FENCE, "", FENCE),
    ("~~~~\n```\n</think>\n~~~~\n", "", "~~~~\n```\n</think>\n~~~~\n"),
    ("```\n<think>\nHm.\n</think>\nYes.\n```", "", "```\n<think>\nHm.\n</think>\nYes.\n```"),
    ("</think> is the tag.", "", "</think> is the tag."),
    ("It reads “</think>” there.", "", "It reads “</think>” there."),
    ("It is short. </think> closes it.", "", "It is short. </think> closes it."),
    ("Yes.\n</think>\n", "", "Yes.\n</think>\n"),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "reasoning", "text"), ANSWERS)
def test_thinking_wherever_the_text_is_cut(answer: str, reasoning: str, text: str) -> None:
    for cut, second in itertools.combinations_with_replacement(range(len(answer) + 1), 2):
        assert parted([answer[:cut], answer[cut:second], answer[second:]]) == (reasoning, text)
    assert parted(list(answer)) == (reasoning, text)


@pytest.mark.parametrize(("answer", "reasoning", "text"), ANSWERS)
def test_whole_text_is_taken_apart_in_the_same_way(answer: str, reasoning: str, text: str) -> None:
    assert split_thinking(answer) == (reasoning.strip(), text)


@pytest.mark.parametrize(("opening", "closing"), TAGS.items())
def test_every_tag(opening: str, closing: str) -> None:
    assert split_thinking(f"{opening}\nHm.\n{closing}\n\nYes.") == ("Hm.", "Yes.")
    assert split_thinking(f"Hm.\n{closing}\n\nYes.") == ("Hm.", "Yes.")
    shown = f"Write {opening}Hm.{closing} so."
    assert split_thinking(shown) == ("", shown)
    fence = f"```\n{opening}\nHm.\n{closing}\n```\n\nYes."
    assert split_thinking(fence) == ("", fence)


def test_only_its_own_closing_tag_ends_thinking() -> None:
    assert split_thinking("<thinking>a </think> b</thinking>Yes.") == ("a </think> b", "Yes.")


TAG = "|".join(re.escape(tag) for tag in (*TAGS, *TAGS.values()))
PIECES = st.lists(st.sampled_from([*TAGS, *TAGS.values(), "\n", " ", "Hm.", "a", "`", "```\n", "~~~", "<", "\r\n"]))


@given(PIECES)
def test_no_letter_is_lost_and_pieces_do_not_matter(pieces: list[str]) -> None:
    whole = "".join(pieces)
    reasoning, text = parted([whole])
    assert parted(pieces) == parted(list(whole)) == (reasoning, text)
    before = whole.removesuffix(text) if text else whole
    assert before + text == whole
    assert re.fullmatch(rf"\s*({TAG})?{re.escape(reasoning)}({TAG})?\s*", before)


def test_text_is_not_held_back_longer_than_needed() -> None:
    splitter = ThinkingSplitter()
    assert [splitter.feed(piece).text for piece in ("<", "b", " </", "i", ">")] == ["", "<b", " ", "</i", ">"]
    splitter = ThinkingSplitter()
    assert [splitter.feed(piece).reasoning for piece in ("<think>one <", "two")] == ["one ", "<two"]
