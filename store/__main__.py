"""`python -m store backup | restore | check | repair`: looks after a data folder, while the app runs or without it.

Prints titles and names of files, never words of a conversation. Ends with 0 where all is well, 1 where there are
problems to look at, 2 where it could not do what was asked.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from chat.libraries import not_installed
from chat.providers.local.library import trouble
from chat.terminal import shown
from store import DEFAULT_URL, keeping_of
from store.conversations import StoreError
from store.keeping import OUT_OF_REACH, Keeping, Restored

FINE, PROBLEMS, CANNOT = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments say, and return how it ended."""
    asked = _parser().parse_args(arguments)
    if (missing := not_installed()) is not None:
        print(missing, file=sys.stderr)
        return CANNOT
    try:
        keeping = keeping_of(asked.store)
        match asked.verb:
            case "backup":
                return _backup(keeping, asked.file)
            case "restore":
                return _restore(keeping, asked.file)
            case "check":
                return _check(keeping)
            case _:
                return _repair(keeping)
    except StoreError as error:
        print(shown(str(error)), file=sys.stderr)
        return CANNOT


def _backup(keeping: Keeping, target: Path | None) -> int:
    made = keeping.back_up(target)
    print(shown(f"{_conversations(made.conversations)} in {made.path} ({made.size:,} bytes)."))
    if made.visitors:
        print(f"Visitors' conversations are among them: {made.visitors:,}.")
    if made.set_aside:
        print(f"Damaged files that had been set aside are in it too: {made.set_aside:,}.")
    for name in made.unreadable:
        print(shown(f"{name}: could not be read, so it is not in the backup."))
    if not made.is_in_reach:
        print(OUT_OF_REACH)
    return PROBLEMS if made.unreadable else FINE


def _restore(keeping: Keeping, file: Path) -> int:
    done = keeping.restore(file)
    for line in _restored(done):
        print(shown(line))
    return PROBLEMS if done.skipped else FINE


def _check(keeping: Keeping) -> int:
    report = keeping.check()
    print(f"{_conversations(report.conversations)}, {_count(report.messages, 'message')}.", end=" ")
    print(f"{_count(report.backups, 'backup')}.")
    for finding in report.findings:
        print(shown(f"{'Problem' if finding.is_problem else 'Note'}: {finding}."))
    if (lacks := trouble()) is not None:
        print(shown(f"Note: {lacks}"))
    print(f"{_count(len(report.problems), 'problem')}." if report.problems else "No problems.")
    return PROBLEMS if report.problems else FINE


def _repair(keeping: Keeping) -> int:
    done = 0
    for line in keeping.repair():
        print(shown(line), flush=True)
        done += 1
    left = keeping.check().problems
    for finding in left:
        print(shown(f"Left: {finding}."))
    if not done and not left:
        print("Nothing to repair.")
    return PROBLEMS if left else FINE


def _restored(done: Restored) -> Iterator[str]:
    added = f"{_count(done.messages, 'message')} added"
    yield f"{_conversations(done.new)} new, {done.grown:,} grown, {done.here:,} here already; {added}."
    if done.in_trash:
        yield f"New ones that were in the trash, and are again: {done.in_trash:,}."
    if done.mended:
        yield f"Put right on the way, as repair does: {done.mended:,}."
    if done.preferences:
        yield f"Owners whose preferences came back: {done.preferences:,}."
    if done.set_aside:
        yield f"Files that were damaged when the backup was made, and stay in it: {done.set_aside:,}."
    for differing in done.differing:
        messages = _count(len(differing.message_ids), "message")
        yield f"{differing.conversation_id} ({differing.title}): {messages} with other words in the backup; yours stay."
    for name, reason in done.skipped:
        yield f"{name}: {reason}; skipped."


def _conversations(count: int) -> str:
    return _count(count, "conversation")


def _count(count: int, one: str) -> str:
    return f"{count:,} {one}{'' if count == 1 else 's'}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m store",
        description="Look after a data folder, while Chatkeep runs or without it.",
        epilog=OUT_OF_REACH,
    )
    parser.add_argument(
        "--store",
        metavar="URL",
        default=os.environ.get("STORE_URL") or DEFAULT_URL,
        help=f"the data folder (default: STORE_URL, else {DEFAULT_URL})",
    )
    verbs = parser.add_subparsers(dest="verb", metavar="backup | restore | check | repair", required=True)
    backup = verbs.add_parser("backup", help="put every conversation into one zip")
    backup.add_argument("file", metavar="FILE", nargs="?", type=Path, help="default: a new one, in the data folder")
    restore = verbs.add_parser("restore", help="add what a backup has and the store does not; overwrites nothing")
    restore.add_argument("file", metavar="FILE", type=Path)
    verbs.add_parser("check", help="name everything that is damaged, orphaned or out of place")
    verbs.add_parser("repair", help="put that right; what is changed is kept in a backup first")
    return parser


if __name__ == "__main__":
    sys.exit(main())
