"""Logging, set up in one place: words for a terminal, or one JSON line for each event.

A JSON line holds the fields of ``FIELDS`` and no others. Addresses, keys and query strings are
taken out of its text, a provider's own words are cut off, and an exception shows its kind and its
place in the code, since its text may hold what is somebody's own. Every line of a sync run has the
run's id.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Literal, TextIO

from regulars_connectors.foreign_text import clean, json_lines, lines

LogFormat = Literal["text", "json"]
FIELDS = (
    "time", "level", "logger", "event", "run", "connection", "connector", "stream", "outcome",
    "seconds", "code", "trace",
)  # fmt: skip
"""Every field that a line may have, in this order."""
_FROM_EXTRA = ("connection", "connector", "stream", "outcome", "seconds", "code")
_OWN = ("regulars", "regulars_connectors")
_LONGEST = 500
_run_id: ContextVar[str | None] = ContextVar("run_id", default=None)
_json_lines: list[JsonLines] = []


@contextmanager
def logging_run(run_id: str) -> Iterator[None]:
    """Name the run in every JSON line of this thread while the block runs."""
    token = _run_id.set(run_id)
    try:
        yield
    finally:
        _run_id.reset(token)


class TextLines(logging.Formatter):
    """A message is one line whatever stands in it. Only traces have several."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the library's name
        """The message with its level and its logger, cleaned."""
        return clean(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802
        """The trace, each line cleaned."""
        return lines(super().formatException(ei))


class JsonLines(logging.Formatter):
    """Each record as one line of JSON."""

    def __init__(self) -> None:
        from regulars_connectors.http.redaction import redact
        from regulars_connectors.http.refusals import QUOTE

        super().__init__()
        self._redact: Callable[[str], str] = redact
        self._quote = QUOTE

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON, without a line end."""
        found: dict[str, Any] = {
            "time": _rfc3339(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": self.harmless(record.getMessage()),
            "run": _run_id.get(),
        }
        for name in _FROM_EXTRA:
            value = getattr(record, name, None)
            found[name] = self.harmless(value) if isinstance(value, str) else value
        if record.exc_info and record.exc_info[1] is not None:
            found["trace"] = trace_of(record.exc_info[1])
        present = {name: found[name] for name in FIELDS if found.get(name) is not None}
        return json_lines(json.dumps(present, ensure_ascii=False, default=str))

    def harmless(self, text: str) -> str:
        """The first line of a text, without addresses, keys, queries and a provider's words."""
        first = text.partition("\n")[0].partition(self._quote)[0]
        return self._redact(clean(first[: 4 * _LONGEST]))[:_LONGEST]


class _JsonHandler(logging.StreamHandler[TextIO]):
    """Writes lines. One that cannot be made is told without its text, which may be anything."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Say that a line is missing, instead of printing what it would have held."""
        with suppress(Exception):
            missing = {"level": "error", "logger": record.name, "event": "a line was not written"}
            self.stream.write(json.dumps(missing) + self.terminator)


def trace_of(error: BaseException) -> str:
    """Where an exception arose, the kind of it and of what led to it. No text of theirs."""
    blocks = []
    found: traceback.TracebackException | None = traceback.TracebackException.from_exception(error)
    while found is not None:
        kind = getattr(found.exc_type, "__qualname__", "Exception")
        blocks.append("".join(found.stack.format()) + kind)
        after = None if found.__suppress_context__ else found.__context__
        found = found.__cause__ or after
    return "\n".join(reversed(blocks))


def _rfc3339(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return moment.replace("+00:00", "Z")


def set_up_logging(
    *, verbose: bool, form: LogFormat = "text", stream: TextIO | None = None
) -> None:
    """Log on stderr. Of our own packages: errors, with JSON all that happens, with verbose all.

    stream: where to, in a test.
    """
    target = stream or sys.stderr
    handler = _JsonHandler(target) if form == "json" else logging.StreamHandler(target)
    usual = logging.ERROR
    if form == "json":
        formatter = JsonLines()
        handler.setFormatter(formatter)
        _json_lines[:] = [formatter]
        _catch_what_nobody_catches()
        usual = logging.INFO
    else:
        handler.setFormatter(TextLines("%(levelname)s %(name)s: %(message)s"))
        _json_lines.clear()
    logging.basicConfig(handlers=[handler], force=form == "json")
    logging.getLogger().setLevel(logging.WARNING)
    for name in _OWN:
        logging.getLogger(name).setLevel(logging.DEBUG if verbose else usual)


def is_json() -> bool:
    """Whether stderr holds JSON lines alone."""
    return bool(_json_lines)


def tell(text: str) -> None:
    """Log what the command line would say to a person."""
    for line in text.split("\n"):
        logging.getLogger("regulars.cli").info("%s", line)


def tell_error(code: str, happened: str) -> None:
    """Log the error that ends a command."""
    logging.getLogger("regulars.cli").error("%s", happened, extra={"code": code})


def _catch_what_nobody_catches() -> None:
    """Make JSON lines of warnings, and of exceptions that end a thread."""

    def show(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
        logging.getLogger("py.warnings").warning("%s: %s", category.__name__, message)

    def ended(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            logging.getLogger("regulars").error("a thread ended", exc_info=args.exc_value)

    warnings.showwarning = show
    threading.excepthook = ended
