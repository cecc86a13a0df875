"""The sentence at the top of the page, and the one line under it."""

from __future__ import annotations

from collections.abc import Sequence

from regulars.reports.engine.envelope import Source
from regulars.reports.house import House
from regulars.reports.regulars import Person
from regulars.stats.estimate import Estimate
from regulars_connectors.plural import pluralize

from .formatting import format_day, join_list, number, spelled
from .front import Front


def never_synced(sources: Sequence[Source]) -> bool:
    """Whether nothing has ever come in."""
    return all(source.last_outcome == "never" for source in sources)


def headline_of(house: House, sources: Sequence[Source]) -> str:
    """The sentence that a writer could say aloud."""
    figure = house.sustained_readers
    if figure is not None and figure.n > 0:
        return _how_many(figure)
    if never_synced(sources):
        return "Nothing has been read in yet."
    match house.reason:
        case "no_posts":
            return "No issue has gone out by mail yet."
        case "no_people":
            return "Nobody has subscribed yet."
        case _:
            return "Too early to say who keeps coming back."


def _how_many(figure: Estimate) -> str:
    if figure.high == 0:
        return "Nobody keeps coming back yet."
    if figure.low == figure.high == 1:
        return "One person keeps coming back."
    people = pluralize(figure.value, "person keeps", "people keep")
    if figure.low == figure.high:
        return f"{people} coming back."
    if figure.value == figure.low:
        return f"At least {people} coming back."
    return f"About {people} coming back."


def detail_of(house: House, sources: Sequence[Source]) -> tuple[str, ...]:
    """How sure that is, and how large the house is; or what has to happen first."""
    figure = house.sustained_readers
    if figure is not None and figure.n > 0:
        return (_how_sure(figure, house),)
    if never_synced(sources):
        return (_first_step(sources),)
    lines = [_what_is_missing(house)]
    if house.active_people:
        here = pluralize(house.active_people, "person is", "people are")
        lines.append(f"So far, {here} subscribed.")
    return tuple(line for line in lines if line)


def _what_is_missing(house: House) -> str:
    """Why there is no figure, and when the first one can be expected."""
    if house.reason != "too_few_posts":
        return house.words or ""
    unit = ("issue", "issues") if house.rule.unit == "post" else ("week", "weeks")
    seen = spelled(house.posts_seen)
    has = f"{unit[0]} has" if house.posts_seen == 1 else f"{unit[1]} have"
    words = f"{seen.capitalize()} {has} been seen, {spelled(house.posts_needed)} are needed."
    if house.expected_on:
        words += f" The first figure can be expected around {format_day(house.expected_on)}."
    return words


def _how_sure(figure: Estimate, house: House) -> str:
    read = (
        f"They read at least {spelled(house.rule.k)} of the last {spelled(house.rule.n)} "
        f"{'issues' if house.rule.unit == 'post' else 'weeks'}."
    )
    room = f"The house you want holds {number(house.house_size)}."
    if figure.high == 0:
        return f"A regular reads {read[10:-1]}. {room}"
    if figure.low == figure.high:
        return f"{read} {room}"
    if figure.value == figure.low:
        return (
            f"At most {number(figure.high)}: of {number(house.cannot_tell)} we cannot tell. {room}"
        )
    return f"Most likely between {number(figure.low)} and {number(figure.high)}. {room}"


def _first_step(sources: Sequence[Source]) -> str:
    if not sources:
        return "No source is named in the settings. A folder of files is the shortest way in."
    return "Once the sources have been read, this page shows who keeps coming back."


def first_command(sources: Sequence[Source]) -> str | None:
    """What to type where nothing has ever come in."""
    if not sources:
        return "regulars import files FOLDER"
    return "regulars sync" if never_synced(sources) else None


def picture_words(house: House, people: Sequence[Person], front: Front) -> str:
    """What the theatre shows, for those who do not see it."""
    states = [person.state for person in people]
    kept = states.count("regular")
    parts = []
    if kept or house.sustained_readers:
        parts.append(f"{pluralize(kept, 'person keeps', 'people keep')} coming back, in lit seats")
    if unsure := states.count("cannot_tell"):
        parts.append(f"of {number(unsure)} we cannot tell, in seats with a ring")
    if maybe := states.count("uncertain"):
        parts.append(f"{number(maybe)} may be only machines, in seats with a broken ring")
    if quiet := states.count("quiet"):
        parts.append(f"{pluralize(quiet, 'seat has', 'seats have')} gone quiet")
    if front.people:
        what = "wrote back" if front.how == "wrote" else "answered"
        parts.append(f"row one holds people who {what}, {number(front.total)} in all")
    if house.newcomers:
        parts.append(
            f"{pluralize(house.newcomers, 'newcomer stands', 'newcomers stand')} by the doors"
        )
    return f"{join_list(parts)}."
