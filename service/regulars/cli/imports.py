"""regulars import: bring a history that no provider hands out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .context import Call, verb
from .sync import show_runs, stop_on_interrupt
from .terminal import progress_shown, say

if TYPE_CHECKING:
    from regulars.settings import PublicationSettings, Settings


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
    "--accept-removals", is_flag=True, help="Accept that more than a tenth of the people go."
)
@verb
def files(
    call: Call, folder: Path, publication: str, complete: bool, accept_removals: bool
) -> None:
    """Read posts.csv, subscriptions.csv and signals.csv in FOLDER.

    No settings are needed. It may be repeated: the same folder again changes nothing.

    \b
    Examples:
      regulars import files my-newsletter/ --publication field-notes
      regulars import files my-newsletter/ --publication field-notes --complete
    """
    from regulars.clock import real_tools
    from regulars.connections import sync_connection
    from regulars.publications import import_connection
    from regulars.settings import ConnectionConfig
    from regulars.sync_runs import facts_of
    from regulars_connectors.errors import BadSource

    if not folder.is_dir():
        # Nothing is recorded of a slip of the keyboard: no run, no publication of that name.
        raise BadSource(f"There is no folder {folder}.", to_do="Give the folder of the CSV files.")
    settings = call.settings()
    owner = _publication(settings, publication)
    with (
        call.store(settings, "import") as store,
        stop_on_interrupt() as should_stop,
        progress_shown(quiet=call.quiet) as progress,
    ):
        config = ConnectionConfig(
            name=import_connection(store, publication),
            connector="files",
            options={"folder": folder.resolve(), "complete": complete},
        )
        result = sync_connection(
            store,
            settings,
            owner,
            config,
            real_tools(),
            accept_removals=accept_removals,
            progress=progress.show,
            should_stop=should_stop,
        )
    if result.error is None and not call.as_json:
        say(f"See it with: regulars report house --publication {publication}", quiet=call.quiet)
    show_runs(call, [facts_of(result)])


def _publication(settings: Settings, publication: str) -> PublicationSettings:
    """The publication, from the settings or made by its name alone."""
    from regulars.publications import check_short_name
    from regulars.settings import PublicationSettings

    check_short_name(publication)
    known = {named.name: named for named in settings.publications}
    return known.get(publication) or PublicationSettings(name=publication)


COMMANDS = {"import": import_}
