"""What can be seen at all: not measured, cannot tell, stale, machine-only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal, TypeAlias

import msgspec
from pydantic import Field

from regulars.store.timestamps import aware

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
]
LimitCode: TypeAlias = Literal[
    "never_synced",
    "stale",
    "not_complete",
    "unavailable",
    "not_measured",
    "quarantined",
    "held_removals",
    "unmatched",
]

SMALL_GAP = 0.02

WORDS: dict[tuple[str, str], str] = {
    ("people", "regular"): "people who keep to the rule",
    ("people", "cannot_tell"): "people whom snapshots with several posts between them leave open",
    ("people", "occasional"): "people who can be judged and do not keep to the rule",
    ("people", "uncertain"): "people whose opens may be a machine's",
    ("people", "hidden"): "people of whom hardly anything but machine opens is seen",
    ("people", "newcomer"): "people whom too few posts have reached so far",
    ("people", "not_measured"): "people too few of whose posts can be judged",
    ("people", "left"): "people who have left",
    ("people", "unreachable"): "people whose address bounced or who were removed",
    ("posts", "sent"): "posts sent by mail",
    ("posts", "too_recent"): "posts that have not matured yet",
    ("posts", "opens_not_recorded"): "posts whose opens are not recorded",
    ("posts", "not_mailed"): "posts that stood on the web only",
    ("opens", "person"): "opens that the provider takes for a person's",
    ("opens", "machine"): "opens by machines; no evidence",
    ("opens", "unknown"): "opens of which nobody says whether a machine made them",
    ("clicks", "human"): "clicks that count as a person's",
    ("clicks", "machine"): "clicks that are, or look like, a machine's",
    ("clicks", "unsubscribe"): "clicks on a link to unsubscribe; no reading",
    ("clicks", "without_time"): "clicks without a time, so that most machine tests are impossible",
    ("signals", "no_post"): "signals that name no known post",
    ("signals", "not_mailed"): "signals for posts that stood on the web only",
    ("signals", "no_person"): "signals that name no known subscription",
    ("signals", "too_recent"): "signals for posts that have not matured yet",
    ("signals", "outside_standing"): "signals for posts sent before they came or after they left",
    ("totals", "intervals"): "looks at running totals that differ from the look before",
    ("totals", "blocks"): "of these, with some of several posts read: cannot tell which",
    ("totals", "surplus"): "of these, with more mails than posts, so that opens are ambiguous",
    ("totals", "late_reads"): "opens of earlier posts, seen later",
    ("totals", "not_placed"): "of these, opens that could not be given to any earlier post",
    ("totals", "restarted"): "running totals that fell, so that their history starts again",
    ("totals", "rounded"): "running totals recovered from a rounded rate",
    ("segments", "completed"): "segments whose results are read",
    ("segments", "inactive"): "segments that the provider no longer keeps up to date",
    ("segments", "processing"): "segments that are still being worked out",
    ("segments", "failed"): "segments that could not be worked out",
    ("segments", "unknown"): "segments that the settings name and the provider does not know",
    ("named", "opened"): "opens of a person and a post that a segment shows; by whom is not said",
    ("named", "clicked"): "clicks without an open that a segment shows; by whom is not said",
    ("lists", "active"): "standings on newsletter lists that go on",
    ("lists", "left"): "standings on newsletter lists that have ended; not leaving the newsletter",
    ("lists", "pending"): "standings on newsletter lists that wait to be confirmed",
    ("lists", "paused"): "standings on newsletter lists that rest",
    ("lists", "unknown"): "standings on newsletter lists in a word that is not known",
    ("departures", "told"): "times of leaving that an export told",
}
_PLACES = {words: place for place, words in enumerate(WORDS)}


class CoverageRow(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One count, or one side of a sum; only that has a span."""

    topic: Topic
    connection: str
    code: str
    count: int
    since_at: datetime | None = None
    until_at: datetime | None = None


class Item(Part):
    """One count, for a connection or for the whole publication."""

    connection: str | None = Field(description="None: for the whole publication")
    code: str = Field(description="stable code")
    count: int
    words: str


class Limit(Part):
    """Something that a source could not, or not wholly, give."""

    connection: str
    stream: str | None = Field(description="None: the whole connection")
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
    days: int | None = Field(description="growth of the days' sums; None: not seen, or not said")
    gap: int = Field(description="people less posts")
    words: str


class Seen(Part):
    """What can be seen, topic by topic; counts of zero are not listed."""

    people: list[Item] = Field(description="everybody ever known, by state")
    posts: list[Item]
    opens: list[Item] = Field(description="opens that can be judged, by who made them")
    clicks: list[Item] = Field(description="clicks on matured posts, by verdict")
    signals: list[Item] = Field(description="signals that were ignored, by reason")
    totals: list[Item] = Field(description="what running totals allow to say of active people")
    segments: list[Item] = Field(description="segments that the settings name, by how they stand")
    named: list[Item] = Field(description="what segments show of single people and posts")
    lists: list[Item] = Field(description="standings on newsletter lists")
    departures: list[Item] = Field(description="what an export told of leaving")
    sums: list[Sum] = Field(description="sums that must agree, and by how much they do not")
    limits: list[Limit] = Field(description="what the sources could not give")


def _definition(context: Context[Parameters]) -> str:
    return (
        "Counts of what is known and of what is not, with the reasons. States of people follow "
        f"the rule of house and regulars: {context.facts.rule.words()}. Whatever is not measured "
        "is named here and nowhere counted as zero."
    )


def build(rows: Sequence[CoverageRow], context: Context[Parameters]) -> Built[Seen]:
    """The counts by topic, and the limits of the sources."""
    topics: dict[Topic, list[Item]] = {
        "people": [], "posts": [], "opens": [], "clicks": [], "signals": [], "totals": [],
        "segments": [], "named": [], "lists": [], "departures": [],
    }  # fmt: skip
    counts: Counter[tuple[str, Topic, str]] = Counter()
    for row in rows:
        if row.topic != "sums":
            counts[row.connection, row.topic, row.code] += row.count
    for (connection, topic, code), count in sorted(counts.items(), key=_place):
        if count:
            topics[topic].append(_item(connection, topic, code, count))
    limits = [limit for source in context.facts.sources for limit in _limits(source)]
    people = {code: count for (_, topic, code), count in counts.items() if topic == "people"}
    ignored = [
        LeftOut(reason=item.code, what="signals", count=item.count, words=item.words)
        for item in topics["signals"]
    ]
    sums = build_sums([row for row in rows if row.topic == "sums"])
    result = Seen(**topics, sums=sums, limits=limits)
    return Built(result, sum(people.values()), left_out_people(people) + ignored)


def _place(counted: tuple[tuple[str, Topic, str], int]) -> tuple[str, int]:
    """Connection by connection, in the order of WORDS, where some speak of those before."""
    (connection, topic, code), _ = counted
    return connection, _PLACES[topic, code]


def _item(connection: str, topic: Topic, code: str, count: int) -> Item:
    return Item(connection=connection or None, code=code, count=count, words=WORDS[topic, code])


def build_sums(rows: Sequence[CoverageRow]) -> list[Sum]:
    """The sums that must agree, from their sides; one for each connection, span and question."""
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
    """What a gap means. Up to a fiftieth is what looks at different moments leave."""
    if abs(gap) <= most * SMALL_GAP:
        return "people and posts tell the same"
    if gap > 0 and what == "received":
        return (
            "people received more than the posts delivered: mails that are no posts (automations)"
            " are inside the running totals, so blocks of several posts stay more open"
        )
    if gap > 0:
        return (
            "people opened more than the posts say: opens of mails that are no posts are inside the"
            " running totals"
        )
    return (
        "the posts count more than the running totals of people: people who were deleted, who show"
        " no totals, or whose totals began again are missing in them"
    )


def _limits(source: Source) -> Iterator[Limit]:
    if source.last_outcome == "never":
        yield _limit(source, None, "never_synced", "nothing has been pulled from it yet")
    elif source.is_stale:
        yield _limit(source, None, "stale", "no complete sync within the last eight days")
    for stream in source.streams:
        yield from _stream_limits(source, stream)


def _stream_limits(source: Source, stream: SourceStream) -> Iterator[Limit]:
    if stream.outcome == "unavailable":
        words = stream.reason or "the provider does not give it"
        yield _limit(source, stream, "unavailable", words)
    if stream.outcome in ("partial", "failed"):
        words = stream.reason or "the last pull did not reach its end"
        yield _limit(source, stream, "not_complete", words)
    if stream.stream == "departures" and stream.reason:
        yield _limit(source, stream, "unmatched", stream.reason)
    if stream.alarm:
        yield _limit(source, stream, "not_measured", _ALARMS.get(stream.alarm, stream.alarm))
    if stream.quarantined:
        words = "rows that could not be read; the others were kept"
        yield _limit(source, stream, "quarantined", words, stream.quarantined)
    if stream.held_removals:
        words = "people no longer shown; held back until `sync --accept-removals`"
        yield _limit(source, stream, "held_removals", words, stream.held_removals)


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


_ALARMS = {
    "counters_all_zero": "every total of everybody is zero, which means: not measured",
}


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
