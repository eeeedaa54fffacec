"""What goes into the log, whoever writes it: what happened and where, nothing that somebody said, has or is."""

import gc
import io
import json
import logging
import threading

import pytest

from chat.owner import visitor_of
from store.conversations import StoreError
from ui.web.logs import PLAIN, clean_logs, error_text

WORDS = "marked words"
KEY = "sk-marked-key"
TOKEN = "Dq3v_0aYv2Jm-6sT9kXh4LwZ8bR1cNfE5gUoPiQyHtA"
VISITOR = visitor_of(TOKEN).id
CONVERSATION = "0123456789abcdef" * 2


@pytest.fixture
def lines(monkeypatch):
    """Return what each logger of a test writes, line by line."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    loggers = [logging.getLogger(name) for name in ("ui.test", "streamlit.test", "openai.test", "uvicorn.access")]
    before = [(logger.handlers, logger.propagate, logger.level) for logger in loggers]
    for logger in loggers:
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(logging.DEBUG)
    yield lambda: out.getvalue().splitlines()
    for logger, (handlers, propagate, level) in zip(loggers, before, strict=True):
        logger.handlers, logger.propagate = handlers, propagate
        logger.setLevel(level)


def fail():
    try:
        raise KeyError(WORDS)
    except KeyError as error:
        raise ValueError(f"{WORDS} {KEY}") from error


def test_error_leaves_its_kinds_and_places_and_none_of_its_words(lines):
    with clean_logs(as_json=False):
        try:
            fail()
        except ValueError:
            logging.getLogger("ui.test").exception("it failed")
    first, kinds, *places = lines()
    assert (first, kinds) == ("ERROR ui.test: it failed", "ValueError from KeyError")
    here = "tests/ui/web/test_logs.py:"
    assert [place.partition(here)[1:2] + tuple(place.split()[1:]) for place in places] == [
        ("",),
        (here, "test_error_leaves_its_kinds_and_places_and_none_of_its_words"),
        (here, "fail"),
        ("",),
        (here, "fail"),
    ]


def test_kinds_of_a_group_and_of_a_script_that_cannot_be_read():
    group = ExceptionGroup(WORDS, [StoreError(WORDS), OSError(WORDS)])
    assert error_text(group).partition("\n")[0] == "ExceptionGroup from StoreError from OSError"
    with pytest.raises(SyntaxError) as caught:
        compile("def marked(", "/somewhere/site-packages/thing/x.py", "exec")
    assert error_text(caught.value).splitlines()[-1] == "  thing/x.py:1"
    circle = ValueError(WORDS)
    circle.__context__ = circle
    assert error_text(circle) == "ValueError\nValueError:"


@pytest.mark.parametrize(
    ("said", "written"),
    [
        (f"asked for /?c={CONVERSATION}", "asked for /"),
        (f"http://a.example/?share={TOKEN}&x=1 was opened", "http://a.example/ was opened"),
        (f"token {TOKEN}.", "token …."),
        (f"of {VISITOR}", f"of {VISITOR[:16]}"),
        (f"{CONVERSATION}.json was set aside", "01234567.json was set aside"),
        ("session c7930c43-32e8-4547-a3f1-29594f9888c0", "session c7930c43"),
        ("ann.o'hara@example.org came in", "… came in"),
        (f"GET /media/{'ab' * 28}.json", "GET /media/…"),
        (f"with {KEY}", "with …"),
        ("3 of 10 answers, what? Nothing 2026-11-26", "3 of 10 answers, what? Nothing 2026-11-26"),
    ],
)
def test_what_says_who_or_whose_is_cut_out_of_every_line_in_the_template_and_in_its_values(lines, said, written):
    with clean_logs(as_json=False, secrets=(KEY,)):
        logging.getLogger("ui.test").warning(said)
        logging.getLogger("streamlit.test").warning("%s", ValueError(said))
        logging.getLogger("ui.test").warning("%(what)s", {"what": said})
    assert lines() == [f"WARNING {name}: {written}" for name in ("ui.test", "streamlit.test", "ui.test")]


def test_numbers_stay_numbers(lines):
    with clean_logs(as_json=False):
        logging.getLogger("ui.test").info("%d of %.1f", 3, 4.5)
    assert lines() == ["INFO ui.test: 3 of 4.5"]


def test_library_that_sees_words_and_keys_says_only_from_where_it_spoke(lines):
    with clean_logs(as_json=False):
        logging.getLogger("openai.test").debug("Request options: %s", {"messages": WORDS, "key": KEY})
    (line,) = lines()
    assert line.startswith("DEBUG openai.test: said something at tests/ui/web/test_logs.py:")


def test_access_line_names_neither_who_asked_nor_for_what_exactly(lines):
    with clean_logs(as_json=False):
        values = ("203.0.113.9:4711", "GET", f"/?c={CONVERSATION}", "1.1", 200)
        logging.getLogger("uvicorn.access").info('%s - "%s %s HTTP/%s" %d', *values)
    assert lines() == ['INFO uvicorn.access: - - "GET / HTTP/1.1" 200']


def test_json_has_one_object_a_line(lines):
    with clean_logs(as_json=True):
        logging.getLogger("ui.test").info("a visit of %s", VISITOR)
        try:
            fail()
        except ValueError as error:
            logging.getLogger("streamlit.test").error("Uncaught app execution", exc_info=error)
    first, second = (json.loads(line) for line in lines())
    for each in (first, second):
        assert each.pop("time")
    assert first == {
        "level": "info",
        "module": "ui.test",
        "event": f"a visit of {VISITOR[:16]}",
        "owner": VISITOR[8:16],
    }
    assert second.pop("traceback").startswith("ValueError:\n  tests/ui/web/test_logs.py:")
    assert second == {
        "level": "error",
        "module": "streamlit.test",
        "event": "Uncaught app execution",
        "error": "ValueError from KeyError",
    }


class FailsAtItsEnd:
    def __del__(self):
        raise ValueError(WORDS)


def test_error_of_a_thread_or_where_none_can_be_raised_goes_through_the_log_too(caplog, capsys):
    with clean_logs(as_json=False):
        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()
        FailsAtItsEnd()
        gc.collect()
    said = [(record.getMessage(), record.exc_text.partition("\n")[0]) for record in caplog.records]
    assert said == [
        ("a thread ended by an error", "ValueError from KeyError"),
        ("an error came where none could be raised", "ValueError"),
    ]
    assert WORDS not in capsys.readouterr().err


def test_all_is_as_before_afterwards():
    before = (logging.getLogRecordFactory(), threading.excepthook, logging.getLogger("chat").level)
    with clean_logs(as_json=True):
        assert logging.getLogRecordFactory() is not before[0]
    assert (logging.getLogRecordFactory(), threading.excepthook, logging.getLogger("chat").level) == before


def test_plain_line_has_time_level_and_module():
    record = logging.makeLogRecord({"msg": "it is so", "name": "ui.test", "levelname": "INFO", "created": 0.0})
    assert logging.Formatter(PLAIN).format(record).endswith("INFO    ui.test: it is so")
