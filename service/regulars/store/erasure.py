"""Erases forgotten people from every file of the store.

The action stands in the journal first. Everything after it starts from the action's keys and what
the tables hold, and can be repeated, so an interrupted erasure is finished when the store is opened
next. Files of the history go last: until then they tell whom to look for.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from regulars import clock
from regulars.errors import StoreDamaged
from regulars.files import disk_errors
from regulars_connectors.instants import Instant

from .actions.forgetting import ForgetAction, actions_in, erased_facts, pending_actions
from .actions.publications import all_publication_data
from .actions.replaced import File
from .addresses import spellings_of
from .columns import arrow, columns_in_file
from .forget_list import forget_list_of, read_list, write_list
from .forgotten_bodies import clear_bodies
from .forgotten_keys import address_key, id_key_in_sql, letter_keys
from .forgotten_rows import ForgottenRows, is_concerned, rewrite
from .hook_bodies import kept_bodies
from .journal_redaction import names_them, redact_journal
from .leftovers import is_database, is_parquet, other_files
from .secret import padded_keys

if TYPE_CHECKING:
    from .store import Store

logger = logging.getLogger(__name__)
_CACHES = ("incoming", "spill")
"""Folders that can be made again: cached reports, parts of unfinished pulls, DuckDB's overflow."""


def forget(store: Store, action: ForgetAction) -> None:
    """Commit the action, then erase whom it names. Raises DiskFull before anything is written."""
    store.require_room()
    _begin(store, action)
    _erase(store, [action])


def replay_forgotten(store: Store, *lists: Path) -> int:
    """Carry out every action in the lists that the journal lacks. Returns how many those were.

    For a restored backup, before it is served. Opening a store does it with the list that lies
    beside its folder, and finishes actions that were begun and are not ended.
    """
    known = {action.action for action in actions_in(store.journal)}
    for path in (forget_list_of(store.root), *lists):
        for action in read_list(path, store.secret):
            if action.action not in known:
                known.add(action.action)
                _begin(store, _with_present_names(store, action))
    actions = pending_actions(store.journal)
    if actions:
        _erase(store, actions)
    save_list(store)
    return len(actions)


def let_in_again(store: Store, action: ForgetAction) -> None:
    """Commit an action that lifts others, here and in the list beside the folder."""
    store.require_room()
    _begin(store, action)


def _begin(store: Store, action: ForgetAction) -> None:
    with store.writing, disk_errors(store.root):
        store.append(action.facts())
    save_list(store)


def save_list(store: Store) -> None:
    """Write the list beside the folder, with every action that it or the journal has."""
    path = forget_list_of(store.root)
    before = {action.action: action for action in read_list(path, store.secret)}
    actions = before | {action.action: action for action in actions_in(store.journal)}
    if actions == before:
        return
    try:
        write_list(path, actions.values(), store.secret)
    except OSError as error:
        store.notices.append(
            f"{path.name} could not be written beside the store ({error.strerror}). Without it,"
            " a restored backup brings forgotten people back."
        )


def _with_present_names(store: Store, action: ForgetAction) -> ForgetAction:
    """An action of a list, for a journal in which a publication may still have an older name."""
    known = all_publication_data(store.journal)
    names = {name for name, data in known.items() if set(data.names) & set(action.publications)}
    return msgspec.structs.replace(
        action, publications=tuple(sorted(names | set(action.publications)))
    )


def _erase(store: Store, actions: Sequence[ForgetAction]) -> None:
    for action in actions:
        with store.writing, disk_errors(store.root):
            store.catch_up()
            rows = find_rows(store, action.publications, action.keys)
            if rows:
                keep_last_entry(store, rows, action)
                redact_entries(store, rows)
                clear_bodies(store, rows)
                clear_caches(store)
                clear_other_files(store, rows)
            replaced = write_replacements(store, rows, action.action)
            end_action(store, action, replaced)
            remove_replaced(store, [path for path, _ in replaced])
    store.rebuild()


def find_rows(store: Store, publications: Iterable[str], keys: Iterable[str]) -> ForgottenRows:
    """Everything in these publications that belongs to the people whom the keys recognise."""
    known = all_publication_data(store.journal)
    named = {name for name in publications if name in known}
    keys = set(keys)
    rows = ForgottenRows(frozenset(name for one in named for name in known[one].names))
    if not named:
        return rows
    with store.read() as cursor:
        _find_subscriptions(cursor, store.secret, named, keys, rows)
        files = _files_of(store, named)
        _find_addresses(cursor, store, files, named, rows)
        _find_signals(cursor, store, files, rows)
        _find_letters(cursor, store, files, rows, keys)
    return rows


def _find_subscriptions(
    cursor: Any, secret: bytes, named: Iterable[str], keys: Iterable[str], rows: ForgottenRows
) -> None:
    """By the provider's id, and by the address that somebody has now."""
    inner, outer = padded_keys(secret)
    values = {"names": sorted(named), "keys": sorted(keys) or [""]}
    tables = ("subscriptions", "people", "counter_state", "signals", "list_standings", "departures")
    union = " UNION ".join(
        f"SELECT connection, subscription_id FROM {table}"  # noqa: S608 - names from above
        " WHERE publication IN (SELECT unnest($names)) AND subscription_id IS NOT NULL"
        for table in tables
    )
    found = cursor.execute(
        f"SELECT connection, subscription_id FROM ({union}) AS every"  # noqa: S608
        f" WHERE {id_key_in_sql('connection', 'subscription_id')} IN (SELECT unnest($keys))",
        values | {"inner_key": inner, "outer_key": outer},
    ).fetchall()
    rows.subscriptions |= {(str(connection), str(name)) for connection, name in found}
    wanted = set(keys)
    holders = cursor.execute(
        "SELECT connection, id, email FROM words WHERE subject = 'subscription'"
        " AND email IS NOT NULL AND publication IN (SELECT unnest($names))",
        {"names": sorted(named)},
    )
    while batch := holders.fetchmany(10_000):
        rows.subscriptions |= {
            (str(connection), str(name))
            for connection, name, email in batch
            if address_key(secret, email) in wanted
        }
    people = cursor.execute(
        "SELECT DISTINCT person_id FROM people WHERE (connection, subscription_id) IN"
        " (SELECT unnest($connections), unnest($ids))",
        _split(rows.subscriptions),
    ).fetchall()
    rows.people |= {str(person) for (person,) in people}


def _find_addresses(
    cursor: Any, store: Store, files: dict[str, list[File]], named: set[str], rows: ForgottenRows
) -> None:
    """Every address that they ever had, but for one that somebody else has now."""
    paths = _paths(store, files.get("words", []))
    if not paths or not rows.subscriptions:
        return
    found = cursor.execute(
        "SELECT DISTINCT email FROM read_parquet($paths) WHERE subject = 'subscription'"
        " AND email IS NOT NULL AND (connection, id) IN"
        " (SELECT unnest($connections), unnest($ids))",
        {"paths": paths} | _split(rows.subscriptions),
    ).fetchall()
    addresses = {str(email) for (email,) in found}
    others = cursor.execute(
        "SELECT DISTINCT email FROM words WHERE subject = 'subscription'"
        " AND publication IN (SELECT unnest($names)) AND email IN (SELECT unnest($emails))"
        " AND (connection, id) NOT IN (SELECT unnest($connections), unnest($ids))",
        {"names": sorted(named), "emails": spellings_of(cursor, addresses)}
        | _split(rows.subscriptions),
    ).fetchall()
    still_used = {address_key(store.secret, str(email)) for (email,) in others}
    rows.addresses |= {
        one.strip() for one in addresses if address_key(store.secret, one) not in still_used
    } - {""}


def _find_signals(
    cursor: Any, store: Store, files: dict[str, list[File]], rows: ForgottenRows
) -> None:
    """Every signal that was ever theirs, also if a later version lacks its person."""
    paths = _paths(store, files.get("signals", []))
    if not paths or not rows.subscriptions:
        return
    found = cursor.execute(
        "SELECT DISTINCT connection, kind || '/' || signal_key FROM read_parquet($paths)"
        " WHERE (connection, subscription_id) IN (SELECT unnest($connections), unnest($ids))",
        {"paths": paths} | _split(rows.subscriptions),
    ).fetchall()
    rows.signals |= {(str(connection), str(key)) for connection, key in found}


def _find_letters(
    cursor: Any,
    store: Store,
    files: dict[str, list[File]],
    rows: ForgottenRows,
    keys: set[str],
) -> None:
    """Every letter from them and to them: by the hashes of all their addresses, and by who is
    known to have written it from another one."""
    paths = _paths(store, files.get("letters", []))
    if not paths:
        return
    rows.letter_hashes |= {
        one for address in rows.addresses for one in letter_keys(store.secret, address)
    }
    known = sorted(keys | rows.letter_hashes) or [""]
    found = cursor.execute(
        "SELECT DISTINCT letters.connection, letters.id, letters.correspondent, letters.canonical"
        " FROM read_parquet($paths, union_by_name = true) AS letters"
        " LEFT JOIN letter_ties AS ties ON ties.letter_id = letters.id"
        " WHERE letters.correspondent IN (SELECT unnest($keys))"
        " OR letters.canonical IN (SELECT unnest($keys))"
        " OR ties.person_id IN (SELECT unnest($people))",
        {"paths": paths, "keys": known, "people": sorted(rows.people) or [""]},
    ).fetchall()
    for connection, letter, correspondent, canonical in found:
        rows.letters.add((str(connection), str(letter)))
        rows.letter_hashes |= {str(one) for one in (correspondent, canonical) if one}


def _split(subscriptions: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Pairs as two lists, with one item at least: DuckDB finds no type for an empty list."""
    pairs = sorted(subscriptions) or [("", "")]
    return {"connections": [one for one, _ in pairs], "ids": [one for _, one in pairs]}


def _files_of(store: Store, named: Iterable[str]) -> dict[str, list[File]]:
    """The history files of publications by stream."""
    known = all_publication_data(store.journal)
    found: dict[str, list[File]] = {}
    for name in sorted(named):
        for file in known[name].files(store.journal):
            found.setdefault(str(file["stream"]), []).append(file)
    return found


def _paths(store: Store, files: Iterable[File]) -> list[str]:
    return [str(store.root / file["path"]) for file in files]


# The steps, each of which can be repeated


def keep_last_entry(store: Store, rows: ForgottenRows, action: ForgetAction) -> None:
    """Say the action again if the last entry names them.

    Database and ``journal/acknowledged`` know the journal by the digest of its last entry, so that
    one stays as it is.
    """
    last = store.journal.entry(len(store.journal))
    if names_them(last.facts, rows.redacted):
        store.append(action.facts())


def redact_entries(store: Store, rows: ForgottenRows) -> None:
    """Take what names them out of the journal."""
    if redact_journal(store.root / "journal", rows.mentioned_in, rows.redacted):
        store.reopen_journal()


def clear_caches(store: Store) -> None:
    """Delete what can be made again. Interrupted pulls start again."""
    if any(store.incoming.rglob("*.parquet")):
        store.notices.append("Interrupted pulls may hold the person, so they start again.")
    for name in _CACHES:
        shutil.rmtree(store.root / name, ignore_errors=True)


def clear_other_files(store: Store, rows: ForgottenRows) -> None:
    """Take them out of every file that is no part of history and journal, such as moved ones.

    A Parquet file is rewritten. A database is deleted, and so is a file that mentions them and
    cannot be rewritten.
    """
    for path in other_files(store.root, _history_of(store)):
        if is_parquet(path):
            _rewrite_or_delete(path, rows)
        elif is_database(path) or rows.mentioned_in(path.read_bytes()):
            path.unlink(missing_ok=True)


def _history_of(store: Store) -> set[str]:
    history = {str(file["path"]) for file in store.history.files(store.journal)}
    return history | {one.path for one in kept_bodies(store)}


def _rewrite_or_delete(path: Path, rows: ForgottenRows) -> None:
    target = path.with_name(f"{path.name}.tmp")
    try:
        if "connection" not in columns_in_file(path):  # a part of a pull, which can be pulled again
            path.unlink()
        elif is_concerned(path, rows):
            rewrite(path, target, rows)
            target.replace(path)
    except (StoreDamaged, arrow().ArrowException):
        target.unlink(missing_ok=True)
        path.unlink(missing_ok=True)


def is_held_in(store: Store, rows: ForgottenRows) -> int:
    """How many history files hold something of theirs."""
    return sum(is_concerned(store.root / file["path"], rows) for file in _concerned(store, rows))


def _concerned(store: Store, rows: ForgottenRows) -> list[File]:
    """The history files of their publications."""
    known = all_publication_data(store.journal)
    named = [name for name, data in known.items() if rows.publications & set(data.names)]
    return [file for files in _files_of(store, named).values() for file in files]


def write_replacements(
    store: Store, rows: ForgottenRows, action: str
) -> list[tuple[str, File | None]]:
    """Write every history file that holds them anew. Returns old paths with their successors."""
    replaced: list[tuple[str, File | None]] = []
    if not rows:
        return replaced
    for file in _concerned(store, rows):
        path = store.root / file["path"]
        if is_concerned(path, rows):
            replaced.append((str(file["path"]), _successor(store, file, rows, action)))
    return replaced


def _successor(store: Store, file: File, rows: ForgottenRows, action: str) -> File | None:
    """The file without their rows, in the old one's folder. None if nothing is left."""
    path = store.root / file["path"]
    temporary = store.history.temporary(f"{path.stem.partition('.')[0]}.{action}")
    count = rewrite(path, temporary, rows)
    if not count:
        temporary.unlink()
        return None
    _, publication, stream, *_ = Path(file["path"]).parts
    return store.history.place(temporary, publication, stream, count).facts()


def end_action(
    store: Store, action: ForgetAction, replaced: Sequence[tuple[str, File | None]]
) -> None:
    """Commit what replaces what. From here on the old files are no part of the history."""
    now: Instant = clock.system_clock()
    entry = store.journal.append(erased_facts(action, now, replaced))
    store.history.committed(entry, store.journal)


def remove_replaced(store: Store, paths: Sequence[str]) -> None:
    """Delete the old files."""
    store.history.drop(paths)
