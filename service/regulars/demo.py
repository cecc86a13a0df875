"""Syncs a simulated newsletter week by week and imports its letters, through the real connectors.

Everything runs on the world's clock. Each sync comes just before the next post, so that running
totals show who read which post.
"""

from __future__ import annotations

import multiprocessing
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from regulars.publications.lookup import import_connection
from regulars.settings import (
    ConnectionConfig,
    PublicationSettings,
    ServerSettings,
    Settings,
    StoreSettings,
)
from regulars.settings.letters import LettersSettings
from regulars.sync.record import RunResult
from regulars.sync.service import SyncService
from regulars_connectors.contract import Runtime
from regulars_connectors.http import Pacers
from regulars_connectors.instants import DAY, SECOND, Instant
from regulars_connectors.simulator import BeehiivApi, Quirks, SimulatedClock, World, serving
from regulars_connectors.simulator.letters import WRITERS

from .errors import RegularsError
from .store import Store

if TYPE_CHECKING:
    from multiprocessing.sharedctypes import Synchronized

AnyClock: TypeAlias = "SimulatedClock | SharedClock"
PUBLICATION = "letters-from-the-harbour"
_LETTERS = "mail-files"
_BEFORE_A_POST = 60 * SECOND
# Pages with an undocumented key take eight times as long, since they are read row by row. The demo
# goes without; `regulars simulate` has such keys.
_AS_ANNOUNCED = Quirks(unannounced=False)


@contextmanager
def demo_provider(world: World) -> Iterator[tuple[SimulatedClock, str]]:
    """The world's provider on loopback. Yields its clock and the address of its API."""
    clock = SimulatedClock(world.started_at)
    with serving(BeehiivApi(world, clock, _AS_ANNOUNCED)) as url:
        yield clock, f"{url}/v2"


class SharedClock:
    """A settable clock that two processes share."""

    def __init__(self, instant: Synchronized[int]) -> None:
        self._instant = instant

    def __call__(self) -> Instant:
        """The instant that counts as now."""
        return int(self._instant.value)

    def set(self, instant: Instant) -> None:
        """Set the instant that counts as now, in both processes."""
        self._instant.value = instant


@contextmanager
def provider_process(seed: int) -> Iterator[tuple[SharedClock, str]]:
    """The same in a process of its own, so that it uses another core."""
    context = multiprocessing.get_context("spawn")
    instant = context.Value("q", 0)
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_provide, args=(seed, instant, sender), daemon=True)
    process.start()
    sender.close()
    try:
        yield SharedClock(instant), str(receiver.recv())
    except EOFError:
        raise RegularsError("The simulated provider did not start.") from None
    finally:
        process.terminate()
        process.join()


def _provide(seed: int, instant: Synchronized[int], sender: Connection) -> None:
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Ctrl-C goes to the demo, which then ends this process
    with serving(BeehiivApi(World(seed), SharedClock(instant), _AS_ANNOUNCED)) as url:
        sender.send(f"{url}/v2")
        sender.close()
        threading.Event().wait()


def demo_settings(world: World, folder: Path, api_url: str, port: int) -> Settings:
    """Settings as a writer would write them, for the simulated provider."""
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
        letters=LettersSettings(only_newsletter=True, addresses=WRITERS),
    )
    return Settings(
        store=StoreSettings(folder=folder, free_space_floor_mib=0, threads=1),
        server=ServerSettings(port=port),
        publications=(publication,),
    )


def demo_tools(clock: AnyClock) -> Runtime:
    """A runtime on the world's clock, without pacing: the simulator is our own."""
    return Runtime(clock=clock, sleep=time.sleep, pacers=Pacers(), unpaced=True)


def pull_moments(world: World, until: Instant) -> list[Instant]:
    """A minute before each post of the past year, and ``until``."""
    first = until - 365 * DAY
    sent = [post.sent_at for post in world.posts if first <= post.sent_at <= until]
    return [*(moment - _BEFORE_A_POST for moment in sent), until]


def pull_the_past_year(
    store: Store,
    settings: Settings,
    world: World,
    clock: AnyClock,
    on_pull: Callable[[int, int], None] = lambda _done, _all: None,
) -> Iterator[RunResult]:
    """Sync at every pull moment up to the end of the world. Yields each run."""
    moments = pull_moments(world, world.ended_at)
    with SyncService(store, settings, demo_tools(clock)) as service:
        for number, moment in enumerate(moments, start=1):
            clock.set(moment)
            yield from service.start_chosen(settings.connections()).wait()
            on_pull(number, len(moments))


def import_the_letters(
    store: Store, settings: Settings, world: World, clock: AnyClock, mbox: Path
) -> RunResult:
    """Write the past year of the writer's mailbox to ``mbox``, and import it as an owner would."""
    (publication,) = settings.publications
    now = clock()
    mbox.write_bytes(world.mbox(now, since=pull_moments(world, now)[0]))
    config = ConnectionConfig(
        name=import_connection(store, publication.name, _LETTERS),
        connector=_LETTERS,
        options={"path": mbox},
    )
    with SyncService(store, settings, demo_tools(clock)) as service:
        (run,) = service.start_chosen([(publication, config)]).wait()
    return run
