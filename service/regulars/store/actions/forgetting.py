"""The action that forgets a person, in two entries, both without personal data.

``person_forgotten`` says whom to keep out, by keyed digests, and for which publications. From then
on no pull lets them in. ``person_erased`` names the history files that were rewritten, and ends the
action. One that was begun and is not ended is finished when the store is opened next.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from regulars_connectors.instants import Instant

from ..journal import Entry, Journal
from ..journal_records import convert_entry
from .publications import RENAMED
from .replaced import ERASED, File

if TYPE_CHECKING:
    import duckdb

FORGOTTEN = "person_forgotten"


class ForgetAction(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to keep out. action: its own id, the receipt's number. publications: their short names
    then. keys: digests of addresses, subscriptions and answers (``forgotten_keys``). nothing_held:
    whether the store held nothing of them, so that there is nothing to erase."""

    action: str
    at: Instant
    publications: tuple[str, ...]
    keys: tuple[str, ...]
    nothing_held: bool = False

    def facts(self) -> dict[str, Any]:
        """Its entry in the journal."""
        facts: dict[str, Any] = msgspec.to_builtins(self)
        return {"kind": FORGOTTEN} | facts


def new_action(
    at: Instant, publications: Iterable[str], keys: Iterable[str], *, nothing_held: bool = False
) -> ForgetAction:
    """An action with an id of its own."""
    return ForgetAction(
        action=f"fgt_{secrets.token_hex(8)}",
        at=at,
        publications=tuple(sorted(set(publications))),
        keys=tuple(sorted(set(keys))),
        nothing_held=nothing_held,
    )


def erased_facts(
    action: ForgetAction, at: Instant, replaced: Sequence[tuple[str, File | None]]
) -> Any:
    """The entry that ends an action. replaced: paths of old files, each with its successor."""
    return {
        "kind": ERASED,
        "at": at,
        "action": action.action,
        "replaced": [{"path": path, "by": by} for path, by in replaced],
    }


def actions_in(journal: Journal) -> list[ForgetAction]:
    """Every action once, with the present names of its publications."""
    found = [(entry.number, _action_of(entry)) for entry in journal.entries_of(FORGOTTEN)]
    if not found:
        return []
    for renamed in journal.entries_of(RENAMED, found[0][0]):
        found = [
            (number, _renamed(action, renamed) if number < renamed.number else action)
            for number, action in found
        ]
    # One may stand there twice (``erasure.keep_last_entry``).
    return list({action.action: action for _, action in found}.values())


def pending_actions(journal: Journal) -> list[ForgetAction]:
    """Acts that were begun and are not ended."""
    actions = actions_in(journal)
    ended = {entry.facts["action"] for entry in journal.entries_of(ERASED)} if actions else set()
    return [action for action in actions if action.action not in ended and not action.nothing_held]


def do_nothing(_cursor: duckdb.DuckDBPyConnection, _entry: Entry) -> None:
    """Such entries leave tables as they are: the database is made anew from the files that stay."""


def _action_of(entry: Entry) -> ForgetAction:
    return convert_entry(entry.facts, ForgetAction)


def _renamed(action: ForgetAction, renamed: Entry) -> ForgetAction:
    before, after = renamed.facts["publication"], renamed.facts["to"]
    names = (after if name == before else name for name in action.publications)
    return msgspec.structs.replace(action, publications=tuple(names))
