"""A register over a stand-in store, with a clock and randomness of the test's own."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest
from support.invented_service import FakeStore

from regulars.access.register import Register
from regulars_connectors.instants import Instant, from_iso

BEGUN = from_iso("2026-11-25T08:00:00Z")


@dataclass
class Turned:
    """A register and the clock that it believes."""

    store: FakeStore = field(default_factory=FakeStore)
    now: Instant = BEGUN

    def __post_init__(self) -> None:
        self.chance = random.Random(1)
        self.register = self.again()

    def again(self) -> Register:
        """What a new start of the service reads from the store."""
        return Register(self.store, lambda: self.now, random=self.chance.randbytes)


@pytest.fixture
def turned() -> Turned:
    return Turned()
