"""A library that is missing is named, with how to install it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from chat import libraries
from chat.libraries import FOR_SIGNING_IN, NEEDED, not_installed

ROOT = Path(__file__).resolve().parents[2]
OF_THE_LOCAL_MODEL = {"xllamacpp", "pip", "huggingface_hub"}


def test_all_is_there():
    assert not_installed() is None


@pytest.mark.parametrize(
    ("gone", "said"), [(["markdown_it"], "markdown-it-py is not"), (["tinydb", "nh3"], "tinydb, nh3 are not")]
)
def test_what_is_missing_is_named_by_its_package(monkeypatch, gone, said):
    find_spec = libraries.find_spec
    monkeypatch.setattr(libraries, "find_spec", lambda name: None if name in gone else find_spec(name))
    assert not_installed() == (
        f"{said} installed. Start Chatkeep with scripts/start, or install what it needs: "
        "pip install -r requirements.txt."
    )


def test_every_requirement_is_asked_for():
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    required = {re.split("[~>=<]", line)[0] for line in lines if line and not line.startswith("#")}
    assert {*NEEDED.values(), *FOR_SIGNING_IN.values()} | OF_THE_LOCAL_MODEL == required


@pytest.mark.parametrize("page", ["Home.py", "pages/1_History.py", "pages/4_Settings.py"])
def test_page_says_what_is_missing(page):
    script = """
import sys
sys.modules["tinydb"] = None
from streamlit.testing.v1 import AppTest
app = AppTest.from_file(sys.argv[1], default_timeout=60).run()
print([error.value for error in app.error], [error.value for error in app.exception])
"""
    ended = subprocess.run([sys.executable, "-c", script, page], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[-1] == (
        "['tinydb is not installed. Start Chatkeep with scripts/start, or install what it needs: "
        "pip install -r requirements.txt.'] []"
    )


@pytest.mark.parametrize(
    ("words", "code"), [(["store", "check"], 2), (["exchange", "import", "chats.json"], 1)], ids=["store", "exchange"]
)
def test_command_says_what_is_missing(tmp_path, words, code):
    script = """
import runpy, sys
sys.modules["tinydb"] = None
del sys.argv[0]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""
    ended = subprocess.run(
        [sys.executable, "-c", script, *words],
        cwd=ROOT,
        env=os.environ | {"STORE_URL": f"tinydb:///{tmp_path}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (
        code,
        "",
        "tinydb is not installed. Start Chatkeep with scripts/start, or install what it needs: "
        "pip install -r requirements.txt.\n",
    )
