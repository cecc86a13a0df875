"""A service of runs and its schedule, over a connector that does what the test tells it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, ClassVar

import pytest
from support.example_connectors import PEOPLE, ExampleConnector

from regulars.jobs.loop import Scheduling
from regulars.jobs.process import Jobs
from regulars.settings import Settings, StoreSettings, load_settings
from regulars.store import Store
from regulars_connectors import ConnectionSettings, Page, Runtime, Subscription, Walk, registry
from regulars_connectors.contract import Finding, Preflight
from regulars_connectors.instants import Instant, from_iso

START = from_iso("2026-11-02T12:00:00Z")


class Scripted(ExampleConnector):
    """Two people. What it does before each page, and its first look, are the test's."""

    class Settings(ConnectionSettings):
        """Nothing to set."""

    has = (PEOPLE,)
    before_page: ClassVar[Callable[[Runtime], None]] = staticmethod(lambda _: None)
    findings: ClassVar[Sequence[Finding]] = ()
    asked: ClassVar[list[str]] = []

    def pages(self, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
        runtime: Any = self.runtime
        self.asked.append("pages")
        Scripted.before_page(runtime)
        now = runtime.clock()
        yield Page([Subscription(id="sub_1", status="active")], None, now)

    def preflight(self) -> Preflight:
        self.asked.append("preflight")
        return Preflight(list(self.findings))


@dataclass
class ScheduleRig:
    """A settings file, a store, and a clock that only the test moves."""

    root: Path
    store: Store
    now: Instant = START

    def clock(self) -> Instant:
        return self.now

    def write(self, *connections: str, more: str = "", publication: str = "") -> Settings:
        """The settings with connections, each "name" or "name: rule"."""
        lines = ['[[publications]]\nname = "letters"\n', publication]
        for text in connections:
            name, _, rule = text.partition(": ")
            lines.append(f'[[publications.connections]]\nname = "{name}"\nconnector = "scripted"\n')
            lines.append(f'sync = "{rule}"\n' if rule else "")
        path = self.root / "regulars.toml"
        path.write_text("".join(lines) + more)
        return load_settings(path)

    def jobs(self, settings: Settings, scheduling: Scheduling | None = None) -> Jobs:
        runtime = Runtime(clock=self.clock, sleep=lambda _: None, unpaced=True)
        return Jobs(self.store, settings, runtime, scheduling)


@contextmanager
def schedule_rig(root: Path) -> Iterator[ScheduleRig]:
    """A fresh one. Its connector is the only one that is installed."""
    settings = StoreSettings(folder=root / "data", free_space_floor_mib=0, threads=1)
    with pytest.MonkeyPatch.context() as patch, Store(settings) as store:
        point = EntryPoint("scripted", f"{__name__}:Scripted", registry.GROUP)
        patch.setattr(registry, "installed", lambda: (point,))
        Scripted.asked.clear()
        yield ScheduleRig(root, store)
