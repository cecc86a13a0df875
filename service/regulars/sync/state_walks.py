"""State streams of a run: collected in parts, proven whole, small ones committed together."""

from __future__ import annotations

import msgspec

from regulars.store.commit import Committed, PullContext, different_ids, stream_record
from regulars.store.incoming import Pull
from regulars.store.run_record import StreamOutcome
from regulars_connectors.contract import Walk
from regulars_connectors.errors import CursorExpired
from regulars_connectors.instants import DAY
from regulars_connectors.plural import pluralize

from .batch import CommitBatch, FinishedWalk
from .context import RunContext

_PULL_KEEPS = DAY


class StateWalks:
    """Pulls walks of state streams. ``pending`` holds finished ones until they are committed."""

    def __init__(self, context: RunContext) -> None:
        self._run = context
        self.pending = CommitBatch(context.store, self._on_commit)

    def pull(self, walk: Walk) -> None:
        """Fetch a walk to its end, and commit it or let it wait."""
        self.pending.flush_before(walk.stream.name)
        pull = self._resumed(walk)
        self._fetch_again_if_expired(walk, pull)
        self.pending.add(FinishedWalk(walk, pull, *self._prove(walk, pull)))

    def _on_commit(self, one: FinishedWalk, done: Committed) -> None:
        self._run.note_repeats(one.walk, done)
        if one.pull.notes:
            record = stream_record(one.what, one.pull, done)
        else:
            record = self._run.empty_record(one.walk.stream, "window")
        if one.reason:
            record = msgspec.structs.replace(record, reason=one.reason)
        self._run.result.streams.append(record)
        # What is wrong with a clock was said once, for all streams.
        said = one.reason == self._run.dates.doubt
        self._run.result.explain(
            done, None if said else one.reason, is_import=self._run.request.is_import
        )

    def _fetch_again_if_expired(self, walk: Walk, pull: Pull) -> None:
        try:
            self._fetch_parts(walk, pull)
        except CursorExpired:
            if not pull.notes:
                raise
            pull.discard()
            self._run.note_restart(walk)
            self._fetch_parts(walk, pull)

    def _fetch_parts(self, walk: Walk, pull: Pull) -> None:
        if pull.notes and pull.notes[-1].cursor is None:
            return
        cursor = pull.notes[-1].cursor if pull.notes else None
        for pages in self._run.parts(walk, cursor, pull.rows):
            self._run.append(pull, walk, pages)
            if len(pull.paths) > 1:
                self.pending.commit()  # walks wait for a part at most
            self._run.stop_if_asked()

    def _resumed(self, walk: Walk) -> Pull:
        """The pull that an earlier run left, if fresh and of the same kind, else a new one."""
        pull = self._run.open_pull(walk)
        if not pull.notes:
            pull.discard()
            return pull
        # Dated far in the past or in the future: by a clock that has been set since.
        too_old = abs(self._run.dates.now() - pull.started_at) > _PULL_KEEPS
        if too_old or pull.notes[0].coverage != walk.coverage or self._run.request.full:
            pull.discard()
            self._run.result.notice(
                f"{walk.stream.label}: an interrupted pull was too old, so it starts again."
            )
        else:
            self._run.result.notice(
                f"{walk.stream.label}: resumes after {pluralize(pull.rows, 'row')}."
            )
        return pull

    def _prove(self, walk: Walk, pull: Pull) -> tuple[PullContext, str | None]:
        """Decide whether absence from the pull means something: only in a proven whole one."""
        doubt = self._doubt(pull) or self._run.dates.doubt
        reason = doubt if walk.coverage == "whole" else None
        if reason is not None:
            self._run.result.set_outcome("partial", f"{walk.stream.label}: {reason}")
        whole = walk.coverage == "whole" and reason is None
        outcome: StreamOutcome = "whole" if whole else ("partial" if reason else "window")
        confirmed = whole and walk.confirmed
        what = self._run.pull_context(walk.stream, outcome, whole=whole, confirmed=confirmed)
        return what, reason

    def _doubt(self, pull: Pull) -> str | None:
        """Why a finished walk is not proven whole, in words. None if it is."""
        if pull.notes and pull.notes[-1].cursor is not None:
            return "the pages ended before the last one"
        nameless = sum(1 for row in pull.quarantined if row.id is None)
        if nameless:
            return f"{pluralize(nameless, 'row')} without an id could not be read"
        totals = pull.totals()
        if totals is None or not pull.paths:
            return None
        seen = different_ids(self._run.store, pull) + len({row.id for row in pull.quarantined})
        seen += pull.forgotten
        if totals[0] <= seen <= totals[1]:
            return None
        return f"{seen} came where the provider counts {totals[0]} to {totals[1]}"
