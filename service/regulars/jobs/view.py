"""The schedule as JSON, in the API, on the command line and for the page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from regulars_connectors.instants import Instant, to_iso

from .planner import Standing
from .table import Reason


class ScheduleView(msgspec.Struct, kw_only=True):
    """How one connection stands. Instants are RFC 3339.

    rule: as in the settings, or the default. last_*: of the newest run. last_look_at: when people
    were last seen. failures: how often in a row it failed, failing_since the first of these.
    next_at: None while it is running, and if it never runs by itself. why: of the next run.
    """

    publication: str
    connection: str
    rule: str
    is_default: bool
    last_started_at: str | None
    last_ended_at: str | None
    last_outcome: str | None
    last_reason: str | None
    last_look_at: str | None
    failures: int
    failing_since: str | None
    next_at: str | None
    why: Reason
    is_due: bool


def views_of(standings: Sequence[Standing]) -> list[ScheduleView]:
    """Every standing as JSON shows it."""
    return [view_of(standing) for standing in standings]


def view_of(standing: Standing) -> ScheduleView:
    """One standing as JSON shows it."""
    last, trouble = standing.last, standing.trouble
    return ScheduleView(
        publication=standing.publication.name,
        connection=standing.config.name,
        rule=standing.rule.text,
        is_default=standing.is_default,
        last_started_at=_iso(last.started_at) if last else None,
        last_ended_at=_iso(last.ended_at) if last else None,
        last_outcome=last.outcome if last else None,
        last_reason=last.reason if last else None,
        last_look_at=_iso(standing.last_look),
        failures=trouble.times if trouble else 0,
        failing_since=_iso(trouble.since) if trouble else None,
        next_at=_iso(standing.next.at),
        why=standing.next.why,
        is_due=standing.is_due,
    )


def views_in(items: Any) -> list[ScheduleView]:
    """Standings from the JSON of a server."""
    return msgspec.convert(items, list[ScheduleView])


def _iso(instant: Instant | None) -> str | None:
    return to_iso(instant) if instant is not None else None
