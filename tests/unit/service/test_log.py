"""Logs as JSON: one line for each event, the run's id in it, and nothing of anybody."""

from __future__ import annotations

import io
import json
import logging
import sys
import threading
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from regulars.log import FIELDS, JsonLines, is_json, logging_run, set_up_logging, tell, tell_error
from regulars_connectors.errors import AuthenticationFailed
from regulars_connectors.http import quoting

ADDRESS = "canary.reader@example.org"
CANARY = "canary-words-2b7e"
logger = logging.getLogger("regulars.sync.run")


@pytest.fixture
def out(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What is logged as JSON. Afterwards logging is as it was."""
    root = logging.getLogger()
    handlers, taken = list(root.handlers), io.StringIO()
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    set_up_logging(verbose=False, form="json", stream=taken)
    yield taken
    set_up_logging(verbose=False)
    root.handlers[:] = handlers


def lines(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_an_event_is_one_line_with_allowed_fields_alone(out: io.StringIO) -> None:
    with logging_run("run_1"):
        logger.info(
            "run ended",
            extra={"connection": "one", "outcome": "complete", "seconds": 1.5, "email": ADDRESS},
        )
    (line,) = lines(out)
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "info",
        "logger": "regulars.sync.run",
        "event": "run ended",
        "run": "run_1",
        "connection": "one",
        "outcome": "complete",
        "seconds": 1.5,
    }
    assert set(line) <= set(FIELDS)


def test_the_id_is_that_of_the_thread_and_ends_with_the_run(out: io.StringIO) -> None:
    def work(run: str) -> None:
        with logging_run(run):
            logger.info("in %s", run)
        logger.info("outside")

    threads = [threading.Thread(target=work, args=(f"run_{number}",)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = lines(out)
    assert len(found) == 10
    for line in found:
        assert line.get("run") == (
            line["event"].removeprefix("in ") if " " in line["event"] else None
        )


def test_nothing_of_anybody_stands_in_a_line(out: io.StringIO) -> None:
    refused = AuthenticationFailed("The provider refused the key (401).")
    quoting(refused, f"{CANARY} of {ADDRESS}")
    logger.error("odd: %s", refused.happened, extra={"stream": f"{ADDRESS}\nsecond"})
    logger.warning("asked https://api.example.org/x?email=%s&key=%s", ADDRESS, CANARY)
    logger.warning("Authorization: Bearer %s", CANARY)
    logging.getLogger("asyncio").error("never retrieved\nfuture: ValueError('%s')", CANARY)
    try:
        try:
            raise ValueError(f"{CANARY} {ADDRESS}")
        except ValueError as error:
            raise KeyError(ADDRESS) from error
    except KeyError:
        logger.exception("it broke")
    tell(f"Serving for {ADDRESS}")
    tell_error("failed", refused.happened)
    text = out.getvalue()
    for private in (CANARY, ADDRESS, "canary.reader"):
        assert private not in text
    assert len(lines(out)) == 7


def test_a_trace_is_one_field(out: io.StringIO) -> None:
    try:
        try:
            raise ValueError(CANARY)
        except ValueError as error:
            raise LookupError(CANARY) from error
    except LookupError:
        logger.exception("it broke")
    (line,) = lines(out)
    trace = line["trace"]
    assert trace.count("test_log.py") == 2
    assert trace.index("ValueError") < trace.index("LookupError")
    assert CANARY not in trace.replace("raise ValueError(CANARY)", "")


def test_what_moves_a_terminal_is_escaped_and_long_texts_are_cut(out: io.StringIO) -> None:
    logger.error("a\x1b[2Jb\u202e %s", "x" * 5_000)
    (line,) = lines(out)
    assert "\x1b" not in out.getvalue()
    assert len(line["event"]) <= 500


def test_warnings_and_dead_threads_are_lines(out: io.StringIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        showing = warnings.showwarning
        warnings.showwarning = showing
        showing(UserWarning(f"about {ADDRESS}"), UserWarning, "file.py", 1)  # type: ignore[call-arg]

    def die() -> None:
        raise RuntimeError(CANARY)

    hook = threading.excepthook
    try:
        die()
    except RuntimeError:
        kind, value, trace = sys.exc_info()
        assert kind is not None
        hook(threading.ExceptHookArgs((kind, value, trace, None)))
    events = [line["event"] for line in lines(out)]
    assert events == ["UserWarning: about [redacted]", "a thread ended"]
    assert lines(out)[1]["trace"].endswith("RuntimeError")
    assert CANARY not in out.getvalue()


def test_a_line_that_cannot_be_made_is_told_without_its_text(out: io.StringIO) -> None:
    record = logger.makeRecord(logger.name, logging.ERROR, "", 1, "%d people", (ADDRESS,), None)
    ours = [one for one in logging.getLogger().handlers if isinstance(one.formatter, JsonLines)]
    ours[0].handle(record)
    (line,) = lines(out)
    assert line == {
        "level": "error",
        "logger": "regulars.sync.run",
        "event": "a line was not written",
    }


def test_levels(out: io.StringIO) -> None:
    logger.debug("fine")
    logging.getLogger("somebody").info("fine")
    logger.info("told")
    logging.getLogger("somebody").warning("told")
    assert [line["event"] for line in lines(out)] == ["told", "told"]


def test_text_is_as_before() -> None:
    assert not is_json()
