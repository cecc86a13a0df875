"""The key of the theatre, and the same figures as a table."""

from __future__ import annotations

from markupsafe import Markup

from regulars.messages import Label, in_a_row
from regulars.pictures.theatre import Theatre
from regulars.reports.house import House

from . import messages
from .formatting import number
from .front import Front
from .seats import Seating
from .view import KeyEntry, Row


def seats_key(house: House, seating: Seating, theatre: Theatre | None) -> tuple[KeyEntry, ...]:
    """What full, small and missing discs mean, with their counts. Zero is said where known."""
    lines: tuple[tuple[str, int, Label], ...] = (
        ("lit", seating.likely, messages.KEY_REGULAR),
        ("small", seating.sometimes, messages.KEY_SOMETIMES),
        ("maybe", seating.maybe, messages.KEY_UNCERTAIN),
        ("quiet", seating.quiet, messages.KEY_QUIET),
    )
    entries = [
        KeyEntry(mark, text.html(count=count))
        for mark, count, text in lines
        if count or (mark == "lit" and house.sustained_readers)
    ]
    if standing := _standing(theatre):
        entries.append(KeyEntry("standing", messages.KEY_STANDING.html(count=standing)))
    return tuple(entries)


def _standing(theatre: Theatre | None) -> int:
    """So many people's worth of light stands behind the chairs, at least one if any does."""
    return max(1, round(theatre.standing)) if theatre and theatre.standing else 0


def front_key(front: Front) -> tuple[KeyEntry, ...]:
    """What row one is, and how many in it are not regulars."""
    if not front.people:
        return ()
    entries = [KeyEntry("front", _in_row_one(front))]
    others = sum(person.state != "regular" for person in front.people)
    if others:
        entries.append(KeyEntry("front-small", messages.KEY_NO_REGULARS.html(count=others)))
    return tuple(entries)


def _in_row_one(front: Front) -> Markup:
    """Who sits in row one, and how many of them where it is too short for all."""
    here, wrote = len(front.people), front.how == "wrote"
    if here == front.total:
        everybody = messages.KEY_WROTE if wrote else messages.KEY_ANSWERED
        return everybody.html(count=front.total)
    some = messages.KEY_WROTE_SOME_IN_FRONT if wrote else messages.KEY_ANSWERED_SOME_IN_FRONT
    return some.html(count=front.total, here=number(here))


def doors_key(house: House) -> tuple[KeyEntry, ...]:
    """Who stands by the doors."""
    if not house.newcomers:
        return ()
    return (KeyEntry("dot", messages.KEY_NEWCOMERS.html(count=house.newcomers)),)


def scale_words(house: House, theatre: Theatre) -> str | None:
    """What the size of a disc means, and what a seat and a dot stand for where it is several."""
    said = []
    if house.sustained_readers:
        said.append(messages.A_DISC(count=house.sustained_readers.value))
    if theatre.people_per_seat > 1:
        said.append(messages.A_SEAT(people=number(theatre.people_per_seat)))
    if theatre.people_per_dot > 1:
        said.append(messages.A_DOT(people=number(theatre.people_per_dot)))
    return in_a_row(*said) or None


def table_rows(
    house: House, seating: Seating, front: Front, theatre: Theatre | None
) -> tuple[Row, ...]:
    """The picture as a table: the regulars, then every kind of seat that somebody has."""
    rows: tuple[tuple[Label, int, str], ...] = (
        (messages.ROW_REGULAR, seating.likely, _expected(house)),
        (messages.ROW_SOMETIMES, seating.sometimes, messages.ROW_SOMETIMES_MEANS()),
        (messages.ROW_UNCERTAIN, seating.maybe, messages.ROW_UNCERTAIN_MEANS()),
        (messages.ROW_QUIET, seating.quiet, messages.ROW_QUIET_MEANS()),
        (messages.ROW_STANDING, _standing(theatre), messages.ROW_STANDING_MEANS()),
        _front_row(front),
        (messages.ROW_NEWCOMERS, house.newcomers, messages.ROW_NEWCOMERS_MEANS()),
    )
    shown = [
        Row(people=number(count), meaning=meaning, who=who())
        for who, count, meaning in rows
        if count
    ]
    if not seating.likely:
        known = number(0) if house.sustained_readers else messages.ROW_TOO_EARLY()
        shown.insert(0, Row(people=known, meaning=_expected(house), who=messages.ROW_REGULAR()))
    if figure := house.sustained_readers:
        light = Row(number(figure.value), messages.ROW_LIGHT_MEANS(), messages.ROW_LIGHT())
        shown.append(light)
    return tuple(shown)


def _expected(house: House) -> str:
    by_issue = house.rule.unit == "post"
    text = messages.ROW_REGULAR_ISSUES if by_issue else messages.ROW_REGULAR_WEEKS
    return text(reads=house.rule.k, of=house.rule.n)


def _front_row(front: Front) -> tuple[Label, int, str]:
    if front.how == "wrote":
        return messages.ROW_WROTE, front.total, messages.ROW_WROTE_MEANS()
    return messages.ROW_ANSWERED, front.total, messages.ROW_ANSWERED_MEANS()
