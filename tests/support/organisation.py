"""An organisation with several invented newsletters at a simulated provider on loopback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from support.command import CANARY_KEY
from support.newsletter import KEY_NAME
from support.worlds import EARLIEST_WORLD

from regulars_connectors.contract import Runtime
from regulars_connectors.http import Pacers
from regulars_connectors.instants import DAY, Instant
from regulars_connectors.simulator import (
    BeehiivApi,
    Handler,
    Organisation,
    Request,
    Response,
    SimulatedClock,
    make_organisation,
    serving,
    under_quota,
)


@dataclass
class Provider:
    """The provider that is up, and what the commands are lent. ``api`` may be changed."""

    apis: list[BeehiivApi]
    clock: SimulatedClock
    api: Handler
    api_url: str = ""
    runtime: Runtime | None = None
    asked: list[Request] = field(default_factory=list)
    refused: list[Request] = field(default_factory=list)

    def __call__(self, request: Request) -> Response:
        self.asked.append(request)
        response = self.api(request)
        if response.status == 429:
            self.refused.append(request)
        return response

    @property
    def ids(self) -> list[str]:
        """The provider's ids of the publications."""
        return [api.context.world.publication_id for api in self.apis]

    def settings_text(self, **more: str) -> str:
        """Settings with every publication, named pub-1, pub-2 …"""
        blocks = [
            f"""
[[publications]]
name = "pub-{number}"
title = "Publication {number} (invented)"

[[publications.connections]]
name = "pub-{number}-beehiiv"
connector = "beehiiv"
publication_id = "{publication_id}"
api_key = {{ env = "{KEY_NAME}" }}
base_url = "{self.api_url}"
{more.get(f"pub_{number}", "requests_per_minute = 100000")}
"""
            for number, publication_id in enumerate(self.ids, start=1)
        ]
        store = '[store]\nfolder = "data"\nfree_space_floor_mib = 0\npart_rows = 100\n'
        return store + "".join(blocks)

    def folder(self, root: Path, **more: str) -> Path:
        """A folder with these settings."""
        root.mkdir(exist_ok=True)
        (root / "regulars.toml").write_text(self.settings_text(**more))
        return root


@contextmanager
def organisation(
    publications: int,
    people: int = 40,
    *,
    quota: int | None = None,
    tick: Callable[[], Instant] | None = None,
    runtime: Callable[[SimulatedClock], Runtime] | None = None,
) -> Iterator[Provider]:
    """Serve it, and lend its clock to the commands of this process."""
    clock = SimulatedClock(0)
    apis = make_organisation(11, publications, people, clock)
    clock.set(apis[0].context.world.posts[60].sent_at - DAY)
    made = Provider(apis, clock, under_quota(Organisation(apis), quota, tick or clock))
    made.runtime = runtime(clock) if runtime else _unhurried(clock)
    with serving(made) as url, pytest.MonkeyPatch.context() as patch:
        made.api_url = f"{url}/v2"
        patch.setenv(KEY_NAME, CANARY_KEY)
        patch.setattr("regulars.clock.system_clock", clock)
        patch.setattr("regulars.clock.RELEASED", EARLIEST_WORLD)
        patch.setattr("regulars.clock.real_runtime", lambda: made.runtime)
        yield made


def _unhurried(clock: SimulatedClock) -> Runtime:
    return Runtime(clock=clock, sleep=lambda _: None, pacers=Pacers(), unpaced=True)
