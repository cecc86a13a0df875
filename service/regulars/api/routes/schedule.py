"""The schedule: when each connection syncs next, and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from regulars.jobs.table import Reason
from regulars.jobs.view import ScheduleView
from regulars.sync.record import RunResult

from ..authority import caller_of
from ..problems import problem_responses
from ..query_parameters import no_parameters

_LINE: dict[str, Any] = {
    "publication": "field-notes",
    "connection": "field-notes-beehiiv",
    "rule": "before posts",
    "is_default": True,
    "last_started_at": "2026-11-22T05:15:00Z",
    "last_ended_at": "2026-11-22T05:16:12Z",
    "last_outcome": "complete",
    "last_reason": None,
    "last_look_at": "2026-11-22T05:16:12Z",
    "failures": 0,
    "failing_since": None,
    "next_at": "2026-11-23T05:15:00Z",
    "why": "regular",
    "is_due": False,
}


class Schedule(Protocol):
    """How connections stand: ``regulars.jobs.due.DueRuns``, or a stand-in in tests."""

    def views(self) -> Sequence[ScheduleView]:
        """Every connection of the settings."""

    def views_for_pages(self) -> Sequence[ScheduleView]:
        """The same, perhaps a minute old."""

    def start_due(self) -> Sequence[RunResult]:
        """Start what is due now, and return at once."""

    def start_publication(self, publication: str) -> Sequence[RunResult]:
        """Start a run of each connection of a publication that has none under way."""


class NoSchedule:
    """A service that schedules nothing."""

    def views(self) -> Sequence[ScheduleView]:
        """None."""
        return ()

    views_for_pages = views

    def start_due(self) -> Sequence[RunResult]:
        """None."""
        return ()

    def start_publication(self, _publication: str) -> Sequence[RunResult]:
        """None."""
        return ()


class ScheduledConnection(BaseModel):
    """When one connection ran last, how that ended, when it runs next and why."""

    model_config = ConfigDict(json_schema_extra={"examples": [_LINE]})

    publication: str
    connection: str
    rule: str = Field(description="its `sync` in the settings, or the default")
    is_default: bool = Field(description="whether the settings leave the rule to its default")
    last_started_at: datetime | None = Field(description="start of the newest sync (null: none)")
    last_ended_at: datetime | None = Field(description="its end")
    last_outcome: str | None = Field(description="complete, partial or failed")
    last_reason: str | None = Field(description="why it is incomplete, in a sentence")
    last_look_at: datetime | None = Field(description="when people were last seen (null: never)")
    failures: int = Field(description="how many syncs have failed in a row")
    failing_since: datetime | None = Field(description="start of the first of these (null: none)")
    next_at: datetime | None = Field(
        description="the next sync (null while one runs, and where none comes by itself)"
    )
    why: Reason = Field(
        description="why then: first, regular, before_post, missed, retry, provider_wait or hint."
        " Else running, paused or off"
    )
    is_due: bool = Field(description="whether that moment has come")


class ScheduleList(BaseModel):
    """Every connection that the caller may see, in the order of the settings."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_LINE]}]})

    items: list[ScheduledConnection]


def schedule_router(schedule: Schedule) -> APIRouter:
    """GET /schedule: of the caller's own publications."""
    router = APIRouter(tags=["sync runs"])

    @router.get(
        "/schedule",
        operation_id="schedule_read",
        summary="When each connection syncs next, and why",
        responses=problem_responses(400, 406, 421, 422, 500),
        dependencies=[no_parameters],
    )
    def read_schedule(request: Request) -> ScheduleList:
        caller = caller_of(request)
        items = [
            ScheduledConnection.model_validate(view, from_attributes=True)
            for view in schedule.views()
            if caller.sees(view.publication)
        ]
        return ScheduleList(items=items)

    return router
