"""Row one: who wrote back. Without any replies, who answered in another way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from regulars.pictures.theatre import MOST_IN_ROW_ONE
from regulars.reports.house import House
from regulars.reports.regulars import Evidence, Person

from . import messages
from .formatting import display_name, local_time, spelled
from .view import FrontPerson, RowOne

# The half year of the report `house`: 13 issues that come every other week.
ANSWERED_WITHIN = timedelta(days=182)


Names: TypeAlias = Callable[[Sequence[str]], Mapping[str, str]]
"""Gives the name, or the address, of people by their ids."""


def nobody_is_named(_people: Sequence[str]) -> Mapping[str, str]:
    """Without names, people go by the provider's id."""
    return {}


@dataclass(frozen=True, slots=True)
class Front:
    """Who sits in row one. ``total`` also counts those who find no room there."""

    people: tuple[Person, ...]
    total: int
    how: Literal["wrote", "answered"]


def front_of(house: House, people: Sequence[Person], as_of: datetime) -> Front:
    """The people of row one; of many, those with the newest answers."""
    if house.wrote_back:
        return Front(_latest([one for one in people if one.wrote_back]), house.wrote_back, "wrote")
    since = as_of - ANSWERED_WITHIN
    answered = [one for one in people if one.last_answer_at and one.last_answer_at >= since]
    return Front(_latest(answered), house.answered, "answered")


def _latest(people: list[Person]) -> tuple[Person, ...]:
    people.sort(key=lambda one: (-_stamp(one.last_answer_at), one.id))
    return tuple(people[:MOST_IN_ROW_ONE])


def _stamp(instant: datetime | None) -> float:
    return instant.timestamp() if instant else 0.0


def row_one_list(front: Front, zone: ZoneInfo, names: Mapping[str, str]) -> RowOne | None:
    """Row one as a list, None if it is empty."""
    if not front.people:
        return None
    wrote = front.how == "wrote"
    heading = messages.ROW_ONE_WROTE if wrote else messages.ROW_ONE_ANSWERED
    more = front.total - len(front.people)
    return RowOne(
        heading=heading(count=front.total),
        words=messages.WHO_WROTE() if wrote else messages.WHO_ANSWERED(),
        people=tuple(_line(person, zone, names) for person in front.people),
        more=messages.AND_MORE(count=more) if more > 0 else None,
    )


def _line(person: Person, zone: ZoneInfo, names: Mapping[str, str]) -> FrontPerson:
    return FrontPerson(
        name=display_name(names.get(person.id, person.provider_id)),
        read=_reads(person.evidence),
        last=local_time(person.last_answer_at, zone) if person.last_answer_at else None,
    )


def _reads(evidence: Evidence) -> str:
    """What is said of one person's reading, from two issues on."""
    low, high = evidence.reads_low, evidence.reads_high
    return reads_words(low, high, evidence.of) if evidence.of > 1 else ""


def reads_words(low: int, high: int, last: int) -> str:
    """How many of the last issues were read, as bounds where it is uncertain."""
    of = spelled(last)
    if low == high == 0:
        return messages.READ_NONE(of=of)
    if low == high == last:
        return messages.READ_ALL(of=of)
    if low == high:
        return messages.READ_SO_MANY(reads=spelled(low), of=of)
    if low == 0:
        return messages.READ_AT_MOST(high=spelled(high), of=of)
    return messages.READ_BETWEEN(low=spelled(low), high=spelled(high), of=of)
