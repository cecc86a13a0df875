"""A Ghost of line 6 for the connector's tests, mocked by respx."""

from __future__ import annotations

import base64
import json
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import respx
from support.mocked_provider import answer_with

from regulars_connectors import Correspondence, Page, Record, Runtime, SyncState, Walk
from regulars_connectors.contract import Stream
from regulars_connectors.ghost import GhostConnector, GhostSettings
from regulars_connectors.instants import SECOND, Instant, from_iso, to_datetime

NOW = from_iso("2026-10-01T12:00:00Z")
KEY = "0" * 23 + "a:" + "c0ffee00" * 8
API = "/ghost/api/admin"
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


class Ghost:
    """Ghost, mocked by respx: answers from the samples, others by the path below the Admin API.

    ahead: how many seconds its clock is before ours. letters: what the connector is lent.
    """

    def __init__(
        self, *, ahead: int = 0, letters: Correspondence | None = None, **answers: Any
    ) -> None:
        self.router = respx.Router()
        self.ahead = ahead
        self.letters = letters
        self.slept: list[float] = []
        if "members" not in answers:
            self._answer("members", sample("recipients_6"), include="email_recipients")
        for below, given in (usual_answers() | answers).items():
            self._answer(below, given)
        self.router.route().respond(404, json={})

    def _answer(self, below: str, given: Any, **params: str) -> None:
        path = f"{API}/{below.replace('_', '/')}/"
        answer_with(self.router.get(path=path, params=params), given)

    @property
    def calls(self) -> respx.models.CallList:
        """Every request with its answer, in order."""
        return self.router.calls

    def _dated(self, request: httpx.Request) -> httpx.Response:
        """The answer with the time and the version that Ghost says in each."""
        response = self.router.handler(request)
        response.headers.setdefault("date", http_time(NOW + self.ahead * SECOND))
        response.headers.setdefault("content-version", "v6.65")
        return response

    def connector(self, **changes: Any) -> GhostConnector:
        options = {"base_url": "https://letters.example.org", "admin_key": KEY} | changes
        transport = httpx.MockTransport(self._dated)
        runtime = Runtime(
            lambda: NOW,
            self.slept.append,
            unpaced=True,
            transport=transport,
            correspondence=self.letters,
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
        return [call.request.url.params.get("filter", "") for call in self.calls]


def usual_answers() -> dict[str, Any]:
    """By path below the Admin API, its slashes as underscores."""
    letter = {"id": oid(900), "name": "Harbour Letters", "slug": "harbour-letters"}
    return {
        "site": sample("site_6"),
        "members": sample("members_6"),
        "members_events": usual_events,
        "posts": _posts,
        "settings": {"settings": [{"key": "email_track_opens", "value": True}]},
        "newsletters": {"newsletters": [letter]},
    }


def usual_events(request: httpx.Request) -> dict[str, Any]:
    """What the samples have of the type of event that is asked for."""
    kind = request.url.params["filter"].partition("+")[0].removeprefix("type:")
    return events(kind, sample("events_6").get(kind, []))


def _posts(request: httpx.Request) -> Any:
    """Where fields are named, Ghost leaves out the counts, included or not."""
    found = sample("posts_6")
    if "fields" in request.url.params:
        for post in found["posts"]:
            del post["count"]
    return found


def http_time(moment: Instant) -> str:
    return format_datetime(to_datetime(moment), usegmt=True)


def claims(request: httpx.Request) -> dict[str, Any]:
    """What the request's token says."""
    _, _, token = request.headers["authorization"].partition(" ")
    part = token.split(".")[1]
    read: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return read
