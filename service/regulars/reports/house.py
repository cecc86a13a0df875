"""How many people sustain this publication, against the house that the writer wants?"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal

import msgspec
from pydantic import Field

from regulars.stats.estimate import Estimate
from regulars.stats.interval import (
    FEWEST_DAYS,
    FEWEST_READS,
    METHOD,
    Headcount,
    Sums,
    fewest_opportunities,
    from_sums,
)
from regulars.stats.recurrence import Rule, expected_on
from regulars.store.timestamps import aware

from . import messages
from .engine.envelope import Envelope, Part
from .engine.projection import FigureText, FigureValue, projection
from .engine.report import Built, Context, EvidenceQuery, Parameters, Report
from .few_people import FewPeople, few_people
from .house_words import definition, hidden_words, left_out, notes, sentence, why_missing
from .readers.summary import Readership, WindowTest

RULE_METHOD = "k_of_n/1"
HIDDEN_METHOD = "hidden_readers/1"
BACK_TESTS = 2
Reason = Literal["no_posts", "no_people", "too_few_posts", "not_measured"]
_JUDGED_BY_RULE = ("regular", "cannot_tell", "occasional")
_JUDGED = ("regular", "fading", "quiet", "occasional", "uncertain", "hidden")


class HouseRow(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """People of one state, by the model and by the rule, and what their chances add up to."""

    state: str
    rule_state: str
    part: Literal["counted", "uncertain", "unsure", "hidden", "outside"]
    people: int
    wrote_back: int = 0
    answered: int = 0
    read_all: int = 0
    value: float = 0.0
    most: float = 0.0
    variance: float = 0.0
    slope: float = 0.0
    proved: int = 0


class RuleInForce(Part):
    """At least ``k`` of the last ``n`` units."""

    k: int = Field(description="reads that are needed")
    n: int = Field(description="units that are looked at")
    unit: Literal["post", "week"] = Field(description="post, or week with at least one post")


class Constants(Part):
    """The numbers in the definition of the figure (units are posts or weeks, as in ``rule``)."""

    reads: int = Field(description="M: reads that are expected of a regular")
    of: int = Field(description="K: the next units that they are expected in")
    fewest_units: int = Field(description="N_min: units that can be judged, before somebody counts")
    fewest_reads: int = Field(description="reads before somebody counts")
    fewest_days: int = Field(description="days since joining before somebody counts")


class BackTest(Part):
    """What was expected some units ago, and what came."""

    date: dt.date = Field(description="day from which on the units were still to come")
    units: int = Field(description="how many units ago that is")
    expected: Estimate = Field(description="people who were expected to keep reading")
    came: int = Field(description="people who did")


class SetAsidePost(Part):
    """A post, or a week, that is nobody's opportunity: it was read by far more or fewer people."""

    sent_at: datetime = Field(description="when it went out")
    flag: Literal["high", "low"] = Field(description="far more readers than usual, or far fewer")


class SetAsideArrivals(Part):
    """Far more sign-ups than usual. Their reading says nothing about the others."""

    first_post_at: datetime = Field(description="when their first post went out")
    people: int = Field(description="how many came")


class SetAside(Part):
    """What is kept apart, so that a peak leaves the figure alone."""

    posts: list[SetAsidePost]
    arrivals: list[SetAsideArrivals]


class House(Part):
    """The headcount of people who keep reading, or the reason why it is missing."""

    sustained_readers: Estimate | None = Field(
        description="expected number of people who keep reading, with its 90 % interval"
    )
    few: FewPeople | None = Field(
        description="the counts behind the figure where fewer than twenty people count in it"
    )
    with_uncertain: Estimate | None = Field(
        description="the same if the opens of uncertain people are their own"
    )
    by_rule: Estimate | None = Field(
        description="people who keep to the rule (`high` includes those who may): no forecast, and"
        " easy to check by hand"
    )
    provisional: bool = Field(
        description="too few posts were seen one by one: it may be off by a sixth"
    )
    basis: Literal["measured", "recorded_opens"] = Field(
        description="`recorded_opens` where nobody knows who made most of the opens"
    )
    constants: Constants
    back_tests: list[BackTest] = Field(description="earlier forecasts and what came of them")
    set_aside: SetAside
    fallback: bool = Field(description="the model found no fit and leans on its base")
    reason: Reason | None = Field(description="why the figure is missing, as a code")
    words: str | None = Field(description="why the figure is missing or empty, in words")
    posts_seen: int = Field(description="posts (or weeks) that can be judged so far")
    posts_needed: int = Field(description="posts (or weeks) that the figure needs")
    expected_on: dt.date | None = Field(
        description="day around which to expect the first figure (null while unknown)"
    )
    read_all: int | None = Field(
        description="while it is too early: people who read everything so far"
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
    hidden_proved: int = Field(
        description="of them, those who clicked or answered in the last 13 posts (or weeks)"
    )
    hidden_estimate: Estimate | None = Field(
        description="how many of them keep reading if they read like the people we can see, with"
        " the 90 % interval under that assumption. No part of `sustained_readers`. Null below 100"
        " visible and 30 hidden people"
    )
    hidden_words: str | None = Field(description="the same in words")
    newcomers: int = Field(
        description="people who received fewer posts than the figure needs, or joined less than 56"
        " days ago"
    )
    not_measured: int = Field(description="people with too few posts that can be judged")
    wrote_back: int = Field(description="active people who sent a reply in the last 26 weeks")
    hidden_wrote_back: int = Field(
        description="of these, people whose mail program hides their reading: outside the figure"
    )
    answered: int = Field(description="active people who answered anything in the last 26 weeks")
    active_people: int = Field(description="people with an active subscription")
    sentence: str = Field(description="the answer as a writer could say it")


def build(rows: Sequence[HouseRow], context: Context[Parameters]) -> Built[House]:
    """The headcount, from what the chances of each group of people add up to."""
    people, by_rule, counted = Counter[str](), Counter[str](), Counter[str]()
    for row in rows:
        people[row.state] += row.people
        by_rule[row.rule_state] += row.people
        if row.part == "counted":
            counted[row.state] += row.people
    rule, fitted = context.facts.rule, context.readership
    needed = fewest_opportunities(rule.of)
    posts = context.facts.units_seen(context.publication.time_zone)
    seen = max(posts, fitted.most_opportunities if fitted else 0)
    may_stand = any(row.part == "unsure" for row in rows)
    reason = _reason(people, context, seen, needed, may_stand=may_stand)
    figure = None if reason else _figure(rows, ("counted",), rule, fitted)
    missing = max(0, needed - seen) if reason == "too_few_posts" else 0
    day = expected_on(context.as_of, missing, rule) if missing else None
    words = why_missing(reason, figure, context, seen, needed, day)
    unseen = None if reason else _hidden(rows, rule, fitted)
    few = few_people(counted) if figure else None
    result = House(
        sustained_readers=figure,
        few=few,
        with_uncertain=None if reason else _figure(rows, ("counted", "uncertain"), rule, fitted),
        by_rule=None if reason in ("no_posts", "no_people") else _by_rule(by_rule, rule, posts),
        provisional=bool(fitted and fitted.is_provisional and figure),
        basis="recorded_opens" if fitted and fitted.has_plain_opens else "measured",
        constants=_constants(rule),
        back_tests=[back_test(one) for one in fitted.windows[:BACK_TESTS]] if fitted else [],
        set_aside=_set_aside(fitted),
        fallback=bool(fitted and fitted.has_fallen_back),
        reason=reason,
        words=words,
        posts_seen=seen,
        posts_needed=needed,
        expected_on=day,
        read_all=sum(row.read_all for row in rows) if reason == "too_few_posts" else None,
        rule=RuleInForce(k=rule.reads, n=rule.of, unit=rule.unit),
        house_size=context.publication.house_size,
        cannot_tell=by_rule.get("cannot_tell", 0),
        uncertain=people.get("uncertain", 0),
        hidden=people.get("hidden", 0),
        hidden_proved=sum(row.proved for row in rows),
        hidden_estimate=unseen,
        hidden_words=hidden_words(unseen),
        newcomers=people.get("newcomer", 0),
        not_measured=people.get("not_measured", 0),
        wrote_back=sum(row.wrote_back for row in rows),
        hidden_wrote_back=sum(row.wrote_back for row in rows if row.state == "hidden"),
        answered=sum(row.answered for row in rows),
        active_people=sum(people.values()),
        sentence=sentence(figure, few, words, context),
    )
    said = notes(context, cannot_tell=result.cannot_tell, provisional=result.provisional)
    return Built(result, figure.n if figure else 0, left_out(people, context), said)


def _figure(
    rows: Sequence[HouseRow], parts: tuple[str, ...], rule: Rule, fitted: Readership | None
) -> Estimate:
    """The figure of these parts. Whoever may have left counts in its upper end alone."""
    if fitted is None:
        return Headcount(0.0, 0.0, 0.0, 0).estimate()
    found = from_sums(_sums(rows, parts), rule.of, fitted.sigma)
    if any(row.part == "unsure" for row in rows):
        wider = from_sums(_sums(rows, (*parts, "unsure")), rule.of, fitted.sigma)
        found = Headcount(found.value, found.low, max(found.high, wider.high), wider.n)
    return found.estimate()


def _hidden(rows: Sequence[HouseRow], rule: Rule, fitted: Readership | None) -> Estimate | None:
    """How many of the hidden people keep reading, if they read like the others.

    Their own luck is one part of the variance. Those whom they are held to be like are a sample
    too, which adds as much again where both groups are equally large.
    """
    if fitted is None or not any(row.part == "hidden" for row in rows):
        return None
    sums = _sums(rows, ("hidden",))
    visible = sum(row.people for row in rows if row.state not in ("hidden", "uncertain"))
    wider = replace(sums, variance=sums.variance * (1 + sums.people / max(visible, 1)))
    return from_sums(wider, rule.of, fitted.sigma).estimate(HIDDEN_METHOD)


def _sums(rows: Sequence[HouseRow], parts: tuple[str, ...]) -> Sums:
    chosen = [row for row in rows if row.part in parts]
    return Sums(
        value=sum(row.value for row in chosen),
        most=sum(row.most for row in chosen),
        variance=sum(row.variance for row in chosen),
        slope=sum(row.slope for row in chosen),
        people=sum(row.people for row in chosen),
    )


def _by_rule(people: Mapping[str, int], rule: Rule, seen: int) -> Estimate | None:
    judged = any(people.get(state) for state in (*_JUDGED_BY_RULE, "uncertain", "hidden"))
    if seen < rule.of or (people.get("not_measured") and not judged):
        return None
    regular = people.get("regular", 0)
    return Estimate(
        value=regular,
        low=regular,
        high=regular + people.get("cannot_tell", 0),
        n=sum(people.get(state, 0) for state in _JUDGED_BY_RULE),
        method=RULE_METHOD,
    )


def _reason(
    people: Mapping[str, int],
    context: Context[Parameters],
    seen: int,
    needed: int,
    *,
    may_stand: bool,
) -> Reason | None:
    if not context.facts.posts:
        return "no_posts"
    if not people:
        # Everybody may have left, which is an answer. Without anybody ever known there is none.
        return None if _subscriptions_were_seen(context) else "no_people"
    if seen < needed:
        return "too_few_posts"
    nobody_judged = not may_stand and not any(people.get(state) for state in _JUDGED)
    return "not_measured" if nobody_judged and people.get("not_measured") else None


def _subscriptions_were_seen(context: Context[Parameters]) -> bool:
    return any(
        stream.stream == "subscriptions" and stream.seen > 0
        for source in context.facts.sources
        for stream in source.streams
    )


def _constants(rule: Rule) -> Constants:
    return Constants(
        reads=rule.reads,
        of=rule.of,
        fewest_units=fewest_opportunities(rule.of),
        fewest_reads=FEWEST_READS,
        fewest_days=FEWEST_DAYS,
    )


def back_test(window: WindowTest) -> BackTest:
    """A forecast of the past, in whole people."""
    found = Headcount(window.expected, window.low, window.high, window.people)
    return BackTest(
        date=window.at.date(), units=window.back, expected=found.estimate(), came=window.came
    )


def _set_aside(fitted: Readership | None) -> SetAside:
    if fitted is None:
        return SetAside(posts=[], arrivals=[])
    return SetAside(
        posts=[SetAsidePost(sent_at=aware(one.sent_at), flag=one.flag) for one in fitted.outliers],
        arrivals=[
            SetAsideArrivals(first_post_at=aware(one.sent_at), people=one.people)
            for one in fitted.bursts
        ],
    )


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
        issues=house.constants.of,
        unit="issues" if house.rule.unit == "post" else "weeks",
        reason=house.reason,
        seats=house.house_size,
    )


HOUSE: Report[Parameters, HouseRow, House] = Report(
    name="house",
    question="How many people sustain this publication, against the house the writer wants?",
    definition=definition,
    parameters=Parameters,
    query=EvidenceQuery,
    evidence=HouseRow,
    result=House,
    build=build,
    project=project,
    reads_readers=True,
)
