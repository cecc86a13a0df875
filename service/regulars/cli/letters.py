"""regulars letters: say what becomes of letters, or who wrote them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from regulars_connectors.plural import pluralize

from .context import Call, own_store, verb
from .terminal import print_json, say

if TYPE_CHECKING:
    from datetime import datetime

_ACTIONS = ("rest", "later", "answered", "person", "machine")


@click.command(short_help="Let letters rest, put them off, or say who wrote them.")
@click.argument("action", type=click.Choice(_ACTIONS), metavar="ACT")
@click.argument("letter_ids", nargs=-1, required=True, metavar="ID...")
@click.option("--publication", required=True, metavar="NAME", help="Short name of the newsletter.")
@click.option("--until", metavar="DATE", help="With later: day or instant (UTC) to wait again.")
@verb
def letters(
    call: Call, action: str, letter_ids: tuple[str, ...], publication: str, until: str | None
) -> None:
    """Say what becomes of letters: ACT is rest, later, answered, person or machine.

    rest: it needs no answer. later: it waits again from --until on. answered: you answered
    elsewhere. person and machine: who wrote it, where Regulars is wrong. The last word on a letter
    counts. You find the ids in `regulars report waiting`.

    \b
    Examples:
      regulars letters rest 6d825709ba2f9cae489d550fd1639c71 --publication field-notes
      regulars letters later 6d825709ba2f9cae489d550fd1639c71 --publication field-notes \\
        --until 2026-12-24
    """
    settings = call.settings()
    moment = None if until is None else _instant(until)
    server = call.server(settings)
    if server is not None:
        changed = server.say_of_letters(publication, list(letter_ids), action, moment)
    else:
        changed = _said(call, publication, letter_ids, action, moment)
    if call.as_json:
        print_json({"changed": changed})
        return
    say(f"{pluralize(changed, 'letter')} changed.", quiet=call.quiet)


def _said(
    call: Call,
    publication: str,
    letter_ids: tuple[str, ...],
    action: str,
    until: datetime | None,
) -> int:
    from typing import cast

    from regulars.clock import system_clock
    from regulars.errors import NothingHere
    from regulars.store.actions.letters import LetterAction, say_of_letters
    from regulars_connectors.instants import from_datetime

    with own_store(call, call.settings(), "letters") as store:
        if store is None:
            raise NothingHere("There are no letters yet.", to_do="Import or sync some first.")
        return say_of_letters(
            store,
            publication,
            letter_ids,
            cast("LetterAction", action),
            at=system_clock(),
            until=None if until is None else from_datetime(until),
        )


def _instant(text: str) -> datetime:
    from regulars.errors import UsageWrong
    from regulars_connectors.instants import from_iso, to_datetime

    try:
        return to_datetime(from_iso(text))
    except ValueError:
        raise UsageWrong(
            f"--until is no date: {text[:60]!r}.",
            to_do="Write it like --until 2026-12-24 or --until 2026-12-24T08:00:00Z.",
        ) from None


COMMANDS = {"letters": letters}
