"""Webhooks in a process that syncs: taken while a run is under way, confirmed by the next."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.hook_client import SECRET, post_sent, settings_with_hooks, signed, survey

from regulars.settings import Settings
from regulars.store import Store
from regulars.store.hints import newest_hints
from regulars.store.hook_bodies import kept_bodies
from regulars.sync.hooks import HookIntake
from regulars.sync.service import SyncService
from regulars_connectors import Runtime, WebhookRefused, WebhookRequest
from regulars_connectors.instants import DAY, SECOND
from regulars_connectors.simulator import (
    BeehiivApi,
    Request,
    Response,
    SimulatedClock,
    World,
    serving,
)


class Gate:
    """Holds the requests for people back until it is opened."""

    def __init__(self, api: BeehiivApi) -> None:
        self.api = api
        self.reached, self.opened = threading.Event(), threading.Event()

    def __call__(self, request: Request) -> Response:
        if request.path.endswith("/subscriptions"):
            self.reached.set()
            assert self.opened.wait(60)
        return self.api(request)


@pytest.fixture(scope="module")
def world() -> World:
    return World(3, subscribers=20, posts=6, spike=False)


@pytest.fixture
def clock(world: World) -> SimulatedClock:
    return SimulatedClock(world.posts[-1].sent_at + DAY)


@pytest.fixture
def gate(world: World, clock: SimulatedClock) -> Gate:
    return Gate(BeehiivApi(world, clock))


@pytest.fixture
def settings(tmp_path: Path, gate: Gate, world: World) -> Iterator[Settings]:
    with serving(gate) as url:
        yield settings_with_hooks(
            tmp_path / "data", base_url=f"{url}/v2", publication_id=world.publication_id
        )


@pytest.fixture
def runtime(clock: SimulatedClock) -> Runtime:
    return Runtime(clock=clock, sleep=lambda _: None, unpaced=True)


@pytest.mark.long
def test_deliveries_are_taken_while_a_sync_runs_and_confirmed_by_the_next(
    settings: Settings, gate: Gate, clock: SimulatedClock, runtime: Runtime
) -> None:
    with Store(settings.store) as store, SyncService(store, settings, runtime) as service:
        intake = HookIntake(store, settings, runtime)
        intake.start()
        group = service.start_chosen([settings.connections()[0]])
        assert gate.reached.wait(60)
        clock.advance(SECOND)
        for number, body in enumerate([post_sent(), survey(1, at=clock())]):
            request = WebhookRequest(signed(f"msg_{number}", body, clock()), body)
            intake.keep(intake.judge("bee", request)).result(30)
        during = clock()
        gate.opened.set()
        assert [run.outcome for run in group.wait()] == ["complete"]
        intake.stop()
        assert newest_hints(store) == {"bee": during}
        assert "msg_0" in [one.delivery_id for one in kept_bodies(store)]
        clock.advance(60 * SECOND)
        assert [run.outcome for run in service.start_chosen([settings.connections()[0]]).wait()]
        assert newest_hints(store) == {}
        assert "msg_0" not in [one.delivery_id for one in kept_bodies(store)]


def test_the_thread_reads_what_a_dead_process_left(
    settings: Settings, clock: SimulatedClock, runtime: Runtime
) -> None:
    body = survey(1, at=clock())
    with Store(settings.store) as store:
        first = HookIntake(store, settings, runtime)
        request = WebhookRequest(signed("msg_1", body, clock()), body)
        begun = threading.Event()
        first.on_read = begun.set
        first.start()
        assert begun.wait(30)
        first.keep(first.judge("bee", request)).result(30)
        first.stop()  # before the second of quiet is over, so nothing was read
        assert len(kept_bodies(store)) == 1
        read = threading.Event()
        second = HookIntake(store, settings, runtime)
        second.on_read = read.set
        second.start()
        assert read.wait(30)
        second.stop()
        assert kept_bodies(store) == []


def test_a_delivery_is_judged_by_the_clock_of_the_runtime(
    settings: Settings, clock: SimulatedClock, runtime: Runtime
) -> None:
    body = post_sent()
    request = WebhookRequest(signed("msg_1", body, clock(), SECRET), body)
    with Store(settings.store) as store:
        intake = HookIntake(store, settings, runtime)
        assert intake.judge("bee", request).received_at == clock()
        clock.advance(DAY)
        with pytest.raises(WebhookRefused):
            intake.judge("bee", request)
        intake.stop()
