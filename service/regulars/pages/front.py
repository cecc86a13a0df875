"""Row one: who wrote back. Where no source can show letters, who answered in another way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from regulars.pictures.theatre import MOST_IN_ROW_ONE
from regulars.reports.house import House
from regulars.reports.regulars import Evidence, Person
from regulars_connectors.plural import pluralize

from .formatting import display_name, local_time, number, spelled
from .view import FrontPerson, RowOne

# The half year of the report `house`: 13 issues that come every other week.
ANSWERED_WITHIN = timedelta(days=182)


Names: TypeAlias = Callable[[Sequence[str]], Mapping[str, str]]
"""Tells the name, or the address, of people by their ids."""


def nobody_is_named(_people: Sequence[str]) -> Mapping[str, str]:
    """Where no name may be shown, people go by the provider's id."""
    return {}


@dataclass(frozen=True, slots=True)
class Front:
    """Who sits in row one. ``total`` counts those as well for whom it has no room."""

    people: tuple[Person, ...]
    total: int
    how: Literal["wrote", "answered"]


def front_of(house: House, people: Sequence[Person], as_of: datetime) -> Front:
    """The people of row one, those of the newest answers where they are many."""
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
    """Row one as a list; None where nobody sits there."""
    if not front.people:
        return None
    who = "one person" if front.total == 1 else f"{number(front.total)} people"
    more = front.total - len(front.people)
    if front.how == "wrote":
        heading = f"Row one: {who} wrote back."
        words = "They wrote to you within the last half year. Whoever wrote last comes first."
    else:
        heading = f"Row one: {who} answered."
        words = (
            "They answered a question or left a comment within the last half year; no letter has "
            "been read in. Whoever answered last comes first."
        )
    return RowOne(
        heading=heading,
        words=words,
        people=tuple(_line(person, zone, names) for person in front.people),
        more=f"And {pluralize(more, 'more person', 'more people')}." if more > 0 else None,
    )


def _line(person: Person, zone: ZoneInfo, names: Mapping[str, str]) -> FrontPerson:
    last = local_time(person.last_answer_at, zone) if person.last_answer_at else None
    of = person.evidence.of
    coming = f"Read {_reads(person.evidence)} of the last {spelled(of)} issues. " if of > 1 else ""
    return FrontPerson(
        name=display_name(names.get(person.id, person.provider_id)),
        words=f"{coming}Last heard from on" if last else coming.rstrip(". "),
        last=last,
    )


def _reads(evidence: Evidence) -> str:
    """How many of the last issues, and where it cannot be told, between which bounds."""
    low, high = evidence.reads_low, evidence.reads_high
    if low == high:
        return {0: "none", evidence.of: "all"}.get(low, spelled(low))
    return f"{spelled(low)} to {spelled(high)}" if low else f"at most {spelled(high)}"
