"""regulars backup and restore: a store's truth copied away, and made a store again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from regulars_connectors.plural import pluralize

from .context import Call, verb
from .terminal import echo, print_json, say, to_the_second

if TYPE_CHECKING:
    from regulars.backup.manifest import Figure
    from regulars.server.client import ServerClient
    from regulars.settings import PublicationSettings, Settings


@click.command(short_help="Copy the store to another place, also while it is served.")
@click.argument("to", type=click.Path(path_type=Path))
@click.option(
    "--encrypt-to",
    metavar="AGE-RECIPIENT",
    help="Encrypt every file to this age recipient. For places that others can read.",
)
@verb
def backup(call: Call, to: Path, encrypt_to: str | None) -> None:
    """Copy journal, history and the store's secret to the folder TO.

    Run it again to add what is new. `regulars serve` may run meanwhile. A plain backup can be read
    by whoever reads its files, so encrypt one that leaves the machine.

    \b
    Examples:
      regulars backup /mnt/disk/regulars-backup
      regulars backup offsite --encrypt-to age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aq
    """
    from regulars.backup import make_backup
    from regulars.backup.encryption import recipient_of
    from regulars.clock import system_clock

    settings = call.settings()
    recipient = None if encrypt_to is None else recipient_of(encrypt_to)
    with _figures(call, settings) as figures:
        made = make_backup(settings.store.folder, to, system_clock(), figures, recipient)
    manifest = made.manifest
    if call.as_json:
        facts = {"store": manifest.store, "entries": manifest.entries, "made_at": manifest.made_at}
        counts = {"files": made.files, "copied": made.copied, "bytes": made.copied_bytes}
        print_json(
            facts | counts | {"removed": made.removed, "encrypted_to": manifest.recipient or None}
        )
        return
    if made.beginnings > 1:
        say("The store changed meanwhile, so the backup began again.", quiet=call.quiet)
    if not made.has_figures:
        say("Another process holds the store, so no figures were noted.", quiet=call.quiet)
    echo(
        f"Backed up to {to}: {pluralize(made.files, 'file')},"
        f" {pluralize(manifest.entries, 'journal entry', 'journal entries')};"
        f" {made.copied:,} copied ({made.copied_bytes:,} bytes)."
    )


@click.command(short_help="Make a store from a backup, in an empty folder.")
@click.argument("source", metavar="FROM", type=click.Path(path_type=Path))
@click.option(
    "--identity",
    type=click.Path(path_type=Path),
    help="File of the age identity that opens an encrypted backup.",
)
@verb
def restore(call: Call, source: Path, identity: Path | None) -> None:
    """Make the store of your settings from the backup in the folder FROM.

    The store's folder must be empty. Every file is proven, the database is built, and the figures
    are compared with those that the backup noted. Then run `regulars serve`.

    \b
    Examples:
      regulars restore /mnt/disk/regulars-backup
      regulars restore offsite --identity key.txt
    """
    from regulars.backup import restore_backup
    from regulars.backup.encryption import identities_of
    from regulars.clock import system_clock

    settings = call.settings()
    identities = [] if identity is None else identities_of(identity)
    made = restore_backup(source, settings.store, system_clock(), identities)
    manifest = made.manifest
    if call.as_json:
        facts: dict[str, Any] = {"store": manifest.store, "entries": manifest.entries}
        facts |= {"made_at": manifest.made_at, "files": made.files, "rows": made.rows}
        facts |= {"figures": made.figures, "differences": made.differences}
        print_json(facts | {"forgotten": made.forgotten})
    else:
        echo(
            f"Restored to {settings.store.folder}: {pluralize(made.files, 'file')},"
            f" {pluralize(made.rows, 'row')}, as of {to_the_second(manifest.made_at)}."
        )
        if made.differences:
            lines = ["What differs from the backup:", *(f"  {one}" for one in made.differences)]
            echo("\n".join(lines))
        else:
            echo(_compared(made.figures))
        if made.forgotten:
            echo("Whoever you forgot after that backup is forgotten here too.")
    if made.differences:
        say(f"The backup was made by Regulars {manifest.program}. Its figures may differ in yours.")
        raise SystemExit(7)


def _compared(figures: int | None) -> str:
    if figures is None:
        return "The backup noted no figures, so its files and rows alone were compared."
    return f"All {pluralize(figures, 'figure')} of `house` are as the backup noted them."


@contextmanager
def _figures(call: Call, settings: Settings) -> Iterator[Callable[[], list[Figure] | None]]:
    """Who tells the figures: the running server, this process if the store is free, or nobody."""
    from regulars.backup.figures import ask_store, take_figures
    from regulars.clock import system_clock
    from regulars.errors import StoreLocked
    from regulars.publications.lookup import known_publications
    from regulars.store import is_store

    if not is_store(settings.store.folder):
        yield lambda: None
        return
    server = call.server(settings)
    if server is not None:
        yield lambda: _from_server(server, settings)
        return
    try:
        opened = call.store(settings, "backup")
        store = opened.__enter__()
    except StoreLocked:
        yield lambda: None
        return
    try:
        now = system_clock()
        known = known_publications(settings, store)
        yield lambda: take_figures(known, now, ask_store(store, now))
    finally:
        opened.__exit__(None, None, None)


def _from_server(server: ServerClient, settings: Settings) -> list[Figure] | None:
    from regulars.backup.figures import take_figures
    from regulars.clock import system_clock
    from regulars.errors import RegularsError
    from regulars.settings import PublicationSettings

    named = {one.name: one for one in settings.publications}

    def ask(publication: PublicationSettings, day: str) -> Mapping[str, Any]:
        result: Mapping[str, Any] = server.report(publication.name, "house", {"as_of": day})[
            "result"
        ]
        return result

    try:
        names = [str(one["name"]) for one in server.publications()]
        known = [named.get(name) or PublicationSettings(name=name) for name in names]
        return take_figures(known, system_clock(), ask)
    except RegularsError:  # a busy server leaves the backup without figures
        return None


COMMANDS = {"backup": backup, "restore": restore}
