"""The key of the theatre, and the same figures as a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from markupsafe import Markup

from regulars.messages import Label, in_a_row
from regulars.pictures.theatre import Theatre
from regulars.reports.house import House
from regulars.reports.regulars import Person
from regulars.reports.states import State

from . import messages
from .formatting import number
from .front import Front
from .view import KeyEntry, Row


def seats_key(house: House, people: Sequence[Person]) -> tuple[KeyEntry, ...]:
    """What lit, ringed and empty seats mean, with their counts. Zero is said where it is known."""
    states = Counter(person.state for person in people)
    lines: tuple[tuple[str, State, Label], ...] = (
        ("lit", "regular", messages.KEY_REGULAR),
        ("open", "cannot_tell", messages.KEY_CANNOT_TELL),
        ("maybe", "uncertain", messages.KEY_UNCERTAIN),
        ("quiet", "quiet", messages.KEY_QUIET),
    )
    return tuple(
        KeyEntry(mark, text.html(count=states[state]))
        for mark, state, text in lines
        if states[state] or (state == "regular" and house.sustained_readers)
    )


def front_key(front: Front) -> tuple[KeyEntry, ...]:
    """What row one is, and how many in it are not regulars."""
    if not front.people:
        return ()
    entries = [KeyEntry("front", _in_row_one(front))]
    others = sum(person.state != "regular" for person in front.people)
    if others:
        entries.append(KeyEntry("front-open", messages.KEY_NO_REGULARS.html(count=others)))
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


def scale_words(theatre: Theatre) -> str | None:
    """What a seat and a dot stand for, where that is several people."""
    said = []
    if theatre.people_per_seat > 1:
        said.append(messages.A_SEAT(people=number(theatre.people_per_seat)))
    if theatre.people_per_dot > 1:
        said.append(messages.A_DOT(people=number(theatre.people_per_dot)))
    return in_a_row(*said) or None


def table_rows(house: House, people: Sequence[Person], front: Front) -> tuple[Row, ...]:
    """The picture as a table: the regulars, then every state that somebody is in."""
    states = Counter(person.state for person in people)
    rows: tuple[tuple[Label, int, str], ...] = (
        (messages.ROW_REGULAR, states["regular"], _rule(house)),
        (messages.ROW_CANNOT_TELL, states["cannot_tell"], messages.ROW_CANNOT_TELL_MEANS()),
        (messages.ROW_UNCERTAIN, states["uncertain"], messages.ROW_UNCERTAIN_MEANS()),
        (messages.ROW_QUIET, states["quiet"], messages.ROW_QUIET_MEANS()),
        _front_row(front),
        (messages.ROW_NEWCOMERS, house.newcomers, messages.ROW_NEWCOMERS_MEANS()),
    )
    shown = [
        Row(people=number(count), meaning=meaning, who=who())
        for who, count, meaning in rows
        if count
    ]
    if not states["regular"]:
        known = number(0) if house.sustained_readers else messages.ROW_TOO_EARLY()
        shown.insert(0, Row(people=known, meaning=_rule(house), who=messages.ROW_REGULAR()))
    return tuple(shown)


def _rule(house: House) -> str:
    by_issue = house.rule.unit == "post"
    text = messages.ROW_REGULAR_ISSUES if by_issue else messages.ROW_REGULAR_WEEKS
    return text(reads=house.rule.k, of=house.rule.n)


def _front_row(front: Front) -> tuple[Label, int, str]:
    if front.how == "wrote":
        return messages.ROW_WROTE, front.total, messages.ROW_WROTE_MEANS()
    return messages.ROW_ANSWERED, front.total, messages.ROW_ANSWERED_MEANS()
