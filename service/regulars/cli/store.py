"""regulars rebuild and verify: the tables against history, history against the journal, and a
backup against its manifest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from regulars_connectors.plural import pluralize

from .context import Call, verb
from .terminal import echo, print_json, say, to_the_second

if TYPE_CHECKING:
    from regulars.store import Store


@click.command()
@verb
def rebuild(call: Call) -> None:
    """Rebuild the database from history and journal.

    Your data is safe: history and journal hold all of it. The old database file is replaced.

    \b
    Examples:
      regulars rebuild
      regulars rebuild --json
    """
    from regulars.clock import system_clock
    from regulars.publications.lookup import known_publications
    from regulars.reports.prepare import prepare_all
    from regulars_connectors.instants import to_datetime

    with _kept_store(call, "rebuild") as store:
        entries = store.rebuild()
        known = known_publications(call.settings(), store)
        prepare_all(store, known, to_datetime(system_clock()))
        if call.as_json:
            print_json({"entries": entries})
        else:
            echo(f"The database was rebuilt from {_entries(entries)}.")


@click.command(short_help="Check the store, or a backup, file by file.")
@click.argument("backup", required=False, type=click.Path(path_type=Path))
@click.option(
    "--repair",
    is_flag=True,
    help="Mend what can be mended, and go on without entries that are lost.",
)
@click.option(
    "--give-up",
    is_flag=True,
    help="With --repair: go on without history files that no copy is left of.",
)
@click.option(
    "--empty-quarantine",
    is_flag=True,
    help="Delete what has lain in the quarantine for a week or longer.",
)
@verb
def verify(
    call: Call, backup: Path | None, repair: bool, give_up: bool, empty_quarantine: bool
) -> None:
    """Check every history file against the journal, and the tables against a rebuild.

    With BACKUP, read every file of that backup and check it against its manifest. That needs
    neither a store nor a key. `doctor` and /readyz then tell how old it is.

    Tables that differ are rebuilt from history. Files that differ have to come from a backup.
    Columns that a newer version wrote are named and stay in their files.

    With --repair, damaged files come back from the quarantine, or from a plain backup that you
    verified. A journal that lost entries goes on with the rest, and what knew of them is moved into
    the quarantine. Where no copy of a history file is left, --give-up goes on without its rows.

    \b
    Examples:
      regulars verify
      regulars verify --repair
      regulars verify --json
      regulars verify /mnt/disk/regulars-backup
    """
    if give_up and not repair:
        raise click.UsageError("--give-up is a way to repair: add --repair.")
    if backup is None:
        _verify_store(call, repair, give_up, empty_quarantine)
    elif repair or empty_quarantine:
        raise click.UsageError("--repair and --empty-quarantine are for the store, not a backup.")
    else:
        _verify_backup(call, backup)


def _verify_store(call: Call, repair: bool, give_up: bool, empty_quarantine: bool) -> None:
    from regulars.store.quarantine import describe, discard_confirmed, quarantined_days
    from regulars.store.verify import repair as repair_store
    from regulars.store.verify import unknown_columns, verify_and_mend

    with _kept_store(call, "verify", repair=repair, give_up=give_up) as store:
        before = len(store.notices)
        repairs = repair_store(store) if repair else []
        faults = verify_and_mend(store)
        unknown = [] if faults else unknown_columns(store)
        version = store.version
        for notice in store.notices[before:]:
            say(notice)
        emptied = discard_confirmed(store.root) if empty_quarantine and not faults else []
        days = quarantined_days(store.root)
    if call.as_json:
        columns = [
            {"stream": one.stream, "column": one.column, "files": one.files} for one in unknown
        ]
        facts = {"entries": version, "faults": faults, "unknown_columns": columns}
        if repair:
            facts["repairs"] = [asdict(one) for one in repairs]
        print_json(facts | {"quarantine": [day.facts() for day in days]})
    else:
        for one in repairs:
            echo(f"{one.fault}. {one.remedy}")
        if faults:
            lines = ["History, journal and tables disagree:", *(f"  {text}" for text in faults)]
            echo("\n".join(lines))
        else:
            echo(f"History, journal and tables agree ({_entries(version)}).")
        for column in unknown:
            echo(f"A newer version wrote this, and it is kept unread: {column.sentence}.")
        for day in emptied:
            echo(f"Deleted from the quarantine: {day.path.name}.")
        if days:
            echo(f"In quarantine: {describe(days)}")
    if faults:
        raise SystemExit(7)


def _verify_backup(call: Call, folder: Path) -> None:
    from regulars.backup import note_proof, prove_backup

    proof = prove_backup(folder)
    manifest = proof.manifest
    if not proof.faults:
        note_proof(folder, manifest, call.settings().store.folder)
    if call.as_json:
        print_json(
            {
                "backup": str(folder),
                "made_at": manifest.made_at,
                "entries": manifest.entries,
                "files": len(manifest.objects),
                "faults": proof.faults,
            }
        )
    elif proof.faults:
        echo("\n".join([f"The backup in {folder} is damaged:", *_indented(proof.faults)]))
    else:
        files = pluralize(len(manifest.objects), "file")
        echo(
            f"Every file of the backup is as it was written ({files},"
            f" {_entries(manifest.entries)}, made {to_the_second(manifest.made_at)})."
        )
    if proof.faults:
        say("To do: Remove these files, and run `regulars backup` into this folder again.")
        raise SystemExit(7)


def _indented(lines: list[str]) -> list[str]:
    return [f"  {line}" for line in lines]


def _entries(count: int) -> str:
    return pluralize(count, "journal entry", "journal entries")


@contextmanager
def _kept_store(
    call: Call, purpose: str, *, repair: bool = False, give_up: bool = False
) -> Iterator[Store]:
    """An existing store, opened. Raises NothingHere before the first sync or import."""
    from regulars.errors import NothingHere
    from regulars.store import is_store

    settings = call.settings()
    if not is_store(settings.store.folder):
        raise NothingHere(
            f"There is no store in {settings.store.folder} yet.",
            to_do="Choose other settings with --config, or create a store with `regulars sync` or"
            " `regulars import files`.",
        )
    with call.store(settings, purpose, repair=repair, give_up=give_up) as store:
        yield store


COMMANDS = {"rebuild": rebuild, "verify": verify}
