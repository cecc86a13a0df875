"""Sync runs: list them, start them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from regulars.access.scopes import Caller
from regulars.errors import NothingHere, UsageWrong
from regulars.settings import Settings
from regulars.store.run_record import RunOutcome
from regulars.sync.options import SyncOptions
from regulars.sync.record import RunResult, view_of
from regulars_connectors.bounds import said

from ..access_errors import Forbidden
from ..authority import caller_of
from ..problems import problem_responses
from ..query_parameters import each_once, no_parameters
from .schedule import Schedule

MOST_RUNS = 200
USUAL_RUNS = 50

_RUN: dict[str, Any] = {
    "id": "run_01k9p3x7c2m4",
    "publication": "field-notes",
    "connection": "field-notes-beehiiv",
    "connector": "beehiiv",
    "started_at": "2026-11-22T05:15:00Z",
    "ended_at": "2026-11-22T05:16:12Z",
    "state": "complete",
    "reason": None,
    "retry_at": None,
    "exit_code": 0,
    "error": None,
    "notices": [],
    "streams": [
        {
            "stream": "subscriptions",
            "outcome": "whole",
            "seen": 1240,
            "changed": 27,
            "gone": 1,
            "written": 31,
            "quarantined": 0,
            "held_removals": 0,
            "without_totals": 0,
            "held_changes": 0,
            "unknown_standings": 0,
            "reason": None,
            "alarm": None,
            "count_difference": None,
            "accepted_difference": None,
            "statistics_age": None,
        }
    ],
}


class SyncRuns(Protocol):
    """Runs syncs: ``regulars.sync.service.SyncService``, or a stand-in in tests."""

    def start(self, connection: str | None, options: SyncOptions) -> Sequence[RunResult]:
        """Start a run of the connection, or one of each, and return them as they begin.

        Raises an error of status 409 if one is running, NothingHere for an unknown name.
        """

    def list(self, limit: int = USUAL_RUNS) -> Sequence[RunResult]:
        """The latest runs, newest first."""

    def get(self, run_id: str) -> RunResult:
        """One run. Raises NothingHere."""


class SyncStream(BaseModel):
    """What a run saw of one stream."""

    stream: str
    outcome: str = Field(description="whole, window, events, partial, unavailable or failed")
    seen: int = Field(default=0, description="records of this stream from the provider")
    changed: int | None = Field(
        default=None,
        description="of these, new or different ones (null in earlier runs)",
    )
    gone: int | None = Field(
        default=None, description="records that disappeared (null in earlier runs)"
    )
    written: int = Field(
        default=0,
        description="rows of history. A record can be a row in several of its streams, as a"
        " subscription in those of standings, words, people and totals",
    )
    quarantined: int = Field(default=0, description="unreadable rows that were quarantined")
    held_removals: int = Field(
        default=0, description="removals of people, held back until you accept them"
    )
    without_totals: int = Field(
        default=0, description="active people whose known lifetime totals did not come"
    )
    held_changes: int = Field(
        default=0, description="people whose leaving is held back until you accept it"
    )
    unknown_standings: int = Field(
        default=0, description="people whose status at the provider is not known"
    )
    reason: str | None = None
    alarm: str | None = None
    count_difference: int | None = Field(
        default=None, description="records that came less what the provider counts (null if equal)"
    )
    accepted_difference: int | None = Field(
        default=None, description="the difference that you accepted (null without)"
    )
    statistics_age: int | None = Field(
        default=None,
        description="seconds since the provider computed its statistics (null where it is unsaid)",
    )


class SyncError(BaseModel):
    """What stopped a run: its code, three sentences, and when to come back."""

    code: str
    happened: str
    safe: str
    to_do: str
    after_seconds: float | None = Field(
        default=None, description="the wait that the provider named (null without)"
    )
    retry_at: datetime | None = Field(default=None, description="the moment at which it is over")


class SyncUnused(BaseModel):
    """Something that a run came across and left unused."""

    why: str = Field(
        description="leftover, same, unmatched, unreadable, empty, columns, encoding, passed_over,"
        " refused or rejected"
    )
    name: str = Field(description="the file")
    detail: str = Field(
        default="", description="the reason, the encoding, or the list of rejected rows"
    )
    columns: list[str] = Field(default=[], description="columns that nothing reads")
    number: int = Field(default=0, description="how many rows")


class SyncRun(BaseModel):
    """One attempt to bring one connection up to date."""

    model_config = ConfigDict(json_schema_extra={"examples": [_RUN]})

    id: str
    publication: str | None = None
    connection: str
    connector: str | None = None
    started_at: datetime
    ended_at: datetime | None = None
    state: RunOutcome
    reason: str | None = Field(default=None, description="why it is incomplete, in a sentence")
    retry_at: datetime | None = Field(
        default=None, description="when the provider wants to be asked again, if it said so"
    )
    exit_code: int | None = Field(
        default=None, description="exit code of `regulars sync` for it (null if unknown)"
    )
    error: SyncError | None = Field(
        default=None,
        description="what stopped it (null if nothing did, or after a restart)",
    )
    streams: list[SyncStream] = []
    notices: list[str] = Field(default=[], description="what the owner should know, in sentences")
    unused: list[SyncUnused] = Field(
        default=[], description="what the run came across and left out (empty after a restart)"
    )


class SyncRunList(BaseModel):
    """The latest runs, newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_RUN]}]})

    items: list[SyncRun]


class SyncRunListQuery(BaseModel):
    """How many runs to show."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=USUAL_RUNS, ge=1, le=MOST_RUNS, description="the most runs to list")


class SyncRequest(BaseModel):
    """What to sync."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"connection": "field-notes-beehiiv", "full": False}]},
    )

    connection: str | None = Field(default=None, description="one connection, by default all")
    full: bool = Field(default=False, description="pull everything again, from the start")
    accept_removals: bool = Field(
        default=False,
        description="apply removals and leavings that were held back because there were many",
    )
    accept_count: bool = Field(
        default=False,
        description="accept a provider's count that has differed by the same few in three syncs"
        " running",
    )
    due: bool = Field(
        default=False, description="only what the schedule says is due, which may be nothing"
    )


def sync_router(runs: SyncRuns, settings: Settings, schedule: Schedule) -> APIRouter:
    """GET and POST /sync-runs, GET /sync-runs/{run_id}: of the caller's own publications."""
    owners = {config.name: publication.name for publication, config in settings.connections()}
    router = APIRouter(tags=["sync runs"])

    @router.get(
        "/sync-runs",
        operation_id="sync_runs_list",
        summary="The latest sync runs, newest first",
        responses=problem_responses(400, 406, 421, 422, 500),
        dependencies=[each_once],
    )
    def list_runs(query: Annotated[SyncRunListQuery, Query()], request: Request) -> SyncRunList:
        caller = caller_of(request)
        sees_some = caller.publications is not None
        found = runs.list(MOST_RUNS if sees_some else query.limit)
        own = [run for run in found if caller.sees(run.record.publication)]
        return SyncRunList(items=[_as_model(run) for run in own[: query.limit]])

    @router.post(
        "/sync-runs",
        operation_id="sync_run_start",
        summary="Start a sync of one connection, or of all",
        status_code=202,
        responses=problem_responses(400, 403, 404, 406, 409, 413, 415, 421, 422, 500, 503),
        dependencies=[no_parameters],
    )
    def start_runs(
        request: Request, response: Response, wish: SyncRequest | None = None
    ) -> SyncRunList:
        wish = wish or SyncRequest()
        _require_own(caller_of(request), wish.connection, owners)
        options = SyncOptions(
            full=wish.full,
            accept_removals=wish.accept_removals,
            accept_count=wish.accept_count,
        )
        if wish.due and wish != SyncRequest(due=True):
            raise UsageWrong("`due` stands alone: the schedule says which connections, and how.")
        started = schedule.start_due() if wish.due else runs.start(wish.connection, options)
        items = [_as_model(run) for run in started]
        # One run: its own address. Several: the list, which begins with them.
        own = f"/{items[0].id}" if len(items) == 1 else ""
        response.headers["Location"] = f"/api/v1/sync-runs{own}"
        return SyncRunList(items=items)

    @router.get(
        "/sync-runs/{run_id}",
        operation_id="sync_run_read",
        summary="One sync run",
        responses=problem_responses(400, 404, 406, 421, 422, 500),
        dependencies=[no_parameters],
    )
    def read_run(run_id: str, request: Request) -> SyncRun:
        run = runs.get(run_id)
        if not caller_of(request).sees(run.record.publication):
            raise NothingHere(f"There is no sync run {said(run_id)!r}.")
        return _as_model(run)

    return router


def _require_own(caller: Caller, connection: str | None, owners: Mapping[str, str]) -> None:
    """Raise Forbidden unless the sync is of the caller's own publications.

    A connection that is unknown is told apart for those alone who see all of them.
    """
    if caller.sees(None if connection is None else owners.get(connection)):
        return
    raise Forbidden(
        "This key is for some publications: name a connection of one of them."
        if connection is None
        else "This key is for other publications."
    )


def _as_model(run: RunResult) -> SyncRun:
    return SyncRun.model_validate(view_of(run), from_attributes=True)
