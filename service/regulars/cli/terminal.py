"""What every verb shares: results on stdout, everything else on stderr, errors in three lines."""

from __future__ import annotations

import json
import re
import sys
import traceback
from collections.abc import Iterator, Mapping, Sized
from contextlib import contextmanager, redirect_stdout, suppress
from typing import TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    from regulars.errors import RegularsError
    from regulars_connectors.errors import ConnectorError

SCHEMA_VERSION = "1.0"
_MOST_IN_DETAIL = 3
INTERRUPTED = 130
STOPPED_AT_ONCE = (
    "Stopped at once. The store is consistent. The next sync repeats at most one part."
)


@contextmanager
def results_alone() -> Iterator[None]:
    """Send what is printed inside the block to stderr: stdout is for our own results."""
    with redirect_stdout(sys.stderr):
        yield


def print_json(value: Any) -> None:
    """One object on stdout, with the version of its shape."""
    from regulars_connectors.foreign_text import json_lines

    if isinstance(value, dict):
        value = {"schema_version": SCHEMA_VERSION} | value
    click.echo(json_lines(json.dumps(value, ensure_ascii=False, indent=2)))


def echo(text: str, *, nl: bool = True, err: bool = False) -> None:
    """A text on stdout or stderr, with strangers' words in it made harmless."""
    from regulars_connectors.foreign_text import lines

    # What rewrites a line of the terminal is our own.
    start = "\r" if text.startswith("\r") else ""
    click.echo(start + lines(text.removeprefix("\r")), nl=nl, err=err)


def to_the_second(instant: str) -> str:
    """An RFC 3339 instant for people: microseconds are for programs."""
    return re.sub(r"\.\d+(?=Z$)", "", instant)


def fit_in_detail(items: Sized) -> bool:
    """Whether there are so few that each is shown in detail; of more each has a line."""
    return len(items) <= _MOST_IN_DETAIL


def say(text: str, *, quiet: bool = False) -> None:
    """A line for the person, on stderr; a line of the log where that is JSON."""
    from regulars import log

    if quiet:
        return
    if log.is_json():
        log.tell(text)
    else:
        echo(text, err=True)


def say_error(facts: Mapping[str, object]) -> None:
    """An error in its three lines. facts: its code and its sentences, and perhaps more."""
    from regulars import log
    from regulars_connectors.foreign_text import clean

    if log.is_json():
        log.tell_error(str(facts["code"]), str(facts["happened"]))
        return
    shown = {name: clean(str(facts[name])) for name in ("code", "happened", "safe", "to_do")}
    say(f"{shown['code']}: {shown['happened']}\nSafe: {shown['safe']}\nTo do: {shown['to_do']}")


def fail(error: RegularsError | ConnectorError, *, as_json: bool, verbose: bool) -> NoReturn:
    """Say what happened, what is safe and what to do, and end with the error's exit code."""
    from regulars.errors import error_facts, exit_code_of
    from regulars.log import is_json

    code = exit_code_of(error)
    facts = error_facts(error)
    if as_json:
        with suppress(OSError):  # what went wrong may be just this
            print_json({"error": facts | {"exit_code": code}})
    say_error(facts)
    if verbose and not is_json():
        say("".join(traceback.format_exception(error)))
    sys.exit(code)


@contextmanager
def errors_in_words(*, as_json: bool, verbose: bool) -> Iterator[None]:
    """The process edge: every error becomes three lines and an exit code.

    The families of errors are loaded by a verb that runs, not by a command line that only tells
    its version or its verbs.
    """
    from regulars.errors import RegularsError
    from regulars.sync.progress import Interrupted
    from regulars_connectors.errors import ConnectorError

    try:
        yield
    except (RegularsError, ConnectorError) as error:
        fail(error, as_json=as_json, verbose=verbose)
    except (click.ClickException, click.Abort, click.exceptions.Exit):
        raise  # click has words of its own for these
    except BrokenPipeError:
        raise  # nobody reads on, as after `| head`: click ends in silence
    except Interrupted:
        say("Stopped. What was fetched is kept, and the next sync resumes there.")
        sys.exit(INTERRUPTED)
    except KeyboardInterrupt:
        say(STOPPED_AT_ONCE)
        sys.exit(INTERRUPTED)
    except Exception as error:  # noqa: BLE001 - whatever it is, its trace is for --verbose
        fail(_unforeseen(error), as_json=as_json, verbose=verbose)


def _unforeseen(error: Exception) -> RegularsError:
    """An error outside both families. Its own text stays out: it may hold personal data."""
    from regulars.errors import RegularsError, system_error

    unknown = f"Unexpected error ({type(error).__name__})."
    named = system_error(error) or RegularsError(unknown)
    named.__cause__ = error
    return named
