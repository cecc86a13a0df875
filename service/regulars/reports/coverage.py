"""What can be seen at all: not measured, cannot tell, stale, machine-only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal, TypeAlias

import msgspec
from pydantic import Field

from regulars.messages import Label
from regulars.store.run_record import hours_if_old
from regulars.store.timestamps import aware

from . import messages
from .engine.envelope import LeftOut, Part, Source, SourceStream
from .engine.report import Built, Context, Parameters, Report, RuleQuery
from .states import left_out_people

Topic: TypeAlias = Literal[
    "people",
    "posts",
    "opens",
    "clicks",
    "signals",
    "totals",
    "segments",
    "named",
    "lists",
    "departures",
    "sums",
    "shared",
    "named_posts",
]
LimitCode: TypeAlias = Literal[
    "never_synced",
    "stale",
    "not_complete",
    "unavailable",
    "not_measured",
    "quarantined",
    "held_removals",
    "without_totals",
    "accepted_count",
    "old_statistics",
    "held_changes",
    "unknown_standings",
    "unmatched",
    "unknown_post",
]

SMALL_GAP = 0.02

_PLACES = {counted: place for place, counted in enumerate(messages.COUNTED)}


class CoverageRow(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One count, or one side of a sum. ``since_at`` and ``until_at``: of a sum alone."""

    topic: Topic
    connection: str
    code: str
    count: int
    since_at: datetime | None = None
    until_at: datetime | None = None


class Item(Part):
    """One count, for a connection or for the whole publication."""

    connection: str | None = Field(description="name, or null for the whole publication")
    code: str = Field(description="stable code")
    count: int
    words: str


class Limit(Part):
    """Something that a source left out, wholly or in part."""

    connection: str
    stream: str | None = Field(description="kind of record, or null for the whole connection")
    code: LimitCode
    count: int | None = Field(description="rows concerned, where they can be counted")
    words: str


class Sum(Part):
    """One of the sums that must agree, between two looks at everybody."""

    connection: str
    span: Literal["all", "last"] = Field(description="first look to last, or between the last two")
    what: Literal["received", "opened"]
    since: datetime
    until: datetime
    people: int = Field(description="growth of the running totals of all people")
    posts: int = Field(description="growth of the posts' own sums")
    days: int | None = Field(description="growth of the days' sums (null where unseen or unknown)")
    gap: int = Field(description="people less posts")
    words: str


class SharedPost(Part):
    """A post that counts once together with one of another connection."""

    connection: str
    post_id: str = Field(description="the provider's id of the post in this connection")
    with_connection: str = Field(description="the connection that knows the same post")
    matched_by: Literal["told", "id", "web_address", "title"] = Field(
        description="the owner's word, an equal id, an equal web address, or the title and the day"
    )
    sent_at: datetime
    words: str


class Seen(Part):
    """What can be seen, topic by topic, in counts above zero."""

    people: list[Item] = Field(description="everybody ever known, by state")
    posts: list[Item]
    opens: list[Item] = Field(description="opens that can be judged, by who made them")
    clicks: list[Item] = Field(description="clicks on matured posts, by verdict")
    signals: list[Item] = Field(description="ignored signals, by reason")
    totals: list[Item] = Field(description="what running totals say of active people")
    segments: list[Item] = Field(description="segments of the settings, by status")
    named: list[Item] = Field(description="what segments show of single people and posts")
    lists: list[Item] = Field(description="standings on newsletter lists, by status")
    departures: list[Item] = Field(description="what exports say about leaving")
    sums: list[Sum] = Field(description="sums that must agree, with the gap between them")
    shared: list[SharedPost] = Field(
        description="posts that several connections know; correct them with `same_posts` and"
        " `different_posts` in the settings"
    )
    limits: list[Limit] = Field(description="what the sources left out")


def _definition(context: Context[Parameters]) -> str:
    rule = context.facts.rule
    text = (
        messages.COVERAGE_DEFINITION_POSTS
        if rule.unit == "post"
        else messages.COVERAGE_DEFINITION_WEEKS
    )
    return text(reads=rule.reads, of=rule.of)


def build(rows: Sequence[CoverageRow], context: Context[Parameters]) -> Built[Seen]:
    """The counts by topic, and the limits of the sources."""
    topics: dict[Topic, list[Item]] = {
        "people": [], "posts": [], "opens": [], "clicks": [], "signals": [], "totals": [],
        "segments": [], "named": [], "lists": [], "departures": [],
    }  # fmt: skip
    counts: Counter[tuple[str, Topic, str]] = Counter()
    for row in rows:
        if row.topic not in ("sums", "shared", "named_posts"):
            counts[row.connection, row.topic, row.code] += row.count
    for (connection, topic, code), count in sorted(counts.items(), key=_place):
        if count:
            topics[topic].append(_item(connection, topic, code, count))
    limits = [limit for source in context.facts.sources for limit in _limits(source)]
    limits += [_unknown_post(row) for row in rows if row.topic == "named_posts"]
    people = {code: count for (_, topic, code), count in counts.items() if topic == "people"}
    ignored = [
        LeftOut(reason=item.code, what="signals", count=item.count, words=item.words)
        for item in topics["signals"]
    ]
    sums = build_sums([row for row in rows if row.topic == "sums"])
    shared = [_shared(row) for row in rows if row.topic == "shared"]
    result = Seen(**topics, sums=sums, shared=shared, limits=limits)
    return Built(result, sum(people.values()), left_out_people(people) + ignored)


def _place(counted: tuple[tuple[str, Topic, str], int]) -> tuple[str, int]:
    """By connection, then in the order of the texts: some refer to the one before."""
    (connection, topic, code), _ = counted
    return connection, _PLACES[topic, code]


def _item(connection: str, topic: Topic, code: str, count: int) -> Item:
    words = messages.COUNTED[topic, code]()
    return Item(connection=connection or None, code=code, count=count, words=words)


def _shared(row: CoverageRow) -> SharedPost:
    matched_by, connection, post_id = row.code.split("/", 2)
    return SharedPost.model_validate(
        {
            "connection": row.connection,
            "post_id": post_id,
            "with_connection": connection,
            "matched_by": matched_by,
            "sent_at": _moment(row.since_at),
            "words": messages.MATCHED_BY[matched_by](),
        }
    )


def _unknown_post(row: CoverageRow) -> Limit:
    """A post that the settings name and nobody knows."""
    setting, _, post_id = row.code.partition("/")
    words = messages.POST_NOT_KNOWN(setting=setting, name=f"{row.connection}/{post_id}")
    return Limit(
        connection=row.connection, stream="posts", code="unknown_post", count=None, words=words
    )


def build_sums(rows: Sequence[CoverageRow]) -> list[Sum]:
    """The sums that must agree, one for each connection, span and question, from their sides."""
    sides: dict[tuple[str, str, str], dict[str, CoverageRow]] = {}
    for row in rows:
        span, what, side = row.code.split("/")
        sides.setdefault((row.connection, span, what), {})[side] = row
    return [_sum(*key, found) for key, found in sides.items()]


def _sum(connection: str, span: str, what: str, sides: dict[str, CoverageRow]) -> Sum:
    people, posts, days = sides["people"], sides["posts"], sides.get("days")
    gap = people.count - posts.count
    return Sum(
        connection=connection,
        span="all" if span == "all" else "last",
        what="received" if what == "received" else "opened",
        since=_moment(people.since_at),
        until=_moment(people.until_at),
        people=people.count,
        posts=posts.count,
        days=days.count if days else None,
        gap=gap,
        words=_gap_words(what, gap, max(people.count, posts.count)),
    )


def _moment(moment: datetime | None) -> datetime:
    if moment is None:
        raise ValueError("a sum without its span")
    return aware(moment)


def _gap_words(what: str, gap: int, most: int) -> str:
    """What a gap means. Looks at different moments explain a gap of up to a fiftieth."""
    if abs(gap) <= most * SMALL_GAP:
        return messages.SUMS_AGREE()
    if gap < 0:
        return messages.SUMS_MORE_OF_POSTS()
    return messages.SUMS_MORE_RECEIVED() if what == "received" else messages.SUMS_MORE_OPENED()


def _limits(source: Source) -> Iterator[Limit]:
    if source.last_outcome == "never":
        yield _limit(source, None, "never_synced", messages.NEVER_PULLED())
    elif source.is_stale:
        yield _limit(source, None, "stale", messages.NO_COMPLETE_SYNC())
    for stream in source.streams:
        yield from _stream_limits(source, stream)


def _stream_limits(source: Source, stream: SourceStream) -> Iterator[Limit]:
    if stream.outcome == "unavailable":
        words = stream.reason or messages.NOT_GIVEN()
        yield _limit(source, stream, "unavailable", words)
    if stream.outcome in ("partial", "failed"):
        words = stream.reason or messages.PULL_NOT_AT_ITS_END()
        yield _limit(source, stream, "not_complete", words)
    if stream.stream == "departures" and stream.reason:
        yield _limit(source, stream, "unmatched", stream.reason)
    if stream.alarm:
        known = messages.ALARMS.get(stream.alarm)
        yield _limit(source, stream, "not_measured", known() if known else stream.alarm)
    for code, label, count in _counted_limits(stream):
        if count:
            yield _limit(source, stream, code, label(), count)


def _counted_limits(stream: SourceStream) -> Iterator[tuple[LimitCode, Label, int]]:
    """Limits that concern so many rows or people, by code. Zero: there is none."""
    accepted = abs(stream.count_difference or 0) if stream.accepted_difference else 0
    yield "quarantined", messages.ROWS_NOT_READ, stream.quarantined
    yield "held_removals", messages.REMOVALS_HELD, stream.held_removals
    yield "held_changes", messages.CHANGES_HELD, stream.held_changes
    yield "unknown_standings", messages.STANDING_UNKNOWN, stream.unknown_standings
    yield "without_totals", messages.TOTALS_LACKING, stream.without_totals
    yield "old_statistics", messages.STATISTICS_OLD, hours_if_old(stream.statistics_age)
    yield "accepted_count", messages.COUNT_ACCEPTED, accepted


def _limit(
    source: Source,
    stream: SourceStream | None,
    code: LimitCode,
    words: str,
    count: int | None = None,
) -> Limit:
    return Limit(
        connection=source.connection,
        stream=stream.stream if stream else None,
        code=code,
        count=count,
        words=words,
    )


COVERAGE: Report[Parameters, CoverageRow, Seen] = Report(
    name="coverage",
    question="What can be seen at all: not measured, cannot tell, stale, machine-only?",
    definition=_definition,
    parameters=Parameters,
    query=RuleQuery,
    evidence=CoverageRow,
    result=Seen,
    build=build,
    in_spans=True,
    extra_statements=("coverage_gone", "coverage_seen"),
    extra_statements_in_spans=("coverage_totals",),
)
