"""A simulated provider that knows the time, and a machine whose clock may be wrong."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from support.dump_store import tables_of

from regulars.demo import PUBLICATION, demo_settings
from regulars.reports.engine.ask import ask_report
from regulars.settings import PublicationSettings, Settings
from regulars.store import Store
from regulars.sync.record import RunResult
from regulars.sync.run import sync_connection
from regulars_connectors.contract import Runtime
from regulars_connectors.instants import Instant, to_datetime, to_iso
from regulars_connectors.simulator import (
    BeehiivApi,
    Request,
    Response,
    SimulatedClock,
    World,
    serving,
)

DateOf = Callable[[Request], "str | None"]


@dataclass
class TwoClocks:
    """A provider on loopback with its clock, and the clock of the machine that asks it.

    date: makes the Date of a response, None for none. requests: their paths.
    """

    root: Path
    world: World
    provider: SimulatedClock
    machine: SimulatedClock
    url: str = ""
    date: DateOf = lambda _: None
    further: tuple[tuple[str, str], ...] = ()
    requests: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._api = BeehiivApi(self.world, self.provider)

    def __call__(self, request: Request) -> Response:
        """The provider's answer, dated or not."""
        self.requests.append(request.path)
        date = self.date(request)
        dated = (("Date", date),) if date is not None else ()
        return self._api(request).with_headers(*dated, *self.further)

    def tells_the_time(self) -> None:
        """The provider dates its responses, by its own clock."""
        self.date = lambda _: http_date(self.provider())

    def folder(self, name: str, like: Path | None = None) -> Path:
        """A folder for a store, new or a copy."""
        made = self.root / name
        if like is not None:
            shutil.copytree(like, made)
        return made

    def settings(self, folder: Path) -> Settings:
        """Settings of a store in ``folder``."""
        return demo_settings(self.world, folder, f"{self.url}/v2", 0)

    def at(self, moment: Instant, wrong: Instant = 0) -> None:
        """It is ``moment``, and the machine's clock is wrong by so much."""
        self.provider.set(moment)
        self.machine.set(moment + wrong)

    def sync(self, folder: Path) -> RunResult:
        """A sync by the machine's clock."""
        settings = self.settings(folder)
        publication = settings.publications[0]
        runtime = Runtime(clock=self.machine, sleep=lambda _: None, unpaced=True)
        with Store(settings.store) as store:
            return sync_connection(
                store, settings, publication, publication.connections[0], runtime
            )

    def figures(self, folder: Path, moments: list[Instant], now: Instant) -> list[dict[str, Any]]:
        """What `house` and `regulars` say as of each of these moments."""
        settings = self.settings(folder)
        with Store(settings.store) as store:
            return [_figures(store, settings.publications[0], moment, now) for moment in moments]

    def tables(self, folder: Path, *, rebuilt: bool = False) -> dict[str, list[str]]:
        """What the store holds, perhaps after it was made again from history and journal."""
        with Store(self.settings(folder).store) as store:
            if rebuilt:
                store.rebuild()
            return tables_of(store)


@contextmanager
def two_clocks(root: Path, world: World) -> Iterator[TwoClocks]:
    """Serve the world's provider."""
    started = world.started_at
    made = TwoClocks(root, world, SimulatedClock(started), SimulatedClock(started))
    with serving(made) as url:
        made.url = url
        yield made


def http_date(moment: Instant) -> str:
    """A moment as HTTP writes it, in whole seconds."""
    return format_datetime(to_datetime(moment // 1_000_000 * 1_000_000), usegmt=True)


def _figures(
    store: Store, publication: PublicationSettings, moment: Instant, now: Instant
) -> dict[str, Any]:
    assert publication.name == PUBLICATION

    def result(name: str, **parameters: Any) -> Any:
        return ask_report(
            store,
            publication,
            name,
            as_of=to_iso(moment),
            parameters=parameters,
            now=to_datetime(now),
        ).result

    house = result("house")
    people = result("regulars").people
    figure = house.sustained_readers
    return {
        "figure": None if figure is None else (figure.low, figure.value, figure.high),
        "active": house.active_people,
        "states": {person.id: person.state for person in people},
        "evidence": {
            person.id: (person.evidence.reads_low, person.evidence.reads_high, person.evidence.of)
            for person in people
        },
    }
