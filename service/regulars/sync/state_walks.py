"""State streams of a run: collected in parts, proven whole, small ones committed together."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from regulars.store.commit import different_ids, stream_record
from regulars.store.committed import Committed, PullContext
from regulars.store.incoming import Pull
from regulars.store.run_record import StreamOutcome, WalkState, id_digests, unread_before
from regulars.store.sync_state import ids_in_stream, place_of
from regulars_connectors.bounds import said
from regulars_connectors.contract import Unused, Walk
from regulars_connectors.errors import (
    CursorExpired,
    FeatureUnavailable,
    IncompleteWalk,
    InvalidResponse,
    NotFound,
)
from regulars_connectors.foreign_text import one_line
from regulars_connectors.http.redaction import redact
from regulars_connectors.instants import DAY
from regulars_connectors.plural import pluralize

from .batch import CommitBatch, FinishedWalk
from .context import RunContext
from .counts import CountVerdict, judge_count

_PULL_KEEPS = DAY
_UNREAD_SHARE = 0.01
# Trouble of one stream. What its walk brought before counts, though the walk is not whole.
_OF_THIS_STREAM = (FeatureUnavailable, IncompleteWalk, InvalidResponse, NotFound)


class StateWalks:
    """Pulls walks of state streams. ``pending`` holds finished ones until they are committed."""

    def __init__(self, context: RunContext) -> None:
        self._run = context
        self.pending = CommitBatch(context.store, self._on_commit)

    def pull(self, walk: Walk) -> None:
        """Fetch a walk to its end, and commit it or let it wait."""
        self.pending.flush_before(walk.stream.name)
        told = len(self._run.result.unused)
        pull = self._resumed(walk)
        try:
            self._fetch_again_if_expired(walk, pull)
        except _OF_THIS_STREAM:
            self._keep_what_came(walk, pull)
            raise
        self._note_end(walk, pull)
        what, reason, count = self._prove(walk, pull)
        # Said once: rows that were unread before stay a notice, and stand under the figure.
        is_known = self._is_known(walk, pull)
        self._say_unread(walk, pull, self._run.result.unused[told:], is_known=is_known)
        set_aside = None if is_known else self._judge_set_aside(walk, pull)
        self.pending.add(FinishedWalk(walk, pull, what, reason, set_aside, count))

    def _keep_what_came(self, walk: Walk, pull: Pull) -> None:
        """Let the parts of a walk that broke off count for what they show."""
        if pull.rows:
            what = self._run.pull_context(walk.stream, "partial")
            self.pending.add(FinishedWalk(walk, pull, what, None, is_broken_off=True))

    def _say_unread(
        self, walk: Walk, pull: Pull, told: Sequence[Unused], *, is_known: bool
    ) -> None:
        """Note rows that could not be read, unless the connector says which, and why.

        told: what it says of this walk. One that was interrupted says less.
        """
        unread = pull.quarantined
        said_of = sum(fact.number for fact in told if fact.why == "refused")
        said_of += sum(1 for fact in told if fact.why in ("unreadable", "empty"))
        if len(unread) <= said_of:
            return
        rows = pluralize(len(unread), "row")
        are = "It is that" if len(unread) == 1 else "They are those"
        again = f" {are} of the sync before." if is_known else ""
        self._run.result.notice(
            f"{walk.stream.label}: {rows} could not be read. The first:"
            f" {_told(unread[0].reason)}.{again}"
        )

    def _is_known(self, walk: Walk, pull: Pull) -> bool:
        """Whether rows could not be read, and the walk before could not read them either."""
        if not pull.quarantined:
            return False
        digests = id_digests(row.id for row in pull.quarantined)
        if digests is None or any(row.id is None for row in pull.quarantined):
            return False
        connection = self._run.request.connection
        before = unread_before(self._run.store, connection, walk.stream.name)
        return before.issuperset(digests.split())

    def _judge_set_aside(self, walk: Walk, pull: Pull) -> str | None:
        """Why rows that could not be read leave the run incomplete, in words. None if they do not.

        A walk that sees everything misses what is new, or many people. A window, such as a folder
        of files, has its own list of refused rows.
        """
        unread = pull.quarantined
        if not unread or walk.coverage != "whole":
            return None
        label, reason = walk.stream.label, None
        if walk.stream.name == "posts":
            known = ids_in_stream(self._run.store, walk.stream.name, self._run.request.connection)
            new = sum(1 for row in unread if row.id not in known)
            if new:
                reason = f"{pluralize(new, 'new row')} could not be read"
        elif walk.stream.name == "subscriptions":
            every = pull.rows + len(unread)
            if len(unread) > every * _UNREAD_SHARE:
                reason = f"{len(unread):,} of {every:,} could not be read"
        if reason is None:
            return None
        self._run.result.set_outcome("partial", f"{label}: {reason}")
        return reason

    def _on_commit(self, one: FinishedWalk, done: Committed) -> None:
        self._run.note_repeats(one.walk, done)
        if one.pull.notes:
            record = stream_record(one.what, one.pull, done)
        else:
            record = self._run.empty_record(one.walk.stream, "window")
        if reason := one.reason or one.set_aside:
            record = msgspec.structs.replace(record, reason=reason)
        if hours := record.old_statistics:
            self._run.result.notice(
                f"{one.walk.stream.label}: the provider's statistics are {hours:,} hours old."
            )
        record.count_difference = one.count.difference
        record.accepted_difference = one.count.accepted
        self._run.result.streams.append(record)
        # What is wrong with a clock was said once, for all streams.
        said = one.reason == self._run.dates.doubt
        self._run.result.explain(
            done, None if said else one.reason, is_import=self._run.request.is_import
        )

    def _note_end(self, walk: Walk, pull: Pull) -> None:
        """Note what the connector wants to know when it plans the next walk, where that moved."""
        last = pull.notes[-1] if pull.notes else None
        if last is None or last.cursor is not None or last.checkpoint is None:
            return
        name, parent = walk.stream.name, walk.parent
        connection = self._run.request.connection
        _, known = place_of(self._run.store, connection, name, parent)
        if last.checkpoint != known:
            end = WalkState(
                stream=name, parent=parent, cursor=None, checkpoint=last.checkpoint, at=last.last_at
            )
            self._run.result.record.walks.append(end)

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

    def _prove(self, walk: Walk, pull: Pull) -> tuple[PullContext, str | None, CountVerdict]:
        """Decide whether absence from the pull means something: only in a proven whole one."""
        count = CountVerdict()
        reason = None
        if walk.coverage == "whole":
            reason = _doubt(pull)
            if reason is None and pull.paths:
                seen = different_ids(self._run.store, pull)
                seen += len({row.id for row in pull.quarantined}) + pull.forgotten
                count = judge_count(self._run.store, self._run.request, walk, pull, seen)
                reason = count.reason
                if count.notice:
                    self._run.result.notice(count.notice)
            reason = reason or self._run.dates.doubt
        if reason is not None:
            self._run.result.set_outcome("partial", f"{walk.stream.label}: {reason}")
        whole = walk.coverage == "whole" and reason is None
        outcome: StreamOutcome = "whole" if whole else ("partial" if reason else "window")
        confirmed = whole and walk.confirmed
        what = self._run.pull_context(walk.stream, outcome, whole=whole, confirmed=confirmed)
        return what, reason, count


def _doubt(pull: Pull) -> str | None:
    """Why a finished walk cannot be whole, whatever it counts, in words. None if it can be."""
    if pull.notes and pull.notes[-1].cursor is not None:
        return "the pages ended before the last one"
    nameless = sum(1 for row in pull.quarantined if row.id is None)
    if nameless:
        return f"{pluralize(nameless, 'row')} without an id could not be read"
    return None


def _told(reason: str) -> str:
    """A connector's reason, which may hold a provider's words, fit for everybody to read."""
    return said(redact(one_line(reason))).rstrip(".")
