"""regulars widget: list, declare and export public figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from regulars_connectors.plural import pluralize

from .context import Call, verb
from .terminal import echo, print_json

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
    """Publish figures: cards, badges, a web component."""


@widget.command(name="list", short_help="List all widgets, and what each says now.")
@verb
def list_(call: Call) -> None:
    """List every widget in your settings: its key, its page, and what it says now.

    Listing publishes nothing.

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
        echo("No widget yet. `regulars widget new --publication NAME` prints one to add.")
    for item in items:
        echo("\n".join(_in_words(item)))


@widget.command(short_help="Print the settings of a new widget.")
@click.option(
    "--publication", required=True, metavar="NAME",
    help="Short name of the newsletter, such as field-notes.",
)  # fmt: skip
@click.option("--public-base-url", metavar="URL", help="Public address of this service.")
@verb
def new(call: Call, publication: str, public_base_url: str | None) -> None:
    """Make a key, and print the section for your regulars.toml.

    The command only prints. The widget stays off until you add the section.

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
    echo("\n".join(lines))
    echo(
        f"\nPut this below the section of {owner.name} in regulars.toml, then restart"
        " `regulars serve`, or run `regulars widget write`."
    )


@widget.command(short_help="Write widgets as files for any static host.")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option("--widget", "key", metavar="KEY", help="Write only this widget. Default: all.")
@click.option(
    "--base-url",
    metavar="URL",
    help="Address where DIR will be found. Default: public_base_url in the settings.",
)
@verb
def write(call: Call, folder: Path, key: str | None, base_url: str | None) -> None:
    """Write your widgets into DIR as files, for any static host.

    Run it again whenever the figure has changed: only changed files are written, and earlier weeks
    stay. Writing a figure publishes it: it then stands for its week.

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
    echo(
        f"{pluralize(done.files, 'file')} in {folder}, {done.changed:,} of them new or changed;"
        f" {pluralize(done.periods, 'frozen week or day', 'frozen weeks or days')}."
    )
    for one in chosen:
        echo(f"After you upload it: {one.addresses.page}")


@dataclass(frozen=True, slots=True)
class _OwnStore:
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
) -> Iterator[_OwnStore]:
    from regulars.clock import system_clock
    from regulars.replies.making import tie_letters
    from regulars.reports.engine.report import run
    from regulars.store.mending import asked_again
    from regulars.widgets.publishing import Publisher
    from regulars_connectors.instants import to_datetime

    now = to_datetime(system_clock())
    with opening(settings, "widget") as store:

        @asked_again
        def ask(
            report: AnyReport, publication: PublicationSettings, as_of: datetime
        ) -> AnyEnvelope:
            tie_letters(store, publication)
            with store.read() as cursor:
                return run(report, cursor, publication, None, as_of=as_of, now=now)

        yield _OwnStore(Publisher(store, ask), now)


def _owner(settings: Settings, name: str) -> PublicationSettings:
    """The publication of that name. Raises NothingHere: a widget needs it in the settings."""
    from regulars.errors import NothingHere

    try:
        return settings.publication(name)
    except NothingHere as error:
        raise NothingHere(
            error.happened,
            to_do=f'Add [[publications]] with name = "{name}" to regulars.toml first.',
        ) from None


def _chosen(settings: Settings, key: str | None, base_url: str | None) -> list[ConfiguredWidget]:
    """The widgets to write. Raises NothingHere, UsageWrong where their address is not known."""
    from regulars.errors import NothingHere, UsageWrong
    from regulars.settings import is_base_url
    from regulars.widgets.publishing import configured_widgets

    if base_url is not None and not is_base_url(base_url):
        raise UsageWrong(
            f"{base_url!r} is not an address.", to_do="Write one like https://www.example.org."
        )
    chosen = [
        one for one in configured_widgets(settings, base_url) if key in (None, one.widget.key)
    ]
    if not chosen:
        raise NothingHere(
            f"There is no widget {key!r} in the settings."
            if key
            else "There is no widget in the settings.",
            to_do="Run `regulars widget new --publication NAME` and add what it prints.",
        )
    for one in chosen:
        if base_url is None and one.widget.public_base_url is None:
            raise UsageWrong(
                "Links in the files need their public address, and none is set.",
                to_do="Give --base-url, or set public_base_url of the widget.",
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
