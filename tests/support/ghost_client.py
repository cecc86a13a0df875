"""A scripted Ghost of line 6 for the connector's tests: answers from the samples, requests kept."""

from __future__ import annotations

import base64
import json
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx

from regulars_connectors import Page, Record, Runtime, SyncState, Walk
from regulars_connectors.contract import Stream
from regulars_connectors.ghost import GhostConnector, GhostSettings
from regulars_connectors.instants import SECOND, Instant, from_iso, to_datetime

NOW = from_iso("2026-10-01T12:00:00Z")
KEY = "0" * 23 + "a:" + "c0ffee00" * 8
SAMPLES = Path(__file__).parents[1] / "samples" / "ghost"
SIGNALS = Stream("signals", "events", "signals")


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))


def oid(number: int) -> str:
    """An id as the samples write it."""
    return f"65{number:022x}"


def events(kind: str, rows: list[dict[str, Any]], total: int | None = None) -> dict[str, Any]:
    pagination = {"total": len(rows) if total is None else total, "page": None, "next": None}
    found = [{"type": kind, "data": row} for row in rows]
    return {"events": found, "meta": {"pagination": pagination}}


class GhostDesk:
    """Stands in for Ghost. ``script`` overrides answers by the path below the Admin API.

    ahead: how many seconds its clock is before ours.
    """

    def __init__(self, *, ahead: int = 0, **script: Any) -> None:
        self.script = script
        self.ahead = ahead
        self.requests: list[httpx.Request] = []
        self.slept: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        below = request.url.path.removeprefix("/ghost/api/admin/").strip("/")
        answers = self.script.get(below.replace("/", "_"), self._usual(below, request))
        answer = answers.pop(0) if isinstance(answers, list) else answers
        if callable(answer):
            answer = answer(request)
        if not isinstance(answer, httpx.Response):
            answer = httpx.Response(200, json=answer)
        answer.headers.setdefault("date", http_time(NOW + self.ahead * SECOND))
        answer.headers.setdefault("content-version", "v6.65")
        return answer

    def _usual(self, below: str, request: httpx.Request) -> Any:
        match below:
            case "site":
                return sample("site_6")
            case "members" if "include" in request.url.params:
                return sample("recipients_6")
            case "members":
                return sample("members_6")
            case "posts":
                return self._posts(request)
            case "members/events":
                return self._events(request.url.params["filter"])
            case "settings":
                return {"settings": [{"key": "email_track_opens", "value": True}]}
            case "newsletters":
                letter = {"id": oid(900), "name": "Harbour Letters", "slug": "harbour-letters"}
                return {"newsletters": [letter]}
        return httpx.Response(404, json={})

    @staticmethod
    def _posts(request: httpx.Request) -> Any:
        """Where fields are named, Ghost leaves out the counts, included or not."""
        found = sample("posts_6")
        if "fields" in request.url.params:
            for post in found["posts"]:
                del post["count"]
        return found

    @staticmethod
    def _events(where: str) -> dict[str, Any]:
        kind = where.partition("+")[0].removeprefix("type:")
        return events(kind, sample("events_6").get(kind, []))

    def connector(self, **changes: Any) -> GhostConnector:
        options = {"base_url": "https://letters.example.org", "admin_key": KEY} | changes
        runtime = Runtime(
            clock=lambda: NOW,
            sleep=self.slept.append,
            unpaced=True,
            transport=httpx.MockTransport(self),
        )
        return GhostConnector(GhostSettings(**options), runtime)

    def walks(self, name: str, state: SyncState | None = None, **changes: Any) -> list[Walk]:
        connector = self.connector(**changes)
        [stream] = [stream for stream in connector.streams() if stream.name == name]
        return list(connector.walks(stream, state or SyncState()))

    def pages(
        self, name: str, parent: str | None = None, cursor: str | None = None, **changes: Any
    ) -> list[Page]:
        """The pages of a state stream, or of signals of one type from their beginning."""
        connector = self.connector(**changes)
        streams = {stream.name: stream for stream in connector.streams()}
        coverage = "since" if name == "signals" else "whole"
        return list(connector.pages(Walk(streams[name], coverage, parent), cursor))

    def records(self, name: str, parent: str | None = None, **changes: Any) -> list[Record]:
        pages = self.pages(name, parent, **changes)
        return [record for page in pages for record in page.records]

    def filters(self) -> list[str]:
        return [request.url.params.get("filter", "") for request in self.requests]


def http_time(moment: Instant) -> str:
    return format_datetime(to_datetime(moment), usegmt=True)


def claims(request: httpx.Request) -> dict[str, Any]:
    """What the request's token says."""
    _, _, token = request.headers["authorization"].partition(" ")
    part = token.split(".")[1]
    read: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return read
