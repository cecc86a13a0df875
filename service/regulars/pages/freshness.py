"""How fresh the sources are, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from regulars.messages import Sentence
from regulars.reports.engine.envelope import Source as SourceFacts
from regulars.reports.engine.envelope import SourceStream
from regulars.store.run_record import hours_if_old

from . import messages
from .formatting import LocalTime, local_time
from .view import Source, Upcoming


def freshness_words(sources: Sequence[SourceFacts]) -> str:
    """One sentence about all sources."""
    if not sources:
        return messages.NO_SOURCE_YET()
    if all(source.last_outcome == "never" for source in sources):
        return messages.NOTHING_CAME_IN()
    if any(source.is_stale for source in sources):
        return messages.OLDER_THAN_A_WEEK()
    if any(source.last_outcome != "complete" for source in sources):
        return messages.CAME_IN_PART()
    return messages.CAME_IN_WHOLE()


def needs_attention(sources: Sequence[SourceFacts]) -> bool:
    """Whether a source needs attention: stale, incomplete, unmeasured, undated, or to accept."""
    return any(
        (source.is_stale and source.last_outcome != "never")
        or source.last_outcome in ("partial", "failed")
        or any(_is_urgent(stream) for stream in source.streams)
        for source in sources
    )


def _is_urgent(stream: SourceStream) -> bool:
    waits = stream.held_removals or stream.held_changes
    return bool(stream.alarm or waits or stream.unknown_standings or stream.undated)


def what_needs_attention(sources: Sequence[SourceFacts]) -> tuple[str, ...]:
    """What needs attention, in sentences."""
    old = [
        messages.NOTHING_FOR_A_WEEK()
        for source in sources
        if source.is_stale and source.last_outcome != "never"
    ][:1]
    return tuple(old + [note for source in sources for note in _notes(source)])


def last_whole(sources: Sequence[SourceFacts], zone: ZoneInfo) -> LocalTime | None:
    """The earliest of the sources' last complete syncs; None if one has none."""
    times = [source.last_complete_sync for source in sources]
    known = [time for time in times if time is not None]
    if not known or len(known) < len(times):
        return None
    return local_time(min(known), zone, hour=True)


def source_lines(
    sources: Sequence[SourceFacts], zone: ZoneInfo, upcoming: Sequence[Upcoming] = ()
) -> tuple[Source, ...]:
    """One line for each source, with what the schedule says of it."""
    by_name = {one.connection: one for one in upcoming}
    return tuple(_line(source, zone, by_name.get(source.connection)) for source in sources)


def _line(source: SourceFacts, zone: ZoneInfo, upcoming: Upcoming | None) -> Source:
    last = source.last_complete_sync
    notes = _notes(source)
    line = Source(
        name=source.connection,
        last=local_time(last, zone, hour=True) if last else None,
        notes=tuple(notes),
    )
    if upcoming is None:
        return line
    notes = [*_failing(source, upcoming, zone), *notes]
    if upcoming.at is not None and not upcoming.is_due:
        return replace(line, notes=tuple(notes), next=local_time(upcoming.at, zone, hour=True))
    return replace(line, notes=tuple(notes), comes=_how_it_comes(upcoming))


def _how_it_comes(upcoming: Upcoming) -> str:
    if upcoming.is_running:
        return messages.SYNC_IS_RUNNING()
    return messages.SYNC_IS_DUE() if upcoming.is_due else messages.SYNCS_WHEN_ASKED()


def _failing(source: SourceFacts, upcoming: Upcoming, zone: ZoneInfo) -> list[str]:
    """What went wrong last, where the newest run of the store does not say it."""
    found = []
    if upcoming.failing_since is not None:
        since = local_time(upcoming.failing_since, zone, hour=True).words
        found.append(messages.FAILS_SINCE(count=upcoming.failures, moment=since))
    if upcoming.reason and upcoming.reason != source.reason:
        found.append(messages.SYNC_FAILED_WHY(reason=upcoming.reason.rstrip(".")))
    return found


def _notes(source: SourceFacts) -> list[str]:
    notes = []
    if source.last_outcome in ("partial", "failed"):
        notes.append(_newest_sync(source))
    for stream in source.streams:
        if stream.alarm == "counters_all_zero":
            notes.append(messages.TOTALS_ALL_ZERO())
        elif stream.alarm == "counters_fell":
            notes.append(messages.TOTALS_FELL())
        elif stream.alarm:
            notes.append(messages.OTHER_ALARM(alarm=stream.alarm))
        notes += [text(count=count) for text, count in _counted(stream) if count]
    return notes


def _counted(stream: SourceStream) -> Iterator[tuple[Sentence, int]]:
    """What is said of so many people, rows or issues. Zero: there is none."""
    accepted = (stream.count_difference or 0) if stream.accepted_difference else 0
    yield messages.REMOVALS_HELD, stream.held_removals
    yield messages.CHANGES_HELD, stream.held_changes
    yield messages.STANDING_UNKNOWN, stream.unknown_standings
    yield messages.TOTALS_LACKING, stream.without_totals
    yield messages.TAKEN_BACK, stream.taken_back
    yield messages.UNDATED, stream.undated
    yield messages.COUNTS_MORE, max(0, -accepted)
    yield messages.SHOWS_MORE, max(0, accepted)
    yield messages.STATISTICS_OLD, hours_if_old(stream.statistics_age)
    yield messages.ROWS_NOT_READ, stream.quarantined


def _newest_sync(source: SourceFacts) -> str:
    in_part = source.last_outcome == "partial"
    if source.reason:
        why = messages.SYNC_IN_PART_WHY if in_part else messages.SYNC_FAILED_WHY
        return why(reason=source.reason.rstrip("."))
    return messages.SYNC_IN_PART() if in_part else messages.SYNC_FAILED()
