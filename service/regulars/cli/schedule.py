"""regulars schedule: when each connection syncs next, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from regulars_connectors.foreign_text import clean
from regulars_connectors.plural import pluralize

from .context import Call, verb
from .terminal import echo, print_json, say, to_the_second

if TYPE_CHECKING:
    from regulars.jobs.view import ScheduleView
    from regulars.server.client import ServerClient
    from regulars.settings import Settings
    from regulars.store import Store
    from regulars_connectors.contract import Runtime

_WHY = {
    "first": "its first sync",
    "regular": "its regular time",
    "before_post": "shortly before a post",
    "missed": "a time that was missed",
    "retry": "again after a failure",
    "provider_wait": "after the wait that the provider named",
    "hint": "a webhook brought news",
}
_NEVER = {
    "running": "syncing now",
    "paused": "paused",
    "off": "never by itself",
}
NOTHING_TO_SCHEDULE = "The settings have no connection to sync."


@click.command(short_help="Show when each connection syncs next, and why.")
@verb
def schedule(call: Call) -> None:
    """Show for each connection its rule, how its last sync ended, and when the next comes and why.

    `regulars serve` follows this schedule. Without it, let cron run `regulars sync --due`.

    \b
    Examples:
      regulars schedule
      regulars schedule --json
    """
    settings = call.settings()
    server = call.server(settings)
    if server is not None:
        items = server.schedule()
    else:
        from regulars.clock import real_runtime

        with call.store_to_read(settings, "schedule") as store:
            items = schedule_in_store(settings, store, real_runtime())
    if call.as_json:
        print_json({"schedule": items, "served": server is not None})
        return
    if not items:
        echo(NOTHING_TO_SCHEDULE)
        return
    from regulars.jobs.view import views_in

    for view in views_in(items):
        for line in _lines(view):
            echo(clean(line))
    if server is None:
        say(
            "No server is running: `regulars serve` or `regulars sync --due` does what is due.",
            quiet=call.quiet,
        )


def schedule_in_store(settings: Settings, store: Store, runtime: Runtime) -> list[dict[str, Any]]:
    """How every connection stands, as JSON values."""
    import msgspec

    from regulars.jobs.planner import Planner
    from regulars.jobs.view import views_of

    standings = Planner(store, settings, runtime).standings()
    items: list[dict[str, Any]] = msgspec.to_builtins(views_of(standings))
    return items


def schedule_of_server(server: ServerClient) -> list[dict[str, Any]]:
    """The same from the running server. Empty if that is from before an update."""
    from regulars.server.client import ServerSaid

    try:
        return server.schedule()
    except ServerSaid:
        return []


def _lines(view: ScheduleView) -> list[str]:
    default = ", the default" if view.is_default else ""
    lines = [f"{view.connection} ({view.rule}{default})"]
    if view.last_ended_at is None:
        lines.append("  last: none yet")
    else:
        reason = f" ({view.last_reason})" if view.last_reason else ""
        lines.append(f"  last: {to_the_second(view.last_ended_at)}, {view.last_outcome}{reason}")
    if view.last_look_at is not None and view.last_look_at != view.last_ended_at:
        lines.append(f"  people last seen: {to_the_second(view.last_look_at)}")
    if view.failing_since is not None:
        times = pluralize(view.failures, "failure")
        lines.append(f"  failing since {to_the_second(view.failing_since)}: {times} in a row")
    return [*lines, f"  next: {next_words(view)}"]


def next_words(view: ScheduleView) -> str:
    """When the next sync comes and why, as in "2026-11-23T05:15:00Z, its regular time"."""
    if view.next_at is None:
        return _NEVER[view.why]
    when = "now" if view.is_due else to_the_second(view.next_at)
    return f"{when}, {_WHY[view.why]}"


COMMANDS = {"schedule": schedule}
