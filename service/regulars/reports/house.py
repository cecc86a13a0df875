"""How many people sustain this publication, against the house that the writer wants?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal

import msgspec
from pydantic import Field

from regulars.messages import in_a_row
from regulars.stats.estimate import Estimate
from regulars.stats.recurrence import expected_on

from . import messages
from .engine.envelope import Envelope, LeftOut, Part
from .engine.projection import FigureText, FigureValue, projection
from .engine.report import Built, Context, Parameters, Report, RuleQuery
from .states import JUDGED, left_out_people

METHOD = "k_of_n/1"
Reason = Literal["no_posts", "no_people", "too_few_posts", "not_measured"]


class HouseRow(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One state and how many are in it."""

    state: str
    people: int
    wrote_back: int
    answered: int


class RuleInForce(Part):
    """At least ``k`` of the last ``n`` units."""

    k: int = Field(description="reads that are needed")
    n: int = Field(description="units that are looked at")
    unit: Literal["post", "week"] = Field(description="post, or week with at least one post")


class House(Part):
    """The headcount of people who keep reading, or the reason why it is missing."""

    sustained_readers: Estimate | None = Field(
        description="people who keep to the rule (`high` includes those who may)"
    )
    reason: Reason | None = Field(description="why the figure is missing, as a code")
    words: str | None = Field(description="why the figure is missing or empty, in words")
    posts_seen: int = Field(description="posts (or weeks) that can be judged so far")
    posts_needed: int = Field(description="posts (or weeks) that the rule needs")
    expected_on: date | None = Field(
        description="day around which to expect the first figure (null while unknown)"
    )
    rule: RuleInForce
    house_size: int = Field(description="how many people the writer wants in the house")
    cannot_tell: int = Field(
        description="people whose running totals or unknown status leave open whether they keep"
        " to the rule"
    )
    uncertain: int = Field(description="people whose opens may be a machine's (outside the figure)")
    hidden: int = Field(
        description="people who show hardly anything but machine opens (outside the figure)"
    )
    newcomers: int = Field(description="people who received fewer posts than the rule needs")
    not_measured: int = Field(description="people with too few posts that can be judged")
    wrote_back: int = Field(description="active people who sent a reply in the last 26 weeks")
    answered: int = Field(description="active people who answered anything in the last 26 weeks")
    active_people: int = Field(description="people with an active subscription")
    sentence: str = Field(description="the answer as a writer could say it")


def _definition(context: Context[Parameters]) -> str:
    rule = context.facts.rule
    first = (
        messages.HOUSE_DEFINITION_POSTS if rule.unit == "post" else messages.HOUSE_DEFINITION_WEEKS
    )
    return in_a_row(first(reads=rule.reads, of=rule.of), messages.HOUSE_DEFINITION_MORE())


def build(rows: Sequence[HouseRow], context: Context[Parameters]) -> Built[House]:
    """The headcount from the number of people in each state."""
    people = Counter[str]()
    for row in rows:  # one of a state for each partition of people
        people[row.state] += row.people
    rule = context.facts.rule
    seen = context.facts.units_seen(context.publication.time_zone)
    reason = _reason(people, context, seen)
    figure = None if reason else _figure(people)
    missing = max(0, rule.of - seen) if reason == "too_few_posts" else 0
    day = expected_on(context.as_of, missing, rule) if missing else None
    words = _words(reason, figure, context, seen, day)
    result = House(
        sustained_readers=figure,
        reason=reason,
        words=words,
        posts_seen=seen,
        posts_needed=rule.of,
        expected_on=day,
        rule=RuleInForce(k=rule.reads, n=rule.of, unit=rule.unit),
        house_size=context.publication.house_size,
        cannot_tell=people.get("cannot_tell", 0),
        uncertain=people.get("uncertain", 0),
        hidden=people.get("hidden", 0),
        newcomers=people.get("newcomer", 0),
        not_measured=people.get("not_measured", 0),
        wrote_back=sum(row.wrote_back for row in rows),
        answered=sum(row.answered for row in rows),
        active_people=sum(people.values()),
        sentence=_sentence(figure, words, context),
    )
    counted = figure.n if figure else 0
    return Built(result, counted, _left_out(people, context), _notes(context, result))


def _figure(people: Mapping[str, int]) -> Estimate:
    regular = people.get("regular", 0)
    return Estimate(
        value=regular,
        low=regular,
        high=regular + people.get("cannot_tell", 0),
        n=sum(people.get(state, 0) for state in JUDGED),
        method=METHOD,
    )


def _reason(people: Mapping[str, int], context: Context[Parameters], seen: int) -> Reason | None:
    if not context.facts.posts:
        return "no_posts"
    if not people:
        # Everybody may have left, which is an answer. Without anybody ever known there is none.
        return None if _subscriptions_were_seen(context) else "no_people"
    if seen < context.facts.rule.of:
        return "too_few_posts"
    nobody_judged = not any(people.get(state) for state in (*JUDGED, "uncertain", "hidden"))
    return "not_measured" if nobody_judged and people.get("not_measured") else None


def _subscriptions_were_seen(context: Context[Parameters]) -> bool:
    return any(
        stream.stream == "subscriptions" and stream.seen > 0
        for source in context.facts.sources
        for stream in source.streams
    )


def _words(
    reason: Reason | None,
    figure: Estimate | None,
    context: Context[Parameters],
    seen: int,
    day: date | None,
) -> str | None:
    match reason:
        case "no_posts":
            return messages.NO_POST_SENT()
        case "no_people":
            return messages.NO_SUBSCRIPTIONS()
        case "not_measured":
            return messages.CANNOT_BE_JUDGED()
        case "too_few_posts":
            rule = context.facts.rule
            text = messages.TOO_FEW_POSTS if rule.unit == "post" else messages.TOO_FEW_WEEKS
            expected = messages.EXPECTED_AROUND(day=_day(day)) if day else ""
            return in_a_row(text(count=seen, of=rule.of), expected)
    if figure is not None and figure.n == 0:
        return messages.NOBODY_CAN_BE_SEEN()
    return None


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _sentence(figure: Estimate | None, words: str | None, context: Context[Parameters]) -> str:
    if figure is None or figure.n == 0:
        return words or ""
    rule = context.facts.rule
    by_post = rule.unit == "post"
    if figure.high == 0:
        nobody = messages.NOBODY_HAS_READ_POSTS if by_post else messages.NOBODY_HAS_READ_WEEKS
        return nobody(reads=rule.reads, of=rule.of)
    title = context.publication.title or context.publication.name
    if figure.low == figure.high:
        people = messages.PEOPLE_KEEP_POSTS if by_post else messages.PEOPLE_KEEP_WEEKS
        return people(count=figure.value, title=title, reads=rule.reads, of=rule.of)
    between = messages.BETWEEN_POSTS if by_post else messages.BETWEEN_WEEKS
    return between(low=figure.low, high=figure.high, title=title, reads=rule.reads, of=rule.of)


def _left_out(people: Mapping[str, int], context: Context[Parameters]) -> list[LeftOut]:
    recent = sum(not post.is_matured for post in context.facts.posts)
    matured = [post for post in context.facts.posts if post.is_matured]
    unsaid = sum(post.is_unsaid for post in matured)
    unmeasured = sum(not post.is_measured for post in matured) - unsaid
    unseen = sum(post.is_matured and not post.is_seen for post in context.facts.posts)
    undated = sum(s.undated for source in context.facts.sources for s in source.streams)
    posts = (
        ("too_recent", recent, messages.POST_TOO_RECENT),
        ("opens_not_recorded", unmeasured, messages.POST_OPENS_NOT_RECORDED),
        ("not_said", unsaid, messages.POST_NOT_SAID),
        ("undated", undated, messages.POST_UNDATED),
        ("not_between_looks", unseen, messages.POST_NOT_BETWEEN_LOOKS),
    )
    return left_out_people(people) + [
        LeftOut(reason=reason, what="posts", count=count, words=text())
        for reason, count, text in posts
        if count
    ]


def _notes(context: Context[Parameters], result: House) -> list[str]:
    notes = []
    streams = [stream for source in context.facts.sources for stream in source.streams]
    held, unknown = sum(s.held_changes for s in streams), sum(s.unknown_standings for s in streams)
    missing = sum(s.held_removals for s in streams)
    shared = sum(post.is_shared for post in context.facts.posts)
    if result.cannot_tell and not unknown:
        notes.append(messages.DEPENDS_ON_POSTS(count=result.cannot_tell))
    if unknown:
        notes.append(messages.DEPENDS_ON_STANDING(count=unknown))
    if held:
        notes.append(messages.LEAVINGS_HELD(count=held))
    if missing:
        notes.append(messages.MISSING_HELD(count=missing))
    if unread := sum(s.quarantined for s in streams):
        notes.append(messages.ROWS_UNREAD(count=unread))
    if shared:
        notes.append(messages.POSTS_SHARED(count=shared))
    alarms = {stream.alarm for stream in streams}
    if "counters_all_zero" in alarms:
        notes.append(messages.TOTALS_ALL_ZERO())
    if "counters_fell" in alarms:
        notes.append(messages.TOTALS_FELL())
    notes += [
        messages.NOT_SYNCED_LATELY(connection=source.connection)
        for source in context.facts.sources
        if source.is_stale
    ]
    return notes


@projection(
    "sustained_readers",
    FigureText(
        headline=messages.ABOUT_KEEP_COMING_BACK,
        alt=messages.ABOUT_KEEP_COMING_BACK_ALT,
        too_early=messages.TOO_EARLY,
        too_early_alt=messages.TOO_EARLY_ALT,
        link=messages.HOW_MANY,
        badge_label=messages.KEEP_COMING_BACK,
        badge_message=messages.ABOUT_PEOPLE,
        dot=messages.ONE_DOT_PEOPLE,
    ),
)
def project(envelope: Envelope[House]) -> FigureValue:
    """The part of the headcount that says nothing about single people."""
    house, figure = envelope.result, envelope.result.sustained_readers
    return FigureValue(
        value=figure.value if figure else None,
        low=figure.low if figure else None,
        high=figure.high if figure else None,
        people=figure.value if figure else None,
        method=figure.method if figure else METHOD,
        issues=house.posts_needed,
        unit="issues" if house.rule.unit == "post" else "weeks",
        reason=house.reason,
        seats=house.house_size,
    )


HOUSE: Report[Parameters, HouseRow, House] = Report(
    name="house",
    question="How many people sustain this publication, against the house the writer wants?",
    definition=_definition,
    parameters=Parameters,
    query=RuleQuery,
    evidence=HouseRow,
    result=House,
    build=build,
    project=project,
    in_spans=True,
    is_cached=True,
)
