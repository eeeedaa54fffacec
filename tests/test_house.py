"""The house's plan, held over the import statements: who may know whom, and who may know which library."""

import ast
import re
import subprocess
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
            *("codes", "conversations", "keeping", "people", "preferences", "queries", "query_text", "rules"),
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
