"""The act that forgets a person, in two entries, both without personal data.

``person_forgotten`` says whom to keep out, by keyed digests, and for which publications. From then
on no pull lets them in. ``person_erased`` names the history files that were rewritten, and ends the
act. One that was begun and is not ended is finished when the store is opened next.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from regulars_connectors.instants import Instant

from ..journal import Entry, Journal
from .publications import RENAMED
from .replaced import ERASED, File

if TYPE_CHECKING:
    import duckdb

FORGOTTEN = "person_forgotten"


class ForgetAct(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to keep out. act: its own id, the receipt's number. publications: their short names
    then. keys: digests of addresses, subscriptions and answers (``forgotten_keys``). nothing_held:
    whether the store held nothing of them, so that there is nothing to erase."""

    act: str
    at: Instant
    publications: tuple[str, ...]
    keys: tuple[str, ...]
    nothing_held: bool = False

    def facts(self) -> dict[str, Any]:
        """Its entry in the journal."""
        facts: dict[str, Any] = msgspec.to_builtins(self)
        return {"kind": FORGOTTEN} | facts


def new_act(
    at: Instant, publications: Iterable[str], keys: Iterable[str], *, nothing_held: bool = False
) -> ForgetAct:
    """An act with an id of its own."""
    return ForgetAct(
        act=f"fgt_{secrets.token_hex(8)}",
        at=at,
        publications=tuple(sorted(set(publications))),
        keys=tuple(sorted(set(keys))),
        nothing_held=nothing_held,
    )


def erased_facts(act: ForgetAct, at: Instant, replaced: Sequence[tuple[str, File | None]]) -> Any:
    """The entry that ends an act. replaced: paths of old files, each with its successor."""
    return {
        "kind": ERASED,
        "at": at,
        "act": act.act,
        "replaced": [{"path": path, "by": by} for path, by in replaced],
    }


def acts_in(journal: Journal) -> list[ForgetAct]:
    """Every act, with the present names of its publications."""
    found = [(entry.number, _act_of(entry)) for entry in journal.entries_of(FORGOTTEN)]
    if not found:
        return []
    for renamed in journal.entries_of(RENAMED, found[0][0]):
        found = [
            (number, _renamed(act, renamed) if number < renamed.number else act)
            for number, act in found
        ]
    return [act for _, act in found]


def pending_acts(journal: Journal) -> list[ForgetAct]:
    """Acts that were begun and are not ended."""
    acts = acts_in(journal)
    ended = {entry.facts["act"] for entry in journal.entries_of(ERASED)} if acts else set()
    return [act for act in acts if act.act not in ended and not act.nothing_held]


def do_nothing(_cursor: duckdb.DuckDBPyConnection, _entry: Entry) -> None:
    """Both entries leave tables as they are: the database is made anew from the files that stay."""


def _act_of(entry: Entry) -> ForgetAct:
    return msgspec.convert(entry.facts, ForgetAct)


def _renamed(act: ForgetAct, renamed: Entry) -> ForgetAct:
    before, after = renamed.facts["publication"], renamed.facts["to"]
    names = (after if name == before else name for name in act.publications)
    return msgspec.structs.replace(act, publications=tuple(names))
