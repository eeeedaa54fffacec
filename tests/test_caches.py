"""What outlives a run of a page in the server's memory: each such place, and that none of it depends on an owner.

A new one has to be entered here, with why nobody can read another's words or keys out of it.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.held import leads_to
from tests.support.pages import app, page, wait_for_replies  # noqa: F401
from tests.test_house import ROOT, modules
from ui.services import services

STREAMLITS = {"ui/services.py: services": "settings, store, providers, replies: each of their verbs takes the owner"}
"""What `st.cache_resource` and `st.cache_data` keep for every session."""
OF_FUNCTIONS = {
    "formats/exports/html/mathml.py: _cleaner": "a parser",
    "formats/exports/html/words.py: _parser": "a parser",
    "formats/exports/markdown_parts.py: _block_parser": "a parser",
    "formats/exports/markdown_parts.py: _parser": "a parser",
    "formats/imports/model_names.py: _guessed": "names of models; who asks has the name",
    "ui/markdown/bounds.py: _bounded": "texts that were drawn last, by the whole text: who asks has it already",
    "ui/markdown/safe.py: safe_markdown": "texts that were drawn last, by the whole text: who asks has it already",
}
"""What `functools` keeps for every caller."""
OF_MODULES = {
    "ui/services.py: _opened": "what has to be closed",
    "ui/shared_page/waiting.py: _tokens": "links that browsers go on with: each given once, to its own browser",
    "ui/web/upkeep.py: _owners": "whose page each session shows: read to count visits, never shown",
}
"""What modules begin empty and fill."""

CACHES = {"cache", "lru_cache", "cached_property", "cache_data", "cache_resource"}
EMPTY = {"dict", "list", "set", "deque", "defaultdict", "OrderedDict", "Counter", "WeakValueDictionary"}


def name_of(node: ast.expr) -> str:
    """Return the last name of `lru_cache`, `lru_cache(…)`, `st.cache_data`, `st.cache_data(…)`."""
    if isinstance(node, ast.Call):
        return name_of(node.func)
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def decorated(path: Path) -> Iterator[tuple[str, str, ast.FunctionDef]]:
    """Yield each cached function: where it is, by what it is cached, and the function."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef):
            for cache in {name_of(each) for each in node.decorator_list} & CACHES:
                yield f"{path.relative_to(ROOT).as_posix()}: {node.name}", cache, node


def begun_empty(path: Path) -> Iterator[str]:
    """Yield each container that a module begins without anything in it, and each name that a function sets anew."""
    tree = ast.parse(path.read_text("utf-8"))
    place = path.relative_to(ROOT).as_posix()
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            value = node.value
            is_called = isinstance(value, ast.Call) and name_of(value) in EMPTY and not value.args
            if is_called or ast.unparse(value) in ("{}", "[]"):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                yield from (f"{place}: {name_of(target)}" for target in targets)
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            yield from (f"{place}: {name}" for name in node.names)


FOUND = [*modules(), ROOT / "Home.py"]


def test_streamlits_caches_keep_nothing_that_depends_on_anybody():
    kept = {place: node for path in FOUND for place, cache, node in decorated(path) if cache.startswith("cache_")}
    assert kept.keys() == STREAMLITS.keys()
    assert [ast.unparse(node.args) for node in kept.values()] == [""]


def test_every_other_cache_is_known():
    kept = {place for path in FOUND for place, cache, _ in decorated(path) if not cache.startswith("cache_")}
    assert kept == OF_FUNCTIONS.keys()


def test_every_place_that_a_module_fills_is_known():
    assert {place for path in FOUND for place in begun_empty(path)} == OF_MODULES.keys()


MARK = "Quincunx"
KEY = "sk-typed-and-marked"


@pytest.fixture
def visitors(monkeypatch):
    monkeypatch.setenv("CHATKEEP_MODE", "visitors")
    monkeypatch.setenv("CHATKEEP_VISITOR_KEYS", "1")


def drawn(at: AppTest) -> str:
    """Return all that a page draws, to look for words in."""
    assert not at.exception
    return "".join(str(element.proto) for part in (at.main, at.sidebar) for element in part)


def say_mark() -> AppTest:
    """Have a visitor say the marked word, and return their page with the answer."""
    at = page("Home.py")
    at.chat_input(key="message").set_value(f"{MARK} is my word").run()
    wait_for_replies()
    assert MARK in drawn(at.run())
    return at


def test_what_is_said_of_the_whole_store_says_nothing_of_anybody(visitors, tmp_path):
    say_mark()
    (file,) = (tmp_path / "data").glob("visitor-*/[!.]*.json")
    file.write_bytes(file.read_bytes()[:-20])
    for name in ("", "-wal", "-shm"):
        (tmp_path / "data" / f".catalog.sqlite3{name}").unlink(missing_ok=True)
    (tmp_path / "data" / ".catalog.sqlite3").mkdir()
    services.clear()
    for name in ("Home.py", "pages/1_History.py", "pages/4_Settings.py"):
        page_of_another = drawn(page(name))
        assert "The list of conversations cannot be kept on the disk at the moment" in page_of_another
        assert MARK not in page_of_another
        assert file.stem not in page_of_another


def test_typed_key_is_held_until_it_is_forgotten(visitors, monkeypatch, models):
    monkeypatch.setenv("MISTRAL_SERVER_URL", models.root_url)
    at = page("pages/4_Settings.py")
    at.text_input(key="key-MISTRAL_API_KEY").set_value(KEY)
    at.button(key="use-MISTRAL_API_KEY").click().run()
    assert KEY not in drawn(at)
    assert leads_to(services(), KEY)
    at.button(key="forget-MISTRAL_API_KEY").click().run()
    assert not leads_to(services(), KEY)
