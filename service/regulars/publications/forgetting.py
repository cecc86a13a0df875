"""Finds whom the owner names by an address or an id, and forgets them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, timedelta
from typing import Any

from regulars.errors import NothingHere, UsageWrong
from regulars.store import Store
from regulars.store.actions.forgetting import actions_in, keys_in_force, new_action
from regulars.store.actions.publications import all_publication_data
from regulars.store.addresses import spellings_of
from regulars.store.erasure import find_rows, forget, is_held_in, let_in_again
from regulars.store.forgotten_keys import (
    address_key,
    address_keys,
    answer_key,
    id_key,
    letter_keys,
)
from regulars.store.forgotten_rows import ForgottenRows
from regulars_connectors.addresses import fold_address
from regulars_connectors.contract import Clock
from regulars_connectors.instants import Instant, to_datetime
from regulars_connectors.plural import pluralize
from regulars_connectors.records import ANSWER_KINDS

_PERSON = "per_"
_EVENTS = "events"


@dataclass(frozen=True, slots=True)
class Found:
    """A subscription of somebody: where it is, the provider's id, our id of the person."""

    publication: str
    connection: str
    subscription_id: str
    person_id: str


@dataclass(slots=True)
class ForgetPreview:
    """What would go. Numbers only, so that it can be kept as a receipt.

    rows: what the tables hold of it, by kind. publications: where it is.
    elsewhere: further publications in which the same address stands and that were left out.
    """

    publications: tuple[str, ...]
    people: int
    subscriptions: int
    addresses: int
    history_files: int
    rows: dict[str, int] = field(default_factory=dict)
    elsewhere: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was done, without personal data. action: its id in the journal."""

    action: str
    at: str
    preview: ForgetPreview
    backups_expire: str


def is_forgotten_already(store: Store, text: str, publication: str | None) -> bool:
    """Whether an action already keeps that address or provider's id out."""
    keys = keys_in_force(store.journal, [publication] if publication else None)
    return bool(keys and keys & _keys_of(store, text))


def _keys_of(store: Store, text: str) -> set[str]:
    """The keys that an address or a provider's id may have."""
    with store.read() as cursor:
        rows = cursor.execute("SELECT DISTINCT connection FROM runs").fetchall()
    ids = {id_key(store.secret, str(connection), text) for (connection,) in rows}
    return ids | set(address_keys(store.secret, text)) | set(letter_keys(store.secret, text))


def kept_out_of(store: Store, text: str, publication: str | None) -> list[str]:
    """The publications that the address or provider's id is kept out of, or only that one.

    Empty if it was let in again everywhere. Raises NothingHere if it was never forgotten there.
    """
    wanted = _keys_of(store, text.strip())
    concerned = [
        action
        for action in actions_in(store.journal)
        if wanted & set(action.keys) and (publication is None or publication in action.publications)
    ]
    if not concerned:
        raise NothingHere(
            "Nobody with that address or id was forgotten.",
            to_do="Give the address, or the id at your provider, as `regulars forget` got it.",
        )
    names = {name for action in concerned for name in action.publications}
    names &= {publication} if publication else names
    return sorted(name for name in names if wanted & keys_in_force(store.journal, [name]))


def let_in(store: Store, text: str, names: Sequence[str], clock: Clock) -> None:
    """Let somebody into these publications again. The next pull takes them as new.

    Every key goes of the actions that name the address or id, since ids and former addresses of
    the same person would keep them out. Raises DiskFull before anything is written.
    """
    actions = [set(action.keys) for action in actions_in(store.journal)]
    keys = _keys_of(store, text.strip())
    while further := [one for one in actions if one & keys and not one <= keys]:
        keys = keys.union(*further)
    known = keys_in_force(store.journal, names)
    let_in_again(store, new_action(clock(), names, keys & known, lifts=True))


def find_people(store: Store, text: str, publication: str | None) -> list[Found]:
    """Every subscription of whoever has that address, person id or provider's id.

    publication: look in this one only. Raises NothingHere, UsageWrong for an ambiguous id.
    """
    known = all_publication_data(store.journal)
    if publication is not None and publication not in known:
        raise NothingHere(f"There is no publication named {publication!r} in the store.")
    wanted = text.strip()
    if not wanted:
        raise UsageWrong("Give an address or an id.")
    names = [publication] if publication else sorted(known)
    with store.read() as cursor:
        if "@" in wanted:
            # Some files have the address for an id.
            people = (
                _people_of_address(cursor, wanted, names)
                or _people_of_former(store, cursor, wanted, names)
                or _people_of_id(cursor, wanted, names)
            )
        elif wanted.startswith(_PERSON):
            people = {wanted}
        else:
            people = _people_of_id(cursor, wanted, names)
        found = _subscriptions_of(cursor, people, names)
    if not found:
        what = "address" if "@" in wanted else "id"
        raise NothingHere(
            f"Nobody in the store has that {what}.",
            to_do="Check how it is written: `regulars report regulars --json` lists people's ids.",
        )
    return found


def _people_of_address(cursor: Any, address: str, names: Sequence[str]) -> set[str]:
    rows = cursor.execute(
        "SELECT DISTINCT p.person_id FROM words AS w JOIN people AS p"
        " ON p.connection = w.connection AND p.subscription_id = w.id"
        " WHERE w.subject = 'subscription' AND w.publication IN (SELECT unnest($names))"
        " AND w.email IN (SELECT unnest($emails))",
        {"names": list(names), "emails": spellings_of(cursor, [address])},
    ).fetchall()
    return {str(person) for (person,) in rows}


def _people_of_former(store: Store, cursor: Any, address: str, names: Sequence[str]) -> set[str]:
    """Whoever had the address once, as the history says."""
    paths = [
        str(store.root / file["path"])
        for name in names
        for file in all_publication_data(store.journal)[name].files(store.journal)
        if file["stream"] == "words"
    ]
    if not paths:
        return set()
    former = "SELECT email FROM read_parquet($paths) WHERE subject = 'subscription'"
    emails = spellings_of(cursor, [address], former, {"paths": paths})
    rows = cursor.execute(
        "SELECT DISTINCT p.person_id FROM read_parquet($paths) AS w JOIN people AS p"
        " ON p.connection = w.connection AND p.subscription_id = w.id"
        " WHERE w.subject = 'subscription'"
        " AND w.email IN (SELECT unnest($emails))",
        {"paths": paths, "emails": emails},
    ).fetchall()
    return {str(person) for (person,) in rows}


def _people_of_id(cursor: Any, wanted: str, names: Sequence[str]) -> set[str]:
    """The person with that id at a provider. Raises UsageWrong if several people have it."""
    rows = cursor.execute(
        "SELECT DISTINCT publication, person_id FROM people WHERE subscription_id = $wanted"
        " AND publication IN (SELECT unnest($names)) ORDER BY ALL",
        {"wanted": wanted, "names": list(names)},
    ).fetchall()
    people = {str(person) for _, person in rows}
    if len(people) > 1:
        listed = ", ".join(f"{person} in {publication}" for publication, person in rows)
        raise UsageWrong(
            f"{pluralize(len(people), 'person has', 'people have')} that id: {listed}.",
            to_do="Give one of these ids, or --publication.",
        )
    return people


def _subscriptions_of(cursor: Any, people: Iterable[str], names: Sequence[str]) -> list[Found]:
    rows = cursor.execute(
        "SELECT DISTINCT publication, connection, subscription_id, person_id FROM people"
        " WHERE person_id IN (SELECT unnest($people))"
        " AND publication IN (SELECT unnest($names)) ORDER BY ALL",
        {"people": sorted(people) or [""], "names": list(names)},
    ).fetchall()
    return [Found(*map(str, row)) for row in rows]


def preview_forgetting(store: Store, found: Sequence[Found]) -> ForgetPreview:
    """What would go."""
    names = sorted({one.publication for one in found})
    rows = _rows_of(store, found)
    preview = ForgetPreview(
        publications=tuple(names),
        people=len(rows.people),
        subscriptions=len(rows.subscriptions),
        addresses=len({fold_address(address) for address in rows.addresses}),
        history_files=is_held_in(store, rows),
    )
    with store.read() as cursor:
        preview.rows = _counted(cursor, rows)
        everywhere = {
            str(name)
            for address in rows.addresses
            for (name,) in cursor.execute(
                "SELECT DISTINCT publication FROM words WHERE subject = 'subscription'"
                " AND email IN (SELECT unnest($emails))",
                {"emails": spellings_of(cursor, [address])},
            ).fetchall()
        }
    preview.elsewhere = tuple(sorted(everywhere - set(names)))
    return preview


def _rows_of(store: Store, found: Sequence[Found]) -> ForgottenRows:
    keys = {id_key(store.secret, one.connection, one.subscription_id) for one in found}
    return find_rows(store, {one.publication for one in found}, keys)


def _counted(cursor: Any, rows: ForgottenRows) -> dict[str, int]:
    pairs = sorted(rows.subscriptions)
    values = {"connections": [one for one, _ in pairs], "ids": [one for _, one in pairs]}
    counted = cursor.execute(
        "SELECT CASE WHEN kind IN ('send', 'open', 'click') THEN $events ELSE kind END AS what,"
        " count(*) FROM signals WHERE (connection, subscription_id) IN"
        " (SELECT unnest($connections), unnest($ids)) GROUP BY ALL ORDER BY ALL",
        values | {"events": _EVENTS},
    ).fetchall()
    ((totals,),) = cursor.execute(
        "SELECT count(*) FROM counters WHERE (connection, subscription_id) IN"
        " (SELECT unnest($connections), unnest($ids))",
        values,
    ).fetchall()
    return {str(what): int(count) for what, count in counted} | {"totals": int(totals)}


def forget_people(
    store: Store, found: Sequence[Found], preview: ForgetPreview, clock: Clock, backup_days: int
) -> Receipt:
    """Forget them. Raises DiskFull before anything is written."""
    rows = _rows_of(store, found)
    keys = {id_key(store.secret, connection, name) for connection, name in rows.subscriptions}
    keys |= {address_key(store.secret, address) for address in rows.addresses}
    keys |= rows.letter_hashes
    for connection, signal in rows.signals:
        kind, _, key = signal.partition("/")
        if kind in ANSWER_KINDS:
            keys.add(answer_key(store.secret, connection, kind, key))
    now = clock()
    action = new_action(now, {one.publication for one in found}, keys)
    forget(store, action)
    today = _day_of(now)
    return Receipt(
        action=action.action,
        at=today.isoformat(),
        preview=preview,
        backups_expire=last_day_in_backups(now, backup_days),
    )


def last_day_in_backups(now: Instant, backup_days: int) -> str:
    """The day on which the last backup goes that was made before now, as 2026-11-30."""
    return (_day_of(now) + timedelta(days=backup_days)).isoformat()


def _day_of(now: Instant) -> date:
    return to_datetime(now).astimezone(UTC).date()
