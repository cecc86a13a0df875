"""An invented newsletter at a simulated provider on loopback, and the command line pointed at it.

The clock of the world is the clock of the commands, and nothing really waits: what they would
have slept is noted in ``waits``.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from support.command import CANARY_KEY, Said, run
from support.dump_store import OWN_TO_A_RUN, tables_of
from support.worlds import EARLIEST_WORLD

from regulars.settings import StoreSettings
from regulars.store import Store
from regulars_connectors.contract import Runtime
from regulars_connectors.instants import DAY
from regulars_connectors.simulator import (
    BeehiivApi,
    Handler,
    Request,
    Response,
    SimulatedClock,
    World,
    serving,
    with_faults,
)

KEY_NAME = "LETTERS_KEY"
CONNECTION = "letters-beehiiv"


@dataclass
class Newsletter:
    """One provider that is up, and folders with a settings file and a store each."""

    root: Path
    world: World
    clock: SimulatedClock
    waits: list[float] = field(default_factory=list)
    api_url: str = ""
    api: Handler | None = None

    def __call__(self, request: Request) -> Response:
        """Whatever face is on just now."""
        assert self.api is not None
        return self.api(request)

    def heal(self) -> None:
        """The provider is well."""
        self.api = BeehiivApi(self.world, self.clock)

    def trouble(self, *faults: str) -> None:
        """The provider has these faults of the simulator."""
        self.api = with_faults(BeehiivApi(self.world, self.clock), faults)

    def settings_text(self) -> str:
        """A settings file as a writer would have written it."""
        return f"""
[store]
folder = "data"
free_space_floor_mib = 0
part_rows = 100
threads = 1

[[publications]]
name = "letters"
title = "Letters (invented)"
time_zone = "Europe/Lisbon"

[[publications.connections]]
name = "{CONNECTION}"
connector = "beehiiv"
publication_id = "{self.world.publication_id}"
api_key = {{ env = "{KEY_NAME}" }}
base_url = "{self.api_url}"
requests_per_minute = 100000
"""

    def folder(self, name: str, like: Path | None = None, settings: str | None = None) -> Path:
        """A fresh folder with a settings file and an empty store, or a copy of another."""
        made = self.root / name
        if like is not None:
            shutil.copytree(like, made)
        else:
            made.mkdir()
        if settings or like is None:
            (made / "regulars.toml").write_text(settings or self.settings_text())
        return made

    def run(self, folder: Path, *words: str, code: int = 0) -> Said:
        """A command with the settings of ``folder``; no output ever holds the key."""
        said = run(folder / "regulars.toml", *words)
        assert said.code == code, f"{said.code}\n{said.out}\n{said.err}"
        return said


@contextmanager
def newsletter(root: Path, world: World) -> Iterator[Newsletter]:
    """Serve the world's provider and lend its clock to the commands."""
    made = Newsletter(root, world, SimulatedClock(world.started_at))
    made.heal()
    with serving(made) as url, pytest.MonkeyPatch.context() as patch:
        made.api_url = f"{url}/v2"
        patch.setenv(KEY_NAME, CANARY_KEY)
        patch.setattr("regulars.clock.system_clock", made.clock)
        patch.setattr("regulars.clock.RELEASED", EARLIEST_WORLD)
        patch.setattr("regulars.clock.real_runtime", lambda: _tools(made))
        yield made


def _tools(made: Newsletter) -> Runtime:
    return Runtime(clock=made.clock, sleep=made.waits.append, unpaced=True)


def before_post(world: World, number: int) -> int:
    """A day before a post: nothing is under way then."""
    return world.posts[number].sent_at - DAY


def tables(folder: Path) -> dict[str, list[str]]:
    """What the store in ``folder`` holds, without what is a run's own."""
    with Store(StoreSettings(folder=folder / "data", free_space_floor_mib=0, threads=1)) as store:
        found = tables_of(store, without=("entry", "run_id"))
    return {table: rows for table, rows in found.items() if table not in OWN_TO_A_RUN}


def stored(folder: Path) -> dict[str, str]:
    """Every file of journal and history with its digest: what must not change is here."""
    files = [*folder.glob("data/journal/*"), *folder.glob("data/history/**/*.parquet")]
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


@dataclass
class FaultyProvider:
    """A newsletter, a store that is a week behind, and the tables that it should come to."""

    letters: Newsletter
    behind: Path
    oracle: dict[str, list[str]]
    number: int = 0

    def fresh(self, settings: str | None = None) -> Path:
        """A copy of the store a week behind; the provider is well."""
        self.number += 1
        self.letters.heal()
        return self.letters.folder(f"case-{self.number}", self.behind, settings)

    def heals(self, folder: Path) -> None:
        """The next healthy sync brings what it should, no more and no less."""
        self.letters.heal()
        (folder / "regulars.toml").write_text(self.letters.settings_text())
        self.letters.run(folder, "sync")
        for table, rows in tables(folder).items():
            assert rows == self.oracle[table], f"{table} differs"
