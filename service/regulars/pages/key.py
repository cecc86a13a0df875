"""The key of the theatre, and the same figures as a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from regulars.pictures.theatre import Theatre
from regulars.reports.house import House
from regulars.reports.regulars import Person
from regulars.reports.states import State

from .formatting import number
from .front import Front
from .view import KeyEntry, Row


def seats_key(house: House, people: Sequence[Person]) -> tuple[KeyEntry, ...]:
    """What lit, ringed and empty seats mean, with how many of each. Unknown is never a zero."""
    states = Counter(person.state for person in people)
    lines: tuple[tuple[str, State, str, str], ...] = (
        ("lit", "regular", "keeps coming back", "keep coming back"),
        ("open", "cannot_tell", "of whom we cannot tell", "of whom we cannot tell"),
        ("maybe", "uncertain", "perhaps only a machine", "perhaps only machines"),
        ("quiet", "quiet", "seat gone quiet", "seats gone quiet"),
    )
    return tuple(
        KeyEntry(mark, number(states[state]), one if states[state] == 1 else many)
        for mark, state, one, many in lines
        if states[state] or (state == "regular" and house.sustained_readers)
    )


def front_key(front: Front) -> tuple[KeyEntry, ...]:
    """What row one is, and how many in it are not among those who keep coming back."""
    if not front.people:
        return ()
    here, total = len(front.people), front.total
    what = "wrote back" if front.how == "wrote" else "answered"
    who = "person" if total == 1 else "people"
    where = "in row one" if here == total else f"{number(here)} of them in row one"
    entries = [KeyEntry("front", number(total), f"{who} {what}, {where}")]
    others = sum(person.state != "regular" for person in front.people)
    if others:
        are = "is no regular now" if others == 1 else "are no regulars now"
        entries.append(KeyEntry("front-open", number(others), f"in row one {are}"))
    return tuple(entries)


def doors_key(house: House) -> tuple[KeyEntry, ...]:
    """Who stands by the doors."""
    if not house.newcomers:
        return ()
    who = "newcomer" if house.newcomers == 1 else "newcomers"
    return (KeyEntry("dot", number(house.newcomers), f"{who} by the doors. Too early to say."),)


def scale_words(theatre: Theatre) -> str | None:
    """What a seat and a dot stand for, where it is not one person."""
    parts = []
    if theatre.people_per_seat > 1:
        seats = number(theatre.people_per_seat)
        parts.append(f"A seat stands for {seats} people; row one shows single people.")
    if theatre.people_per_dot > 1:
        parts.append(f"A dot by the doors stands for {number(theatre.people_per_dot)} newcomers.")
    return " ".join(parts) or None


def table_rows(house: House, people: Sequence[Person], front: Front) -> tuple[Row, ...]:
    """The picture as a table; states that nobody is in are left out, but for the first."""
    states = Counter(person.state for person in people)
    rule = f"at least {house.rule.k} of the last {house.rule.n}"
    unit = "issues" if house.rule.unit == "post" else "weeks with an issue"
    rows = (
        ("Keep coming back", states["regular"], f"Read {rule} {unit}. Lit seats."),
        (
            "We cannot tell",
            states["cannot_tell"],
            "Read enough or not, depending on which issues between two looks they opened. Rings.",
        ),
        (
            "Perhaps a machine",
            states["uncertain"],
            "Every issue opened, nothing else done. Broken rings, outside the figure.",
        ),
        (
            "Gone quiet",
            states["quiet"],
            "Kept coming back within the past twelve months, but not now. Empty chairs.",
        ),
        _front_row(front),
        (
            "Newcomers",
            house.newcomers,
            "Too few issues have reached them to say. Dots by the doors.",
        ),
    )
    shown = [
        Row(people=number(count), meaning=meaning, who=who) for who, count, meaning in rows if count
    ]
    if not states["regular"]:
        known = "0" if house.sustained_readers else "too early to say"
        shown.insert(0, Row(people=known, meaning=rows[0][2], who=rows[0][0]))
    return tuple(shown)


def _front_row(front: Front) -> tuple[str, int, str]:
    if front.how == "wrote":
        words = "Sent a letter within the last half year. Row one; also counted above."
        return "Wrote back", front.total, words
    words = "Answered a question or left a comment within the last half year. Row one."
    return "Answered", front.total, words
