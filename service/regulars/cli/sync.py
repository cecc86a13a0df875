"""regulars sync: bring connections up to date."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

import click

from regulars.sync.options import USUAL, SyncOptions
from regulars.sync.progress import Interrupted
from regulars_connectors.foreign_text import clean

from .context import Call, verb
from .progress import progress_shown
from .terminal import INTERRUPTED, STOPPED_AT_ONCE, echo, print_json, results_alone, say, say_error

if TYPE_CHECKING:
    from regulars.settings import Settings
    from regulars.store import Store
    from regulars.store.run_record import StreamCounts
    from regulars.sync.record import RunResult, RunView
    from regulars.sync.service import Chosen

_LONGEST_COMMIT_SECONDS = 3.0


@click.command(short_help="Pull what is new from your providers.")
@click.argument("connection", required=False)
@click.option(
    "--full",
    is_flag=True,
    help="Fetch everything again, also what seems unchanged. Each record counts once.",
)
@click.option(
    "--accept-removals",
    is_flag=True,
    help="Accept that more than a tenth of the people are gone or have left.",
)
@click.option(
    "--accept-count",
    is_flag=True,
    help="Accept a provider's count that has differed by the same few in three syncs running.",
)
@click.option(
    "--due",
    is_flag=True,
    help="Only what the schedule says is due, which may be nothing: for cron and timers.",
)
@verb
def sync(
    call: Call,
    connection: str | None,
    full: bool,
    accept_removals: bool,
    accept_count: bool,
    due: bool,
) -> None:
    """Pull what is new from every connection, or from CONNECTION, as `regulars status` names it.

    Connections of one account sync one after the other, because they share a quota. A few
    accounts sync in parallel. An interrupted sync resumes where it stopped. If `regulars serve` is
    running, the server does the work.

    \b
    Examples:
      regulars sync
      regulars sync field-notes-beehiiv --full
      regulars sync --due
    """
    settings = call.settings()
    options = SyncOptions(full=full, accept_removals=accept_removals, accept_count=accept_count)
    if due:
        _require_alone(connection, options)
        _sync_due(call, settings)
        return
    server = call.server(settings)
    if server is not None:
        say("The running server does the sync.", quiet=call.quiet)
        if connection is None:
            items = server.publications()
            _say_paused(call, (one["name"] for one in items if one["paused"] and one["sources"]))
        _show_runs_of_server(call, lambda: server.sync(connection, options))
        return
    with results_alone():
        ended = _sync_in_store(call, settings, connection, options)
    _show_ended(call, ended)


def _show_runs_of_server(call: Call, start: Callable[[], Sequence[RunView]]) -> None:
    """Let the running server do it, and show how it ended."""
    try:
        runs = start()
    except KeyboardInterrupt:
        say("The server continues the sync. `regulars status` shows how it ends.")
        raise SystemExit(INTERRUPTED) from None
    show_runs(call, runs)


def _show_ended(call: Call, ended: Sequence[RunResult]) -> None:
    was_stopped = any(run.was_stopped for run in ended)
    show_runs(call, views_of(ended), end=not was_stopped)
    if was_stopped:
        raise Interrupted


def _require_alone(connection: str | None, options: SyncOptions) -> None:
    from regulars.errors import UsageWrong

    if connection is not None or options != USUAL:
        raise UsageWrong(
            "--due stands alone: the schedule says which connections to sync, and how.",
            to_do="Leave the rest away, or name the connection without --due.",
        )


def _sync_due(call: Call, settings: Settings) -> None:
    """Do what is due and end. Nothing to do is a good end."""
    server = call.server(settings)
    if server is not None:
        _show_runs_of_server(call, server.sync_due)
        return
    from regulars.errors import StoreLocked
    from regulars.store.lock import holder

    if not settings.connections():
        show_runs(call, [])
        return
    try:
        with results_alone():
            ended = _sync_due_here(call, settings)
    except StoreLocked:
        if holder(settings.store.folder).get("purpose") != "sync":
            raise
        # An earlier call of cron is still at work. The next one does what is due by then.
        say("Another sync is under way, so nothing was started.", quiet=call.quiet)
        show_runs(call, [])
        return
    if not ended:
        say("Nothing is due. `regulars schedule` says what comes next.", quiet=call.quiet)
    _show_ended(call, ended)


def _sync_due_here(call: Call, settings: Settings) -> list[RunResult]:
    from regulars.clock import real_runtime
    from regulars.jobs.planner import Planner
    from regulars.notices.step import Notifier

    runtime = real_runtime()
    with call.store(settings, "sync") as store:
        planner = Planner(store, settings, runtime)
        due = planner.due()
        chosen = [(one.publication, one.config) for one in due]
        small = [one.config.name for one in due if one.begins_small]
        try:
            return sync_here(call, settings, store, chosen, begin_small=small) if due else []
        finally:  # also after a full disk, which is one of them
            notifier = Notifier(settings, runtime.clock, next_look=planner.look_after)
            notifier.step(store, runtime.clock())


def _sync_in_store(
    call: Call, settings: Settings, connection: str | None, options: SyncOptions
) -> list[RunResult]:
    from regulars.connections.factory import choose

    chosen = choose(settings, connection)
    if connection is None:
        paused = (one for one in settings.publications if one.paused and one.connections)
        _say_paused(call, (one.name for one in paused))
    if not chosen:
        return []
    with call.store(settings, "sync") as store:
        return sync_here(call, settings, store, chosen, options)


def _say_paused(call: Call, names: Iterable[str]) -> None:
    for name in names:
        say(f"{name} is paused and was skipped.", quiet=call.quiet)


def sync_here(
    call: Call,
    settings: Settings,
    store: Store,
    chosen: Sequence[Chosen],
    options: SyncOptions = USUAL,
    begin_small: Sequence[str] = (),
) -> list[RunResult]:
    """A run of each connection in this process, waited for; how they ended.

    Ctrl-C once lets each run end after its page, twice ends the process. Raises what stops all
    runs, such as DiskFull.
    """
    from regulars.clock import real_runtime
    from regulars.reports.prepare import prepare
    from regulars.sync.service import SyncService

    try:
        with (
            stop_on_interrupt() as should_stop,
            progress_shown(quiet=call.quiet, connections=len(chosen)) as progress,
        ):
            service = SyncService(
                store,
                settings,
                real_runtime(),
                prepare=prepare,
                progress=progress.show,
                on_end=progress.ended,
                should_stop=should_stop,
            )
            return service.start_chosen(chosen, options, begin_small=begin_small).wait()
    except KeyboardInterrupt:
        _end_now(store)


def views_of(runs: Sequence[RunResult]) -> list[RunView]:
    """The runs as ``show_runs`` wants them."""
    from regulars.sync.record import view_of

    return [view_of(run) for run in runs]


def _end_now(store: Store) -> NoReturn:
    """End the process while threads still wait for providers.

    A commit under way has a few seconds. What is lost is what a crash would lose, and the system
    frees the folder's lock with the process, not before.
    """
    store.writing.acquire(timeout=_LONGEST_COMMIT_SECONDS)
    say(STOPPED_AT_ONCE)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(INTERRUPTED)


def show_runs(call: Call, runs: Sequence[RunView], *, end: bool = True) -> None:
    """Print how the runs ended; the exit code is that of the first that did not end well.

    end: whether the command ends with that code.
    """
    import msgspec

    for run in runs:
        if run.error is not None:
            say_error(msgspec.structs.asdict(run.error))
    if call.as_json:
        print_json({"runs": msgspec.to_builtins(runs)})
    else:
        for run in runs:
            echo(_in_words(run))
    codes = [run.exit_code for run in runs if run.exit_code]
    if end and codes:
        raise SystemExit(codes[0])


def _in_words(run: RunView) -> str:
    head = f"{run.connection}: {run.state}" + (f" ({run.reason})" if run.reason else "")
    streams = (_stream_in_words(stream) for stream in run.streams)
    shown = [head, *streams, *(f"  {notice}" for notice in run.notices)]
    return "\n".join(clean(line) for line in shown)


def _stream_in_words(stream: StreamCounts) -> str:
    if stream.outcome in ("unavailable", "failed"):
        return f"  {stream.stream}: {stream.outcome} ({stream.reason})"
    line = f"  {stream.stream}: {stream.seen:,} seen"
    # A server that was not started again since an update may not say these.
    if stream.changed is not None:
        line += f", {stream.changed:,} new or different"
    if stream.gone:
        line += f", {stream.gone:,} no longer shown"
    if stream.quarantined:
        line += f", {stream.quarantined:,} could not be read"
    return line


@contextmanager
def stop_on_interrupt() -> Iterator[Callable[[], bool]]:
    """Ctrl-C or SIGTERM once: finish the page and say where it goes on. Twice: stop now.

    A wait ends at once, and a request under way has a second.
    """
    pressed = threading.Event()

    def press(*_: object) -> None:
        if pressed.is_set():
            raise KeyboardInterrupt
        pressed.set()
        say("Stopping after this page. Press Ctrl-C again to stop now.")

    before = {number: signal.signal(number, press) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield pressed.is_set
    finally:
        # Once stopped there is nothing left to stop: a late second Ctrl-C must not hit the closing.
        for number, handler in before.items():
            signal.signal(number, signal.SIG_IGN if pressed.is_set() else handler)


COMMANDS = {"sync": sync}
