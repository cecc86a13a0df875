"""Who are they, how sure are we, on which evidence, since when?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, get_args

import msgspec
from pydantic import Field, field_validator

from regulars.messages import in_a_row
from regulars.stats.interval import fewest_opportunities
from regulars.store.timestamps import aware

from . import messages
from .engine.envelope import Part
from .engine.report import Built, Context, EvidenceQuery, Parameters, Report
from .states import RuleState, State, left_out_people

_ORDER: tuple[str, ...] = get_args(State)


class RegularsParameters(Parameters):
    """Which people are wanted."""

    state: tuple[State, ...] = Field(
        default=("regular", "fading", "quiet", "uncertain"),
        description="states to list, separated by commas",
    )

    @field_validator("state", mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        if isinstance(value, str):
            value = [value]
        if isinstance(value, (list, tuple)):
            return tuple(word.strip() for text in value for word in str(text).split(","))
        return value

    def query_values(self) -> dict[str, Any]:
        """The states as one text, each between commas."""
        return {"states": "," + ",".join(self.state) + ","}


class RegularsQuery(EvidenceQuery):
    """Named parameters of ``regulars.sql``."""

    states: str


class RegularRow(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One subscription of one person. Times are naive UTC. ``listed_from`` orders the list."""

    person_id: str
    connection: str
    subscription_id: str
    state: State
    rule_state: RuleState
    p_sustained: float | None
    p_here: float | None
    expected_reads: float | None
    is_counted: bool
    reads_low: int
    reads_high: int
    posts: int
    opens: int
    clicks: int
    answers: int
    last_read_at: datetime | None
    since: datetime | None
    until: datetime | None
    joined_at: datetime | None
    wrote_back: bool
    last_answer_at: datetime | None
    listed_from: datetime


class Subscription(Part):
    """Where the provider knows them."""

    connection: str
    provider_id: str


class Evidence(Part):
    """What is known of the last posts that reached them."""

    reads_low: int = Field(description="posts that were certainly read")
    reads_high: int = Field(description="posts that may have been read")
    of: int = Field(description="posts looked at")
    opens: int = Field(description="of these, posts with an open that counts")
    clicks: int = Field(description="posts with a click that counts")
    answers: int = Field(description="posts with an answer")
    last_read_at: datetime | None = Field(description="time of the newest evidence, if any")


class Person(Part):
    """One person, by ids alone."""

    id: str = Field(description="our own id (per_...)")
    connection: str = Field(description="connection of their first subscription")
    provider_id: str = Field(description="the provider's id of their first subscription")
    subscriptions: list[Subscription] = Field(description="all their present subscriptions")
    state: State
    rule_state: RuleState = Field(
        description="the state by the rule alone, which counts the last posts"
    )
    p_sustained: float | None = Field(
        description="chance that they read as many of the next posts as a regular does (null while"
        " nothing can be seen of their reading)"
    )
    p_here: float | None = Field(description="chance that they are still there for the next post")
    expected_reads: float | None = Field(
        description="reads expected in the next posts, as many as the rule looks at"
    )
    is_counted: bool = Field(description="their chance counts in the figure of house")
    evidence: Evidence
    since: datetime | None = Field(
        description="who keeps to the rule: when the post that completed it went out, unbroken"
    )
    until: datetime | None = Field(
        description="who kept to the rule within twelve months, and stopped: when they last did"
    )
    joined_at: datetime | None = Field(
        description="when they joined (null where the provider is silent)"
    )
    wrote_back: bool = Field(description="sent a reply in the last 26 weeks")
    last_answer_at: datetime | None = Field(description="their newest answer of any kind")


class Regulars(Part):
    """The people, grouped by state, the longest-standing first."""

    people: list[Person]
    counts: dict[State, int] = Field(description="how many are listed in each state")


def _definition(context: Context[RegularsParameters]) -> str:
    rule = context.facts.rule
    first = (
        messages.REGULARS_DEFINITION_POSTS
        if rule.unit == "post"
        else messages.REGULARS_DEFINITION_WEEKS
    )
    fewest = fewest_opportunities(rule.of)
    return in_a_row(
        first(reads=rule.reads, of=rule.of, fewest=fewest), messages.REGULARS_DEFINITION_MORE()
    )


def build(rows: Sequence[RegularRow], _context: Context[RegularsParameters]) -> Built[Regulars]:
    """The list, sorted by how long people have been there and not by how much they read.

    rows: one for each subscription, those of a person together.
    """
    ordered = sorted(rows, key=_how_long)
    people = [_person(list(group)) for _, group in groupby(ordered, key=lambda row: row.person_id)]
    people.sort(key=lambda person: _ORDER.index(person.state))
    counts = Counter(person.state for person in people)
    left_out = left_out_people({str(state): count for state, count in counts.items()})
    listed = len(people) - sum(item.count for item in left_out)
    return Built(Regulars(people=people, counts=dict(counts)), listed, left_out)


def _how_long(row: RegularRow) -> tuple[datetime, datetime, str]:
    return row.listed_from, row.joined_at or datetime.min, row.person_id  # noqa: DTZ901


def _person(rows: list[RegularRow]) -> Person:
    first = rows[0]
    return Person(
        id=first.person_id,
        connection=first.connection,
        provider_id=first.subscription_id,
        subscriptions=_subscriptions(rows),
        state=first.state,
        rule_state=first.rule_state,
        p_sustained=_two_decimals(first.p_sustained),
        p_here=_two_decimals(first.p_here),
        expected_reads=_two_decimals(first.expected_reads),
        is_counted=first.is_counted,
        evidence=Evidence(
            reads_low=first.reads_low,
            reads_high=first.reads_high,
            of=first.posts,
            opens=first.opens,
            clicks=first.clicks,
            answers=first.answers,
            last_read_at=_aware(first.last_read_at),
        ),
        since=_aware(first.since),
        until=_aware(first.until),
        joined_at=_aware(first.joined_at),
        wrote_back=first.wrote_back,
        last_answer_at=_aware(first.last_answer_at),
    )


def _two_decimals(number: float | None) -> float | None:
    return None if number is None else round(number, 2)


def _subscriptions(rows: list[RegularRow]) -> list[Subscription]:
    keys = sorted({(row.connection, row.subscription_id) for row in rows})
    return [Subscription(connection=name, provider_id=key) for name, key in keys]


def _aware(moment: datetime | None) -> datetime | None:
    return None if moment is None else aware(moment)


REGULARS: Report[RegularsParameters, RegularRow, Regulars] = Report(
    name="regulars",
    question="Who are they, how sure are we, on which evidence, since when?",
    definition=_definition,
    parameters=RegularsParameters,
    query=RegularsQuery,
    evidence=RegularRow,
    result=Regulars,
    build=build,
    reads_readers=True,
)
