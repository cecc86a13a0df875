"""The sentence at the top of the page, and the line below it."""

from __future__ import annotations

from collections.abc import Sequence

from regulars.messages import in_a_row
from regulars.reports.engine.envelope import Source
from regulars.reports.few_people import FewPeople
from regulars.reports.house import House
from regulars.reports.house_words import added_up
from regulars.reports.regulars import Person
from regulars.stats.estimate import Estimate

from . import messages
from .formatting import display_name, format_day, number, spelled
from .front import Front, Names
from .seats import Seating


def never_synced(sources: Sequence[Source]) -> bool:
    """Whether no source has ever synced."""
    return all(source.last_outcome == "never" for source in sources)


def headline_of(house: House, sources: Sequence[Source]) -> str:
    """The sentence that a writer could say aloud."""
    figure = house.sustained_readers
    if figure is not None and figure.n > 0:
        return _how_many(figure, house.few)
    if never_synced(sources):
        return messages.NOTHING_CAME_IN()
    match house.reason:
        case "no_posts":
            return messages.NO_ISSUE_YET()
        case "no_people":
            return messages.NOBODY_SUBSCRIBED()
        case _:
            return messages.TOO_EARLY()


def _how_many(figure: Estimate, few: FewPeople | None) -> str:
    """Of few people, how many are likely to; their chances are added up in the line below."""
    if figure.high == 0:
        return messages.NOBODY_KEEPS_COMING()
    if few is not None:
        return messages.FEW_KEEP_COMING(count=few.regular, people=number(few.people))
    if figure.low == figure.high:
        return messages.PEOPLE_KEEP_COMING(count=figure.value)
    low, high = number(figure.low), number(figure.high)
    return messages.ABOUT_KEEP_COMING(count=figure.value, low=low, high=high)


def detail_of(house: House, sources: Sequence[Source]) -> tuple[str, ...]:
    """How sure the figure is and how large the house; before it, what must happen first."""
    figure = house.sustained_readers
    if figure is not None and figure.n > 0:
        return (_how_sure(figure, house),)
    if never_synced(sources):
        return (_first_step(sources),)
    lines = [_what_is_missing(house)]
    if house.active_people:
        lines.append(messages.SUBSCRIBED(count=house.active_people))
    return tuple(line for line in lines if line)


def _what_is_missing(house: House) -> str:
    """Why there is no figure, and when to expect the first."""
    if house.reason != "too_few_posts":
        return house.words or ""
    day = format_day(house.expected_on) if house.expected_on else None
    return in_a_row(_seen(house), messages.FIRST_FIGURE_AROUND(day=day) if day else "")


def _seen(house: House) -> str:
    by_issue, needed = house.rule.unit == "post", number(house.posts_needed)
    if not house.posts_seen:
        nothing = messages.NO_ISSUE_SEEN if by_issue else messages.NO_WEEK_SEEN
        return nothing(needed=needed)
    seen = messages.ISSUES_SEEN if by_issue else messages.WEEKS_SEEN
    return seen(count=house.posts_seen, needed=needed)


def _how_sure(figure: Estimate, house: House) -> str:
    room = messages.HOUSE_HOLDS(people=number(house.house_size))
    more = house.with_uncertain
    return in_a_row(
        added_up(figure) if house.few and figure.high else "",
        messages.PROVISIONAL() if house.provisional else "",
        _expected(house, nobody=figure.high == 0),
        messages.WITH_UNCERTAIN(count=more.value) if more and more.value > figure.value else "",
        room,
    )


def _expected(house: House, *, nobody: bool) -> str:
    """What is expected of those who count, or of any regular if nobody does."""
    if house.rule.unit == "post":
        text = messages.A_REGULAR_READS_ISSUES if nobody else messages.THEY_READ_ISSUES
    else:
        text = messages.A_REGULAR_READS_WEEKS if nobody else messages.THEY_READ_WEEKS
    return text(reads=spelled(house.rule.k), of=spelled(house.rule.n))


def _first_step(sources: Sequence[Source]) -> str:
    return messages.ONCE_READ() if sources else messages.NO_SOURCE_NAMED()


def keepers(house: House, people: Sequence[Person], names: Names) -> str | None:
    """Who is likely to keep coming back, by name, where few people are counted."""
    if house.few is None:
        return None
    found = [one for one in people if one.state == "regular" and one.is_counted]
    called = names([one.id for one in found])
    shown = sorted(display_name(called.get(one.id, one.provider_id)) for one in found)
    return ", ".join(shown) or None


def first_command(sources: Sequence[Source]) -> str | None:
    """The command to type before the first sync."""
    if not sources:
        return "regulars import files FOLDER"
    return "regulars sync" if never_synced(sources) else None


def picture_words(house: House, seating: Seating, front: Front) -> str:
    """What the theatre shows, for people who do not see it."""
    said = []
    if seating.likely or house.sustained_readers:
        said.append(messages.PICTURE_REGULAR(count=seating.likely))
    if sometimes := seating.sometimes:
        said.append(messages.PICTURE_SOMETIMES(count=sometimes))
    if maybe := seating.maybe:
        said.append(messages.PICTURE_UNCERTAIN(count=maybe))
    if quiet := seating.quiet:
        said.append(messages.PICTURE_QUIET(count=quiet))
    if front.people:
        wrote = front.how == "wrote"
        text = messages.PICTURE_WROTE if wrote else messages.PICTURE_ANSWERED
        said.append(text(people=number(front.total)))
    if house.newcomers:
        said.append(messages.PICTURE_NEWCOMERS(count=house.newcomers))
    if house.sustained_readers:
        said.append(messages.PICTURE_LIGHT(count=house.sustained_readers.value))
    return in_a_row(*said)
