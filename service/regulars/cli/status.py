"""regulars status: every publication and connection, and how fresh they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from regulars_connectors.foreign_text import clean
from regulars_connectors.plural import pluralize

from .context import Call, verb
from .schedule import next_words, schedule_of_server
from .terminal import echo, fit_in_detail, print_json, to_the_second

if TYPE_CHECKING:
    from regulars.settings import Settings
    from regulars.store.run_record import StreamState

NO_PUBLICATION = (
    "No publication yet.",
    (
        "To do: `regulars init` sets one up, `regulars import files FOLDER --publication NAME`"
        " brings one from files, and `regulars demo` shows an invented one."
    ),
)


@click.command(short_help="Show how fresh everything is.")
@click.argument("publication", required=False)
@verb
def status(call: Call, publication: str | None) -> None:
    """Show every publication with its connections and their last syncs, or only PUBLICATION.

    With more than three publications, shows one line each, plus anything that needs attention.

    \b
    Examples:
      regulars status
      regulars status field-notes --json
    """
    from regulars.store import is_store
    from regulars.store.quarantine import describe, quarantined_days

    settings = call.settings()
    every, schedule = _what_is_known(call, settings)
    items = every if publication is None else _only(every, publication)
    served = call.server(settings) is not None
    days = quarantined_days(settings.store.folder)
    if call.as_json:
        quarantine = [day.facts() for day in days]
        facts = {"store": str(settings.store.folder), "served": served, "publications": items}
        shown = [one for one in schedule if one["publication"] in {item["name"] for item in items}]
        print_json(facts | {"quarantine": quarantine, "schedule": shown})
        return
    state = " (a server holds it)" if served else ""
    if not is_store(settings.store.folder):
        state = " (none yet: `regulars sync` creates it)" if items else " (none yet)"
    echo(f"Store: {settings.store.folder}{state}")
    if days:
        echo(f"In quarantine: {describe(days)}")
    lines = _in_detail(items, schedule) if fit_in_detail(items) else _in_short(items)
    if not items:
        lines = [*NO_PUBLICATION]
    for line in lines:
        echo(clean(line))


def _what_is_known(
    call: Call, settings: Settings
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Every publication with its sources, and the schedule of its connections."""
    server = call.server(settings)
    if server is not None:
        return server.publications(), schedule_of_server(server)
    from regulars.clock import real_runtime, system_clock
    from regulars.publications.status import publications_with_sources
    from regulars_connectors.instants import to_datetime

    from .schedule import schedule_in_store

    with call.store_to_read(settings, "status") as store:
        items = publications_with_sources(settings, store, to_datetime(system_clock()))
        return items, schedule_in_store(settings, store, real_runtime())


def publications_of(call: Call, settings: Settings) -> list[dict[str, Any]]:
    """Every publication with its sources, from the running server or from the store."""
    server = call.server(settings)
    if server is not None:
        return server.publications()
    from regulars.clock import system_clock
    from regulars.publications.status import publications_with_sources
    from regulars_connectors.instants import to_datetime

    with call.store_to_read(settings, "status") as store:
        return publications_with_sources(settings, store, to_datetime(system_clock()))


def _only(items: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    from regulars.errors import NothingHere

    found = [item for item in items if item["name"] == name]
    if not found:
        raise NothingHere(f"There is no publication named {name!r}.")
    return found


# A few, in detail


def _in_detail(items: list[dict[str, Any]], schedule: list[dict[str, Any]]) -> list[str]:
    from regulars.jobs.view import views_in

    following = {view.connection: next_words(view) for view in views_in(schedule)}
    return [line for item in items for line in _lines_of(item, following)]


def _lines_of(item: dict[str, Any], following: dict[str, str]) -> list[str]:
    lines = [f"{item['name']} ({item['title']})" + (", paused" if item["paused"] else "")]
    for source in item["sources"]:
        complete = source["last_complete_sync"]
        known = f"last complete sync {to_the_second(complete)}" if complete else None
        freshness = known or "no complete sync yet"
        stale = ", stale" if source["is_stale"] and complete else ""
        lines.append(f"  {source['connection']}: {source['last_outcome']}; {freshness}{stale}")
        if source["reason"]:
            lines.append(f"    {source['reason']}")
        if not item["paused"] and source["connection"] in following:
            lines.append(f"    next sync: {following[source['connection']]}")
        lines += [f"    {text}" for text in (*_troubles(source), *_remarks(source))]
    return lines


def _streams(source: dict[str, Any]) -> list[StreamState]:
    import msgspec

    from regulars.store.run_record import StreamState

    return msgspec.convert(source["streams"], list[StreamState])


def _troubles(source: dict[str, Any]) -> list[str]:
    """What needs attention."""
    from regulars.reports.messages import ALARMS

    found = []
    for stream in _streams(source):
        if stream.alarm:
            known = ALARMS.get(stream.alarm)
            found.append(f"{stream.stream}: {known() if known else stream.alarm}")
        if stream.outcome in ("unavailable", "failed", "partial"):
            found.append(f"{stream.stream}: {stream.outcome} ({stream.reason})")
        if stream.held_removals:
            wait = pluralize(stream.held_removals, "removal waits", "removals wait")
            found.append(f"{wait} for --accept-removals")
        if stream.held_changes:
            wait = pluralize(stream.held_changes, "person who left waits", "people who left wait")
            found.append(f"{wait} for --accept-removals")
        if stream.unknown_standings:
            have = pluralize(stream.unknown_standings, "person has", "people have")
            found.append(f"{stream.stream}: {have} an unknown status")
        if stream.undated:
            posts = pluralize(stream.undated, "mailed post")
            found.append(f"{stream.stream}: {posts} without a known day")
    return found


def _remarks(source: dict[str, Any]) -> list[str]:
    """What else a reader of the figures should know."""
    found = []
    for stream in _streams(source):
        said = []
        if stream.quarantined:
            said.append(f"{pluralize(stream.quarantined, 'row')} could not be read")
        if stream.without_totals:
            people = pluralize(stream.without_totals, "active person", "active people")
            said.append(f"{people} came without known totals")
        if stream.taken_back:
            posts = pluralize(stream.taken_back, "sent post")
            said.append(f"{posts} now shown as unsent, and kept as sent")
        if hours := stream.old_statistics:
            said.append(f"the provider's statistics were {hours:,} hours old")
        if stream.accepted_difference and stream.count_difference:
            count = stream.count_difference
            more = (
                "shows {:,} more than it counts" if count > 0 else "counts {:,} more than it shows"
            )
            said.append(f"the provider {more.format(abs(count))}, as you accepted")
        found += [f"{stream.stream}: {words}" for words in said]
    return found


# Many, a line each


def _in_short(items: list[dict[str, Any]]) -> list[str]:
    width = max(len(item["name"]) for item in items)
    lines, looks = [], 0
    for item in items:
        lines.append(f"{item['name']:{width}}  {_how_fresh(item)}")
        below = [] if item["paused"] else _below(item)
        looks += bool(below)
        lines += [f"{'':{width}}    {text}" for text in below]
    paused = sum(item["paused"] for item in items)
    attention = pluralize(looks, "needs attention", "need attention")
    lines.append(f"{len(items)} publications; {attention}, {paused} paused.")
    return lines


def _how_fresh(item: dict[str, Any]) -> str:
    times = [source["last_complete_sync"] for source in item["sources"]]
    known = [time for time in times if time]
    if not times:
        words = "no connection"
    elif len(known) < len(times):
        words = "no complete sync yet"
    else:
        words = f"last complete sync {to_the_second(min(known))}"
    return f"paused; {words}" if item["paused"] else words


def _below(item: dict[str, Any]) -> list[str]:
    """What needs attention, by connection."""
    found = []
    for source in item["sources"]:
        words = []
        if source["last_outcome"] in ("partial", "failed"):
            words.append(f"{source['last_outcome']} ({source['reason']})")
        elif source["is_stale"] and source["last_complete_sync"]:
            words.append("stale")
        found += [f"{source['connection']}: {text}" for text in (*words, *_troubles(source))]
    return found


COMMANDS = {"status": status}
