"""How many people sustain this publication, against the house that the writer wants?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Literal

import msgspec
from pydantic import Field

from regulars.stats.estimate import Estimate
from regulars.stats.recurrence import expected_on
from regulars_connectors.plural import pluralize

from .engine.envelope import Envelope, LeftOut, Part
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
    """The headcount of people who keep reading, or why there is none yet."""

    sustained_readers: Estimate | None = Field(
        description="people who keep to the rule; high adds those of whom it cannot be told"
    )
    reason: Reason | None = Field(description="why there is no figure; code")
    words: str | None = Field(description="why there is no figure, or why it is none; in words")
    posts_seen: int = Field(description="posts (or weeks) that can be judged so far")
    posts_needed: int = Field(description="posts (or weeks) that the rule needs")
    expected_on: date | None = Field(
        description="day around which the first figure can be expected; None if that is unknown"
    )
    rule: RuleInForce
    house_size: int = Field(description="how many people the writer wants in the house")
    cannot_tell: int = Field(
        description="people whom snapshots with several posts between them leave open"
    )
    uncertain: int = Field(description="people whose opens may be a machine's; outside the figure")
    hidden: int = Field(description="people of whom only machine opens are seen; outside")
    newcomers: int = Field(description="people whom fewer posts have reached than the rule needs")
    not_measured: int = Field(description="people too few of whose posts can be judged")
    wrote_back: int = Field(description="active people who sent a reply in the last 26 weeks")
    answered: int = Field(description="active people who answered anything in the last 26 weeks")
    active_people: int = Field(description="people with an active subscription")
    sentence: str = Field(description="the answer as a writer could say it")


class HouseFigure(Part):
    """What a public widget may be made from. It is not rounded yet."""

    sustained_readers: Estimate | None
    wrote_back: int
    reason: Reason | None
    words: str | None
    house_size: int
    rule: RuleInForce
    as_of: datetime
    posts: int = Field(description="posts that the figure looks at")


def _definition(context: Context[Parameters]) -> str:
    rule = context.facts.rule
    return (
        "People with an active subscription whom at least "
        f"{rule.of} posts have reached and who read {rule.words()} that can be judged. "
        "Read means: opened by a person, clicked, or answered; machines count for nothing, and "
        "a post counts once it has matured (after seven days or when the next one is sent, never "
        "before 48 hours). Whoever may or may not have read enough, because several posts lay "
        "between two looks, is only in the upper bound. People of whom only machine opens are "
        "seen, and people who open nearly everything and do nothing else, stand beside the figure."
    )


def build(rows: Sequence[HouseRow], context: Context[Parameters]) -> Built[House]:
    """The headcount from the number of people in each state."""
    people = Counter[str]()
    for row in rows:  # one of a state for each span of people
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
        # everybody may have left, which is an answer; nobody ever known is none
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
    rule = context.facts.rule
    units = "posts" if rule.unit == "post" else "weeks with a post"
    match reason:
        case "no_posts":
            return "No post has been sent by mail yet."
        case "no_people":
            return "No subscriptions are known yet."
        case "not_measured":
            return "Too early to say: for none of the people can enough posts be judged."
        case "too_few_posts":
            when = f" The first figure can be expected around {_day(day)}." if day else ""
            return (
                f"Too early to say: {seen} of the {rule.of} {units} that are needed "
                f"{'has' if seen == 1 else 'have'} been seen.{when}"
            )
    if figure is not None and figure.n == 0:
        return "There is nobody yet whom enough posts have reached and whose reading can be seen."
    return None


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _sentence(figure: Estimate | None, words: str | None, context: Context[Parameters]) -> str:
    if figure is None or figure.n == 0:
        return words or ""
    rule = context.facts.rule.words()
    if figure.high == 0:
        return f"Nobody has read {rule} yet."
    title = context.publication.title or context.publication.name
    if figure.low == figure.high:
        who = pluralize(figure.value, "person keeps", "people keep")
        return f"{who} coming back to {title}: they have read {rule}."
    return (
        f"Between {figure.low} and {figure.high} people keep coming back to {title}: "
        f"they have read {rule}."
    )


def _left_out(people: Mapping[str, int], context: Context[Parameters]) -> list[LeftOut]:
    recent = sum(not post.is_matured for post in context.facts.posts)
    unmeasured = sum(post.is_matured and not post.is_measured for post in context.facts.posts)
    unseen = sum(post.is_matured and not post.is_seen for post in context.facts.posts)
    posts = (
        ("too_recent", recent, "not matured yet: readers still have time for them"),
        ("opens_not_recorded", unmeasured, "their opens are not recorded, so silence says nothing"),
        ("not_between_looks", unseen, "sent before the first or after the last look at the totals"),
    )
    return left_out_people(people) + [
        LeftOut(reason=reason, what="posts", count=count, words=words)
        for reason, count, words in posts
        if count
    ]


def _notes(context: Context[Parameters], result: House) -> list[str]:
    notes = []
    if result.cannot_tell:
        people = pluralize(result.cannot_tell, "person", "people")
        notes.append(
            f"{people} read enough or did not, depending on which posts between two looks they "
            "opened; they are in the upper bound only."
        )
    if any(s.alarm for source in context.facts.sources for s in source.streams):
        notes.append("A source gave totals that are all zero; they count as not measured.")
    notes += [
        f"{source.connection} was not completely synced within the last eight days."
        for source in context.facts.sources
        if source.is_stale
    ]
    return notes


def project(envelope: Envelope[House]) -> HouseFigure:
    """The part of it that says nothing about single people."""
    house = envelope.result
    return HouseFigure(
        sustained_readers=house.sustained_readers,
        wrote_back=house.wrote_back,
        reason=house.reason,
        words=house.words,
        house_size=house.house_size,
        rule=house.rule,
        as_of=envelope.as_of,
        posts=house.posts_needed,
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
)
