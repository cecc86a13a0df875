"""regulars status: every publication and connection, and how fresh they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from .context import Call, verb
from .terminal import print_json

if TYPE_CHECKING:
    from regulars.settings import Settings


@click.command()
@verb
def status(call: Call) -> None:
    """Show every publication, its connections and their last syncs.

    \b
    Examples:
      regulars status
      regulars status --json
    """
    settings = call.settings()
    items = publications_of(call, settings)
    served = call.server(settings) is not None
    if call.as_json:
        print_json(
            {
                "store": str(settings.store.folder),
                "served": served,
                "publications": items,
            }
        )
        return
    click.echo(f"Store: {settings.store.folder}" + (" (a server holds it)" if served else ""))
    if not items:
        click.echo(
            "No publication yet. `regulars import files` or a settings file brings the first."
        )
    for item in items:
        click.echo("\n".join(_in_words(item)))


def publications_of(call: Call, settings: Settings) -> list[dict[str, Any]]:
    """Every publication with its sources, from the running server or from the store."""
    server = call.server(settings)
    if server is not None:
        return server.publications()
    from regulars.clock import system_clock
    from regulars.freshness import publications_with_sources
    from regulars_connectors.instants import to_datetime

    with call.store(settings, "status") as store:
        return publications_with_sources(settings, store, to_datetime(system_clock()))


def _in_words(item: dict[str, Any]) -> list[str]:
    lines = [f"{item['name']} ({item['title']})" + (", paused" if item["paused"] else "")]
    for source in item["sources"]:
        complete = source["last_complete_sync"]
        freshness = f"last complete sync {complete}" if complete else "no complete sync yet"
        stale = ", stale" if source["is_stale"] and complete else ""
        lines.append(f"  {source['connection']}: {source['last_outcome']}; {freshness}{stale}")
        if source["reason"]:
            lines.append(f"    {source['reason']}")
        lines += [f"    {text}" for text in _troubles(source)]
    return lines


def _troubles(source: dict[str, Any]) -> list[str]:
    found = []
    for stream in source["streams"]:
        if stream["alarm"]:
            found.append(f"{stream['stream']}: not measured ({stream['alarm']})")
        if stream["outcome"] in ("unavailable", "failed", "partial"):
            found.append(f"{stream['stream']}: {stream['outcome']} ({stream['reason']})")
        if stream["held_removals"]:
            found.append(f"{stream['held_removals']} removals wait for `sync --accept-removals`")
    return found


COMMANDS = {"status": status}
