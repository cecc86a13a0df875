"""Histories are made again when they cease to hold, once, and without a sync."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest

from regulars.jobs import histories
from regulars.jobs.histories import HistoryKeeper
from regulars.settings import PublicationSettings, Settings
from regulars_connectors.instants import SECOND, from_iso, to_datetime

NOW = from_iso("2026-11-02T09:00:00Z")
NAMES = ("letters", "notes")


class Kept:
    """Which publications hold until when, in the place of a store."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.until: dict[str, datetime] = {}
        self.made: list[str] = []
        self.is_broken = False
        self.now = NOW
        publications = [PublicationSettings(name=name) for name in NAMES]
        monkeypatch.setattr(histories, "known_publications", lambda *_: publications)
        monkeypatch.setattr(histories, "due_publications", self._due)
        monkeypatch.setattr(histories, "next_making", self._next)

    def keeper(self, **more: Any) -> HistoryKeeper:
        return HistoryKeeper(None, Settings(), lambda: self.now, self._prepare, **more)  # type: ignore[arg-type]

    def _due(self, _store: Any, names: list[str], now: datetime) -> set[str]:
        return {name for name in names if name not in self.until or self.until[name] <= now}

    def _next(self, _store: Any, _names: list[str]) -> datetime | None:
        return min(self.until.values(), default=None)

    def _prepare(self, _store: Any, publication: PublicationSettings, now: datetime) -> None:
        self.made.append(publication.name)
        if not self.is_broken:
            self.until[publication.name] = now + timedelta(days=7)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Kept:
    return Kept(monkeypatch)


def test_what_does_not_hold_is_made_once_and_again_at_its_moment(made):
    ended = threading.Event()
    keeper = made.keeper(on_end=ended.set)
    assert keeper.step() is None
    assert ended.wait(30)
    keeper.join()
    assert made.made == ["letters", "notes"]
    week = NOW + 7 * 86_400 * SECOND
    assert keeper.step() == week
    assert made.made == ["letters", "notes"]
    made.now = week
    ended.clear()
    assert keeper.step() is None
    assert ended.wait(30)
    assert made.made == ["letters", "notes"] * 2


def test_a_publication_whose_sync_is_under_way_is_left_to_it(made):
    ended = threading.Event()
    keeper = made.keeper(busy=lambda: ["letters"], on_end=ended.set)
    keeper.step()
    assert ended.wait(30)
    assert made.made == ["notes"]


def test_what_could_not_be_made_waits_for_an_hour(made):
    made.is_broken = True
    ended = threading.Event()
    keeper = made.keeper(on_end=ended.set)
    keeper.step()
    assert ended.wait(30)
    keeper.join()
    assert to_datetime(keeper.step() or 0) == to_datetime(NOW) + timedelta(hours=1)
    assert made.made == ["letters", "notes"]


def test_after_a_stop_nothing_more_is_made(made):
    keeper = made.keeper()
    keeper.stop()
    keeper.step()
    keeper.join()
    assert made.made == []
