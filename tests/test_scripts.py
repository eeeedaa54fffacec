"""scripts/start on systems that lack something: what it says, what it installs, and that it starts the app."""

import os
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ("bash", "cat", "cksum", "dirname", "env", "mkdir", "rm", "uname")
"""What every system has. `id`, `sudo`, `apt-get`, `uv` and Python are played."""

PYTHON = """#!{real}
# Plays Debian's Python: `venv` makes a folder with a Python that writes down what it is asked to run.
import pathlib, sys
arguments = sys.argv[1:]
log = pathlib.Path({log!r})
if arguments[:1] == ["-c"] and "ensurepip" in arguments[1]:
    sys.exit(0 if pathlib.Path({venv!r}).exists() else 1)
if arguments[:1] == ["-c"] and "ctypes" in arguments[1]:
    sys.exit(0 if pathlib.Path({gomp!r}).exists() else 1)
if arguments[:1] == ["-c"] and "version_info <" in arguments[1]:
    sys.exit({old})
if arguments[:2] == ["-m", "venv"]:
    made = pathlib.Path(arguments[2], "bin", "python")
    made.parent.mkdir(parents=True)
    made.write_text('#!{bash}\\necho "python $*" >>{log}\\n')
    made.chmod(0o755)
    log.open("a").write(f"venv {{arguments[2]}}\\n")
"""
UV = """#!{bash}
echo "uv $*" >>{log}
[ "$1" = pip ] || {{ mkdir -p .venv/app/bin; ln -s {bash} .venv/app/bin/python; }}
"""
APT = """#!{bash}
echo "apt-get $*" >>{log}
case "$*" in *python3-venv*) : >{venv} ;; *libgomp1*) : >{gomp} ;; esac
"""


@dataclass
class FakeSystem:
    """A folder that stands for a system: its commands, and a copy of the scripts with a log of what they ran."""

    folder: Path
    has_venv: bool = True
    has_gomp: bool = True
    old_python: bool = False

    def __post_init__(self) -> None:
        self.commands = self.folder / "bin"
        self.commands.mkdir()
        self.home = self.folder / "chatkeep"
        shutil.copytree(ROOT / "scripts", self.home / "scripts")
        for name in ("requirements.txt", "requirements-dev.txt"):
            shutil.copy(ROOT / name, self.home)
        for tool in TOOLS:
            self.commands.joinpath(tool).symlink_to(shutil.which(tool) or tool)
        self.command("id", "#!{bash}\necho 1000\n")
        self.command("python3", PYTHON)
        for name, there in (("venv", self.has_venv), ("gomp", self.has_gomp)):
            if there:
                self.folder.joinpath(name).touch()

    def command(self, name: str, script: str) -> None:
        """Give the system a command."""
        path = self.commands / name
        names = {"log": self.folder / "log", "venv": self.folder / "venv", "gomp": self.folder / "gomp"}
        values = {name: str(place) for name, place in names.items()}
        path.write_text(
            script.format(real=sys.executable, bash=shutil.which("bash"), old=int(self.old_python), **values)
        )
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def start(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": str(self.commands), "HOME": str(self.folder)}
        return subprocess.run(
            [self.home / "scripts" / "start", *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def ran(self) -> list[str]:
        log = self.folder / "log"
        return log.read_text().splitlines() if log.exists() else []


INSTALLS = "python -m pip install --quiet --disable-pip-version-check -r requirements.txt"


def test_start_makes_an_environment_of_its_own_and_passes_its_arguments_on(tmp_path):
    system = FakeSystem(tmp_path)
    ended = system.start("--server.port", "8600")
    assert ended.returncode == 0
    assert ended.stderr == "Making a virtual environment in .venv/app\n"
    assert system.ran() == ["venv .venv/app", INSTALLS, "python -m streamlit run Home.py --server.port 8600"]


def test_a_second_start_only_starts(tmp_path):
    system = FakeSystem(tmp_path)
    system.start()
    (tmp_path / "log").unlink()
    assert system.start().stderr == ""
    assert system.ran() == ["python -m streamlit run Home.py"]


def test_new_requirements_make_the_environment_anew(tmp_path):
    system = FakeSystem(tmp_path)
    system.start()
    with (system.home / "requirements.txt").open("a") as requirements:
        requirements.write("# one more\n")
    (tmp_path / "log").unlink()
    system.start()
    assert system.ran() == ["venv .venv/app", INSTALLS, "python -m streamlit run Home.py"]


def test_uv_is_used_where_there_is_one(tmp_path):
    system = FakeSystem(tmp_path, has_venv=False)
    system.command("uv", UV)
    system.commands.joinpath("ln").symlink_to(shutil.which("ln") or "ln")
    system.start()
    assert system.ran() == [
        "uv venv --quiet --python python3 .venv/app",
        "uv pip install --quiet --python .venv/app/bin/python -r requirements.txt",
    ]


@pytest.mark.parametrize("how", ["root", "sudo"])
def test_what_the_system_lacks_is_installed(tmp_path, how):
    system = FakeSystem(tmp_path, has_venv=False, has_gomp=False)
    system.command("apt-get", APT)
    if how == "root":
        system.command("id", "#!{bash}\necho 0\n")
    else:
        system.command("sudo", '#!{bash}\n[ "$1" = -n ] && shift\nexec "$@"\n')
    ended = system.start()
    assert ended.stderr.splitlines() == [
        "Making a virtual environment in .venv/app",
        "Installing python3-venv",
        "Installing libgomp1",
    ]
    assert system.ran() == [
        "apt-get update -qq",
        "apt-get install -y -qq --no-install-recommends python3-venv",
        "venv .venv/app",
        INSTALLS,
        "apt-get update -qq",
        "apt-get install -y -qq --no-install-recommends libgomp1",
        "python -m streamlit run Home.py",
    ]


@pytest.mark.parametrize("apt", [None, APT], ids=["no apt-get", "no sudo"])
def test_without_the_right_to_install_one_line_says_what_to_do(tmp_path, apt):
    system = FakeSystem(tmp_path, has_venv=False)
    if apt is not None:
        system.command("apt-get", apt)
    ended = system.start()
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1] == (
        "Python's venv is missing. Install it and start again: sudo apt-get install python3-venv"
    )
    assert system.ran() == []


def test_without_libgomp_it_starts_and_says_what_will_not_work(tmp_path):
    system = FakeSystem(tmp_path, has_gomp=False)
    ended = system.start()
    assert ended.stderr.splitlines()[-1] == (
        "The model on this machine needs libgomp: sudo apt-get install libgomp1. All other models work without it."
    )
    assert system.ran()[-1] == "python -m streamlit run Home.py"


def test_an_old_python_is_named(tmp_path):
    system = FakeSystem(tmp_path, old_python=True)
    ended = system.start()
    assert ended.returncode == 1
    assert ended.stderr.startswith("Chatkeep needs Python 3.11 or newer; python3 is ")


def test_no_python_is_said(tmp_path):
    system = FakeSystem(tmp_path)
    (system.commands / "python3").unlink()
    ended = system.start()
    assert ended.returncode == 1
    assert ended.stderr == (
        "Chatkeep needs Python 3.11 or newer. Install it (Debian, Ubuntu: apt-get install python3), "
        "or set PYTHON to it.\n"
    )


def test_an_installation_that_was_cut_off_is_begun_anew(tmp_path):
    system = FakeSystem(tmp_path)
    broken = system.home / ".venv" / "app" / "bin"
    broken.mkdir(parents=True)
    (broken / "python").write_text("#!/bin/false\n")
    os.chmod(broken / "python", 0o755)
    assert system.start().returncode == 0
    assert system.ran()[-1] == "python -m streamlit run Home.py"
