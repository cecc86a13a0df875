"""Runs as a sync records them, written into a store without any provider."""

from __future__ import annotations

from typing import Any

from regulars.settings import ConnectionConfig, Settings
from regulars.store import Store
from regulars.store.run_record import RunOutcome, RunRecord, StreamOutcome, StreamRecord
from regulars_connectors.instants import DAY, SECOND, Instant, from_iso

START = from_iso("2026-03-02T05:15:00Z")
HOUR = 3600 * SECOND


def at(days: float = 0, hours: float = 0) -> Instant:
    """So long after the beginning."""
    return int(START + days * DAY + hours * HOUR)


def daily(config: ConnectionConfig, last: Instant) -> Instant | None:
    """A schedule that looks daily or more often, and at files when somebody asks."""
    usual = "off" if config.connector in ("beehiiv-export", "files") else "daily"
    text = (config.sync or usual).strip().lower()
    is_frequent = text.startswith(("daily", "every", "before posts"))
    return last + DAY if is_frequent else None


def settings_of(folder: Any, **notices: Any) -> Settings:
    """One publication with two connections, and the given section [notices]."""
    return Settings(
        store={"folder": folder, "free_space_floor_mib": 0},  # type: ignore[arg-type]
        notices=notices,  # type: ignore[arg-type]
        publications=(  # type: ignore[arg-type]
            {
                "name": "letters",
                "time_zone": "Europe/Lisbon",
                "connections": [
                    {"name": "one", "connector": "beehiiv"},
                    {"name": "two", "connector": "ghost"},
                ],
            },
        ),
    )


def paused(settings: Settings) -> Settings:
    """The same, with its publication paused."""
    (publication,) = settings.publications
    changed = publication.model_copy(update={"paused": True})
    return settings.model_copy(update={"publications": (changed,)})


def without(settings: Settings, connection: str) -> Settings:
    """The same without a connection."""
    (publication,) = settings.publications
    left = tuple(one for one in publication.connections if one.name != connection)
    changed = publication.model_copy(update={"connections": left})
    return settings.model_copy(update={"publications": (changed,)})


def record_run(
    store: Store,
    begins: Instant,
    outcome: RunOutcome = "complete",
    reason: str | None = None,
    *,
    connection: str = "one",
    people: StreamOutcome | None = None,
    held: tuple[int, int] = (0, 0),
    alarm: str | None = None,
) -> None:
    """Append the record of a run.

    people: how its look at subscriptions ended; whole in a complete run unless given, and no look
    in others. held: removals and changes held back. alarm: of its look at counters.
    """
    ends = begins + 60 * SECOND
    times = {"started_at": begins, "ended_at": ends}
    if people is None and outcome == "complete":
        people = "whole"
    streams = []
    if people is not None:
        removals, changes = held
        streams.append(
            StreamRecord(
                stream="subscriptions", outcome=people, seen=10, written=3, changed=2,
                held_removals=removals, held_changes=changes, **times,
            )
        )  # fmt: skip
    if alarm is not None or outcome == "complete":
        streams.append(StreamRecord(stream="counters", outcome="whole", alarm=alarm, **times))
    record = RunRecord(
        run_id=f"run_{begins:016x}{connection}",
        publication="letters",
        connection=connection,
        connector="beehiiv",
        started_at=begins,
        ended_at=ends,
        outcome=outcome,
        reason=reason,
        streams=streams,
    )
    store.append(record.entry())
