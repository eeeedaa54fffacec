"""README and docs: every link leads somewhere, every command runs, and what is shown of its output is what it prints.

A fenced block holds commands, one a line, perhaps with what it does behind two spaces. A `console` block holds commands
behind `$ ` and what they print; `…` stands for what differs from run to run. `toml` is a piece of the secrets.
"""

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from chat.allowances.limits import Allowances
from chat.providers.hosts import HOSTS
from chat.providers.registry import PROVIDERS
from chat.settings.app import load_settings
from chat.settings.values import clean_url
from formats.exports import EXPORT_FORMATS
from formats.imports.known import HOW_TO_EXPORT
from store import open_store
from tests.support.rich_conversation import rich
from ui.shortcuts import table

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")])
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
ELSEWHERE = {
    "scripts/start": "tests/test_scripts.py",
    "scripts/test": "what runs this",
    "scripts/test -k history": "what runs this",
    "scripts/pictures": "the places that it walks: tests/end_to_end/looks",
    ".venv/test/bin/python -m pytest tests/store": "what runs this",
    "python -m venv .venv\\own": "Windows",
    ".venv\\own\\Scripts\\activate": "Windows",
    "pip install -r requirements.txt": "what scripts/start does, in tests/test_scripts.py",
    "streamlit run Home.py": "every test in tests/end_to_end",
    "uvicorn Home:app --uds /run/chatkeep.sock --no-access-log": "tests/end_to_end/test_outlives.py",
}
"""Commands that are not run here, each with where it is tried."""


def blocks(kind: str) -> Iterator[tuple[Path, str]]:
    for page in PAGES:
        for name, text in BLOCK.findall(page.read_text("utf-8")):
            if name == kind:
                yield page, text


def commands() -> list[str]:
    """Return every command of the pages, once each, in their order."""
    lines = [line for _, text in blocks("") for line in text.splitlines() if line.strip()]
    return list(dict.fromkeys(re.split(r"\s{2,}", line)[0] for line in lines))


def shown() -> list[tuple[str, str]]:
    """Return every command whose output is shown, with it."""
    return [
        (command, output)
        for _, text in blocks("console")
        for command, output in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", text, re.MULTILINE)
    ]


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Return what runs a command of the pages in a folder with a conversation, a backup and a file to import."""
    folder = tmp_path / "chatkeep"
    folder.mkdir()
    url = f"tinydb:///{folder}/data"
    store = open_store(url)
    store.create(rich())
    store.close()
    said = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes?"}]
    (folder / "conversations.json").write_text(json.dumps(said))
    environment = {**os.environ, "STORE_URL": url, "PYTHONPATH": str(ROOT)}

    def command_of(command: str) -> list[str]:
        words = shlex.split(re.sub(r"\[[^\]]*\]", "", command))
        assert words[0] == "python", f"say in ELSEWHERE where {command!r} is tried"
        return [sys.executable, *words[1:]]

    def run(command: str) -> subprocess.CompletedProcess[str]:
        if "FILE" in command:
            backup = folder / "FILE"
            if "store" in command:
                subprocess.run(command_of("python -m store backup FILE"), cwd=folder, env=environment, check=True)
            else:
                backup.write_bytes((folder / "conversations.json").read_bytes())
        return subprocess.run(command_of(command), cwd=folder, env=environment, capture_output=True, text=True)

    return run


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_leads_to_one(page):
    for target in LINK.findall(page.read_text("utf-8")):
        if not target.startswith(("https://", "#")):
            assert (page.parent / target.partition("#")[0]).exists(), target


@pytest.mark.parametrize("command", [command for command in commands() if command not in ELSEWHERE])
def test_command_runs(run, command):
    ended = run(command)
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize(("command", "output"), shown())
def test_shown_output_is_what_the_command_prints(run, command, output):
    ended = run(command)
    pattern = re.escape(output).replace("…", ".*")
    assert re.fullmatch(pattern, ended.stdout), ended.stdout + ended.stderr


def test_what_is_tried_elsewhere_is_on_the_pages():
    assert [command for command in ELSEWHERE if command not in commands()] == []


@pytest.mark.parametrize("text", [text for _, text in blocks("toml")])
def test_shown_secrets_can_be_used(text):
    assert load_settings({}, filled_in(text)).problems == ()


def filled_in(text: str) -> dict[str, Any]:
    """Return secrets of the pages with a cookie secret, which Chatkeep does not take from an example."""
    return tomllib.loads(text.replace('cookie_secret = "..."', f'cookie_secret = "{"0" * 32}"'))


def test_example_of_the_secrets_can_be_used():
    text = (ROOT / ".streamlit" / "secrets.toml.example").read_text("utf-8")
    settings = load_settings({}, filled_in(re.sub(r"^# (?=[A-Z_]+ =|\[|[a-z_]+ =)", "", text, flags=re.MULTILINE)))
    assert settings.problems == ()
    assert [endpoint.name for endpoint in settings.endpoints] == ["ollama", "together"]
    assert settings.keys == {"MISTRAL_API_KEY": "...", "OPENAI_API_KEY": "..."}
    assert [provider.name for provider in settings.sign_in.providers] == ["default"]


def test_every_address_of_the_recipes_can_be_used():
    rows = re.findall(
        r"^\| (\w[\w .]*) \| `(http[^`]+)` \|", (ROOT / "docs" / "providers.md").read_text("utf-8"), re.MULTILINE
    )
    assert [name for name, _ in rows] == [
        *("Anthropic", "Gemini", "OpenRouter", "Groq", "DeepSeek"),
        *("Together", "Ollama", "LM Studio", "vLLM", "llama.cpp"),
    ]
    assert [clean_url(name, url) for name, url in rows] == [url for _, url in rows]
    known = {urlsplit(url).hostname for _, url in rows} & set(HOSTS)
    assert known == {"api.anthropic.com", "generativelanguage.googleapis.com"}


def test_every_name_that_a_provider_has_is_explained():
    page = (ROOT / "docs" / "providers.md").read_text("utf-8")
    names = [name for info in PROVIDERS for name in (info.key_name, info.url_name, info.file_name) if name]
    assert [name for name in names if f"`{name}`" not in page] == []


def test_every_limit_stands_there_with_its_default():
    page = (ROOT / "docs" / "limits.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \| `?([\w,]+)`? \|", page, re.MULTILINE)
    defaults = ((field.name, field.default) for field in fields(Allowances))
    assert rows == [(name, f"{value:,}" if isinstance(value, int) else value) for name, value in defaults]


def test_every_product_and_every_format_is_named_as_the_app_names_it():
    page = (ROOT / "docs" / "formats.md").read_text("utf-8")
    products = re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", page, re.MULTILINE)
    assert dict(products[1:]) == HOW_TO_EXPORT
    forms = re.findall(r"^\| ([^|]+) \| `([^|]+)` \| (zip|one file) \| ([^|]+) \|$", page, re.MULTILINE)
    assert forms == [
        (form.label, form.name, "one file" if form.pieces_of_many else "zip", form.help) for form in EXPORT_FORMATS
    ]


def test_readme_is_read_in_a_minute():
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 60


def test_no_sentence_stands_twice():
    seen: dict[str, str] = {}
    twice = []
    for page in PAGES:
        prose = BLOCK.sub("", page.read_text("utf-8"))
        for sentence in re.split(r"(?<=[.!?:])\s+|\n\s*\n|\n(?=[-|#\d])", prose):
            words = " ".join(sentence.split())
            if len(words.split()) < 6:
                continue
            if words in seen:
                twice.append((seen[words], page.name, words))
            seen[words] = page.name
    assert twice == []


def test_every_shortcut_is_on_the_page_about_chatting_and_no_other():
    page = (ROOT / "docs" / "chatting.md").read_text("utf-8")
    assert page.partition("| Keys |")[1:] == ("| Keys |", f"{table()}\n".removeprefix("| Keys |"))
