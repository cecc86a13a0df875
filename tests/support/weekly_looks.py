"""Weekly looks at a simulated beehiiv, with a fault of the provider in some of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.set_aside import ask_views

from regulars.settings import ConnectionConfig, PublicationSettings, Settings, StoreSettings
from regulars.store import Store
from regulars.sync.record import RunResult
from regulars.sync.run import sync_connection
from regulars_connectors.contract import Runtime
from regulars_connectors.instants import DAY, to_datetime
from regulars_connectors.simulator import (
    BeehiivApi,
    Handler,
    Request,
    Response,
    SimulatedClock,
    World,
    serving,
    troubled,
)

_STATES = """
SELECT person_id, state, reads_low, reads_high, posts_judged
FROM people_reading('letters', $at, 4, 8, false, 'UTC') ORDER BY person_id
"""
_POSTS = "SELECT post_id, sent_at, is_measured FROM mailed_posts('letters', $at) ORDER BY post_id"


@dataclass
class Weeks:
    """A publication that is looked at a day before each post. folder: of its store."""

    world: World
    clock: SimulatedClock
    folder: Path
    url: str = ""
    _healthy: Handler = field(init=False)
    _shown: Handler = field(init=False)

    def __post_init__(self) -> None:
        self._api = BeehiivApi(self.world, self.clock)
        self._shown = self._healthy = self._api

    def __call__(self, request: Request) -> Response:
        return self._shown(request)

    def look(self, week: int, *faults: str) -> RunResult:
        """A sync a day before the post of that number, with the provider's faults in it."""
        return self.look_at(self.world.posts[week].sent_at - DAY, *faults)

    def look_at(self, instant: int, *faults: str) -> RunResult:
        """A sync at an instant, with the provider's faults in it."""
        self.clock.set(instant)
        quirks = self._api.context.quirks
        self._shown = troubled(self._api, faults)
        shown = {
            "publication_id": self.world.publication_id, "api_key": "any",
            "base_url": f"{self.url}/v2",
        }  # fmt: skip
        config = ConnectionConfig(name="main", connector="beehiiv", options=shown)
        publication = PublicationSettings(name="letters", connections=(config,))
        settings = Settings(store=self._store, publications=(publication,))
        runtime = Runtime(clock=self.clock, sleep=lambda _: None, unpaced=True)
        try:
            with Store(self._store) as store:
                return sync_connection(store, settings, publication, config, runtime)
        finally:
            self._shown = self._healthy
            self._api.context.quirks = quirks

    def figures(self) -> tuple[list[Any], list[Any]]:
        """Everybody's state with its bounds, and the posts that were mailed, as of now."""
        at = to_datetime(self.clock()).replace(tzinfo=None)
        with Store(self._store) as store, store.read() as cursor:
            states = ask_views(cursor, "letters", at, _STATES, {"at": at})
            posts = cursor.execute(_POSTS, {"at": at}).fetchall()
        return [tuple(row.values()) for row in states], posts

    @property
    def _store(self) -> StoreSettings:
        return StoreSettings(folder=self.folder, part_rows=1000, free_space_floor_mib=0)


@contextmanager
def weeks_in(folder: Path, world: World) -> Iterator[Weeks]:
    """Weeks whose provider is served as long as the block runs."""
    weeks = Weeks(world, SimulatedClock(world.posts[0].sent_at), folder)
    with serving(weeks) as weeks.url:
        yield weeks
