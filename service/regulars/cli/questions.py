"""What `regulars init` asks, and what its command line answered already."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import click

from .terminal import say

T = TypeVar("T")
HOW_MANY = 6


@dataclass(slots=True)
class Wishes:
    """What the command line gave. What is None or empty is asked or guessed.

    given: settings of the connector. replies, addresses, mail: where replies arrive, the writer's
    own addresses, and settings of the connector that reads the letters.
    """

    connector: str | None
    publications: tuple[str, ...]
    every: bool
    time_zone: str | None
    folder: str | None
    given: dict[str, str]
    ask: bool
    replies: str | None = None
    addresses: tuple[str, ...] = ()
    mail: dict[str, str] = field(default_factory=dict)


def given_or_asked(
    wishes: Wishes,
    given: str | None,
    number: int,
    question: str,
    usual: str | None,
    check: Callable[[str], T],
) -> T:
    """What was given, checked once; else what is typed, asked again until it is valid."""
    if given is not None:
        return check(given)
    if wishes.ask:
        return ask(number, question, usual, check)
    if usual is None:
        raise missing("--connector NAME")
    return check(usual)


def missing(needed: str) -> Exception:
    """The error for a script that lacks an option."""
    from regulars.errors import UsageWrong

    return UsageWrong(f"--no-input needs {needed}.", to_do="See `regulars init --help`.")


def ask(
    number: int,
    question: str,
    usual: str | None,
    check: Callable[[str], T],
    *,
    hidden: bool = False,
) -> T:
    """What is typed, asked again until ``check`` takes it."""
    from regulars.errors import RegularsError

    while True:
        answer = click.prompt(
            f"{number} of {HOW_MANY}  {question}", default=usual, hide_input=hidden, err=True
        )
        try:
            return check(str(answer).strip())
        except RegularsError as error:
            say(error.happened)
