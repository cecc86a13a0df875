"""Who has which seat of the theatre, and how much light is in it.

All discs together make the headline. A person's disc is as large as the chance that they keep
coming back. Whoever has neither a disc nor a chair of old sits nowhere: such small chances stand
together behind the chairs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from regulars.pictures.theatre import SMALLEST_DISC, Light, Seat
from regulars.reports.house import House
from regulars.reports.regulars import Person
from regulars.reports.states import State

from .front import Front

# They have a chair also without light: they were regulars within the past twelve months.
WITH_A_CHAIR: tuple[State, ...] = ("regular", "fading", "quiet")


@dataclass(frozen=True, slots=True)
class Seating:
    """The seats, and how many people are in each kind of them.

    likely: regulars. sometimes: others with a disc. quiet: an empty chair. maybe: perhaps only a
    machine. light: what all discs are to add up to, None without a headline.
    """

    row_one: tuple[Seat, ...]
    behind: tuple[Seat, ...]
    light: float | None
    likely: int
    sometimes: int
    quiet: int
    maybe: int

    @property
    def is_empty(self) -> bool:
        """Nobody sits anywhere."""
        return not (self.row_one or self.behind)


def seating_of(house: House, people: Sequence[Person], front: Front) -> Seating:
    """The seats of these people. Those of row one are counted by their state as well."""
    in_front = {person.id for person in front.people}
    seated = [person for person in people if _has_seat(person)]
    figure = house.sustained_readers
    return Seating(
        row_one=tuple(_in_front(person) for person in front.people),
        behind=tuple(_seat(person) for person in seated if person.id not in in_front),
        light=float(figure.value) if figure else None,
        likely=sum(person.state == "regular" for person in seated),
        sometimes=sum(person.state != "regular" and _has_disc(person) for person in seated),
        quiet=sum(_light(person) == "quiet" for person in seated),
        maybe=sum(person.state == "uncertain" for person in seated),
    )


def _has_seat(person: Person) -> bool:
    return person.state == "uncertain" or person.state in WITH_A_CHAIR or _has_disc(person)


def _chance(person: Person) -> float:
    """What this person adds to the headline: 0 where they stand outside of it."""
    return (person.p_sustained or 0.0) if person.is_counted else 0.0


def _has_disc(person: Person) -> bool:
    return _chance(person) >= SMALLEST_DISC


def _light(person: Person) -> Light:
    if person.state == "uncertain":
        return "maybe"
    return "lit" if _has_disc(person) else "quiet"


def _seat(person: Person) -> Seat:
    """A person's seat. The day of joining stays the same, and so does the seat."""
    since = person.joined_at or person.since or person.until
    return Seat(
        key=person.id,
        since=since.isoformat() if since else "",
        light=_light(person),
        share=_chance(person),
        is_behind=person.state not in WITH_A_CHAIR,
    )


def _in_front(person: Person) -> Seat:
    """A seat in row one: a ring where their reading cannot be told."""
    seat = _seat(person)
    if person.is_counted or person.state in WITH_A_CHAIR:
        return seat
    return Seat(seat.key, seat.since, "open")
