"""A toy provider whose rows a test sets by hand, and a store to sync it into."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from support.made_once import made_once

from regulars.settings import StoreSettings
from regulars.store import Store
from regulars.store.streams import TABLES
from regulars.sync.record import RunRequest, RunResult
from regulars.sync.run import SyncRun
from regulars_connectors.contract import (
    ConnectionSettings,
    Page,
    Preflight,
    Runtime,
    Stream,
    SyncState,
    Walk,
)
from regulars_connectors.instants import DAY, from_iso
from regulars_connectors.records import Counters, Post, Signal, Subscription

START = from_iso("2026-01-01T05:00:00Z")


@dataclass
class ToyProvider:
    """Four streams, pages of ten; every list may be changed between syncs."""

    now: int = START
    people: list[Subscription] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    signals: list[Signal] = field(default_factory=list)
    total: int | None = None
    confirmed: bool = False
    trouble: dict[tuple[str, int], Exception] = field(default_factory=dict)
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    name = "toy"
    Settings = ConnectionSettings

    def streams(self) -> Sequence[Stream]:
        return [
            Stream("posts", "state", "posts"),
            Stream("subscriptions", "state", "people", running_totals=True),
            Stream("signals", "events", "answers"),
        ]

    def walks(self, stream: Stream, state: SyncState) -> Sequence[Walk]:
        coverage = "since" if stream.kind == "events" else "whole"
        return [Walk(stream, coverage, confirmed=self.confirmed)]

    def pages(self, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
        self.asked.append((walk.stream.name, cursor))
        rows: list[Any] = {
            "posts": self.posts, "subscriptions": self.people, "signals": self.signals,
        }[walk.stream.name]  # fmt: skip
        total = self.total if walk.stream.name == "subscriptions" else None
        for start in range(int(cursor or 0), max(len(rows), 1), 10):
            if error := self.trouble.pop((walk.stream.name, start), None):
                raise error
            after = str(start + 10) if start + 10 < len(rows) else None
            yield Page(rows[start : start + 10], after, self.now, total=total, checkpoint="end")

    def look(self) -> Preflight:
        return Preflight([])

    def close(self) -> None:
        pass


def person(number: int, received: int = 0, opened: int = 0, **more: Any) -> Subscription:
    values = {
        "id": f"s{number:03d}",
        "email": f"reader{number}@example.org",
        "status": "active",
        "joined_at": START - 30 * DAY,
        "counters": Counters(received, opened, 0),
    }
    return Subscription(**(values | more))


def settings_of(folder: Path) -> StoreSettings:
    """Small parts, so that a pull has several."""
    return StoreSettings(folder=folder, part_rows=10, free_space_floor_mib=0)


def run_of(store: Store, provider: ToyProvider, **options: Any) -> SyncRun:
    """One run of the provider's connection."""
    runtime = Runtime(clock=lambda: provider.now, sleep=lambda _: None)
    return SyncRun(store, provider, RunRequest("pub", "conn", "toy", **options), runtime)


@pytest.fixture
def provider() -> ToyProvider:
    return ToyProvider()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def store_stays_open() -> None:
    """The test opens its store once: an opening costs as much as a small sync."""


@pytest.fixture
def opened(
    folder: Path, request: pytest.FixtureRequest
) -> Iterator[Callable[[], AbstractContextManager[Store]]]:
    """Opens the store of this test."""
    settings = settings_of(folder)
    if "store_stays_open" not in request.fixturenames:
        yield lambda: Store(settings)
        return
    with ExitStack() as test:
        first: list[Store] = []

        def opened() -> AbstractContextManager[Store]:
            if not first:
                first.append(test.enter_context(Store(settings)))
            return nullcontext(first[0])

        yield opened


@pytest.fixture
def sync(
    provider: ToyProvider, opened: Callable[[], AbstractContextManager[Store]]
) -> Callable[..., RunResult]:
    """One sync in a store that is opened for it, as a scheduled job would do it."""

    def run(**options: Any) -> RunResult:
        with opened() as store:
            return run_of(store, provider, **options).run()

    return run


@pytest.fixture
def rows(
    opened: Callable[[], AbstractContextManager[Store]],
) -> Callable[[str], list[tuple[Any, ...]]]:
    """The rows that a question to the store yields."""

    def ask(sql: str) -> list[tuple[Any, ...]]:
        with opened() as store, store.read() as cursor:
            return cursor.execute(sql).fetchall()

    return ask


@pytest.fixture(scope="session")
def filled_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with twenty-five people, after one sync: never opened, only copied."""

    def make(folder: Path) -> None:
        provider = ToyProvider(people=[person(number) for number in range(25)])
        with Store(settings_of(folder)) as store:
            run_of(store, provider).run()

    return made_once(tmp_path_factory, "filled-store", make)


@pytest.fixture
def filled(filled_once: Path, provider: ToyProvider, folder: Path) -> Path:
    """The folder of a store with the twenty-five people of the provider, after one sync."""
    provider.people = [person(number) for number in range(25)]
    shutil.copytree(filled_once, folder)
    return folder


def dump(store: Store) -> dict[str, list[str]]:
    """Every table as sorted text."""
    with store.read() as cursor:
        return {
            table: sorted(map(repr, cursor.execute(f"SELECT * FROM {table}").fetchall()))
            for table in (*TABLES, "applied")
        }


@pytest.fixture
def person_of() -> Callable[..., Subscription]:
    return person


@pytest.fixture
def dumped() -> Callable[[Store], dict[str, list[str]]]:
    return dump
