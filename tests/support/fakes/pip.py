"""Stands in for pip: `python fake_pip.py CONTROL download … --dest FOLDER …`. What it does is in CONTROL/mode.

`ok` writes half of CONTROL/wheel, waits for CONTROL/go, then delivers it. `hang` writes half, starts a process of its
own, and waits for ever. `fail` says CONTROL/stderr and fails. Each run adds a line to CONTROL/runs.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def main() -> None:
    control, dest = Path(sys.argv[1]), Path(sys.argv[sys.argv.index("--dest") + 1])
    with (control / "runs").open("a") as runs:
        print(" ".join(sys.argv[2:]), file=runs)
    mode = (control / "mode").read_text()
    if mode == "fail":
        sys.exit((control / "stderr").read_text())
    wheel = (control / "wheel").read_bytes()
    partial = Path(tempfile.mkdtemp()) / "tiny.whl"
    partial.write_bytes(wheel[: len(wheel) // 2])
    if mode == "hang":
        helper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"])
        (control / "pids.part").write_text(f"{os.getpid()} {helper.pid}")
        (control / "pids.part").replace(control / "pids")
    while mode == "hang" or not (control / "go").exists():
        time.sleep(0.01)
    partial.write_bytes(wheel)
    shutil.move(partial, dest / partial.name)


if __name__ == "__main__":
    main()
