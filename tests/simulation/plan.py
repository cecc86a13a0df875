"""How often each experiment runs in the long form, half an hour of one core."""

from __future__ import annotations

from dataclasses import dataclass

from simulation.worlds import WORLDS, World

SIZES = (60, 300, 2_000)


@dataclass(frozen=True)
class Setting:
    """An experiment in a world of ``people``, with the seeds 0 to ``runs`` - 1."""

    experiment: str
    world: World
    people: int
    runs: int


PLAN: tuple[Setting, ...] = (
    *(Setting("forecast", world, people, 300) for world in WORLDS for people in SIZES),
    *(Setting("half_year", world, people, 24) for world in WORLDS for people in SIZES),
    *(Setting("fall", world, 2_000, 60) for world in WORLDS),
    *(Setting("burst", world, people, 3) for world in WORLDS[:4] for people in (500, 3_000)),
    Setting("staying", "a", 3_000, 12),
    *(Setting("reopening", world, 2_000, 4) for world in WORLDS),
    *(Setting("first_look", world, people, 8) for world in WORLDS for people in (300, 2_000)),
)
