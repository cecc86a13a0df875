"""regulars sync: bring connections up to date."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import click

from regulars.sync.progress import Interrupted

from .context import Call, verb
from .progress import progress_shown
from .terminal import INTERRUPTED, STOPPED_AT_ONCE, print_json, results_alone, say, say_error

if TYPE_CHECKING:
    from regulars.settings import Settings
    from regulars.store import Store

_LONGEST_COMMIT_SECONDS = 60.0


@click.command(short_help="Pull what is new from your providers.")
@click.argument("connection", required=False)
@click.option(
    "--full",
    is_flag=True,
    help="Fetch everything again, also what seems unchanged; nothing is counted twice.",
)
@click.option(
    "--accept-removals",
    is_flag=True,
    help="Accept that the provider no longer shows more than a tenth of the people.",
)
@verb
def sync(call: Call, connection: str | None, full: bool, accept_removals: bool) -> None:
    """Pull what is new from every connection, or from CONNECTION, as `regulars status` names it.

    Connections of one account go one after the other, as they share a quota; a few accounts are
    asked side by side. A sync that was interrupted goes on where it stopped. Beside a running
    `regulars serve` the server does the work.

    \b
    Examples:
      regulars sync
      regulars sync field-notes-beehiiv --full
    """
    settings = call.settings()
    server = call.server(settings)
    if server is not None:
        say("The running server does the sync.", quiet=call.quiet)
        for item in server.publications() if connection is None else ():
            if item["paused"] and item["sources"]:
                say(f"{item['name']} is paused and was left out.", quiet=call.quiet)
        try:
            runs = server.sync(connection, full=full, accept_removals=accept_removals)
        except KeyboardInterrupt:
            say("The server goes on with it; `regulars status` shows how it ends.")
            raise SystemExit(INTERRUPTED) from None
    else:
        with results_alone():
            runs, interrupted = _sync_here(call, settings, connection, full, accept_removals)
        if interrupted:
            show_runs(call, runs, end=False)
            raise Interrupted
    show_runs(call, runs)


def _sync_here(
    call: Call, settings: Settings, connection: str | None, full: bool, accept_removals: bool
) -> tuple[list[dict[str, Any]], bool]:
    """The runs, and whether the owner stopped them."""
    from regulars import clock
    from regulars.connections.accounts import account_of
    from regulars.connections.factory import choose
    from regulars.pages.prefetch import prefetch_page
    from regulars.sync.side_by_side import Side, sync_all
    from regulars_connectors.instants import to_datetime

    chosen = choose(settings, connection)
    if connection is None:
        for publication in settings.publications:
            if publication.paused and publication.connections:
                say(f"{publication.name} is paused and was left out.", quiet=call.quiet)
    if not chosen:
        return [], False
    accounts = {account_of(settings, config) for _, config in chosen}
    with call.store(settings, "sync") as store:
        try:
            with (
                stop_on_interrupt() as should_stop,
                progress_shown(quiet=call.quiet, connections=len(chosen)) as progress,
            ):
                side = Side(
                    store, settings, clock.real_runtime(), full, accept_removals,
                    progress.show, progress.ended, should_stop,
                )  # fmt: skip
                runs, interrupted = sync_all(side, chosen)
        except KeyboardInterrupt:
            if len(accounts) > 1:
                _end_now(store)
            raise
        if not interrupted:
            for publication in {owner.name: owner for owner, _ in chosen}.values():
                prefetch_page(store, publication, to_datetime(clock.system_clock()))
    return runs, interrupted


def _end_now(store: Store) -> NoReturn:
    """End the process while threads still wait for providers.

    A commit under way ends first; what is lost is what a crash would lose, and the system frees the
    folder's lock with the process, not before.
    """
    store.writing.acquire(timeout=_LONGEST_COMMIT_SECONDS)
    say(STOPPED_AT_ONCE)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(INTERRUPTED)


def show_runs(call: Call, runs: list[dict[str, Any]], *, end: bool = True) -> None:
    """Print how the runs ended; the exit code is that of the first that did not end well.

    end: whether the command ends with that code.
    """
    for error in [run["error"] for run in runs if run["error"]]:
        say_error(error)
    if call.as_json:
        print_json({"runs": runs})
    else:
        for run in runs:
            click.echo(_in_words(run))
    codes = [run["exit_code"] or 0 for run in runs]
    if end and any(codes):
        raise SystemExit(next(code for code in codes if code))


def _in_words(run: dict[str, Any]) -> str:
    lines = [
        f"{run['connection']}: {run['state']}" + (f" ({run['reason']})" if run["reason"] else "")
    ]
    for stream in run["streams"]:
        lines.append(f"  {stream['stream']}: {stream['seen']:,} seen")
        # A server that was not started again since an update may not say these.
        if stream.get("changed") is not None:
            lines[-1] += f", {stream['changed']:,} new or different"
        if stream.get("gone"):
            lines[-1] += f", {stream['gone']:,} no longer shown"
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
        # Once stopped there is nothing left to stop: a late second Ctrl-C must not hit the closing.
        signal.signal(signal.SIGINT, signal.SIG_IGN if asked.is_set() else before)


COMMANDS = {"sync": sync}
