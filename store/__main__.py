"""`python -m store backup | restore | check | repair | owners`: looks after a data folder, while the app runs or not.

Prints titles and names of files, never words of a conversation. Ends with 0 where all is well, 1 where there are
problems to look at, 2 where it could not do what was asked.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC
from pathlib import Path

from chat.libraries import not_installed
from chat.providers.local.library import trouble
from chat.terminal import shown
from chat.version import VERSION
from store import DEFAULT_URL, keeping_of, people_in
from store.conversations import StoreError
from store.keeping import OUT_OF_REACH, Keeping, Restored
from store.people import Person

FINE, PROBLEMS, CANNOT = 0, 1, 2
OWNERS_HEAD = ("owner", "conversations", "in trash", "bytes", "shares", "last seen")


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments say, and return how it ended."""
    asked = _parser().parse_args(arguments)
    if (missing := not_installed()) is not None:
        print(missing, file=sys.stderr)
        return CANNOT
    try:
        if asked.verb == "owners":
            return _owners(asked.store, asked.json)
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


def _owners(url: str, as_json: bool) -> int:
    with people_in(url) as people:
        everybody = people.everybody()
    if as_json:
        print(json.dumps([_as_record(each) for each in everybody], indent=2))
        return FINE
    rows = [_as_row(each) for each in everybody]
    widths = [max(map(len, column)) for column in zip(OWNERS_HEAD, *rows, strict=True)]
    for owner, *numbers, last_seen in (OWNERS_HEAD, *rows) if rows else ():
        aligned = (number.rjust(width) for number, width in zip(numbers, widths[1:-1], strict=True))
        print("  ".join([owner.ljust(widths[0]), *aligned, last_seen]))
    print(f"{_count(len(rows), 'owner')}. Chatkeep {VERSION}.")
    return FINE


def _as_record(person: Person) -> dict[str, str | int | None]:
    last_seen = None if person.last_seen is None else person.last_seen.isoformat()
    return dataclasses.asdict(person) | {"last_seen": last_seen}


def _as_row(person: Person) -> tuple[str, ...]:
    numbers = person.conversations, person.in_trash, person.bytes, person.shares
    last_seen = "-" if person.last_seen is None else f"{person.last_seen.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return shown(person.owner), *(f"{number:,}" for number in numbers), last_seen


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
    parser.add_argument("--version", action="version", version=f"Chatkeep {VERSION}")
    verbs = parser.add_subparsers(dest="verb", metavar="backup | restore | check | repair | owners", required=True)
    backup = verbs.add_parser("backup", help="put every conversation into one zip")
    backup.add_argument("file", metavar="FILE", nargs="?", type=Path, help="default: a new one, in the data folder")
    restore = verbs.add_parser("restore", help="add what a backup has and the store does not; overwrites nothing")
    restore.add_argument("file", metavar="FILE", type=Path)
    verbs.add_parser("check", help="name everything that is damaged, orphaned or out of place")
    verbs.add_parser("repair", help="put that right; what is changed is kept in a backup first")
    owners = verbs.add_parser("owners", help="list whose conversations are kept, in numbers; never a word of one")
    owners.add_argument("--json", action="store_true", help="as JSON, for programs")
    return parser


if __name__ == "__main__":
    sys.exit(main())
