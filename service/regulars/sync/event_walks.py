"""Event streams of a run, committed part by part, each part with the cursor after it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from regulars.store.commit import commit_part
from regulars.store.committed import Committed
from regulars.store.run_record import StreamRecord, WalkState
from regulars.store.sync_state import place_of
from regulars_connectors.contract import Page, Stream, SyncState, Walk
from regulars_connectors.errors import CursorExpired
from regulars_connectors.plural import pluralize

from .context import RunContext


class EventWalks:
    """Pulls event streams. sync_state: called for each stream, for the state by then."""

    def __init__(self, context: RunContext, sync_state: Callable[[], SyncState]) -> None:
        self._run = context
        self._sync_state = sync_state
        self._ends = context.result.record.walks

    def pull(self, stream: Stream, walks: Sequence[Walk]) -> None:
        """Pull the walks of a stream to their ends."""
        total = self._run.empty_record(stream, "partial")
        self._run.result.streams.append(total)
        resumed = [self._pull_walk(walk, total) for walk in walks]
        if any(resumed):
            # An interrupted walk lacks what happened since it began.
            for walk in self._run.connector.walks(stream, self._state_by_now()):
                if walk.coverage == "since":
                    self._pull_walk(walk, total)
        # Only now: reports take a pull that came to its end for one that showed all.
        total.outcome = "events"
        total.ended_at = self._run.dates.now()
        if total.quarantined:
            unread = f"{pluralize(total.quarantined, 'row')} could not be read"
            self._run.result.notice(f"{stream.label}: {unread}.")

    def _state_by_now(self) -> SyncState:
        """The sync state with the ends of walks that are noted and still to be committed."""
        state = self._sync_state()
        noted = {
            (end.stream, end.parent): end.checkpoint
            for end in self._ends
            if end.checkpoint is not None
        }
        return replace(state, checkpoints={**state.checkpoints, **noted})

    def _pull_walk(self, walk: Walk, total: StreamRecord) -> bool:
        """Pull it to its end. Returns whether it resumed an earlier run's walk."""
        cursor, checkpoint = self._place_of(walk)
        try:
            self._commit_parts(walk, cursor, checkpoint, total)
        except CursorExpired:
            if cursor is None:
                raise
            self._run.note_restart(walk)
            self._commit_parts(walk, None, checkpoint, total)
        return cursor is not None

    def _commit_parts(
        self, walk: Walk, cursor: str | None, checkpoint: str | None, total: StreamRecord
    ) -> None:
        for pages in self._run.parts(walk, cursor, total.seen):
            pull = self._run.new_pull(walk)
            self._run.append(pull, walk, pages)
            state = _walk_state(walk, pages[-1])
            context = self._run.pull_context(walk.stream, "events")
            done = commit_part(self._run.store, pull, context, state)
            self._run.note_repeats(walk, done)
            self._run.result.count_unknown(done.without_post, done.without_person)
            if done.files:  # and with them the place; a checkpoint counts from the end of a walk
                cursor = state.cursor
                checkpoint = state.checkpoint if cursor is None else checkpoint
            elif _moved(state, cursor, checkpoint):
                self._ends.append(state)
            pull.discard()
            _add(total, done)
            self._run.stop_if_asked()

    def _place_of(self, walk: Walk) -> tuple[str | None, str | None]:
        """Where an interrupted walk resumes, and the checkpoint of the last one that ended."""
        for end in self._ends:
            if (end.stream, end.parent) == (walk.stream.name, walk.parent):
                return end.cursor, end.checkpoint
        if self._run.request.full:
            return None, None
        connection = self._run.request.connection
        return place_of(self._run.store, connection, walk.stream.name, walk.parent)


def _add(total: StreamRecord, done: Committed) -> None:
    total.seen += done.seen
    total.changed = (total.changed or 0) + done.changed
    total.gone = (total.gone or 0) + done.gone
    total.written += done.written
    total.quarantined += done.quarantined


def _moved(state: WalkState, cursor: str | None, checkpoint: str | None) -> bool:
    """Whether a walk without new rows ended somewhere new, which is worth a note."""
    return state.cursor is None and (cursor is not None or state.checkpoint != checkpoint)


def _walk_state(walk: Walk, page: Page) -> WalkState:
    return WalkState(
        stream=walk.stream.name,
        parent=walk.parent,
        cursor=page.cursor,
        checkpoint=page.checkpoint,
        at=page.fetched_at,
    )
