"""The theatre: everybody who keeps coming back, seen from the stage. Numbers in, SVG out.

A seat is one person, or a few in a very large house. The area of its disc is how likely they are
to keep coming back, and an empty chair has gone quiet. Nobody can say of a ring, and a broken ring
may be a machine. Row one holds people who wrote back. Newcomers stand by the doors.

The light of all discs adds up to the headline. Chances too small for a disc of their own stand
together behind the last chairs, as discs without a chair.

The drawing has classes, and the page's style sheet their colours (light, dark, print, forced).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Literal

from regulars_connectors.foreign_text import clean

from .seating import CENTRE_X, CENTRE_Y, Place, Plan, by_the_doors, seat_people

Light = Literal["lit", "open", "maybe", "quiet"]

MOST_SEATS = 600
MOST_IN_ROW_ONE = 24
MOST_DOTS = 60
SHARES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000)
SMALLEST_DISC = 0.12  # share of a full disc: below it a seat shows its chair alone
CHAIR, DISC, RING = 0.385, 0.27, 0.167  # radii, as shares of the pitch
CHAIR_SWEEP = math.radians(118)
STAGE_TOP = 632.0
STAGE_BOTTOM = 712.0
BOTTOM = 740.0
LONGEST_TITLE = 44
TITLE_SIZES = ((30, 18), (37, 16))
SMALLEST_TITLE = 14


@dataclass(frozen=True, slots=True)
class Seat:
    """One person. ``since`` sorts long-time people first, then ``key``.

    share: of a full disc, from 0 to 1, for a lit seat. is_behind: sits behind those who are not,
    as people do who never were regulars, so that they move nobody when they come and go.
    """

    key: str
    since: str
    light: Light
    share: float = 1.0
    is_behind: bool = False


@dataclass(frozen=True, slots=True)
class House:
    """What the theatre shows. ``message`` is its content in words, for screen readers.

    light: how many full discs there are to be, which is the headline. What seats do not show of
    it stands behind them. None: the light of the seats is all of it.
    """

    title: str
    message: str
    row_one: tuple[Seat, ...] = ()
    seats: tuple[Seat, ...] = ()
    newcomers: int = 0
    light: float | None = None


@dataclass(frozen=True, slots=True)
class Theatre:
    """The drawing and its scale. ``standing``: people's worth of light behind the chairs."""

    svg: str
    people_per_seat: int
    people_per_dot: int
    standing: float = 0.0


@dataclass(frozen=True, slots=True)
class Mark:
    """One drawn seat, or a disc that stands. ``share`` of a full disc: 0 without one."""

    kind: Literal["seat", "open", "maybe", "standing"]
    share: float = 0.0


def draw(house: House, *, name: str = "theatre") -> Theatre:
    """Draw the house. ``name``: prefix of its ids. Raises ValueError for a row one too long."""
    if len(house.row_one) > MOST_IN_ROW_ONE:
        raise ValueError(f"row one holds at most {MOST_IN_ROW_ONE} people")
    front = [_mark(seat) for seat in sorted(house.row_one, key=_rank)]
    in_front = math.fsum(mark.share for mark in front)
    behind = None if house.light is None else max(0.0, house.light - in_front)
    per_seat, seats, standing = share_seats(house.seats, behind)
    per_dot = _share(house.newcomers, MOST_DOTS)
    marks = [*map(_mark, seats), *_standing(standing / per_seat)]
    plan = seat_people(len(front), len(marks))
    dots = by_the_doors(math.ceil(house.newcomers / per_dot), plan.back_radius)
    ids = _ids([*front, *marks], name)
    parts = [
        _open(plan, name, house),
        _shapes(plan, name, ids),
        _glow(plan, name),
        _group("house", marks, plan.rows, ids),
        _group("row-one", front, plan.row_one, ids),
        _doors(dots),
        _stage(house.title),
        "</svg>",
    ]
    return Theatre("\n".join(parts), per_seat, per_dot, standing)


def share_seats(
    people: Sequence[Seat], light: float | None = None
) -> tuple[int, list[Seat], float]:
    """How many people a seat stands for, the seats in order, and the light that they do not show.

    Above 600 people a seat stands for several of the same light, and its disc for their mean. A
    remainder of at least half a seat gets a seat, and every light that somebody has gets at least
    one. light: of all of them and of whoever has no seat, in full discs of one person.
    """
    people = [_seated(seat) for seat in people]
    shown = math.fsum(seat.share for seat in people if seat.light == "lit")
    rest = 0.0 if light is None else max(0.0, light - shown)
    per = _share(len(people) + math.ceil(rest), MOST_SEATS)
    ordered = sorted(people, key=_rank)
    if per == 1:
        return 1, ordered, _if_seen(rest)
    shared = [
        seat
        for kind in ("lit", "open", "maybe", "quiet")
        for seat in _shared([seat for seat in ordered if seat.light == kind], per)
    ]
    drawn = per * math.fsum(seat.share for seat in shared if seat.light == "lit")
    rest = 0.0 if light is None else max(0.0, light - drawn)
    return per, sorted(shared, key=_rank), per * _if_seen(rest / per)


def _seated(seat: Seat) -> Seat:
    """A lit seat whose disc would be too small is an empty chair."""
    is_dark = seat.light == "lit" and seat.share < SMALLEST_DISC
    return replace(seat, light="quiet") if is_dark else seat


def _shared(alike: Sequence[Seat], per: int) -> list[Seat]:
    """Seats for ``per`` people each, of those whose discs are most alike."""
    count = max(1, math.floor(len(alike) / per + 0.5)) if alike else 0
    by_share = sorted(alike, key=lambda seat: -seat.share)
    shared = []
    for number in range(count):
        group = by_share[number * per :][:per]
        light = math.fsum(seat.share for seat in group) / per
        shared.append(replace(min(group, key=_rank), share=max(light, SMALLEST_DISC)))
    return shared


def _standing(discs: float) -> list[Mark]:
    """So much light in full discs and one that is not full."""
    rest, whole = math.modf(round(discs, 2))
    shares = [1.0] * int(whole) + ([round(rest, 2)] if rest >= SMALLEST_DISC else [])
    return [Mark("standing", share) for share in shares]


def _if_seen(discs: float) -> float:
    """The same, or 0 where it is too little for a disc."""
    return discs if discs >= SMALLEST_DISC else 0.0


def _mark(seat: Seat) -> Mark:
    match seat.light:
        case "lit":
            return Mark("seat", round(seat.share, 2) if seat.share >= SMALLEST_DISC else 0.0)
        case "quiet":
            return Mark("seat")
        case "open" | "maybe":
            return Mark(seat.light)


def _rank(seat: Seat) -> tuple[bool, bool, str, str]:
    """Long-time people first, possible machines behind everybody else."""
    return seat.light == "maybe", seat.is_behind, seat.since, seat.key


def _share(count: int, most: int) -> int:
    """The smallest round number of people per mark that takes at most ``most`` marks."""
    for share in SHARES:
        # Rounding adds up to two marks: four lights, half a mark each.
        if count <= share * most and (share == 1 or count / share + 2 <= most):
            return share
    return math.ceil(count / most)


def _top(plan: Plan) -> float:
    """Upper edge of the drawing, with room for the doors behind the last row."""
    return CENTRE_Y - plan.back_radius - 46


def _open(plan: Plan, name: str, house: House) -> str:
    top = _top(plan)
    title, desc = f"{name}-title", f"{name}-desc"
    return (
        f'<svg class="theatre" viewBox="0 {top:.0f} 1200 {BOTTOM - top:.0f}" role="img" '
        f'aria-labelledby="{title} {desc}" xmlns="http://www.w3.org/2000/svg">\n'
        f'<title id="{title}">{escape(clean(house.title))}, seen from the stage</title>\n'
        f'<desc id="{desc}">{escape(clean(house.message))}</desc>'
    )


def _ids(marks: Iterable[Mark], name: str) -> dict[Mark, str]:
    """The id under which each kind of mark that occurs is defined, once for all that are alike.

    They are numbered, the fullest first: no id says how likely anybody is to read.
    """
    kinds = sorted(set(marks), key=lambda mark: (mark.kind, -mark.share))
    return {mark: f"{name}-{number}" for number, mark in enumerate(kinds)}


def _shapes(plan: Plan, name: str, ids: Mapping[Mark, str]) -> str:
    """The kinds of seat and the light, defined once and used many times."""
    reach = min(470.0, STAGE_TOP - _top(plan))
    shapes = "".join(f'<g id="{id_}">{_shape(mark, plan.pitch)}</g>' for mark, id_ in ids.items())
    return (
        f'<defs><radialGradient id="{name}-light" gradientUnits="userSpaceOnUse" '
        f'cx="600" cy="{STAGE_TOP:.0f}" r="{reach:.0f}" '
        f'gradientTransform="translate(600 {STAGE_TOP:.0f}) scale(1.2 1) '
        f'translate(-600 -{STAGE_TOP:.0f})">'
        '<stop class="near" offset="0"/><stop class="mid" offset="0.42"/>'
        '<stop class="far" offset="1"/></radialGradient>'
        f'<linearGradient id="{name}-floor" x1="0" y1="0" x2="0" y2="1">'
        '<stop offset="0.84" stop-color="#fff"/><stop offset="1" stop-color="#000"/>'
        f"</linearGradient>{shapes}</defs>"
    )


def _shape(mark: Mark, pitch: float) -> str:
    chair = pitch * CHAIR
    x, y = chair * math.sin(CHAIR_SWEEP), -chair * math.cos(CHAIR_SWEEP)
    back = (
        f'<path class="chair" d="M{-x:.2f} {y:.2f}A{chair:.2f} {chair:.2f} 0 1 1 {x:.2f} {y:.2f}"/>'
    )
    ring = "ring maybe" if mark.kind == "maybe" else "ring"
    if mark.kind in ("open", "maybe"):
        return f'{back}<circle class="{ring}" r="{pitch * RING:.2f}"/>'
    radius = pitch * DISC * math.sqrt(mark.share)
    disc = f'<circle class="disc" r="{radius:.3f}"/>' if mark.share else ""
    return disc if mark.kind == "standing" else back + disc


def _glow(plan: Plan, name: str) -> str:
    """Light from the stage, which fades towards the lower edge to hide the border."""
    top = _top(plan)
    box = f'x="0" y="{top:.0f}" width="1200" height="{BOTTOM - top:.0f}"'
    return (
        f'<mask id="{name}-fade" maskUnits="userSpaceOnUse" {box}>'
        f'<rect {box} fill="url(#{name}-floor)"/></mask>'
        f'<rect {box} fill="url(#{name}-light)" mask="url(#{name}-fade)"/>'
    )


def _group(
    kind: str, marks: Iterable[Mark], places: Iterable[Place], ids: Mapping[Mark, str]
) -> str:
    drawn = "".join(
        f'<use href="#{ids[mark]}" '
        f'transform="translate({place.x:.1f} {place.y:.1f})rotate({place.turn:.0f})"/>'
        for mark, place in zip(marks, places, strict=True)
    )
    return f'<g class="{kind}">{drawn}</g>'


def _doors(dots: Iterable[Place]) -> str:
    drawn = "".join(f'<circle cx="{dot.x:.1f}" cy="{dot.y:.1f}" r="2.6"/>' for dot in dots)
    return f'<g class="newcomers">{drawn}</g>'


def _stage(title: str) -> str:
    """The stage at the lower edge, with the title. Its text needs a wide screen."""
    words = title if len(title) <= LONGEST_TITLE else title[: LONGEST_TITLE - 1].rstrip() + "…"
    size = next((size for most, size in TITLE_SIZES if len(words) <= most), SMALLEST_TITLE)
    shape = (
        f"M{CENTRE_X - 184} {STAGE_BOTTOM}L{CENTRE_X - 148} {STAGE_TOP + 22}"
        f"Q{CENTRE_X} {STAGE_TOP - 22} {CENTRE_X + 148} {STAGE_TOP + 22}"
        f"L{CENTRE_X + 184} {STAGE_BOTTOM}Z"
    )
    return (
        f'<g class="stage"><path d="{shape}"/>'
        f'<text class="name" x="600" y="{STAGE_BOTTOM - 43:.0f}" font-size="{size}" '
        f'text-anchor="middle">{escape(clean(words))}</text>'
        f'<text class="you" x="600" y="{STAGE_BOTTOM - 19:.0f}" font-size="14.5" '
        'text-anchor="middle">you stand here</text></g>'
    )
