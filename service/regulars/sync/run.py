"""One run of one connection: page -> part -> proven whole -> history -> journal -> tables.

A run walks every stream of its connector in order. State is collected in parts and committed
when the walk is proven whole, small walks together; events are committed part by part with the
cursor after them. A crash repeats at most one part, and a run that finds nothing new leaves nothing
but its record, which is also what commits the walks that still wait.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from regulars.connections.factory import connect, require_owner
from regulars.connections.guarded import attributing_rows
from regulars.settings import ConnectionConfig, PublicationSettings, Settings
from regulars.store import Store
from regulars.store.commit import (
    Committed,
    PullContext,
    commit_part,
    different_ids,
    pull_folder,
    stream_facts,
)
from regulars.store.incoming import PartNote, Pull, open_pull
from regulars.store.sync_state import sync_state_of
from regulars_connectors.contract import Connector, Page, Runtime, Stream, SyncState, Walk
from regulars_connectors.errors import (
    ConnectorError,
    ContractBroken,
    CursorExpired,
    FeatureUnavailable,
    IncompleteWalk,
    InvalidResponse,
)
from regulars_connectors.instants import DAY
from regulars_connectors.plural import pluralize
from regulars_connectors.records import Quarantined, Record

from .batch import CommitBatch, FinishedWalk
from .progress import Interrupted, Progress
from .record import RunRequest, RunResult, empty_facts, new_run_id

logger = logging.getLogger(__name__)
_PULL_KEEPS = DAY


class SyncRun:
    """One attempt to bring one connection up to date."""

    def __init__(
        self,
        store: Store,
        connector: Connector,
        run_of: RunRequest,
        runtime: Runtime,
        *,
        progress: Callable[[Progress], None] | None = None,
        should_stop: Callable[[], bool] = lambda: False,
        run_id: str | None = None,
    ) -> None:
        self._store = store
        self._connector = connector
        self._of = run_of
        self._tools = runtime
        self._progress = progress or (lambda _: None)
        self._should_stop = should_stop
        self._walks: list[dict[str, Any]] = []
        self._waiting = CommitBatch(store, self._take_note)
        self._order: list[str] = []
        self._known_before: SyncState | None = None
        self.result = RunResult(
            run_id or new_run_id(runtime.clock()),
            run_of.publication,
            run_of.connection,
            run_of.connector_name,
            runtime.clock(),
        )

    def run(self) -> RunResult:
        """Walk every stream; the record of the run is committed however it ends."""
        self._store.require_room()
        try:
            for stream in self._connector.streams():
                self._order.append(stream.name)
                self._pull_stream(stream)
        except ConnectorError as error:
            self._ended_by(error)
        except Interrupted:
            self.result.set_outcome("partial", "It was stopped; the next run goes on from there.")
            self._record()
            raise
        self._record()
        return self.result

    # One stream

    def _pull_stream(self, stream: Stream) -> None:
        """Pull a stream; trouble that concerns it alone is noted, and the rest goes on."""
        try:
            self._pull_walks(stream)
        except FeatureUnavailable as error:
            self._note_trouble(stream, "unavailable", error)
        except (IncompleteWalk, InvalidResponse, ContractBroken) as error:
            self._note_trouble(stream, "failed", error)
            self.result.set_outcome("partial", error.happened, error)

    def _pull_walks(self, stream: Stream) -> None:
        walks = self._connector.walks(stream, self._known(stream))
        if stream.kind == "state":
            for walk in walks:
                self._pull_state(walk)
            return
        if walks:
            self._waiting.commit()  # what happens is told after what it happens to
        self._pull_events(stream, walks)

    def _known(self, stream: Stream) -> SyncState:
        """What the connector may know; asked again for events, whose parents were just pulled."""
        of = self._of
        if stream.kind == "events":
            before = self._waiting.commit
            return sync_state_of(self._store, of.connection, full=of.full, before=before)
        if self._known_before is None:
            self._known_before = sync_state_of(self._store, of.connection, full=of.full)
        return self._known_before

    def _pull_state(self, walk: Walk) -> None:
        self._waiting.flush_before(walk.stream.name)
        pull = self._resumed(walk)
        self._fetch_again_if_expired(walk, pull)
        self._waiting.add(FinishedWalk(walk, pull, *self._prove(walk, pull)))

    def _take_note(self, one: FinishedWalk, done: Committed) -> None:
        self._tell_what_came_again(one.walk, done)
        self.result.streams.append(
            stream_facts(one.what, one.pull, done) | ({"reason": one.reason} if one.reason else {})
            if one.pull.notes
            else self._empty_facts(one.walk.stream, "window", one.reason)
        )
        self.result.explain(done, one.reason)

    def _fetch_again_if_expired(self, walk: Walk, pull: Pull) -> None:
        try:
            self._fetch_parts(walk, pull)
        except CursorExpired:
            if not pull.notes:
                raise
            pull.discard()
            self._starts_again(walk, "the provider forgot the place")
            self._fetch_parts(walk, pull)

    def _fetch_parts(self, walk: Walk, pull: Pull) -> None:
        if pull.notes and pull.notes[-1].cursor is None:
            return
        cursor = pull.notes[-1].cursor if pull.notes else None
        for pages in self._bundles(walk, cursor, pull.rows):
            self._append(pull, walk, pages)
            if len(pull.paths) > 1:
                self._waiting.commit()  # nothing waits for long
            self._stop_if_asked()

    def _resumed(self, walk: Walk) -> Pull:
        """The pull that an earlier run left, if fresh and of the same kind; else a new one."""
        folder = pull_folder(self._store, self._of.connection, walk.stream.name, walk.parent)
        pull = open_pull(folder, walk.stream.name)
        if not pull.notes:
            pull.discard()
            return pull
        too_old = self._tools.clock() - pull.started_at > _PULL_KEEPS
        if too_old or pull.notes[0].coverage != walk.coverage or self._of.full:
            pull.discard()
            self.result.notice(
                f"{walk.stream.label}: an interrupted pull was too old and starts again."
            )
        else:
            self.result.notice(
                f"{walk.stream.label}: going on after {pluralize(pull.rows, 'row')}."
            )
        return pull

    def _prove(self, walk: Walk, pull: Pull) -> tuple[PullContext, str | None]:
        """Decide what the pull may say about absence: only a proven whole one may."""
        reason = None
        if walk.coverage == "whole":
            reason = self._doubt(pull)
        if reason is not None:
            self.result.set_outcome("partial", f"{walk.stream.label}: {reason}")
        whole = walk.coverage == "whole" and reason is None
        outcome = "whole" if whole else ("partial" if reason else "window")
        what = self._what(walk.stream, outcome, whole=whole, confirmed=whole and walk.confirmed)
        return what, reason

    def _doubt(self, pull: Pull) -> str | None:
        """Why a finished walk is not proven whole, in words; None when it is."""
        if pull.notes and pull.notes[-1].cursor is not None:
            return "the pages ended before the last one"
        nameless = sum(1 for row in pull.quarantined if row.id is None)
        if nameless:
            rows = pluralize(nameless, "row that bears", "rows that bear")
            return f"{rows} no id could not be read"
        totals = pull.totals()
        if totals is None or not pull.paths:
            return None
        seen = different_ids(self._store, pull) + len({row.id for row in pull.quarantined})
        if totals[0] <= seen <= totals[1]:
            return None
        return f"{seen} were shown where the provider counts {totals[0]} to {totals[1]}"

    # Events

    def _pull_events(self, stream: Stream, walks: Sequence[Walk]) -> None:
        total = self._empty_facts(stream, "events", None)
        self.result.streams.append(total)
        went_on = [self._pull_event_walk(walk, total) for walk in walks]
        if any(went_on):
            # What happened since an interrupted walk began is not in it.
            for walk in self._connector.walks(stream, self._known_by_now(stream)):
                if walk.coverage == "since":
                    self._pull_event_walk(walk, total)
        total["ended_at"] = self._tools.clock()

    def _known_by_now(self, stream: Stream) -> SyncState:
        """With the ends of walks that are only noted so far."""
        known = self._known(stream)
        noted = {
            (one["stream"], one["parent"]): one["checkpoint"]
            for one in self._walks
            if one["checkpoint"] is not None
        }
        return replace(known, checkpoints={**known.checkpoints, **noted})

    def _pull_event_walk(self, walk: Walk, total: dict[str, Any]) -> bool:
        """Pull it to its end; whether it was under way already."""
        cursor, checkpoint = self._place_of(walk)
        try:
            self._commit_bundles(walk, cursor, checkpoint, total)
        except CursorExpired:
            if cursor is None:
                raise
            self._starts_again(walk, "the provider forgot the place")
            self._commit_bundles(walk, None, checkpoint, total)
        return cursor is not None

    def _commit_bundles(
        self, walk: Walk, cursor: str | None, checkpoint: str | None, total: dict[str, Any]
    ) -> None:
        for pages in self._bundles(walk, cursor, int(total["seen"])):
            pull = Pull(
                pull_folder(self._store, self._of.connection, walk.stream.name, walk.parent)
            )
            pull.discard()
            self._append(pull, walk, pages)
            state = _walk_state(walk, pages[-1])
            done = commit_part(self._store, pull, self._what(walk.stream, "events"), state)
            self._tell_what_came_again(walk, done)
            if not done.files and _moved(state, cursor, checkpoint):
                self._walks.append(state)
            pull.discard()
            for name in ("seen", "changed", "gone", "written", "quarantined"):
                total[name] += getattr(done, name)
            self._stop_if_asked()

    def _place_of(self, walk: Walk) -> tuple[str | None, str | None]:
        """Where an interrupted walk goes on, and the checkpoint of the last one that ended."""
        for one in self._walks:
            if (one["stream"], one["parent"]) == (walk.stream.name, walk.parent):
                return one["cursor"], one["checkpoint"]
        with self._store.read() as cursor:
            rows = cursor.execute(
                "SELECT cursor, checkpoint FROM walks"
                " WHERE connection = $connection AND stream = $stream AND parent = $parent",
                {
                    "connection": self._of.connection,
                    "stream": walk.stream.name,
                    "parent": walk.parent or "",
                },
            ).fetchall()
        return rows[0] if rows and not self._of.full else (None, None)

    def _append(self, pull: Pull, walk: Walk, pages: Sequence[Page]) -> None:
        records = [record for page in pages for record in page.records]
        with attributing_rows(self._of.connector_name, walk.stream.name, records):
            _append(pull, walk, pages, records)

    def _tell_what_came_again(self, walk: Walk, done: Committed) -> None:
        """Say it: a connector that shows rows twice may be paging wrongly."""
        again = done.came_again
        if again:
            self.result.notice(
                f"{walk.stream.label}: {pluralize(again, 'row')} came again in the same walk;"
                " of each the later one counts."
            )

    # Pages

    def _bundles(self, walk: Walk, cursor: str | None, rows: int) -> Iterator[list[Page]]:
        """Pages of a walk, as many together as make a part."""
        bundle: list[Page] = []
        held = 0
        part_rows = self._store.settings.part_rows
        try:
            for page in self._connector.pages(walk, cursor):
                bundle.append(page)
                held += len(page.records)
                rows += len(page.records)
                self._report(walk, page, rows)
                if held >= part_rows or page.cursor is None or self._should_stop():
                    yield bundle
                    bundle, held = [], 0
        except ConnectorError:
            if bundle:  # what had come is kept, and the next run goes on after it
                yield bundle
            raise
        if bundle:
            yield bundle

    def _report(self, walk: Walk, page: Page, rows: int) -> None:
        self._progress(Progress(self._of.connection, walk.stream.label, rows, page.total))
        self.result.notices += page.notices

    def _stop_if_asked(self) -> None:
        if self._should_stop():
            raise Interrupted

    def _starts_again(self, walk: Walk, why: str) -> None:
        self.result.notice(f"{walk.stream.label}: {why}, so it starts again.")

    # The record

    def _what(
        self, stream: Stream, outcome: str, *, whole: bool = False, confirmed: bool = False
    ) -> PullContext:
        return PullContext(
            run_id=self.result.run_id,
            publication=self._of.publication,
            connection=self._of.connection,
            connector=self._of.connector_name,
            stream=stream.name,
            outcome=outcome,
            whole=whole,
            confirmed=confirmed,
            accept_removals=self._of.accept_removals,
            running_totals=stream.running_totals,
        )

    def _empty_facts(self, stream: Stream, outcome: str, reason: str | None) -> dict[str, Any]:
        return empty_facts(stream, outcome, reason, self._tools.clock())

    def _note_trouble(self, stream: Stream, outcome: str, error: ConnectorError) -> None:
        logger.warning("stream %s: %s (%s)", stream.name, outcome, error.code)
        self._waiting.commit()
        self.result.set_stream(self._empty_facts(stream, outcome, error.happened))
        self.result.notice(f"{stream.label}: {error.happened}")

    def _ended_by(self, error: ConnectorError) -> None:
        something = self._waiting.rows or any(stream["seen"] for stream in self.result.streams)
        self.result.error = None
        self.result.set_outcome("partial" if something else "failed", error.happened, error)

    def _record(self) -> None:
        """Commit the record of the run, and with it the walks that still wait."""
        self.result.ended_at = self._tools.clock()
        self._waiting.commit(lambda: self.result.facts(self._walks, self._order))


def _append(pull: Pull, walk: Walk, pages: Sequence[Page], records: list[Record]) -> None:
    seen_at = [page.fetched_at for page in pages for _ in page.records]
    quarantined: list[Quarantined] = [row for page in pages for row in page.quarantined]
    totals = [page.total for page in pages if page.total is not None]
    note = PartNote(
        coverage=walk.coverage,
        cursor=pages[-1].cursor,
        first_at=pages[0].fetched_at,
        last_at=pages[-1].fetched_at,
        rows=len(records),
        least_total=min(totals, default=None),
        most_total=max(totals, default=None),
        quarantined=quarantined,
        checkpoint=pages[-1].checkpoint,
    )
    pull.append(walk.stream.name, records, seen_at, note)


def _moved(state: dict[str, Any], cursor: str | None, checkpoint: str | None) -> bool:
    """Whether the end of a walk that brought nothing new is worth a note: not if all is known."""
    return state["cursor"] is None and (cursor is not None or state["checkpoint"] != checkpoint)


def _walk_state(walk: Walk, page: Page) -> dict[str, Any]:
    return {
        "stream": walk.stream.name,
        "parent": walk.parent,
        "cursor": page.cursor,
        "checkpoint": page.checkpoint,
        "at": page.fetched_at,
    }


def sync_connection(
    store: Store,
    settings: Settings,
    publication: PublicationSettings,
    config: ConnectionConfig,
    runtime: Runtime,
    *,
    full: bool = False,
    accept_removals: bool = False,
    progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    run_id: str | None = None,
) -> RunResult:
    """One run of one connection, from its settings to its record."""
    require_owner(store, publication.name, config.name)
    connector = connect(settings, config, runtime)
    run_of = RunRequest(publication.name, config.name, config.connector, full, accept_removals)
    try:
        run = SyncRun(
            store,
            connector,
            run_of,
            runtime,
            progress=progress,
            should_stop=should_stop,
            run_id=run_id,
        )
        return run.run()
    finally:
        connector.close()
