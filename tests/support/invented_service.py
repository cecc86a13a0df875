"""An application over a stand-in store, with invented answers, asked through httpx or served."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import duckdb
import httpx
import msgspec
import uvicorn
from support.empty_database import empty_tables
from support.invented_house import NOW, Invented

from regulars.access.register import Register
from regulars.api.app import create_app
from regulars.errors import AlreadyRunning, NothingHere
from regulars.jobs.view import ScheduleView
from regulars.settings import Settings, build_settings
from regulars.store.actions.registry import ACTIONS
from regulars.store.journal import Entry
from regulars.store.run_record import RunRecord
from regulars.sync.options import USUAL, SyncOptions
from regulars.sync.record import RunResult
from regulars_connectors.instants import Instant, from_datetime, from_iso

KEY = "wgt_q83vEjRWeJCrze8SNFZ4kA"


def running(run_id: str) -> RunResult:
    """A run that is under way."""
    return RunResult(
        RunRecord(
            run_id=run_id,
            publication="invented",
            connection="files-1",
            connector="files",
            started_at=from_iso("2026-11-25T08:00:00Z"),
        )
    )


class FakeStore:
    """A store without data: what is asked of it is answered by ``Invented``."""

    def __init__(self) -> None:
        self.version = 7
        self.secret = bytes(32)
        self.room = True
        self.broken = False
        self.writing = threading.Lock()
        self._reporting = threading.Lock()
        self.entries: list[Entry] = []
        self._opening = threading.Lock()
        self._database: duckdb.DuckDBPyConnection | None = None

    @contextmanager
    def read(self) -> Iterator[Any]:
        if self.broken:
            raise RuntimeError("the file /secret/place/regulars.duckdb is torn")
        with self._opening:
            if self._database is None:
                self._database = empty_tables()
        with self._database.cursor() as cursor:
            yield cursor

    @contextmanager
    def report_cursor(self) -> Iterator[Any]:
        with self._reporting, self.read() as cursor:
            yield cursor

    def standing(self, _publication: str) -> tuple[int, str]:
        """Every entry concerns every publication."""
        return self.version, "digest"

    def catch_up(self) -> None:
        """Nothing is ever behind."""

    def append(self, facts: dict[str, Any]) -> Entry:
        """Keep an act of the owner, and apply it."""
        self.version += 1
        entry = Entry(self.version, "digest", facts)
        self.entries.append(entry)
        with self.read() as cursor:
            ACTIONS[entry.kind](cursor, entry)
        return entry

    def files_answer(self) -> bool:
        return not self.broken

    def free_space_ok(self) -> bool:
        return self.room


class FakeRuns:
    """Remembers what was started."""

    def __init__(self) -> None:
        self.started: list[tuple[str | None, bool, bool]] = []
        self.busy = False

    def start(self, connection: str | None, options: SyncOptions = USUAL) -> Sequence[RunResult]:
        if self.busy:
            raise AlreadyRunning("A sync of files-1 is already running.")
        self.started.append((connection, options.full, options.accept_removals))
        return [running("run_1")] if connection else [running("run_1"), running("run_2")]

    def list(self, limit: int = 50) -> Sequence[RunResult]:
        return [running("run_1")][:limit]

    def get(self, run_id: str) -> RunResult:
        if run_id != "run_1":
            raise NothingHere(f"There is no sync run {run_id!r}.")
        return running(run_id)


class FakeSchedule:
    """One connection that comes at seven the next morning, and runs once it was started."""

    def __init__(self, connection: str = "invented", publication: str = "invented") -> None:
        self.view = ScheduleView(
            publication=publication,
            connection=connection,
            rule="daily 07:00",
            is_default=False,
            last_started_at="2026-11-25T07:00:00Z",
            last_ended_at="2026-11-25T07:01:00Z",
            last_outcome="complete",
            last_reason=None,
            last_look_at="2026-11-25T07:01:00Z",
            failures=0,
            failing_since=None,
            next_at="2026-11-26T07:00:00Z",
            why="regular",
            is_due=False,
        )
        self.started: list[str] = []

    def views(self) -> Sequence[ScheduleView]:
        return [self.view]

    views_for_pages = views

    def start_due(self) -> Sequence[RunResult]:
        self.started.append("due")
        return [running("run_1")] if self.view.is_due else []

    def start_publication(self, publication: str) -> Sequence[RunResult]:
        self.started.append(publication)
        self.view = msgspec.structs.replace(self.view, next_at=None, why="running")
        return [running("run_1")]


class ApiClient:
    """An application and everything behind it, to be turned by a test."""

    def __init__(
        self,
        settings: Settings,
        invented: Invented,
        store: FakeStore | None = None,
        schedule: FakeSchedule | None = None,
    ) -> None:
        self.store = store or FakeStore()
        self.runs = FakeRuns()
        self.invented = invented
        self.now = NOW
        self.peer = ("127.0.0.1", 40_000)
        self.register = Register(self.store, self.clock)
        self.faults: list[str] = []
        self.app = create_app(
            settings,
            self.store,
            self.runs,
            self.clock,
            run=invented,
            register=self.register,
            schedule=schedule,
            faults=lambda: self.faults,
        )

    def clock(self) -> Instant:
        """The time that the test turns."""
        return from_datetime(self.now)

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One request, as a program on this machine would send it."""
        return asyncio.run(self._ask(method, path, options))

    async def _ask(self, method: str, path: str, options: dict[str, Any]) -> httpx.Response:
        transport = httpx.ASGITransport(app=self.app, client=self.peer)
        base = "http://127.0.0.1:8765"
        async with httpx.AsyncClient(transport=transport, base_url=base) as client:
            return await client.request(method, path, **options)

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.ask("GET", path, **options)


def settings_of(**changes: Any) -> Settings:
    """One publication with one connection and one widget."""
    publication = {
        "name": "invented",
        "title": "Invented Letters",
        "time_zone": "Europe/Lisbon",
        "connections": [{"name": "files-1", "connector": "files", "folder": "x"}],
        "widgets": [{"key": KEY} | changes.pop("widget", {})],
    } | changes.pop("publication", {})
    return build_settings({"publications": [publication, *changes.pop("more", [])]} | changes, None)


class HasApp(Protocol):
    """Something with an application."""

    app: Any


@contextmanager
def serving(client: HasApp) -> Iterator[str]:
    """The application on a free port of loopback; yields its address."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    # Whoever asks before the thread serves waits in the queue, in place of being refused.
    listener.listen()
    config = uvicorn.Config(client.app, log_level="warning", access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
