"""What goes into the log of this process: what happened and where, and nothing that somebody said, has or is.

Whoever writes a line, Chatkeep, Streamlit, the server or a library, it passes through here: an error leaves its kinds
and its places in the code, never its words; of an address the query goes, which holds a conversation's id or a share's
token; owners and ids are cut short. A library that sees words and keys says only from where it spoke.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from streamlit import config

ROOT = Path(__file__).parents[2]
OURS = ("chat", "exchange", "formats", "pages", "store", "ui")
TOLD = (*OURS, "streamlit", "uvicorn", "uvicorn.error")
"""Whose own words go into the log. Others, asyncio among them, put into theirs what they were working at."""
ACCESS = "uvicorn.access"
PLAIN = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
_CUT = 8
"""Characters that are left of an owner or an id: enough to see that two lines are of the same one."""
_LEFT_OUT = "…"
_OWNER = re.compile(r"\b(visitor|account)-([0-9a-f]{32})")
_ID = re.compile(r"\b([0-9a-f]{8})[0-9a-f-]{24,}\b")
_TOKEN = re.compile(r"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{40,}(?![A-Za-z0-9_-])")
_QUERY = re.compile(r"\?[^\s\"'?]+")
_ADDRESS = re.compile(r"[^\s\"<>@,;:()]+@[^\s\"'<>@,;:()]+")
_AFTER = re.compile(r"(/media/|/_stcore/upload_file/)[^\s\"'?]+")
"""What is behind these says which file of whom."""


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, module, event, and where there are any, owner, error and traceback."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "module": record.name,
            "event": record.getMessage(),
        }
        owner = re.search(rf"\b(?:visitor|account)-([0-9a-f]{{{_CUT}}})(?![0-9a-f])", line["event"])
        if owner is not None:
            line["owner"] = owner[1]
        if record.exc_text:
            line["error"], _, line["traceback"] = record.exc_text.partition("\n")
        return json.dumps(line, ensure_ascii=False)


@contextmanager
def clean_logs(*, as_json: bool, secrets: Iterable[str] = ()) -> Iterator[None]:
    """Have every line that is logged meanwhile cleaned; `secrets` are keys that are known, and are written nowhere."""
    root = logging.getLogger()
    make, in_thread, unraisable = logging.getLogRecordFactory(), threading.excepthook, sys.unraisablehook
    handler = None
    if not root.handlers:  # else somebody has said where the lines go
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter(PLAIN))
        root.addHandler(handler)
    levels = {name: logging.getLogger(name).level for name in OURS}
    for name in OURS:
        logging.getLogger(name).setLevel(str(config.get_option("logger.level")).upper())
    known = sorted({secret for secret in secrets if secret}, key=len, reverse=True)

    def cleaned(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = make(*args, **kwargs)
        _clean(record, known)
        if as_json:
            _dress(logging.getLogger(record.name))
        return record

    logging.setLogRecordFactory(cleaned)
    # A colourful traceback would go past the log.
    config.set_option("logger.enableRich", False)
    threading.excepthook = _log_thread
    sys.unraisablehook = _log_unraisable
    try:
        yield
    finally:
        logging.setLogRecordFactory(make)
        threading.excepthook, sys.unraisablehook = in_thread, unraisable
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
        if handler is not None:
            root.removeHandler(handler)


def error_text(error: BaseException) -> str:
    """Return an error without its words: a line of its kind and those of its causes, then where each came from."""
    kinds, places = [], []
    for each in _chain(error):
        kinds.append(type(each).__qualname__)
        places.append(f"{type(each).__qualname__}:")
        places += [f"  {_place(frame)}" for frame in traceback.extract_tb(each.__traceback__)]
        if isinstance(each, SyntaxError) and each.filename:
            places.append(f"  {_short(each.filename)}:{each.lineno}")
    return "\n".join((" from ".join(kinds), *places))


def _chain(error: BaseException) -> list[BaseException]:
    """Return an error and what led to it, the latest first, each once."""
    chain: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop(0)
        if each is None or any(each is seen for seen in chain):
            continue
        chain.append(each)
        if isinstance(each, BaseExceptionGroup):
            waiting += each.exceptions
        waiting.append(each.__cause__ if each.__suppress_context__ else each.__cause__ or each.__context__)
    return chain


def _place(frame: traceback.FrameSummary) -> str:
    return f"{_short(frame.filename)}:{frame.lineno} {frame.name}"


def _short(file_name: str) -> str:
    """Return a file's name from the repository on, or from where libraries are."""
    path = Path(file_name)
    if path.is_relative_to(ROOT) and "site-packages" not in path.parts:
        return path.relative_to(ROOT).as_posix()
    return file_name.replace("\\", "/").rpartition("/site-packages/")[2]


def _clean(record: logging.LogRecord, secrets: list[str]) -> None:
    error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
    record.exc_info = record.stack_info = None
    if error is not None:
        record.exc_text = error_text(error)
    if record.name == ACCESS and isinstance(record.args, tuple) and record.args:
        # Who asked is nobody's business.
        record.args = ("-", *(_scrubbed(each, secrets) for each in record.args[1:]))
    elif not _is_told(record.name):
        record.msg, record.args = f"said something at {_short(record.pathname)}:{record.lineno}", ()
    elif isinstance(record.args, tuple) and record.args:
        record.args = tuple(_scrubbed(each, secrets) for each in record.args)
    elif isinstance(record.args, Mapping) and record.args:
        record.args = {key: _scrubbed(each, secrets) for key, each in record.args.items()}
    else:
        record.msg = _scrubbed(str(record.msg), secrets)


def _is_told(name: str | None) -> bool:
    return name is not None and (name in TOLD or name.partition(".")[0] in (*OURS, "streamlit"))


def _scrubbed(value: object, secrets: list[str]) -> object:
    """Return what a line says of a value; a number is no secret, and a template may want one."""
    if isinstance(value, int | float):
        return value
    text = str(value)
    for secret in secrets:
        text = text.replace(secret, _LEFT_OUT)
    text = _QUERY.sub("", text)
    text = _AFTER.sub(rf"\1{_LEFT_OUT}", text)
    text = _ADDRESS.sub(_LEFT_OUT, text)
    text = _OWNER.sub(lambda found: f"{found[1]}-{found[2][:_CUT]}", text)
    text = _ID.sub(r"\1", text)
    return _TOKEN.sub(_LEFT_OUT, text)


def _dress(logger: logging.Logger) -> None:
    """Have all that writes this logger's lines write JSON. Streamlit gives each of its loggers a handler of its own,
    and a new one when its settings are read again, so this is looked after with every line."""
    current: logging.Logger | None = logger
    while current is not None:
        for handler in current.handlers:
            if isinstance(handler, logging.StreamHandler) and not isinstance(handler.formatter, JsonLines):
                handler.setFormatter(JsonLines())
        current = current.parent if current.propagate else None


def _log_thread(happened: threading.ExceptHookArgs) -> None:
    if happened.exc_type is not SystemExit:
        _log.error("a thread ended by an error", exc_info=happened.exc_value)


def _log_unraisable(happened: sys.UnraisableHookArgs) -> None:
    _log.error("an error came where none could be raised", exc_info=happened.exc_value)


_log = logging.getLogger(__name__)
