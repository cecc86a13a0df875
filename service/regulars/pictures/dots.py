"""Dots in arcs around a stage: the small theatre of a widget. No dot is a single person."""

from __future__ import annotations

import math
from dataclasses import dataclass

HALF_ANGLE = math.radians(52)
FIRST_RADIUS = 0.42
WIDEST_GAP = 0.2
# (dots, rows): up to so many dots take so many rows.
_ROWS = ((1, 1), (8, 1), (18, 2), (32, 3), (48, 4))
_MOST_ROWS = 5
LARGEST_DOT = 0.052


@dataclass(frozen=True, slots=True)
class Dot:
    """A dot's place from the middle of the stage; ``y`` is negative upwards."""

    x: float
    y: float
    lit: bool


@dataclass(frozen=True, slots=True)
class Arcs:
    """All dots; distances are shares of the radius of the last row."""

    dots: tuple[Dot, ...]
    radius: float


def arcs(count: int, lit: int) -> Arcs:
    """Place ``count`` dots, and light the first ``lit`` from the front and middle outwards."""
    rows = next((rows for most, rows in _ROWS if count <= most), _MOST_ROWS)
    gap = min(WIDEST_GAP, (1.0 - FIRST_RADIUS) / max(1, rows - 1))
    radii = [1.0 - gap * (rows - 1 - row) for row in range(rows)]
    shares = _shared(count, radii)
    angles = [_angles(share) for share in shares]
    places = sorted((row, abs(angle), angle) for row, found in enumerate(angles) for angle in found)
    dots = tuple(
        Dot(radii[row] * math.sin(angle), -radii[row] * math.cos(angle), number < lit)
        for number, (row, _, angle) in enumerate(places)
    )
    return Arcs(dots, _radius(shares, radii, gap))


def _shared(count: int, radii: list[float]) -> list[int]:
    """The dots of each row in proportion to its length; the remainders go to the last rows."""
    whole = sum(radii)
    shares = [math.floor(count * radius / whole) for radius in radii]
    for row in range(count - sum(shares)):
        shares[-1 - row] += 1
    return shares


def _angles(count: int) -> list[float]:
    if count == 1:
        return [0.0]
    # A few dots stand together in the middle.
    half = min(HALF_ANGLE, 0.16 * (count - 1))
    return [half * (2 * number / (count - 1) - 1) for number in range(count)]


def _radius(shares: list[int], radii: list[float], gap: float) -> float:
    """The radius at which neighbours in a row, and rows, keep apart."""
    room = [
        radius * 2 * HALF_ANGLE / (share - 1)
        for share, radius in zip(shares, radii, strict=True)
        if share > 1
    ]
    return min(LARGEST_DOT, *(0.33 * each for each in room), 0.36 * gap)
