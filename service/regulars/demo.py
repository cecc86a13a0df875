"""A simulated newsletter, pulled week by week as it would have been, over the real path.

The world's clock is passed to everything; each pull is taken just before the next post, because
that is what running totals need to show who read which post.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from regulars_connectors.contract import Tools
from regulars_connectors.instants import DAY, SECOND, Instant
from regulars_connectors.pacing import Pacers
from regulars_connectors.simulator import BeehiivFace, SimulatedClock, World, serving

from .connections import sync_connection
from .settings import (
    ConnectionConfig,
    PublicationSettings,
    ServerSettings,
    Settings,
    StoreSettings,
)
from .store import Store
from .sync import RunResult

PUBLICATION = "letters-from-the-harbour"
_BEFORE_A_POST = 60 * SECOND


@contextmanager
def demo_provider(world: World) -> Iterator[tuple[SimulatedClock, str]]:
    """The world's provider on loopback; yields its clock and its API's address."""
    clock = SimulatedClock(world.started_at)
    with serving(BeehiivFace(world, clock)) as url:
        yield clock, f"{url}/v2"


def demo_settings(world: World, folder: Path, api_url: str, port: int) -> Settings:
    """Settings as a writer would have written them, pointed at the simulated provider."""
    connection = ConnectionConfig(
        name=f"{PUBLICATION}-beehiiv",
        connector="beehiiv",
        options={
            "publication_id": world.publication_id,
            "api_key": "a-demo-needs-no-key",
            "base_url": api_url,
        },
    )
    publication = PublicationSettings(
        name=PUBLICATION,
        title="Letters from the Harbour (invented)",
        time_zone="Europe/Lisbon",
        connections=(connection,),
    )
    return Settings(
        store=StoreSettings(folder=folder, free_space_floor_mib=0, threads=1),
        server=ServerSettings(port=port),
        publications=(publication,),
    )


def demo_tools(clock: SimulatedClock) -> Tools:
    """Tools that believe the world's clock and do not pace requests to our own simulator."""
    return Tools(clock=clock, sleep=time.sleep, pacers=Pacers(), unpaced=True)


def pull_moments(world: World, until: Instant) -> list[Instant]:
    """A minute before each post of the past year, and ``until``."""
    first = until - 365 * DAY
    sent = [post.sent_at for post in world.posts if first <= post.sent_at <= until]
    return [*(moment - _BEFORE_A_POST for moment in sent), until]


def pull_the_past_year(
    store: Store,
    settings: Settings,
    world: World,
    clock: SimulatedClock,
    told: Callable[[int, int], None] = lambda _done, _all: None,
) -> Iterator[RunResult]:
    """Sync at every pull moment up to the end of the world; yields each run."""
    publication = settings.publications[0]
    tools = demo_tools(clock)
    moments = pull_moments(world, world.ended_at)
    for number, moment in enumerate(moments, start=1):
        clock.set(moment)
        yield sync_connection(store, settings, publication, publication.connections[0], tools)
        told(number, len(moments))
