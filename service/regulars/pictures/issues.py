"""Issues beside each other: how many read each of them, and what would be ordinary. SVG out.

Each issue is a hollow point, without a line that joins them. A band holds what is ordinary. A point
outside of it is filled and named, and so is an issue that was set aside. The axis starts at zero
and ends at a round value, so that it stays the same from issue to issue. What lies above it is cut
off at the edge, with a mark that says so.

The drawing has classes, and the page's style sheet their colours.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from regulars_connectors.foreign_text import clean

WIDTH, HEIGHT = 560.0, 210.0
LEFT, RIGHT = 14.0, 14.0
TOP, BOTTOM = 34.0, 196.0
POINT = 4.6
LONGEST_NAME = 40
# Where an axis may end: these, and ten times as much, and so on. Shares end at 1.
ENDS = (0.1, 0.2, 0.4, 0.6, 0.8, 1.0)
ROOM_ABOVE = 1.1


@dataclass(frozen=True, slots=True)
class Point:
    """One issue. ``value``: in the unit of the band. ``name``: of one that is told apart."""

    value: float
    name: str = ""
    is_outside: bool = False


@dataclass(frozen=True, slots=True)
class Issues:
    """What the picture shows, the oldest issue first. The last one is the issue it is about.

    low, high: the edges of the band, in the unit of the points. middle: its line, if any.
    is_share: the values are shares, so the axis ends at 1 at the latest.
    title, message: its content in words, for screen readers.
    """

    title: str
    message: str
    points: tuple[Point, ...]
    low: float
    high: float
    middle: float | None = None
    is_share: bool = False


def draw(issues: Issues, *, name: str = "issues") -> str:
    """Draw the issues. ``name``: prefix of its ids. Raises ValueError without a point."""
    if not issues.points:
        raise ValueError("a picture of issues needs at least one of them")
    top = end_of_axis(issues)
    parts = [
        _open(issues, name),
        _band(issues, top),
        *_points(issues.points, top),
        "</svg>",
    ]
    return "\n".join(parts)


def end_of_axis(issues: Issues) -> float:
    """The round value at which the axis ends: the band and ordinary points lie below it."""
    ordinary = [point.value for point in issues.points if not point.is_outside]
    most = max([issues.high, *ordinary]) * (1.0 if issues.is_share else ROOM_ABOVE)
    if issues.is_share:
        return next((end for end in ENDS if end >= most), 1.0)
    scale = 10.0 ** math.ceil(math.log10(max(most, 1.0)))
    return next((end * scale for end in ENDS if end * scale >= max(most, 1.0)), scale)


def _open(issues: Issues, name: str) -> str:
    title, desc = f"{name}-title", f"{name}-desc"
    return (
        f'<svg class="issues" viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" role="img" '
        f'aria-labelledby="{title} {desc}" xmlns="http://www.w3.org/2000/svg">\n'
        f'<title id="{title}">{escape(clean(issues.title))}</title>\n'
        f'<desc id="{desc}">{escape(clean(issues.message))}</desc>'
    )


def _height(value: float, top: float) -> float:
    """Where a value lies, from the upper edge of the drawing."""
    return BOTTOM - (BOTTOM - TOP) * min(max(value / top, 0.0), 1.0)


def _band(issues: Issues, top: float) -> str:
    high, low = _height(issues.high, top), _height(issues.low, top)
    width = WIDTH - LEFT - RIGHT
    drawn = (
        f'<rect class="band" x="{LEFT:.0f}" y="{high:.1f}" width="{width:.0f}" '
        f'height="{max(1.0, low - high):.1f}"/>'
        f'<path class="floor" d="M{LEFT:.0f} {BOTTOM:.0f}H{WIDTH - RIGHT:.0f}"/>'
    )
    if issues.middle is not None:
        line = _height(issues.middle, top)
        drawn += f'<path class="middle" d="M{LEFT:.0f} {line:.1f}H{WIDTH - RIGHT:.0f}"/>'
    return drawn


def _points(points: Sequence[Point], top: float) -> Iterator[str]:
    first, last = LEFT + 3 * POINT, WIDTH - RIGHT - 3 * POINT
    for number, point in enumerate(points):
        is_newest = number == len(points) - 1
        step = (last - first) / max(1, len(points) - 1)
        x = last if is_newest else first + step * number
        y = _height(point.value, top)
        kinds = ["point"] + ["outside"] * point.is_outside + ["newest"] * is_newest
        yield f'<circle class="{" ".join(kinds)}" cx="{x:.1f}" cy="{y:.1f}" r="{POINT}"/>'
        if point.value > top:
            yield _cut(x, y)
        if point.name and point.is_outside:
            yield _name(point.name, x, y)


def _cut(x: float, y: float) -> str:
    """Two strokes above a point that lies higher than the axis reaches."""
    return f'<path class="cut" d="M{x - 6:.1f} {y - 8:.1f}l12 -4M{x - 6:.1f} {y - 12:.1f}l12 -4"/>'


def _name(name: str, x: float, y: float) -> str:
    """The name beside its point, on the side with more room. It needs a wide screen."""
    words = name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1].rstrip() + "…"
    is_right = x < WIDTH / 2
    edge = x + 2.2 * POINT if is_right else x - 2.2 * POINT
    return (
        f'<text class="issue" x="{edge:.1f}" y="{y + 4:.1f}" font-size="12.5" '
        f'text-anchor="{"start" if is_right else "end"}">{escape(clean(words))}</text>'
    )
