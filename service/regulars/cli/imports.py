"""regulars import: bring a history that no provider hands out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .context import Call, verb
from .sync import show_runs, stop_on_interrupt
from .terminal import progress_shown, say

if TYPE_CHECKING:
    from regulars.settings import ConnectionConfig, PublicationSettings, Settings


@click.group(name="import")
def import_() -> None:
    """Bring a history from files."""


@import_.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--publication", required=True, help="Short name of the newsletter, as field-notes.")
@click.option(
    "--complete", is_flag=True, help="The files hold everything: who is missing counts as removed."
)
@click.option(
    "--columns",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A column map (TOML), for files of another form than ours.",
)
@click.option(
    "--accept-removals", is_flag=True, help="Accept that more than a tenth of the people go."
)
@verb
def files(
    call: Call,
    folder: Path,
    publication: str,
    complete: bool,
    columns: Path | None,
    accept_removals: bool,
) -> None:
    """Read posts, subscriptions and signals in FOLDER, as .csv or .parquet.

    No settings are needed. It may be repeated: the same folder again changes nothing.

    \b
    Examples:
      regulars import files my-newsletter/ --publication field-notes
      regulars import files my-newsletter/ --publication field-notes --complete
      regulars import files export/ --publication field-notes --columns mailchimp.toml
    """
    from regulars.clock import real_tools
    from regulars.connections import sync_connection
    from regulars.kept import answer_what_the_page_asks
    from regulars.sync_runs import facts_of
    from regulars_connectors.errors import BadSource
    from regulars_connectors.instants import to_datetime

    if not folder.is_dir():
        # Nothing is recorded of a slip of the keyboard: no run, no publication of that name.
        raise BadSource(f"There is no folder {folder}.", to_do="Give the folder of the files.")
    settings = call.settings()
    options: dict[str, Any] = {"folder": folder.resolve(), "complete": complete}
    if columns is not None:
        options["columns"] = _column_map(columns)
    owner, config = _connection(settings, publication, options)
    tools = real_tools()
    with (
        call.store(settings, "import") as store,
        stop_on_interrupt() as should_stop,
        progress_shown(quiet=call.quiet) as progress,
    ):
        result = sync_connection(
            store,
            settings,
            owner,
            config,
            tools,
            accept_removals=accept_removals,
            progress=progress,
            should_stop=should_stop,
        )
        answer_what_the_page_asks(store, owner, to_datetime(tools.clock()))
    if result.error is None and not call.as_json:
        say(f"See it with: regulars report house --publication {publication}", quiet=call.quiet)
    show_runs(call, [facts_of(result)])


def _column_map(path: Path) -> dict[str, Any]:
    """The values of a column map; the connector checks what they say. Raises UsageWrong."""
    import tomllib

    from regulars.errors import UsageWrong

    to_do = "Give a TOML file as described in docs/how-to/import-files.md."
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageWrong(f"{path} cannot be read: {error.strerror}.", to_do=to_do) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageWrong(f"{path} is not readable TOML: {error}.", to_do=to_do) from error


def _connection(
    settings: Settings, publication: str, options: dict[str, Any]
) -> tuple[PublicationSettings, ConnectionConfig]:
    """The publication, from the settings or made by its name alone, and a connection for it."""
    from pydantic import ValidationError

    from regulars.errors import UsageWrong
    from regulars.settings import ConnectionConfig, PublicationSettings, describe

    known = {named.name: named for named in settings.publications}
    try:
        owner = known.get(publication) or PublicationSettings(name=publication)
    except ValidationError as error:
        raise UsageWrong(
            f"{publication!r} cannot be the short name of a publication: {describe(error)}",
            to_do="Use small letters, digits and hyphens, as in field-notes.",
        ) from None
    config = ConnectionConfig(name=f"{publication}-files", connector="files", options=options)
    return owner, config


COMMANDS = {"import": import_}
