"""A run: its request, its result, and its form in the API and ``--json``."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from regulars.errors import RegularsError, error_facts, exit_code_of
from regulars.settings import ConnectionConfig, PublicationSettings
from regulars.store.commit import unmatched_notice
from regulars.store.committed import Committed
from regulars.store.odd_looks import ALL_ZERO, FELL
from regulars.store.run_record import RunOutcome, RunRecord, StreamCounts, StreamRecord
from regulars_connectors.contract import Unused
from regulars_connectors.errors import ConnectorError, RetryLater
from regulars_connectors.instants import Instant, to_iso
from regulars_connectors.plural import pluralize
from regulars_connectors.unused import sentences_on_rows

from .options import SyncOptions

_PARTLY_DONE = 6
_STOPPED = "It was stopped."
_CUT = "It was cut after"
_RESUMES = "The next run resumes from there."
STOPPED_IN_MIDDLE = f"{_STOPPED} {_RESUMES}"
"""The reason of a run that the owner stopped."""
_MOST_WORDS = 6
"""Of a provider's own, in a notice."""
_RUN_ID = re.compile(r"run_([0-9a-f]{11})[0-9a-f]{10}")
_PLAIN_WORD = re.compile(r"[\w -]{1,40}")
"""A status in a provider's words. Anything else may hold what is somebody's own."""


@dataclass(frozen=True, slots=True)
class RunRequest(SyncOptions):
    """Which connection to sync, and how. is_import: whether its files came with a command."""

    publication: str
    connection: str
    connector_name: str
    is_import: bool = False


@dataclass(slots=True)
class RunResult:
    """How a run stands: its record, and what only this process knows about it.

    unused: what its walks came across and left out. error: what stopped it, if anything.
    exit_code: that of `regulars sync`, None while unknown.
    is_recorded: whether the store has the record. was_stopped: whether the owner asked it to stop.
    """

    record: RunRecord
    notices: list[str] = field(default_factory=list)
    unused: list[Unused] = field(default_factory=list)
    error: RegularsError | ConnectorError | None = None
    exit_code: int | None = None
    is_recorded: bool = False
    was_stopped: bool = False
    _without_post: int = 0
    _without_person: int = 0

    @property
    def outcome(self) -> RunOutcome:
        """Whether it is running, or how it ended."""
        return self.record.outcome

    @property
    def reason(self) -> str | None:
        """Why it is incomplete, in a sentence."""
        return self.record.reason

    @property
    def streams(self) -> list[StreamRecord]:
        """What it saw of each stream."""
        return self.record.streams

    @property
    def written(self) -> int:
        """Rows of history that it wrote."""
        return sum(stream.written for stream in self.streams)

    def notice(self, text: str) -> None:
        """Add a sentence for the owner."""
        self.notices.append(text)

    def count_unknown(self, without_post: int, without_person: int) -> None:
        """Count signals whose post or person is unknown. ``finish`` notes them."""
        self._without_post += without_post
        self._without_person += without_person

    def set_outcome(
        self, outcome: RunOutcome, reason: str, error: ConnectorError | None = None
    ) -> None:
        """Note that it ended early. The first reason and the first error stay."""
        self.record.outcome = outcome
        self.record.reason = self.record.reason or reason
        self.error = self.error or error

    def stream(self, name: str) -> StreamRecord | None:
        """The record of a stream, if there is one so far."""
        return next((known for known in self.streams if known.stream == name), None)

    def set_stream(self, stream: StreamRecord) -> None:
        """Replace the record of a stream."""
        others = [known for known in self.streams if known.stream != stream.stream]
        self.record.streams = [*others, stream]

    def explain(self, done: Committed, reason: str | None, *, is_import: bool = False) -> None:
        """Add the notices about a pull. reason: why it is not proven whole.

        is_import: whether the pull is of files that came with a command, which can be repeated.
        """
        if reason:
            self.notice(f"The pull is incomplete: {reason}. What was seen is kept.")
        if unmatched := unmatched_notice(done):
            self.notice(
                f"{unmatched}, so their rows were skipped."
                " After the first sync of the connection, import again."
            )
        how = (
            "import the files once more with --accept-removals"
            if is_import
            else "accept it with `regulars sync --accept-removals`"
        )
        if done.held_removals:
            people = pluralize(done.held_removals, "person", "people")
            gone = "are missing in the files" if is_import else "disappeared at the provider"
            gone = gone if done.held_removals > 1 else gone.replace("are missing", "is missing")
            self.notice(f"{people} {gone}, more than a tenth. They stay until you {how}.")
        if done.held_changes:
            people = pluralize(done.held_changes, "person", "people")
            self.notice(
                f"{people} left or stopped being reached in one look, more than a tenth."
                f" They keep their standing until you {how}."
            )
        self._explain_posts(done)
        if done.unknown:
            self.notice(unknown_notice(done.unknown))
        if done.without_totals:
            people = pluralize(done.without_totals, "active person", "active people")
            self.notice(
                f"{people} came without the lifetime totals that are known of them. This look"
                " proves nothing of people whose totals stayed the same."
            )
        if done.alarm == ALL_ZERO:
            self.notice(
                "All lifetime totals are zero or missing, so they were ignored in this sync."
            )
        if done.alarm == FELL:
            people = pluralize(done.fallen, "person", "people")
            self.notice(
                f"Lifetime totals of {people} fell, more than a tenth, so all totals were ignored"
                " in this sync. The next one counts."
            )

    def _explain_posts(self, done: Committed) -> None:
        """Note sent posts that the provider takes back. Several at once is its mistake."""
        if done.taken_back:
            posts = pluralize(done.taken_back, "post that was sent", "posts that were sent")
            reason = f"{posts} came without a date, as a draft or as a web page"
            self.notice(f"posts: {reason}. What was sent stays sent.")
            if done.taken_back > 1:
                self.set_outcome("partial", f"posts: {reason}")
        if done.undated:
            posts = pluralize(done.undated, "post was mailed", "posts were mailed")
            reason = f"{posts} on a day that the provider leaves out"
            self.notice(f"posts: {reason}. Until it says the day, they count for nobody.")
            self.set_outcome("partial", f"posts: {reason}")

    def finish(self, now: Instant, order: Sequence[str]) -> RunRecord:
        """End it. Returns its record, with the streams in the order of the walks."""
        self.record.ended_at = now
        self.notices += sentences_on_rows(self.unused)
        self.notices += unknown_notices(self._without_post, self._without_person)
        if self.record.outcome == "running":
            self.record.outcome = "complete"
        # Walks that waited were committed out of order.
        self.record.streams.sort(key=lambda stream: order.index(stream.stream))
        self.exit_code = _exit_code(self.record.outcome, self.error)
        return self.record


def unknown_notice(words: Mapping[str, int]) -> str:
    """A text about people with a status that is not known, by the provider's word for it."""
    shown = [
        f"{word if _PLAIN_WORD.fullmatch(word) else 'something else than a word'} ({count:,})"
        for word, count in list(words.items())[:_MOST_WORDS]
    ]
    if len(words) > len(shown):
        shown.append(f"{len(words) - len(shown)} more words")
    people = sum(words.values())
    have = pluralize(people, "person has", "people have")
    return (
        f"{have} a status that Regulars does not know: {', '.join(shown)}."
        " Whether they still receive your posts, it cannot tell."
    )


def unknown_notices(without_post: int, without_person: int) -> list[str]:
    """Sentences about signals whose post or person is unknown."""
    kinds = ((without_post, "post"), (without_person, "person"))
    return [
        f"{pluralize(number, 'signal names', 'signals name')} no known {kind} and"
        f" {'counts' if number == 1 else 'count'} for nobody until you import it."
        for number, kind in kinds
        if number
    ]


def _exit_code(outcome: RunOutcome, error: RegularsError | ConnectorError | None) -> int:
    """0 complete, 3 settings wrong, 4 key refused, 5 retry later, 6 partial with data kept."""
    if outcome == "complete":
        return 0
    code = exit_code_of(error) if error is not None else _PARTLY_DONE
    return _PARTLY_DONE if code == 1 and outcome == "partial" else code


def new_run_id(now: Instant) -> str:
    """A unique id that sorts by time."""
    return f"run_{now // 1000:011x}{secrets.token_hex(5)}"


def machine_start(run_id: str) -> Instant | None:
    """When a run was asked for, by the clock of its machine. None for an id of another form.

    The times of its record follow the provider's clock where the two differ.
    """
    found = _RUN_ID.fullmatch(run_id)
    return int(found[1], 16) * 1000 if found else None


# Runs as the service starts and ends them


def new_run(publication: PublicationSettings, config: ConnectionConfig, now: Instant) -> RunResult:
    """A run about to begin."""
    return RunResult(
        RunRecord(
            run_id=new_run_id(now),
            publication=publication.name,
            connection=config.name,
            connector=config.connector,
            started_at=now,
        )
    )


def failed_run(run: RunResult, error: RegularsError | ConnectorError, now: Instant) -> RunResult:
    """The same run, failed. The store has no record of it."""
    ended = _ended(run, "failed", error.happened, now)
    return replace(ended, error=error, exit_code=exit_code_of(error))


def stopped_run(run: RunResult, now: Instant, reason: str = _STOPPED) -> RunResult:
    """The same run, stopped by the owner, perhaps before it began."""
    return replace(_ended(run, "partial", reason, now), was_stopped=True)


def cut_run(run: RunResult, reason: str, now: Instant) -> RunResult:
    """The same run, cut because it took too long. What it committed is kept."""
    return replace(_ended(run, "partial", reason, now), exit_code=_PARTLY_DONE)


def cut_reason(hours: int) -> str:
    """Why a run was cut after so many hours, in a sentence."""
    return (
        f"{_CUT} {pluralize(hours, 'hour')}, the longest that `longest_run_hours` allows."
        f" {_RESUMES}"
    )


def is_stop(reason: str | None) -> bool:
    """Whether a run with that reason was stopped or cut, so that the rest is still to be done."""
    return reason is not None and reason.startswith((_STOPPED, _CUT))


def _ended(run: RunResult, outcome: RunOutcome, reason: str, now: Instant) -> RunResult:
    record = msgspec.structs.replace(run.record, outcome=outcome, reason=reason, ended_at=now)
    return replace(run, record=record)


# Runs as they are shown


class ErrorView(msgspec.Struct, kw_only=True):
    """What stopped a run: its code, three sentences, and when the provider may be asked again."""

    code: str
    happened: str
    safe: str
    to_do: str
    after_seconds: float | None = None
    retry_at: str | None = None


class UnusedView(msgspec.Struct, kw_only=True):
    """Something that a run came across and left unused."""

    why: str
    name: str
    detail: str = ""
    columns: list[str] = []
    number: int = 0


class RunView(msgspec.Struct, kw_only=True):
    """A run as JSON, in the API and on the command line. Instants are RFC 3339."""

    id: str
    publication: str | None = None
    connection: str
    connector: str | None = None
    state: RunOutcome
    started_at: str
    ended_at: str | None = None
    reason: str | None = None
    retry_at: str | None = None
    exit_code: int | None = None
    error: ErrorView | None = None
    streams: list[StreamCounts] = msgspec.field(default_factory=list)
    notices: list[str] = msgspec.field(default_factory=list)
    unused: list[UnusedView] = msgspec.field(default_factory=list)


def views_of(runs: object) -> list[RunView]:
    """Runs from the JSON of a server, which may have an earlier version."""
    return msgspec.convert(runs, list[RunView])


def view_of(run: RunResult) -> RunView:
    """The run as JSON, as it stands now."""
    record = run.record
    counts: list[StreamCounts] = msgspec.convert(
        record.streams, list[StreamCounts], from_attributes=True
    )
    retry_at = to_iso(record.retry_at) if record.retry_at is not None else None
    return RunView(
        id=record.run_id,
        publication=record.publication,
        connection=record.connection,
        connector=record.connector,
        state=record.outcome,
        started_at=to_iso(record.started_at),
        ended_at=to_iso(record.ended_at) if record.ended_at is not None else None,
        reason=record.reason,
        retry_at=retry_at,
        exit_code=run.exit_code,
        error=_error_view(run.error, retry_at) if run.error is not None else None,
        streams=counts,
        notices=list(run.notices),
        unused=msgspec.convert(run.unused, list[UnusedView], from_attributes=True),
    )


def _error_view(error: RegularsError | ConnectorError, retry_at: str | None) -> ErrorView:
    after = error.after_seconds if isinstance(error, RetryLater) else None
    moment = retry_at if after is not None else None
    return ErrorView(**error_facts(error), after_seconds=after, retry_at=moment)
