"""The action that forgets a person, in two entries, both without personal data.

``person_forgotten`` says whom to keep out, by keyed digests, and for which publications. From then
on no pull lets them in. ``person_erased`` names the history files that were rewritten, and ends the
action. One that was begun and is not ended is finished when the store is opened next.

``forgetting_lifted`` lets somebody in again who came back of their own will: its keys keep nobody
out from then on. What was erased stays erased.
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

FORGOTTEN, LIFTED = "person_forgotten", "forgetting_lifted"


class ForgetAction(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to keep out. action: its own id, the receipt's number. publications: their short names
    then. keys: digests of addresses, subscriptions and answers (``forgotten_keys``). nothing_held:
    whether the store held nothing of them, so that there is nothing to erase. lifts: whether it
    ends the keeping out, instead."""

    action: str
    at: Instant
    publications: tuple[str, ...]
    keys: tuple[str, ...]
    nothing_held: bool = False
    lifts: bool = False

    def facts(self) -> dict[str, Any]:
        """Its entry in the journal."""
        facts: dict[str, Any] = msgspec.to_builtins(self)
        del facts["lifts"]
        return {"kind": LIFTED if self.lifts else FORGOTTEN} | facts


def new_action(
    at: Instant,
    publications: Iterable[str],
    keys: Iterable[str],
    *,
    nothing_held: bool = False,
    lifts: bool = False,
) -> ForgetAction:
    """An action with an id of its own."""
    return ForgetAction(
        action=f"{'lft' if lifts else 'fgt'}_{secrets.token_hex(8)}",
        at=at,
        publications=tuple(sorted(set(publications))),
        keys=tuple(sorted(set(keys))),
        nothing_held=nothing_held or lifts,
        lifts=lifts,
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
    """Every action once, in their order, with the present names of its publications."""
    found = [
        (entry.number, _action_of(entry))
        for kind in (FORGOTTEN, LIFTED)
        for entry in journal.entries_of(kind)
    ]
    if not found:
        return []
    found.sort(key=lambda one: one[0])
    for renamed in journal.entries_of(RENAMED, found[0][0]):
        found = [
            (number, _renamed(action, renamed) if number < renamed.number else action)
            for number, action in found
        ]
    # One may stand there twice (``erasure.keep_last_entry``).
    return list({action.action: action for _, action in found}.values())


def keys_in_force(journal: Journal, publications: Iterable[str] | None = None) -> set[str]:
    """The keys that keep somebody out of one of these publications, or of any."""
    wanted = None if publications is None else set(publications)
    found: set[tuple[str, str]] = set()
    for action in actions_in(journal):
        pairs = {(name, key) for name in action.publications for key in action.keys}
        found = found - pairs if action.lifts else found | pairs
    return {key for name, key in found if wanted is None or name in wanted}


def pending_actions(journal: Journal) -> list[ForgetAction]:
    """Acts that were begun and are not ended."""
    actions = actions_in(journal)
    ended = {entry.facts["action"] for entry in journal.entries_of(ERASED)} if actions else set()
    return [action for action in actions if action.action not in ended and not action.nothing_held]


def do_nothing(_cursor: duckdb.DuckDBPyConnection, _entry: Entry) -> None:
    """Such entries leave tables as they are: the database is made anew from the files that stay."""


def _action_of(entry: Entry) -> ForgetAction:
    action = convert_entry(entry.facts, ForgetAction)
    return msgspec.structs.replace(action, lifts=entry.kind == LIFTED)


def _renamed(action: ForgetAction, renamed: Entry) -> ForgetAction:
    before, after = renamed.facts["publication"], renamed.facts["to"]
    names = (after if name == before else name for name in action.publications)
    return msgspec.structs.replace(action, publications=tuple(names))
