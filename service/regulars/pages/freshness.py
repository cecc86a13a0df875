"""How fresh the sources are, in words."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from regulars.reports.engine.envelope import Source as SourceFacts
from regulars_connectors.plural import pluralize

from .formatting import LocalTime, local_time
from .view import Source

ALARMS = {
    "counters_all_zero": "It gave totals that are all zero; they count as not measured.",
}

PAUSED = "It is paused: nothing is read in until you resume it."


def freshness_words(sources: Sequence[SourceFacts]) -> str:
    """One sentence about all sources."""
    if not sources:
        return "There is no source yet."
    if all(source.last_outcome == "never" for source in sources):
        return "Nothing has come in yet."
    if any(source.is_stale for source in sources):
        return "Something is older than a week: the figure may lag behind."
    if any(source.last_outcome != "complete" for source in sources):
        return (
            "Something did not come in whole the last time. What is shown is marked with its date."
        )
    return "Everything came in whole, and lately."


def wants_a_look(sources: Sequence[SourceFacts]) -> bool:
    """Whether something is to be done: old, not whole, not measured, or waiting for a yes."""
    return any(
        (source.is_stale and source.last_outcome != "never")
        or source.last_outcome in ("partial", "failed")
        or any(stream.alarm or stream.held_removals for stream in source.streams)
        for source in sources
    )


def what_wants_a_look(sources: Sequence[SourceFacts]) -> tuple[str, ...]:
    """What that is, in sentences."""
    old = [
        "Nothing has come in whole for more than a week."
        for source in sources
        if source.is_stale and source.last_outcome != "never"
    ][:1]
    return tuple(old + [note for source in sources for note in _notes(source)])


def last_whole(sources: Sequence[SourceFacts], zone: ZoneInfo) -> LocalTime | None:
    """When every source had been read in whole; None where one never was."""
    times = [source.last_complete_sync for source in sources]
    known = [time for time in times if time is not None]
    if not known or len(known) < len(times):
        return None
    return local_time(min(known), zone, hour=True)


def source_lines(sources: Sequence[SourceFacts], zone: ZoneInfo) -> tuple[Source, ...]:
    """One line for each source."""
    return tuple(_line(source, zone) for source in sources)


def _line(source: SourceFacts, zone: ZoneInfo) -> Source:
    if source.last_complete_sync is None:
        words, last = "Not read in whole yet", None
    else:
        words = "Read in whole on"
        last = local_time(source.last_complete_sync, zone, hour=True)
    return Source(name=source.connection, words=words, last=last, notes=tuple(_notes(source)))


def _notes(source: SourceFacts) -> list[str]:
    notes = []
    if source.last_outcome in ("partial", "failed"):
        how = "only in part" if source.last_outcome == "partial" else "nothing"
        why = f": {source.reason.rstrip('.')}" if source.reason else ""
        notes.append(f"The newest sync brought {how}{why}.")
    for stream in source.streams:
        if stream.alarm:
            notes.append(ALARMS.get(stream.alarm, f"It raised an alarm: {stream.alarm}."))
        if stream.held_removals:
            people = pluralize(stream.held_removals, "person is", "people are")
            notes.append(f"{people} no longer shown there; they stay until you accept it.")
        if stream.quarantined:
            notes.append(f"{pluralize(stream.quarantined, 'row', 'rows')} could not be read.")
    return notes
