"""Client for the running `regulars serve` of this machine. The service uses httpx only here."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx

from regulars.errors import RegularsError
from regulars.store.lock import FolderLock, holder

if TYPE_CHECKING:
    from datetime import datetime

    from regulars.sync.options import SyncOptions
    from regulars.sync.record import RunView

_POLL_SECONDS = 0.5
_TIMEOUT = httpx.Timeout(60.0, connect=2.0)


class ServerSaid(RegularsError):
    """The running server answered with a problem. Carries its code and exit code."""

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(
            str(problem.get("detail") or problem.get("title") or "The server refused."),
            to_do=problem.get("to_do"),
            safe=problem.get("safe"),
        )
        self.code = str(problem.get("code", RegularsError.code))
        self.exit_code = int(problem.get("exit_code", RegularsError.exit_code))


class ServerClient:
    """A running `regulars serve`, which holds the store.

    token: what it wrote for the owner's command line, None of a version that knows none.
    """

    def __init__(
        self, url: str, transport: httpx.BaseTransport | None = None, token: str | None = None
    ) -> None:
        self.url = url
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self._http = httpx.Client(
            base_url=url, timeout=_TIMEOUT, trust_env=False, transport=transport, headers=headers
        )

    def close(self) -> None:
        """Close the connections. You may call it twice."""
        self._http.close()

    def answers(self) -> bool:
        """Whether a server answers there."""
        try:
            return self._http.get("/healthz").status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    def sync(self, connection: str | None, options: SyncOptions) -> list[RunView]:
        """Start runs and wait for their end. ``connection`` None: all."""
        from regulars.sync.record import views_of

        request = {"connection": connection} | asdict(options)
        if not options.accept_count:  # a server of before an update knows no such field
            del request["accept_count"]
        started = self._json("POST", "/api/v1/sync-runs", json=request)
        return views_of([self._ended(run["id"]) for run in started["items"]])

    def sync_due(self) -> list[RunView]:
        """Start what the schedule says is due, and wait for its end."""
        from regulars.sync.record import views_of

        started = self._json("POST", "/api/v1/sync-runs", json={"due": True})
        return views_of([self._ended(run["id"]) for run in started["items"]])

    def schedule(self) -> list[dict[str, Any]]:
        """When each connection syncs next, and why."""
        items: list[dict[str, Any]] = self._json("GET", "/api/v1/schedule")["items"]
        return items

    def report(self, publication: str, name: str, parameters: dict[str, str]) -> dict[str, Any]:
        """The envelope of a report, as JSON values."""
        path = f"/api/v1/publications/{publication}/reports/{name}"
        return self._json("GET", path, params=parameters)

    def publications(self) -> list[dict[str, Any]]:
        """Each publication with the freshness of its sources."""
        items = self._json("GET", "/api/v1/publications")["items"]
        whole = [self._json("GET", f"/api/v1/publications/{item['name']}") for item in items]
        return [
            {name: item[name] for name in ("name", "title", "paused", "sources")} for item in whole
        ]

    def widgets(self) -> list[dict[str, Any]]:
        """Every widget of the settings, and what it shows now."""
        items: list[dict[str, Any]] = self._json("GET", "/api/v1/widgets")["items"]
        return items

    def widget_document(self, path: str) -> dict[str, Any]:
        """A public document, by its path."""
        return self._json("GET", path)

    def sync_runs(self) -> list[dict[str, Any]]:
        """The newest runs."""
        items: list[dict[str, Any]] = self._json("GET", "/api/v1/sync-runs")["items"]
        return items

    def keys(self) -> list[dict[str, Any]]:
        """Every key, without its text."""
        items: list[dict[str, Any]] = self._json("GET", "/api/v1/keys")["items"]
        return items

    def add_key(self, wish: dict[str, Any]) -> dict[str, Any]:
        """Make a key. Returns it with its text."""
        return self._json("POST", "/api/v1/keys", json=wish)

    def say_of_letters(
        self, publication: str, letters: list[str], action: str, until: datetime | None
    ) -> int:
        """Say what becomes of letters. Returns how many it was news for."""
        path = f"/api/v1/publications/{quote(publication, safe='')}/conversations/acts"
        wish = {"action": action, "letters": letters, "until": until.isoformat() if until else None}
        return int(self._json("POST", path, json=wish)["changed"])

    def revoke_key(self, key_id: str) -> dict[str, Any]:
        """End a key."""
        return self._json("DELETE", f"/api/v1/keys/{quote(key_id, safe='')}")

    def add_sign_in_link(self) -> dict[str, Any]:
        """Make a one-time link."""
        return self._json("POST", "/api/v1/sign-in-links")

    def end_sessions(self) -> int:
        """End every session and link. Returns how many sessions were in force."""
        return int(self._json("DELETE", "/api/v1/sessions")["ended"])

    def _ended(self, run_id: str) -> dict[str, Any]:
        while True:
            run = self._json("GET", f"/api/v1/sync-runs/{run_id}")
            if run["state"] != "running":
                return run
            time.sleep(_POLL_SECONDS)

    def _json(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        try:
            response = self._http.request(method, path, **options)
            body: dict[str, Any] = response.json()
        except (httpx.HTTPError, ValueError) as error:
            raise RegularsError(
                "The running server stopped answering.",
                to_do="Read what `regulars serve` printed, and run the command again.",
            ) from error
        if response.is_error:
            raise ServerSaid(body)
        return body


def running_server(folder: Path) -> ServerClient | None:
    """The running server that holds the store in ``folder``, or None."""
    facts = holder(folder)
    url, token = facts.get("url"), facts.get("token")
    if not url or not FolderLock.is_held(folder):
        return None
    client = ServerClient(str(url), token=None if token is None else str(token))
    if client.answers():
        return client
    client.close()
    return None
