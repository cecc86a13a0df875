"""A beehiiv for the connector's tests, mocked by respx."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import httpx
import respx
from support.mocked_provider import answer_with

from regulars_connectors import (
    Correspondence,
    Page,
    Quarantined,
    Record,
    Runtime,
    SyncState,
    Walk,
)
from regulars_connectors.beehiiv import BeehiivConnector, BeehiivSettings
from regulars_connectors.instants import from_iso

NOW = from_iso("2026-10-01T12:00:00Z")
PUBLICATION = "pub_00000000-0000-4000-8000-00000000a001"
ROOT = f"/v2/publications/{PUBLICATION}"
POLL = "poll_00000000-0000-4000-8000-00000000e100"
KEY = "canary-key-0123456789"
SAMPLES = Path(__file__).parents[1] / "samples" / "beehiiv"


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


class Beehiiv:
    """beehiiv, mocked by respx: answers by the path below the publication, 404 for all others.

    letters: what the connector is lent.
    """

    def __init__(self, *, letters: Correspondence | None = None, **answers: Any) -> None:
        self.router = respx.Router()
        self.letters = letters
        self.slept: list[float] = []
        self.connectors: list[BeehiivConnector] = []
        self.router.route(name="missing").respond(404, json={})
        for path, given in answers.items():
            self.answer(path.replace("_responses", f"/{POLL}/responses"), given)

    def answer(self, below: str, given: Any) -> None:
        """Let the path below the publication answer; "publication" is the publication itself, and a
        path that begins with a slash lies below the API."""
        missing = self.router.pop("missing")
        path = ROOT if below == "publication" else f"{ROOT}/{below}"
        path = f"/v2{below}" if below.startswith("/") else path
        answer_with(self.router.get(path=path), given)
        self.router.routes.add(missing, "missing")

    @property
    def calls(self) -> respx.models.CallList:
        """Every request with its answer, in order."""
        return self.router.calls

    def connector(self, **changes: Any) -> BeehiivConnector:
        options = {"publication_id": PUBLICATION, "api_key": KEY} | changes
        transport = httpx.MockTransport(self.router.handler)
        runtime = Runtime(
            lambda: NOW,
            self.slept.append,
            unpaced=True,
            transport=transport,
            correspondence=self.letters,
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
        return [call.request.url.params.multi_items() for call in self.calls]
