"""The house's plan, held over the code: who may know whom, who may know which library, and what outlives a run."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("chat", "formats", "store", "exchange", "ui", "pages")
MOST_FILES = 16
"""Modules that a folder holds at most, `__init__.py` among them; a fuller one wants rooms of its own."""
MAY_IMPORT = {
    "chat": {"chat"},
    "formats": {"formats", "chat"},
    "store": {"store", "chat"},
    "exchange": {"exchange", "chat", "formats", "store"},
    "ui": {"ui", "chat", "formats", "store", "exchange"},
    "pages": {"ui"},
}
OPEN_IN_STORE = {
    "store",
    *(
        f"store.{name}"
        for name in (
            *("codes", "conversations", "keeping", "line", "people", "preferences", "queries", "query_text", "rules"),
            *("shares", "spending"),
        )
    ),
}
"""All that the other rooms may know of `store`: its verbs and values, never a folder, a file or a table."""
VALUES = {
    "chat.conversation",
    "chat.endings",
    "chat.owner",
    "chat.pairing",
    "chat.records",
    "chat.sharing",
    "chat.allowances.spent",
    "chat.surrogates",
    "chat.terminal",
    "chat.thinking",
    "chat.titles",
    "chat.version",
}
"""All that `store` and `formats` may know of `chat`."""
VALUES_OF = {"store/__main__.py": {"chat.libraries", "chat.providers.local.library"}}
"""What a command may know beside them: `check` says what this machine lacks."""
ENDS_A_CONVERSATION = re.compile(r"store\.(trash|erase|erase_many)\b")
LIBRARIES = {
    "streamlit": ("ui", "pages"),
    "tinydb": ("store",),
    "sqlite3": ("store",),
    "mistralai": ("chat/providers",),
    "openai": ("chat/providers",),
    "xllamacpp": ("chat/providers",),
    "huggingface_hub": ("chat/providers/local/hub",),
}


def modules() -> list[Path]:
    return sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Return the full names of all modules that a file imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module)
    return names


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_one_way(path):
    place = path.relative_to(ROOT).as_posix()
    room = place.partition("/")[0]
    for name in imported(path):
        top = name.partition(".")[0]
        if top in ROOMS:
            assert top in MAY_IMPORT[room], f"{place} imports {name}"
            if room in ("store", "formats") and top == "chat":
                assert name in VALUES | VALUES_OF.get(place, set()), f"{place} imports {name}"
            if top == "store" != room:
                assert name in OPEN_IN_STORE, f"{place} imports {name}"
        if top in LIBRARIES:
            assert place.startswith(LIBRARIES[top]), f"{place} imports {name}"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_module_says_in_its_first_lines_what_it_is_for_and_stays_a_room(path):
    text = path.read_text("utf-8")
    assert ast.get_docstring(ast.parse(text)), "begin with what it is for"
    assert len(text.splitlines()) <= 310


def test_no_folder_is_too_full_to_find_something_in():
    folders = {path.parent for path in (*modules(), *(ROOT / "tests").rglob("*.py"))}
    too_full = {str(folder.relative_to(ROOT)): len(list(folder.glob("*.py"))) for folder in folders}
    assert {folder: files for folder, files in too_full.items() if files > MOST_FILES} == {}


def test_pages_trash_and_erase_through_the_visit_which_ends_what_is_being_written():
    places = [path for path in modules() if path.relative_to(ROOT).parts[0] in ("ui", "pages")]
    found = {
        path.relative_to(ROOT).as_posix() for path in places if ENDS_A_CONVERSATION.search(path.read_text("utf-8"))
    }
    assert found == {"ui/visit.py"}


STREAMLITS_CACHES = {
    "ui/live/channels.py: channels": "each page's own, by a name that nobody guesses, for the browser of its session",
    "ui/services.py: app_settings": "how this installation is set up",
    "ui/services.py: services": "settings, store, providers, replies: each of their verbs takes the owner",
}
"""What `st.cache_resource` and `st.cache_data` keep for every session. A new one has to be entered here or below, with
why nobody can read another's words or keys out of it."""
OTHER_CACHES = {
    "formats/exports/html/mathml.py: _cleaner": "a parser",
    "formats/exports/html/words.py: _parser": "a parser",
    "formats/exports/markdown_parts.py: _block_parser": "a parser",
    "formats/exports/markdown_parts.py: _parser": "a parser",
    "formats/imports/model_names.py: _guessed": "names of models; who asks has the name",
    "ui/web/headers.py: _inline_scripts": "hashes of Streamlit's own",
    "ui/markdown/bounds.py: _bounded": "texts that were drawn last, by the whole text: who asks has it already",
    "ui/markdown/safe.py: safe_markdown": "texts that were drawn last, by the whole text: who asks has it already",
}
"""What `functools` keeps for every caller."""
FILLED = {
    "ui/identity/account.py: _ended": "hashes of what was signed out, never shown",
    "ui/services.py: _opened": "what has to be closed",
    "ui/identity/waiting.py: _wishes": "what browsers go on with: each given once, to its own browser",
    "ui/web/upkeep.py: _here": "whose page each session shows: to count visits, and names for admins alone",
}
"""What modules begin empty and fill."""

CACHING = {"cache", "lru_cache", "cached_property", "cache_data", "cache_resource"}
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
            for cache in {name_of(each) for each in node.decorator_list} & CACHING:
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


def pages_and_modules() -> list[Path]:
    return [*modules(), ROOT / "Home.py"]


def test_streamlits_caches_keep_nothing_that_depends_on_anybody():
    kept = {
        place: node
        for path in pages_and_modules()
        for place, cache, node in decorated(path)
        if cache.startswith("cache_")
    }
    assert kept.keys() == STREAMLITS_CACHES.keys()
    assert {ast.unparse(node.args) for node in kept.values()} == {""}


def test_every_other_cache_is_known():
    kept = {
        place for path in pages_and_modules() for place, cache, _ in decorated(path) if not cache.startswith("cache_")
    }
    assert kept == OTHER_CACHES.keys()


def test_every_place_that_a_module_fills_is_known():
    assert {place for path in pages_and_modules() for place in begun_empty(path)} == FILLED.keys()


BUTTONS = {"button", "form_submit_button"}


def buttons_that_act_in_the_run(path: Path) -> list[int]:
    """Return the lines of the buttons whose click a run of the page is to act on when it comes to that line."""
    tree = ast.parse(path.read_text("utf-8"))
    drawn = {each for each in ast.walk(tree) if isinstance(each, ast.Call) and is_button(each)}
    only_drawn = {each.value for each in ast.walk(tree) if isinstance(each, ast.Expr)}
    return sorted(each.lineno for each in drawn - only_drawn)


def is_button(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr in BUTTONS


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("st.button('Delete', on_click=delete)", []),
        ("if st.button('Delete'):\n    delete()", [1]),
        ("sent = form.form_submit_button('Send')", [1]),
        ("if st.button('Use') and use():\n    st.rerun()", [1]),
        ("def draw():\n    return st.button('Delete')", [2]),
    ],
)
def test_button_that_acts_in_the_run_is_found(tmp_path, text, lines):
    path = tmp_path / "page.py"
    path.write_text(text)
    assert buttons_that_act_in_the_run(path) == lines


def test_what_a_person_clicks_acts_in_a_callback():
    """A run can be ended before it comes to a button; a callback cannot. `ui/running/runs.py` says why."""
    found = {
        path.relative_to(ROOT).as_posix(): lines
        for path in (ROOT / "Home.py", *modules())
        if path.relative_to(ROOT).parts[0] in ("Home.py", "ui", "pages")
        if (lines := buttons_that_act_in_the_run(path))
    }
    assert found == {}


def components() -> list[str]:
    """Return the name of every component that runs in the browser, as often as it is given."""
    names = []
    for path in pages_and_modules():
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "st.components.v2.component":
                names.append(str(ast.literal_eval(call.args[0])))
    return names


def test_no_two_components_have_one_name():
    """Streamlit keeps one of each name: the other would have its script, and draw nothing."""
    names = components()
    assert len(names) > 5
    assert sorted(names) == sorted(set(names))


REGISTRIES = tuple(f"{name}.{end}" for name, end in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org")))
"""Put together here, so that none stands in this file either."""


def test_no_host_of_a_package_registry_is_named():
    """Whoever installs has an index of their own: nothing here may lead past it."""
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    naming = [
        name
        for name in tracked.split("\0")
        if name and any(host.encode() in (ROOT / name).read_bytes() for host in REGISTRIES)
    ]
    assert naming == []
