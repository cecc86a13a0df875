"""regulars widget: public figures to take away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from regulars_connectors.plural import pluralize

from .context import Call, verb
from .terminal import print_json

if TYPE_CHECKING:
    from datetime import datetime

    from regulars.reports.engine.query import AnyEnvelope, AnyReport
    from regulars.server.client import ServerClient
    from regulars.settings import PublicationSettings, Settings
    from regulars.store import Store
    from regulars.widgets.document import WidgetDocument
    from regulars.widgets.publishing import ConfiguredWidget, Publisher


@click.group()
def widget() -> None:
    """Public figures to take away: cards, badges, a web component."""


@widget.command(name="list", short_help="Show all, and what each says now.")
@verb
def list_(call: Call) -> None:
    """Show every widget of the settings: its key, its page, and what it says now.

    Looking shows nothing to the public.

    \b
    Examples:
      regulars widget list
      regulars widget list --json
    """
    settings = call.settings()
    server = call.server(settings)
    if server is not None:
        items = server.widgets()
    else:
        from regulars.widgets.listing import line_of
        from regulars.widgets.publishing import configured_widgets

        declared = configured_widgets(settings)
        with _opened(call.store_to_read, settings) as publishing:
            items = [
                line_of(publishing.publisher, one, publishing.now).model_dump(mode="json")
                for one in declared
            ]
    if call.as_json:
        print_json({"widgets": items})
        return
    if not items:
        click.echo("No widget yet. `regulars widget new --publication NAME` prints one to add.")
    for item in items:
        click.echo("\n".join(_in_words(item)))


@widget.command(short_help="Print the settings of a new one.")
@click.option(
    "--publication", required=True, metavar="NAME",
    help="Short name of the newsletter, as field-notes.",
)  # fmt: skip
@click.option("--public-base-url", metavar="URL", help="Address that the public will see.")
@verb
def new(call: Call, publication: str, public_base_url: str | None) -> None:
    """Make a key, and print the section to put into regulars.toml.

    Nothing is written and nothing is shown to anybody: a widget is off until it stands there.

    \b
    Examples:
      regulars widget new --publication field-notes
      regulars widget new --publication field-notes --public-base-url https://regulars.example.org
    """
    import secrets

    from pydantic import ValidationError

    from regulars.errors import UsageWrong
    from regulars.settings import WidgetSettings
    from regulars_connectors.validation_messages import describe

    owner = _owner(call.settings(), publication)
    key = f"wgt_{secrets.token_urlsafe(16)}"
    try:
        made = WidgetSettings(key=key, public_base_url=public_base_url)
    except ValidationError as error:
        raise UsageWrong(describe(error, WidgetSettings)) from None
    lines = ["[[publications.widgets]]", f'key = "{made.key}"']
    if made.public_base_url:
        lines.append(f'public_base_url = "{made.public_base_url}"')
    if call.as_json:
        print_json({"key": key, "publication": owner.name, "section": "\n".join(lines)})
        return
    click.echo("\n".join(lines))
    click.echo(
        f"\nPut this below the section of {owner.name} in regulars.toml, then start"
        " `regulars serve` again, or run `regulars widget write`."
    )


@widget.command(short_help="Write all of it as files for any host.")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option("--widget", "key", metavar="KEY", help="Only this one; all of them unless set.")
@click.option(
    "--base-url",
    metavar="URL",
    help="Address under which DIR will be found; public_base_url of the settings unless set.",
)
@verb
def write(call: Call, folder: Path, key: str | None, base_url: str | None) -> None:
    """Write everything of the widgets into DIR as files, to be put on any static host.

    Run it again whenever the figure has moved: only what changed is written, and the weeks that
    lie there stay. A figure that is written is shown: it stands for its week from then on.

    \b
    Examples:
      regulars widget write public/ --base-url https://www.example.org
      regulars widget write public/ --widget wgt_q83vEjRWeJCrze8SNFZ4kA
    """
    from regulars.widgets.static_export import write_files

    settings = call.settings()
    chosen = _chosen(settings, key, base_url)
    server = call.server(settings)
    if server is not None:
        done = write_files(folder, chosen, _FromServer(server))
    else:
        with _opened(call.store, settings) as publishing:
            done = write_files(folder, chosen, publishing)
    if call.as_json:
        print_json(
            {
                "folder": str(folder),
                "widgets": [one.widget.key for one in chosen],
                "files": done.files,
                "changed": done.changed,
                "periods": done.periods,
            }
        )
        return
    click.echo(
        f"{pluralize(done.files, 'file')} in {folder}, {done.changed:,} of them new or changed;"
        f" {pluralize(done.periods, 'frozen week or day', 'frozen weeks or days')}."
    )
    for one in chosen:
        click.echo(f"Once it is put there: {one.addresses.page}")


@dataclass(frozen=True, slots=True)
class _Desk:
    """A store of our own, and what time it is."""

    publisher: Publisher
    now: datetime

    def current(self, declared: ConfiguredWidget) -> WidgetDocument:
        return self.publisher.show(declared, self.now)

    def periods(self, declared: ConfiguredWidget) -> list[str]:
        return self.publisher.periods(declared)

    def frozen(self, declared: ConfiguredWidget, period: str) -> WidgetDocument:
        document = self.publisher.frozen(declared, period)
        assert document is not None, "a period that was listed"  # noqa: S101
        return document


class _FromServer:
    """The running server that holds the store."""

    def __init__(self, server: ServerClient) -> None:
        self._server = server
        self._periods: dict[str, list[str]] = {
            item["key"]: item["periods"] for item in server.widgets()
        }

    def current(self, declared: ConfiguredWidget) -> WidgetDocument:
        document = self._document(f"/w/{declared.widget.key}.json")
        periods = self._periods.setdefault(declared.widget.key, [])
        if document.is_settled and document.period_name not in periods:
            periods.append(document.period_name)
        return document

    def periods(self, declared: ConfiguredWidget) -> list[str]:
        return self._periods[declared.widget.key]

    def frozen(self, declared: ConfiguredWidget, period: str) -> WidgetDocument:
        return self._document(f"/w/{declared.widget.key}/{period}/card.json")

    def _document(self, path: str) -> WidgetDocument:
        from regulars.widgets.document import WidgetDocument

        return WidgetDocument.model_validate(self._server.widget_document(path))


@contextmanager
def _opened(
    opening: Callable[[Settings, str], AbstractContextManager[Store]], settings: Settings
) -> Iterator[_Desk]:
    from regulars.clock import system_clock
    from regulars.reports.engine.report import run
    from regulars.widgets.publishing import Publisher
    from regulars_connectors.instants import to_datetime

    now = to_datetime(system_clock())
    with opening(settings, "widget") as store:

        def ask(
            report: AnyReport, publication: PublicationSettings, as_of: datetime
        ) -> AnyEnvelope:
            with store.read() as cursor:
                return run(report, cursor, publication, None, as_of=as_of, now=now)

        yield _Desk(Publisher(store, ask), now)


def _owner(settings: Settings, name: str) -> PublicationSettings:
    """The publication of that name. Raises NothingHere: a widget needs it in the settings."""
    from regulars.errors import NothingHere

    try:
        return settings.publication(name)
    except NothingHere as error:
        raise NothingHere(
            error.happened,
            to_do=f'Write [[publications]] with name = "{name}" into regulars.toml first.',
        ) from None


def _chosen(settings: Settings, key: str | None, base_url: str | None) -> list[ConfiguredWidget]:
    """The widgets to write. Raises NothingHere, UsageWrong where their address is not known."""
    from regulars.errors import NothingHere, UsageWrong
    from regulars.settings import is_base_url
    from regulars.widgets.publishing import configured_widgets

    if base_url is not None and not is_base_url(base_url):
        raise UsageWrong(
            f"{base_url!r} is no address.", to_do="Write one like https://www.example.org."
        )
    chosen = [
        one for one in configured_widgets(settings, base_url) if key in (None, one.widget.key)
    ]
    if not chosen:
        raise NothingHere(
            f"There is no widget {key!r} in the settings."
            if key
            else "There is no widget in the settings.",
            to_do="`regulars widget new --publication NAME` prints one to put there.",
        )
    for one in chosen:
        if base_url is None and one.widget.public_base_url is None:
            raise UsageWrong(
                "It is not known where the files will be found, and their links need it.",
                to_do="Say --base-url, or set public_base_url of the widget.",
            )
    return chosen


def _in_words(item: dict[str, Any]) -> list[str]:
    periods = item["periods"]
    shown = "shown" if item["is_shown"] else "not shown yet"
    lines = [
        f"{item['key']} ({item['publication']}, {item['cadence']})",
        f"  {item['page']}",
        f"  {item['says']} As of {item['as_of']}, {shown}.",
    ]
    if periods:
        lines.append(f"  Frozen: {len(periods)}, from {periods[0]} to {periods[-1]}.")
    return lines


COMMANDS = {"widget": widget}
