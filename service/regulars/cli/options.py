"""NAME=VALUE on the command line: spelled --set, wherever a verb takes any."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def set_option(words: str) -> Callable[[F], F]:
    """The option; the verb gets ``pairs``, for ``values_of``."""
    return click.option(
        "--set", "pairs", multiple=True, metavar="NAME=VALUE", help=f"{words} May be repeated."
    )


def values_of(pairs: Iterable[str], option: str = "--set") -> dict[str, str]:
    """The values by name. Raises UsageWrong for a malformed pair, or a name given twice."""
    from regulars.errors import UsageWrong

    values: dict[str, str] = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        example = "state=regular" if option == "--set" else "user=ada"
        if not sign or not name:
            raise UsageWrong(
                # A word without = may be a secret, so the message leaves it out.
                f"{option} needs NAME=VALUE: one of yours lacks the name or the =.",
                to_do=f"Write it as in {option} {example}.",
            )
        if name in values:
            raise UsageWrong(f"{option} gives {name} twice.", to_do="Give it once.")
        values[name] = value
    return values
