"""regulars sync: bring connections up to date."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from .context import Call, verb
from .terminal import INTERRUPTED, print_json, progress_shown, say, say_error


@click.command()
@click.argument("connection", required=False)
@click.option("--full", is_flag=True, help="Fetch everything again, also what seems unchanged.")
@click.option(
    "--accept-removals",
    is_flag=True,
    help="Accept that the provider no longer shows more than a tenth of the people.",
)
@verb
def sync(call: Call, connection: str | None, full: bool, accept_removals: bool) -> None:
    """Pull what is new from every connection, or from CONNECTION.

    A sync that was interrupted goes on where it stopped. Beside a running `regulars serve` the
    server does the work.

    \b
    Examples:
      regulars sync
      regulars sync field-notes-beehiiv --full
    """
    settings = call.settings()
    server = call.server(settings)
    if server is not None:
        say("The running server does the sync.", quiet=call.quiet)
        try:
            runs = server.sync(connection, full=full, accept_removals=accept_removals)
        except KeyboardInterrupt:
            say("The server goes on with it; `regulars status` shows how it ends.")
            raise SystemExit(INTERRUPTED) from None
    else:
        runs = _sync_here(call, settings, connection, full, accept_removals)
    show_runs(call, runs)


def _sync_here(
    call: Call, settings: Any, connection: str | None, full: bool, accept_removals: bool
) -> list[dict[str, Any]]:
    from regulars.clock import real_tools
    from regulars.connections import choose, sync_connection
    from regulars.errors import SettingsWrong
    from regulars.kept import answer_what_the_page_asks
    from regulars.sync_runs import facts_of, not_begun
    from regulars_connectors.instants import to_datetime

    chosen = choose(settings, connection)
    tools = real_tools()
    runs = []
    with (
        call.store(settings, "sync") as store,
        stop_on_interrupt() as should_stop,
        progress_shown(quiet=call.quiet) as progress,
    ):
        for publication, config in chosen:
            try:
                result = sync_connection(
                    store,
                    settings,
                    publication,
                    config,
                    tools,
                    full=full,
                    accept_removals=accept_removals,
                    progress=progress,
                    should_stop=should_stop,
                )
                runs.append(facts_of(result))
            except SettingsWrong as error:
                # It concerns this connection alone; the others go on.
                runs.append(not_begun(publication, config, tools.clock(), error))
        for publication in {pair[0].name: pair[0] for pair in chosen}.values():
            answer_what_the_page_asks(store, publication, to_datetime(tools.clock()))
    return runs


def show_runs(call: Call, runs: list[dict[str, Any]]) -> None:
    """Print how the runs ended; the exit code is that of the first that did not end well."""
    for error in [run["error"] for run in runs if run["error"]]:
        say_error(error)
    if call.as_json:
        print_json({"runs": runs})
    else:
        for run in runs:
            click.echo(_in_words(run))
    codes = [run["exit_code"] or 0 for run in runs]
    if any(codes):
        raise SystemExit(next(code for code in codes if code))


def _in_words(run: dict[str, Any]) -> str:
    lines = [
        f"{run['connection']}: {run['state']}" + (f" ({run['reason']})" if run["reason"] else "")
    ]
    for stream in run["streams"]:
        lines.append(
            f"  {stream['stream']}: {stream['seen']:,} seen, {stream['written']:,} new or different"
        )
        if stream["quarantined"]:
            lines[-1] += f", {stream['quarantined']:,} could not be read"
        if stream["outcome"] in ("unavailable", "failed"):
            lines[-1] = f"  {stream['stream']}: {stream['outcome']} ({stream['reason']})"
    lines += [f"  {notice}" for notice in run["notices"]]
    return "\n".join(lines)


@contextmanager
def stop_on_interrupt() -> Iterator[Callable[[], bool]]:
    """Ctrl-C once: finish the page and say where it goes on. Twice: stop now."""
    asked = threading.Event()

    def ask(*_: object) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()
        say("Stopping after this page. Press Ctrl-C again to stop now.")

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield asked.is_set
    finally:
        signal.signal(signal.SIGINT, before)


COMMANDS = {"sync": sync}
