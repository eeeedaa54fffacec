"""The command line, `python -m exchange import | export`: what is too large or too much for a browser.

It runs while the app runs or without it. Ends with 0 where something was read or written, 1 where nothing could be, 2
for wrong words, 130 for Ctrl+C. What it found and did goes to the standard output, problems and the progress bar to the
standard error output.
"""

from __future__ import annotations

import argparse
import codecs
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from chat.owner import PERSONAL
from chat.terminal import shown
from chat.version import VERSION
from exchange.shell import exporting, importing
from formats.exports import EXPORT_FORMATS
from store import DEFAULT_URL, keeping_of, open_store
from store.conversations import StoreError

FINE, NOTHING, WRONG_WORDS, STOPPED = 0, 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments say, and return how it ended."""
    asked = _parser().parse_args(arguments)
    try:
        keeping_of(asked.store)
    except StoreError as error:
        print(shown(str(error)), file=sys.stderr)
        return WRONG_WORDS
    try:
        is_done = _done(asked)
        sys.stdout.flush()
        return FINE if is_done else NOTHING
    except StoreError as error:
        print(shown(str(error)), file=sys.stderr)
        return NOTHING
    except KeyboardInterrupt:
        print("Cancelled.", file=sys.stderr)
        return STOPPED
    except BrokenPipeError:  # whoever read the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOTHING


def _done(asked: argparse.Namespace) -> bool:
    store = open_store(asked.store)
    try:
        store.wait_until_ready()  # lists and searches know everything then
        if asked.verb == "import":
            return importing.run(
                store,
                asked.owner,
                asked.files,
                dry_run=asked.dry_run,
                details=asked.details,
                encoding=asked.encoding or "",
            )
        return exporting.run(store, asked.owner, asked.format, asked.find, asked.output)
    finally:
        store.close()


def _owner(text: str) -> str:
    if not text:
        raise argparse.ArgumentTypeError("an owner has a name")
    return text


def _encoding(text: str) -> str:
    try:
        "a".encode(text)  # what is no encoding of text, such as base64, is not found by this
        return codecs.lookup(text).name
    except (LookupError, UnicodeError) as error:
        raise argparse.ArgumentTypeError(f"{text} is not known") from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m exchange",
        description="Bring conversations in and take them out, while Chatkeep runs or without it.",
    )
    parser.add_argument("--version", action="version", version=f"Chatkeep {VERSION}")
    verbs = parser.add_subparsers(dest="verb", metavar="import | export", required=True)
    bring_in = verbs.add_parser("import", help="add what files of this and other products have; overwrites nothing")
    bring_in.add_argument("files", metavar="FILE", nargs="+", type=Path)
    bring_in.add_argument("--dry-run", action="store_true", help="only say what an import would do")
    bring_in.add_argument("--details", action="store_true", help="name the conversations that something is left out of")
    bring_in.add_argument(
        "--encoding", metavar="NAME", type=_encoding, help="of files that are not Unicode, such as cp1252"
    )
    take_out = verbs.add_parser("export", help="write conversations into one file")
    take_out.add_argument(
        "--format",
        choices=[form.name for form in EXPORT_FORMATS],
        default=EXPORT_FORMATS[0].name,
        help=f"default: {EXPORT_FORMATS[0].name}, which keeps everything and comes back through import",
    )
    take_out.add_argument(
        "--find",
        metavar="QUERY",
        default="",
        help="only what this search finds, as on the History page; days are those of this machine",
    )
    take_out.add_argument(
        "--output", metavar="FILE", help="- is the standard output (default: a new file, named by the day)"
    )
    for verb in (bring_in, take_out):
        verb.add_argument(
            "--owner", metavar="NAME", type=_owner, default=PERSONAL.id, help=f"whose (default: {PERSONAL.id})"
        )
        verb.add_argument(
            "--store",
            metavar="URL",
            default=os.environ.get("STORE_URL") or DEFAULT_URL,
            help=f"where conversations are kept (default: STORE_URL, else {DEFAULT_URL})",
        )
    return parser
