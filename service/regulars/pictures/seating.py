"""Places the seats of a theatre in arcs around the stage, cut by two aisles.

The plan depends on the number of seats alone, in coarse steps, so that a few people more or fewer
leave everybody in their seat. Places come in a fixed order, row by row and from the middle
outwards: long-time people sit nearest to the middle.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

CENTRE_X = 600.0
CENTRE_Y = 700.0
BACK_RADIUS = 580.0
FIRST_RADIUS = 250.0
HALF_ANGLE = math.radians(54)
AISLE_ANGLE = math.radians(22)
AISLE_WIDTH = 44.0
WIDEST_PITCH = 30.0
NARROWEST_PITCH = 12.0
ROW_TO_PITCH = 1.2
ROOM_STEPS_PER_DOUBLING = 5


@dataclass(frozen=True, slots=True)
class Place:
    """One seat's place. ``turn``: its angle in degrees, 0 straight behind the stage."""

    x: float
    y: float
    turn: float


@dataclass(frozen=True, slots=True)
class Plan:
    """Places for everybody, front row first. ``pitch``: distance between neighbours."""

    row_one: tuple[Place, ...]
    rows: tuple[Place, ...]
    pitch: float
    back_radius: float


def at(radius: float, angle: float) -> Place:
    """The place at that distance from the stage's centre; the angle is in radians."""
    return Place(
        CENTRE_X + radius * math.sin(angle),
        CENTRE_Y - radius * math.cos(angle),
        math.degrees(angle),
    )


def seat_people(front: int, behind: int) -> Plan:
    """Places for ``front`` people in row one and ``behind`` people in the rows after it."""
    room = _in_steps(behind)
    pitch = _pitch_for(front, room)
    first = _radius_of_first_row(front, pitch)
    row_one = _row(first, pitch)[:front] if front else []
    places: list[Place] = []
    radius = first
    while len(places) < behind:
        radius += pitch * ROW_TO_PITCH
        places.extend(_row(radius, pitch))
    return Plan(tuple(row_one), tuple(places[:behind]), pitch, radius)


def _in_steps(count: int) -> int:
    """The count rounded up to the next of five steps per doubling."""
    if count <= 1:
        return count
    step = math.ceil(math.log2(count) * ROOM_STEPS_PER_DOUBLING - 1e-9)
    return math.ceil(2 ** (step / ROOM_STEPS_PER_DOUBLING))


def _pitch_for(front: int, behind: int) -> float:
    """The widest pitch at which everybody fits before the back wall."""
    pitch = WIDEST_PITCH
    while pitch > NARROWEST_PITCH and not _fits(front, behind, pitch):
        pitch -= 0.25
    return pitch


def _fits(front: int, behind: int, pitch: float) -> bool:
    radius = _radius_of_first_row(front, pitch)
    seats = 0
    while seats < behind:
        radius += pitch * ROW_TO_PITCH
        if radius > BACK_RADIUS:
            return False
        seats += _row_length(radius, pitch)
    return True


def _radius_of_first_row(front: int, pitch: float) -> float:
    """The smallest radius, from ``FIRST_RADIUS`` on, whose row holds all of row one."""
    radius = FIRST_RADIUS
    while _row_length(radius, pitch) < front:
        radius += 2.0
    return radius


def _row(radius: float, pitch: float) -> list[Place]:
    """All places of a row, nearest to the middle first; on a tie the left one."""
    middle, side = (_angles(block, _gaps(block, radius, pitch)) for block in _blocks(radius))
    angles = [*middle, *side, *(-angle for angle in side)]
    angles.sort(key=lambda angle: (round(abs(angle), 9), angle))
    return [at(radius, angle) for angle in angles]


def _row_length(radius: float, pitch: float) -> int:
    """How many places a row has. A plan asks for hundreds of rows before it takes a few."""
    middle, side = (_gaps(block, radius, pitch) + 1 for block in _blocks(radius))
    return middle + 2 * side


def _blocks(radius: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """First and last angle of the block between the aisles, and of the right one beside it."""
    half_aisle = AISLE_WIDTH / 2 / radius
    return (
        (-AISLE_ANGLE + half_aisle, AISLE_ANGLE - half_aisle),
        (AISLE_ANGLE + half_aisle, HALF_ANGLE),
    )


def _gaps(block: tuple[float, float], radius: float, pitch: float) -> int:
    """How many gaps a block has between neighbours, 0 for a single seat."""
    start, end = block
    return max(0, math.floor((end - start) * radius / pitch + 1e-9))


def _angles(block: tuple[float, float], gaps: int) -> list[float]:
    """Evenly spread angles of a block."""
    start, end = block
    if gaps == 0:
        return [(start + end) / 2]
    return [start + (end - start) * number / gaps for number in range(gaps + 1)]


def by_the_doors(count: int, back_radius: float) -> list[Place]:
    """Places for newcomers: two loose groups behind the ends of the aisles."""
    places = []
    for number in range(count):
        side = -1 if number % 2 == 0 else 1
        column, line = divmod(number // 2, 4)
        # A small fixed unevenness: people who wait do not stand in rows.
        sway = math.sin(number * 2.399963) * 3.2
        angle = AISLE_ANGLE + (column * 12.0 + sway) / back_radius
        places.append(at(back_radius + 32 + line * 11 + sway, side * angle))
    return places
