"""ChatGPT's private marks: their words, names and sources stay, and no private letter does."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats.imports.products.chatgpt.marks import without_marks
from tests.support.import_fixtures import case, one

CITE = "\ue200cite\ue202turn0search0\ue202turn0search1\ue201"


def about(**reference) -> dict:
    """A message with one content reference."""
    return {"metadata": {"content_references": [reference]}}


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        (
            "highlight-marks",
            "Yeast makes gas. Dough holds it. ([Bakery](https://bakery.example))\n\nThat is all.",
        ),
        ("entity-without-reference", "Take Millhouse flour, not Graincorp (a mill)."),
        ("grouped-sources", "Rye needs acid ([Rye](https://rye.example/a))."),
    ],
)
def test_case_has_the_words_and_no_private_letter(name, answer):
    conversation = one(case(f"chatgpt-{name}.json"))
    assert conversation.messages[1].content == answer
    assert (conversation.title, len(conversation.messages)) == ("Case", 2)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Acid.\ue200cite\ue202turn0search3\ue201", "Acid."),
        ("Acid \ue200cite\ue202turn0search3\ue201.", "Acid."),
        ("Acid \ue200cite\ue202turn0search3\ue201 and salt", "Acid and salt"),
        ("It is \ue200cite\ue202turn0\ue201dense.", "It is dense."),
        ("\ue203One.\ue204 \ue203Two.\ue204\ue206", "One. Two."),
        ('\ue200entity\ue202["place","El Pit","cenote"]\ue201', "El Pit (cenote)"),
        ("\ue200entity\ue202an old label\ue201", "an old label"),
        ('\ue200product_entity\ue202["turn0product0","Skates"]\ue201', "Skates"),
        ('\ue200products\ue202{"selections":[["turn0product1","Charger"]]}\ue201', "Charger"),
        ('\ue200image_group\ue202{"layout":"carousel","query":["Rye loaf","Crumb"]}\ue201', "Rye loaf, Crumb"),
        ("\ue200url\ue202Bakery\ue202https://bakery.example\ue201", "[Bakery](https://bakery.example)"),
        ("\ue200cite\ue202https://bakery.example\ue201", "[https://bakery.example](https://bakery.example)"),
        ("\ue200navlist\ue202More on rye\ue202turn0news1,turn0news2\ue201", "More on rye"),
        ("\ue200navlist\ue202More on rye\ue202turn0news1\ue20b", "More on rye"),
        ("\ue200video\ue202The crumb\ue202turn0youtube12\ue201", "The crumb"),
        ('\ue200genui\ue202{"math_block_widget":{"content":"a^2"}}\ue201', "a^2"),
        ('\ue200unheard_of\ue202{"title":"Rye","text":["is","good"]}\ue201', "Rye, is, good"),
        ('\ue200unheard_of\ue202{"title":"Rye", cut off\ue201', "title Rye"),
        ("\ue200A whole answer,\n\nall in one mark.\ue201", "A whole answer,\n\nall in one mark."),
        ("\ue200memcite\ue201\ue200map\ue201\ue200i\ue202turn0image0\ue201Words", "Words"),
        ("Cut off \ue200cite\ue202turn0", "Cut off"),
        ("Cut off\ue200cite\ue202turn0view0 and goes on", "Cut off and goes on"),
        ("Lost \ue202turn0search1\ue201 and \ue202L8-L12\ue201 here", "Lost  and  here"),
        ("Talk\uf288Event and \uf8ffmenu, \U000f1234far\U00100001 off", "Talk Event and menu, far off"),
        ("\uf0b7 Flour\n\uf0a7 Salt", "• Flour\n• Salt"),
        ("Plain words, caf\u00e9.", "Plain words, caf\u00e9."),
    ],
)
def test_mark_without_a_reference_leaves_its_own_words(said, expected):
    assert without_marks(said, {}) == expected


def test_reference_says_what_the_page_shows():
    assert without_marks(f"Acid {CITE}.", about(matched_text=CITE, alt="([Rye](https://r.example))")) == (
        "Acid ([Rye](https://r.example))."
    )


def test_name_of_an_entity_is_as_its_page_shows_it():
    mark = '\ue200entity\ue202["company","Motorola","phone maker"]\ue201'
    assert without_marks(f"By {mark}.", about(matched_text=mark, alt="Motorola")) == "By Motorola."


def test_title_of_a_list_stays_above_its_sources():
    mark = "\ue200navlist\ue202More on rye\ue202turn0news1\ue201"
    shown = "* [A](https://a.example)\n* [B](https://b.example)"
    assert without_marks(mark, about(matched_text=mark, alt=shown)) == f"More on rye\n\n{shown}"


def test_all_sources_of_a_group_keep_title_and_address():
    items = [
        {
            "title": "A [one]",
            "url": "https://a.example",
            "supporting_websites": [{"title": "B", "url": "https://b.example"}],
        },
        {"title": "C", "url": "https://c.example/(x)"},
        {"title": "A [one]", "url": "https://a.example"},
    ]
    assert without_marks(CITE, about(matched_text=CITE, alt="", items=items)) == (
        "([A \\[one\\]](https://a.example), [B](https://b.example), [C](https://c.example/(x%29))"
    )


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ({"type": "file", "name": "plan.pdf"}, "(plan.pdf)"),
        ({"type": "webpage", "title": "Rye", "url": "https://r.example"}, "([Rye](https://r.example))"),
        ({"safe_urls": ["https://r.example"]}, "([https://r.example](https://r.example))"),
        (
            {"type": "map", "businesses": [{"name": "Mill", "website_url": "https://m.example"}]},
            "([Mill](https://m.example))",
        ),
    ],
)
def test_source_is_found_wherever_the_reference_has_it(reference, expected):
    assert without_marks(CITE, about(matched_text=CITE, **reference)) == expected


def test_source_is_found_among_the_results_of_the_search():
    ref_id = {"turn_index": 0, "ref_type": "search", "ref_index": 1}
    entry = {"ref_id": ref_id, "url": "https://r.example", "title": "Rye"}
    message = {"metadata": {"search_result_groups": [{"entries": [entry]}]}}
    assert without_marks(f"Acid {CITE}.", message) == "Acid ([Rye](https://r.example))."
    link = "\ue200link_title\ue202Open it\ue202turn0search1\ue201"
    assert without_marks(link, message) == "[Open it](https://r.example)"


def test_citations_of_2024_are_links():
    said = "Acid【7†source】 and salt【8†source】."
    citations = [
        {"start_ix": 4, "end_ix": 14, "metadata": {"title": "Rye", "url": "https://r.example"}},
        {"start_ix": 23, "end_ix": 33, "metadata": {"title": "Salt", "url": "https://s.example"}},
    ]
    assert said[4:14], said[23:33] == ("【7†source】", "【8†source】")
    assert without_marks(said, {"metadata": {"citations": citations}}) == (
        "Acid([Rye](https://r.example)) and salt([Salt](https://s.example))."
    )
    reference = about(matched_text="【7†source】", alt="([Rye](https://r.example))")
    assert without_marks(said, reference) == "Acid([Rye](https://r.example)) and salt【8†source】."


PRIVATE = st.sampled_from("\ue000\ue200\ue201\ue202\ue203\ue204\ue206\ue2ff\uf8ff\U000f0000\U0010fffd")
WORDS = st.sampled_from(["Rye", "needs acid.", "cafe\u0301", "42 %", "(or so)", "\n"])


@given(st.lists(st.one_of(PRIVATE, WORDS), max_size=30).map("".join))
def test_no_private_letter_is_left_and_no_word_goes(said):
    plain = without_marks(said, {})
    assert [letter for letter in plain if unicodedata.category(letter) == "Co"] == []
    for word in ("Rye", "acid", "cafe\u0301", "42", "(or so)"):
        assert plain.count(word) == said.count(word)
