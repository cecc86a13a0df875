"""A scripted beehiiv for the connector's tests: answers from a table, requests kept."""

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import httpx

from regulars_connectors import Page, Quarantined, Record, Runtime, SyncState, Walk
from regulars_connectors.beehiiv import BeehiivConnector, BeehiivSettings
from regulars_connectors.instants import from_iso

NOW = from_iso("2026-10-01T12:00:00Z")
PUBLICATION = "pub_00000000-0000-4000-8000-00000000a001"
POLL = "poll_00000000-0000-4000-8000-00000000e100"
KEY = "canary-key-0123456789"
SAMPLES = Path(__file__).parents[1] / "samples" / "beehiiv"

Answer = Callable[[httpx.Request], httpx.Response]


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))


def cursor_page(rows: list[Any], cursor: str | None = None, **more: Any) -> dict[str, Any]:
    page = {"data": rows, "limit": 100, "has_more": cursor is not None, "next_cursor": cursor}
    return page | more


def person(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A subscription as live answers show it."""
    row = deepcopy(sample("subscriptions")["data"][0])
    row["id"] = f"sub_00000000-0000-4000-8000-{number:012d}"
    return row | changes


class Desk:
    """Stands in for beehiiv. ``script`` maps the path below the publication to its answers."""

    def __init__(self, **script: Any) -> None:
        self.script = {
            name.replace("_responses", f"/{POLL}/responses"): answers
            for name, answers in script.items()
        }
        self.requests: list[httpx.Request] = []
        self.slept: list[float] = []
        self.connectors: list[BeehiivConnector] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        below = request.url.path.removeprefix(f"/v2/publications/{PUBLICATION}").strip("/")
        answers = self.script.get(below or "publication", httpx.Response(404, json={}))
        answer = answers.pop(0) if isinstance(answers, list) else answers
        if isinstance(answer, httpx.Response):
            return answer
        return answer(request) if callable(answer) else httpx.Response(200, json=answer)

    def connector(self, **changes: Any) -> BeehiivConnector:
        options = {"publication_id": PUBLICATION, "api_key": KEY} | changes
        runtime = Runtime(
            clock=lambda: NOW,
            sleep=self.slept.append,
            unpaced=True,
            transport=httpx.MockTransport(self),
        )
        made = BeehiivConnector(BeehiivSettings(**options), runtime)
        self.connectors.append(made)
        return made

    def walks(self, stream_name: str, state: SyncState | None = None) -> list[Walk]:
        connector = self.connector()
        (stream,) = (stream for stream in connector.streams() if stream.name == stream_name)
        return list(connector.walks(stream, state or SyncState()))

    def pages(self, stream_name: str, cursor: str | None = None) -> list[Page]:
        (walk,) = self.walks(stream_name)
        return list(self.connectors[-1].pages(walk, cursor))

    def records(self, stream_name: str) -> list[Record]:
        return [record for page in self.pages(stream_name) for record in page.records]

    def quarantined(self, stream_name: str) -> list[Quarantined]:
        return [row for page in self.pages(stream_name) for row in page.quarantined]

    def params(self) -> list[list[tuple[str, str]]]:
        return [request.url.params.multi_items() for request in self.requests]
