"""regulars import: import a history from files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from regulars.sync.options import SyncOptions
from regulars.sync.progress import Interrupted
from regulars_connectors.foreign_text import clean

from .context import Call, verb
from .sync import show_runs, sync_here, views_of
from .terminal import echo, print_json, say

if TYPE_CHECKING:
    from regulars.settings import PublicationSettings, Settings
    from regulars.store import Store

_DATE_TO_DO = "Write it like --as-exported 2026-06-30 or --as-exported 2026-06-30T07:30:00Z."
_MAP_TO_DO = "Correct the column map as described in docs/how-to/import-files.md."


@click.group(name="import")
def import_() -> None:
    """Import a history from files."""


@import_.command(short_help="Read posts, people and signals from a folder.")
@click.argument("folder", metavar="PATH", type=click.Path(path_type=Path))
@click.option(
    "--publication", required=True, metavar="NAME",
    help="Short name of the newsletter, such as field-notes. The import creates a new one.",
)  # fmt: skip
@click.option(
    "--complete",
    is_flag=True,
    help="The files hold everything: people missing from them count as removed.",
)
@click.option(
    "--columns",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A column map (TOML), for files of another form.",
)
@click.option(
    "--accept-removals",
    is_flag=True,
    help="Accept that more than a tenth of the people are gone or have left.",
)
@click.option(
    "--as-exported",
    metavar="DATE",
    help="When the files were exported. By default their names say it, or the time of each file.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be read and what not. Write nothing.")
@verb
def files(
    call: Call,
    folder: Path,
    publication: str,
    complete: bool,
    columns: Path | None,
    accept_removals: bool,
    as_exported: str | None,
    dry_run: bool,
) -> None:
    """Read posts, subscriptions and signals in PATH: a folder, a zip of it, or one file.

    The files in it are .csv or .parquet.
    You need no settings. You may repeat it: importing the same folder again changes nothing.

    \b
    Examples:
      regulars import files my-newsletter/ --publication field-notes
      regulars import files my-newsletter/ --publication field-notes --complete
      regulars import files export.zip --publication field-notes --columns mailchimp.toml
      regulars import files export/ --publication field-notes --columns mailchimp.toml
      regulars import files export/ --publication field-notes --as-exported 2026-06-30 --dry-run
    """
    from regulars_connectors.errors import InvalidFile

    if not folder.exists():
        # A typing error leaves no trace: no run, no publication of that name.
        raise InvalidFile(
            f"There is no {folder}.",
            to_do="Give the folder of the files, a zip of it, or one file.",
        )
    options: dict[str, Any] = {"folder": folder.resolve(), "complete": complete}
    if columns is not None:
        options["columns"] = _column_map(columns)
    if as_exported is not None:
        options["exported_at"] = as_exported
        _refuse_future(as_exported)
    _refuse_wrong("files", options, columns)
    owner = _publication(call.settings(), publication)
    if dry_run:
        _try(call, owner, "files", options | {"rejected_lists": False})
        return
    _import(call, owner, "files", options, accept_removals=accept_removals)


@import_.command(name="beehiiv-export", short_help="Read when people left beehiiv.")
@click.argument("path", metavar="FILE-OR-FOLDER", type=click.Path(path_type=Path))
@click.option(
    "--publication", required=True, metavar="NAME",
    help="Short name of the newsletter, from `regulars publication list`.",
)  # fmt: skip
@verb
def beehiiv_export(call: Call, path: Path, publication: str) -> None:
    """Read when people left from a CSV export of beehiiv's dashboard.

    An export only dates the leaving of people whom a connection to beehiiv already brought. You may
    repeat it: importing the same file again changes nothing.

    \b
    Examples:
      regulars import beehiiv-export subscribers.csv --publication field-notes
      regulars import beehiiv-export exports/ --publication field-notes
    """
    from regulars_connectors.errors import InvalidFile

    if not path.exists():
        raise InvalidFile(f"There is no {path}.", to_do="Give the CSV file of the export.")
    options = {"path": path.resolve()}
    owner = _publication(call.settings(), publication)
    _import(call, owner, "beehiiv-export", options, speaks_of="beehiiv")


@import_.command(name="mail", short_help="Read letters of readers, and your answers, from mails.")
@click.argument("path", metavar="PATH", type=click.Path(path_type=Path))
@click.option(
    "--publication", required=True, metavar="NAME",
    help="Short name of the newsletter, such as field-notes.",
)  # fmt: skip
@click.option(
    "--writer", "writers", metavar="ADDRESS", multiple=True,
    help="An address that you write from, beside those in the settings. May be repeated.",
)  # fmt: skip
@click.option(
    "--checked-by", metavar="SERVER",
    help="Your own mail server, as its Authentication-Results name it, such as mx.google.com.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Say what would be read and what not. Write nothing.")
@verb
def mail(
    call: Call,
    path: Path,
    publication: str,
    writers: tuple[str, ...],
    checked_by: str | None,
    dry_run: bool,
) -> None:
    """Read letters in PATH: an mbox, a Maildir, a folder of either, or one message.

    Only mails that belong to a conversation about the newsletter are read, so import posts and
    subscribers first. Their words are dropped. You may repeat it: importing the same mails again
    changes nothing.

    \b
    Examples:
      regulars import mail Inbox.mbox --publication field-notes --writer ada@example.org
      regulars import mail Maildir/ --publication field-notes --writer ada@example.org --dry-run
    """
    from regulars_connectors.errors import InvalidFile

    if not path.exists():
        raise InvalidFile(
            f"There is no {path}.", to_do="Give an mbox file, a Maildir, or a folder of either."
        )
    options: dict[str, Any] = {"path": path.resolve()}
    if checked_by is not None:
        options["checked_by"] = checked_by
    owner = _with_writers(_publication(call.settings(), publication), writers)
    if dry_run:
        _try(call, owner, "mail-files", options)
        return
    _import(call, owner, "mail-files", options, needs_posts=True)


def _import(
    call: Call,
    owner: PublicationSettings,
    connector: str,
    options: dict[str, Any],
    *,
    accept_removals: bool = False,
    speaks_of: str | None = None,
    needs_posts: bool = False,
) -> None:
    """One run of a connection made for the import. speaks_of: the connector that it depends on.
    needs_posts: whether the publication must be known by then.
    """
    from regulars.publications.lookup import import_connection
    from regulars.settings import ConnectionConfig

    settings, publication = call.settings(), owner.name
    with call.store(settings, "import") as store:
        if speaks_of is not None:
            _require_connector(store, publication, speaks_of)
        if needs_posts:
            _require_known(settings, store, publication)
        config = ConnectionConfig(
            name=import_connection(store, publication, connector),
            connector=connector,
            options=options,
        )
        (run,) = sync_here(
            call, settings, store, [(owner, config)], SyncOptions(accept_removals=accept_removals)
        )
    if run.was_stopped:
        raise Interrupted
    if run.error is not None and not run.is_recorded:
        raise run.error
    if run.error is None and not call.as_json:
        say(f"See it with: regulars report house --publication {publication}", quiet=call.quiet)
    show_runs(call, views_of([run]))


def _try(call: Call, owner: PublicationSettings, connector: str, options: dict[str, Any]) -> None:
    """Read everything as an import would, and show what it would leave out."""
    from dataclasses import replace

    import msgspec

    from regulars.clock import real_runtime
    from regulars.connections.factory import connect
    from regulars.publications.lookup import import_connection
    from regulars.replies.correspondence import correspondence_of
    from regulars.settings import ConnectionConfig
    from regulars.sync.dry_run import brought_before, try_connector

    settings = call.settings()
    with call.store_to_read(settings, "import") as store:
        name = import_connection(store, owner.name, connector)
        config = ConnectionConfig(name=name, connector=connector, options=options)
        lent = correspondence_of(store, owner, config)
        made = connect(settings, config, replace(real_runtime(), correspondence=lent))
        try:
            tried = try_connector(made, brought_before(store, name))
        finally:
            made.close()
    if call.as_json:
        print_json({"connection": name} | msgspec.to_builtins(tried))
        return
    echo(f"{name}: nothing was written")
    for stream in tried.streams:
        read = f", {stream.quarantined:,} could not be read" if stream.quarantined else ""
        echo(f"  {stream.stream}: {stream.seen:,} would be imported{read}")
    for notice in tried.notices:
        echo(clean(f"  {notice}"))


def _column_map(path: Path) -> dict[str, Any]:
    """The values of a column map. Raises UsageWrong, which names the file."""
    import tomllib

    from regulars.errors import UsageWrong

    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UsageWrong(f"{path} cannot be read: {error.strerror}.", to_do=_MAP_TO_DO) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageWrong(f"{path} is not valid TOML: {error}.", to_do=_MAP_TO_DO) from error


def _refuse_future(as_exported: str) -> None:
    """Raise UsageWrong for a day that is still to come in every zone."""
    from regulars.clock import real_runtime
    from regulars.errors import UsageWrong
    from regulars_connectors.instants import DAY, to_iso

    tomorrow = to_iso(real_runtime().clock() + DAY)
    if as_exported.strip()[:10] > tomorrow[:10] and as_exported.strip()[:4].isdigit():
        raise UsageWrong("--as-exported is a day that is still to come.", to_do=_DATE_TO_DO)


def _refuse_wrong(connector: str, options: dict[str, Any], columns: Path | None) -> None:
    """Raise UsageWrong for a wrong option of the command, or a wrong column map, by its name."""
    from regulars.connections.factory import wrong_option
    from regulars.errors import UsageWrong

    found = wrong_option(connector, options)
    if found is None:
        return
    name, wrong = found
    if name == "columns":
        raise UsageWrong(f"{columns}: {wrong}", to_do=_MAP_TO_DO)
    if name == "exported_at":
        raise UsageWrong(f"--as-exported{wrong}", to_do=_DATE_TO_DO)


def _require_connector(store: Store, publication: str, connector: str) -> None:
    """Raise NothingHere unless something was pulled for the publication by that connector."""
    from regulars.errors import NothingHere
    from regulars.store.mending import asked_again

    @asked_again
    def runs() -> int:
        with store.read() as cursor:
            ((count,),) = cursor.execute(
                "SELECT count(*) FROM runs"
                " WHERE publication = $publication AND connector = $connector",
                {"publication": publication, "connector": connector},
            ).fetchall()
        return int(count)

    if not runs():
        raise NothingHere(
            f"Publication {publication!r} has no {connector} subscribers yet.",
            to_do="Correct the name, or sync it first, then import the export.",
        )


def _require_known(settings: Settings, store: Store, publication: str) -> None:
    """Raise NothingHere for a publication that nobody knows: letters answer its posts."""
    from regulars.errors import NothingHere
    from regulars.publications.lookup import known_publications

    known = [one.name for one in known_publications(settings, store)]
    if publication not in known:
        listed = ", ".join(known) or "none yet"
        raise NothingHere(
            f"There is no publication named {publication!r}. Known publications: {listed}.",
            to_do="Correct the name, or sync or import posts and subscribers first.",
        )


def _publication(settings: Settings, publication: str) -> PublicationSettings:
    """The publication, from the settings or made by its name alone."""
    from regulars.publications.lookup import check_short_name
    from regulars.settings import PublicationSettings

    check_short_name(publication)
    known = {named.name: named for named in settings.publications}
    return known.get(publication) or PublicationSettings(name=publication)


def _with_writers(owner: PublicationSettings, writers: tuple[str, ...]) -> PublicationSettings:
    """The publication with more addresses of its own. Raises UsageWrong for a wrong one."""
    from pydantic import ValidationError

    from regulars.errors import UsageWrong
    from regulars.settings.letters import LettersSettings

    given = owner.letters.model_dump()
    for one in writers:
        try:
            LettersSettings(addresses=(one,))
        except ValidationError:
            raise UsageWrong(
                f"{one!r} is no address.", to_do="Write it as in --writer ada@example.org."
            ) from None
    letters = LettersSettings(**given | {"addresses": (*owner.letters.addresses, *writers)})
    return owner.model_copy(update={"letters": letters})


COMMANDS = {"import": import_}
