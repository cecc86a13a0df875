"""One run of one connection: page -> part -> proven whole -> history -> journal -> tables.

A run walks every stream of its connector in order. State is collected in parts and committed once
the walk is proven whole, small walks together. Events are committed part by part with the cursor
after them. A crash repeats at most one part. A run always ends with its record, and the same
journal entry commits the walks that still wait.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import asdict, replace

import msgspec

from regulars.connections.child import connect_in_child
from regulars.connections.factory import connect, require_owner
from regulars.replies.correspondence import correspondence_of
from regulars.settings import ConnectionConfig, PublicationSettings, Settings
from regulars.store import Store
from regulars.store.forgotten_filter import forgotten_filter
from regulars.store.posts_named import unknown_post_notice, unknown_posts
from regulars.store.run_record import RunRecord, StreamOutcome
from regulars.store.sync_state import sync_state_of
from regulars_connectors.contract import Connector, Runtime, Stream, SyncState
from regulars_connectors.errors import (
    ConnectorError,
    ContractBroken,
    FeatureUnavailable,
    IncompleteWalk,
    InvalidResponse,
    NotFound,
    RetryLater,
)
from regulars_connectors.instants import SECOND

from .clock import PageDates, RunClock
from .context import RunContext
from .event_walks import EventWalks
from .hooks import after_a_run
from .options import USUAL, SyncOptions
from .progress import Interrupted, Progress
from .record import STOPPED_IN_MIDDLE, RunRequest, RunResult, new_run_id
from .state_walks import StateWalks

logger = logging.getLogger(__name__)

NEEDED = frozenset({"publications", "posts", "subscriptions"})
"""Streams without which a run has not seen the newsletter, whoever refused them."""


class SyncRun:
    """One attempt to bring one connection up to date."""

    def __init__(
        self,
        store: Store,
        connector: Connector,
        request: RunRequest,
        runtime: Runtime,
        *,
        progress: Callable[[Progress], None] = lambda _: None,
        should_stop: Callable[[], bool] = lambda: False,
        why_cut: Callable[[], str | None] = lambda: None,
        begin_small: bool = False,
        run_id: str | None = None,
    ) -> None:
        clock = runtime.clock if isinstance(runtime.clock, RunClock) else RunClock(runtime.clock)
        record = RunRecord(
            run_id=run_id or new_run_id(runtime.clock()),
            publication=request.publication,
            connection=request.connection,
            connector=request.connector_name,
            started_at=runtime.clock(),
        )
        self.result = RunResult(record)
        self._dates = PageDates(store, connector, request, clock, self.result, progress)
        self._run = RunContext(
            store, connector, request, self._dates, self.result, progress, should_stop,
            forgotten_filter(store, request.publication, request.connection),
        )  # fmt: skip
        self._state_walks = StateWalks(self._run)
        self._pending = self._state_walks.pending
        self._event_walks = EventWalks(self._run, self._state_for_events)
        self._why_cut = why_cut
        self._begin_small = begin_small
        self._order: list[str] = []
        self._state_before: SyncState | None = None

    def run(self) -> RunResult:
        """Walk every stream, and commit the record of the run however it ends.

        Raises Interrupted if the owner asked to stop, DiskFull and other errors of the store.
        """
        self._run.store.require_room()
        try:
            trouble = self._trouble_found_early()
            for stream in self._run.connector.streams():
                self._order.append(stream.name)
                self._pull_stream(stream)
                if trouble is not None:
                    raise trouble
        except ConnectorError as error:
            self._end_with(error)
        except Interrupted:
            self._end_stopped()
            raise
        self._commit_record()
        return self.result

    def _trouble_found_early(self) -> ConnectorError | None:
        """After trouble, what a small look still finds wrong. A whole walk would be in vain.

        The first stream is then the only one: it is small, and if the provider refuses that as
        well, its own error says more, such as when to come back.
        """
        if not self._begin_small:
            return None
        for finding in self._run.connector.preflight().findings:
            if finding.verdict == "error":
                return ConnectorError(finding.text, to_do=finding.fix)
        return None

    def _end_stopped(self) -> None:
        """Commit the record of a run that the owner stopped, or that took too long."""
        cut = self._why_cut()
        self.result.set_outcome("partial", cut or STOPPED_IN_MIDDLE)
        if cut is not None:
            self.result.record.reason = cut
        self._commit_record()

    def _pull_stream(self, stream: Stream) -> None:
        """Pull a stream. An error of this stream alone is noted, and the other streams follow."""
        try:
            self._pull_walks(stream)
        except FeatureUnavailable as error:
            self._note_trouble(stream, "unavailable", error)
            if stream.name in NEEDED:
                self.result.set_outcome("partial", error.happened, error)
        except (IncompleteWalk, InvalidResponse, NotFound, ContractBroken) as error:
            self._note_trouble(stream, "failed", error)
            self.result.set_outcome("partial", error.happened, error)

    def _pull_walks(self, stream: Stream) -> None:
        if stream.kind == "state":
            for walk in self._run.connector.walks(stream, self._state_for_state()):
                self._state_walks.pull(walk)
            return
        walks = self._run.connector.walks(stream, self._state_for_events())
        if walks:
            self._pending.commit()  # state before events, which refer to it
        self._event_walks.pull(stream, walks)

    def _state_for_state(self) -> SyncState:
        """The sync state for state streams, read once."""
        if self._state_before is None:
            request = self._run.request
            self._state_before = sync_state_of(
                self._run.store, request.connection, full=request.full
            )
        return self._state_before

    def _state_for_events(self) -> SyncState:
        """The sync state for event streams, read again: their parents were just pulled."""
        request, before = self._run.request, self._pending.commit
        return sync_state_of(self._run.store, request.connection, full=request.full, before=before)

    def _note_trouble(self, stream: Stream, outcome: StreamOutcome, error: ConnectorError) -> None:
        logger.warning("stream %s: %s (%s)", stream.name, outcome, error.code)
        self._pending.commit()
        # What came before the trouble is kept, and the record says how much that was.
        so_far = self.result.stream(stream.name) or self._run.empty_record(stream, outcome)
        self.result.set_stream(
            msgspec.structs.replace(so_far, outcome=outcome, reason=error.happened)
        )
        self.result.notice(f"{stream.label}: {error.happened}")

    def _end_with(self, error: ConnectorError) -> None:
        something = self._pending.rows or any(stream.seen for stream in self.result.streams)
        self.result.error = None
        self.result.set_outcome("partial" if something else "failed", error.happened, error)
        after = error.after_seconds if isinstance(error, RetryLater) else None
        if after is not None:
            self.result.record.retry_at = self._dates.now() + int(after * SECOND)

    def _commit_record(self) -> None:
        """Commit the record of the run, together with the walks that still wait."""
        now = self._dates.now()
        self._run.note_cut_texts()
        self._run.note_unread_fields()
        self._pending.commit(lambda: self.result.finish(now, self._order))
        self.result.is_recorded = True


def sync_connection(
    store: Store,
    settings: Settings,
    publication: PublicationSettings,
    config: ConnectionConfig,
    runtime: Runtime,
    *,
    options: SyncOptions = USUAL,
    progress: Callable[[Progress], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
    why_cut: Callable[[], str | None] = lambda: None,
    begin_small: bool = False,
    run_id: str | None = None,
    in_child: bool = False,
) -> RunResult:
    """One run of one connection, from its settings to its record.

    why_cut: the reason once it took too long, asked when ``should_stop`` has ended it.
    begin_small: whether to look first whether the provider is well, as after a failure.
    in_child: whether a process of its own decodes the pages.
    """
    clock = RunClock(runtime.clock)
    clock.require_possible()
    require_owner(store, publication.name, config.name)
    runtime = replace(
        runtime,
        clock=clock,
        note_clock=clock.note,
        correspondence=correspondence_of(store, publication, config),
    )
    make = connect_in_child if in_child else connect
    connector = make(settings, config, runtime)
    in_settings = {known.name for _, known in settings.connections()}
    request = RunRequest(
        publication.name,
        config.name,
        config.connector,
        **asdict(options),
        is_import=config.name not in in_settings,
    )
    try:
        result = SyncRun(
            store,
            connector,
            request,
            runtime,
            progress=progress,
            should_stop=should_stop,
            why_cut=why_cut,
            begin_small=begin_small,
            run_id=run_id,
        ).run()
        for setting, name in unknown_posts(store, publication, config.name):
            result.notice(unknown_post_notice(setting, name))
        after_a_run(store, runtime)
        return result
    finally:
        connector.close()
