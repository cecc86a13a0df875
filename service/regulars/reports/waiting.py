"""Who waits for an answer, since when, and how soon people are answered."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeAlias

import msgspec
from pydantic import Field

from regulars.replies.conversations import (
    STATES,
    ActionOnLetter,
    Conversation,
    Kind,
    Mail,
    State,
    Wait,
    conversations,
)
from regulars.stats.estimate import Estimate
from regulars.stats.survival import Bounds, Curve, bound_curves, kaplan_meier
from regulars.store.timestamps import aware

from . import messages
from .engine.envelope import Part
from .engine.report import Built, Context, EvidenceQuery, Parameters, Report
from .last_issues import Season, season

METHOD = "kaplan_meier/1"
WITHIN_DAYS = 7
_DAY = timedelta(days=1)
_SHORT = timedelta(days=2)  # in so short a time the middle of an interval serves
_Titles: TypeAlias = dict[tuple[str | None, str | None], str | None]


class WaitingParameters(Parameters):
    """Which conversations are listed."""

    state: State = Field(default="waiting", description="conversations in this state are listed")


class WaitingRow(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A letter with one word of the owner, or without any. Times are naive UTC."""

    letter_id: str
    conversation: str
    direction: str
    kind: str
    at: datetime
    words: int
    question: bool
    recipients: int
    is_answered: bool
    flag_seen_at: datetime | None
    person_id: str | None
    post_connection: str | None
    post_id: str | None
    title: str | None
    action: str | None
    acted_at: datetime | None
    until_at: datetime | None


class OpenConversation(Part):
    """One conversation."""

    conversation: str
    letter_id: str = Field(description="the first letter of its last turn, which acts name")
    person_id: str | None = Field(description="null: no subscriber is known")
    connection: str | None
    post_id: str | None = Field(description="null: nobody can say which post it answers")
    title: str | None
    since: datetime = Field(description="when the first letter of the last turn arrived")
    kind: Kind = Field(description="a question, a letter, or a word of thanks")
    state: State
    letters_in: int = Field(description="letters of the reader")
    letters_out: int = Field(description="letters of the writer")


class Wish(Part):
    """A letter that asks for nothing but to be taken off the list."""

    letter_id: str
    person_id: str | None
    at: datetime


class WaitingOfSeason(Season):
    """How soon people are answered who wrote since the first of the last issues."""

    people: int = Field(description="different subscribers who wrote since then")
    answered_within_7_days: Estimate | None = Field(description="of their turns, as below")


class HalfAnswered(Part):
    """Between which times half of the turns were answered, in days."""

    earliest: float = Field(description="if each was answered as soon as it can have been")
    latest: float | None = Field(
        description="if each was answered as late as it can have been; null: most may still wait"
    )


class WaitingResult(Part):
    """Conversations by state, and how soon people are answered."""

    sentence: str
    people: int = Field(description="different people who wait")
    listed: list[OpenConversation] = Field(
        description="conversations in the state asked for, oldest first"
    )
    states: dict[State, int] = Field(description="conversations by state")
    answered_within_7_days: Estimate | None = Field(
        description="turns of readers that get an answer within seven days, of all turns. "
        "Those that still wait count as long as they have waited. null: nobody wrote that long ago"
    )
    half_answered_within_days: float | None = Field(
        description="half of the turns are answered within so many days; null while most wait, and "
        "where too many times are unknown to name one"
    )
    half_answered_between_days: HalfAnswered | None = Field(
        description="the same as two bounds, where answers are known by the mailbox's flag or your "
        "word alone, so that nobody knows when they were given; null where times are known"
    )
    wishes: list[Wish] = Field(description="who asks to be taken off the list, oldest first")
    season: WaitingOfSeason | None = Field(
        description="the last 13 issues, which a widget shows; null before the first one"
    )


def _definition(context: Context[WaitingParameters]) -> str:
    return messages.WAITING_DEFINITION(count=context.publication.letters.fade_after_days)


def build(rows: Sequence[WaitingRow], context: Context[WaitingParameters]) -> Built[WaitingResult]:
    """Conversations as of the moment that is asked about."""
    fade_after = timedelta(days=context.publication.letters.fade_after_days)
    titles: _Titles = {
        (row.post_connection, row.post_id): row.title for row in rows if row.post_id is not None
    }
    found = conversations(_mails(rows), _actions(rows), context.as_of, fade_after)
    counts = Counter(one.state for one in found)
    waiting = [one for one in found if one.state == "waiting"]
    waits = [wait for one in found for wait in one.waits]
    curve, bounds = _curve(waits), _bounds(waits)
    result = WaitingResult(
        sentence=_sentence(waiting),
        people=_people(waiting),
        listed=[_listed(one, titles) for one in found if one.state == context.parameters.state],
        states={state: counts[state] for state in STATES if counts[state]},
        answered_within_7_days=_answered(curve, bounds),
        half_answered_within_days=None
        if curve.median is None or bounds is not None
        else round(curve.median, 1),
        half_answered_between_days=_half_between(bounds),
        wishes=_wishes(rows),
        season=_of_season(found, context),
    )
    return Built(result, len(found))


def _wishes(rows: Sequence[WaitingRow]) -> list[Wish]:
    """Who asks to be taken off, each letter once, until the owner says that it is done."""
    newest = {
        row.letter_id: row  # words of the owner come in their order
        for row in rows
        if row.kind == "unsubscribe_request"
    }
    return [
        Wish(letter_id=row.letter_id, person_id=row.person_id, at=aware(row.at))
        for row in newest.values()
        if row.action not in ("rest", "answered")
    ]


def _mails(rows: Sequence[WaitingRow]) -> list[Mail]:
    once = {row.letter_id: row for row in rows}
    return [
        Mail(
            id=row.letter_id,
            conversation=row.conversation,
            direction="out" if row.direction == "out" else "in",
            kind=row.kind,
            at=aware(row.at),
            words=row.words,
            question=row.question,
            readers=row.recipients,
            is_answered=row.is_answered,
            flag_seen_at=None if row.flag_seen_at is None else aware(row.flag_seen_at),
            person_id=row.person_id,
            post=(row.post_connection, row.post_id)
            if row.post_connection is not None and row.post_id is not None
            else None,
        )
        for row in once.values()
    ]


def _actions(rows: Sequence[WaitingRow]) -> list[ActionOnLetter]:
    return [
        ActionOnLetter(
            row.letter_id,
            row.action,
            aware(row.acted_at),
            None if row.until_at is None else aware(row.until_at),
        )
        for row in rows
        if row.action is not None and row.acted_at is not None
    ]


def _people(waiting: Sequence[Conversation]) -> int:
    return len({one.person_id or one.id for one in waiting})


def _sentence(waiting: Sequence[Conversation]) -> str:
    if not waiting:
        return messages.NOBODY_WAITS()
    return messages.PEOPLE_WAIT(count=_people(waiting))


def _listed(one: Conversation, titles: _Titles) -> OpenConversation:
    connection, post_id = one.post or (None, None)
    return OpenConversation(
        conversation=one.id,
        letter_id=one.letter_id,
        person_id=one.person_id,
        connection=connection,
        post_id=post_id,
        title=titles.get((connection, post_id)),
        since=one.since,
        kind=one.kind,
        state=one.state,
        letters_in=one.letters_in,
        letters_out=one.letters_out,
    )


def _of_season(
    found: Sequence[Conversation], context: Context[WaitingParameters]
) -> WaitingOfSeason | None:
    """Of subscribers alone, who are told apart for certain."""
    last = season(context)
    if last is None:
        return None
    turns = [
        (one.person_id, wait)
        for one in found
        for wait in one.waits
        if one.person_id is not None and wait.since >= last.since
    ]
    waits = [wait for _, wait in turns]
    return WaitingOfSeason(
        issues=last.issues,
        since=last.since,
        people=len({person for person, _ in turns}),
        answered_within_7_days=_answered(_curve(waits), _bounds(waits)),
    )


def _curve(waits: Sequence[Wait]) -> Curve:
    """Of turns of readers, in days. An answer within two days at most counts as halfway."""
    ends = [wait.ended_at or _halfway(wait) for wait in waits]
    times = [
        ((end or wait.seen_until) - wait.since) / _DAY
        for wait, end in zip(waits, ends, strict=True)
    ]
    return kaplan_meier([max(one, 0.0) for one in times], [end is not None for end in ends])


def _halfway(wait: Wait) -> datetime | None:
    """The middle of a short interval in which the answer was given. None for any other."""
    if wait.ended_by is None or wait.ended_by - wait.since >= _SHORT:
        return None
    return wait.since + (wait.ended_by - wait.since) / 2


def _bounds(waits: Sequence[Wait]) -> Bounds | None:
    """The curves if answers came as soon, and as late, as they can have. None where the time of
    each answer is known, or within two days."""
    if not any(
        wait.ended_at is None and wait.ended_by is not None and _halfway(wait) is None
        for wait in waits
    ):
        return None
    intervals = []
    for wait in waits:
        end = wait.ended_at or wait.ended_by
        last = max(0.0, ((end or wait.seen_until) - wait.since) / _DAY)
        first = 0.0 if wait.ended_at is None else last
        intervals.append((first, last, end is not None))
    return bound_curves(intervals)


def _half_between(bounds: Bounds | None) -> HalfAnswered | None:
    if bounds is None:
        return None
    first, last = bounds.median
    if first is None:
        return None
    return HalfAnswered(earliest=round(first, 1), latest=None if last is None else round(last, 1))


def _answered(curve: Curve, bounds: Bounds | None) -> Estimate | None:
    """Of all turns. Its range covers answers whose times are unknown."""
    found = _share_answered(curve)
    if found is None or bounds is None:
        return found
    spread = [one for one in map(_share_answered, (bounds.earliest, bounds.latest)) if one]
    low, high = min(one.low for one in (found, *spread)), max(one.high for one in (found, *spread))
    return found.model_copy(update={"low": low, "high": high})


def _share_answered(curve: Curve) -> Estimate | None:
    step = curve.at(WITHIN_DAYS)
    if step is None:
        return None
    n = curve.n
    low, high = 1 - step.high, 1 - step.low
    if step.share in (0.0, 1.0):
        # The interval of log(-log) has no width there; the exact one of a share that was never seen
        # does (C. J. Clopper and E. S. Pearson, Biometrika 26, 1934; one side at 5 %).
        unseen = 1 - 0.05 ** (1 / n)
        low, high = (0.0, unseen) if step.share == 1.0 else (1 - unseen, 1.0)
    return Estimate(
        value=round(n * (1 - step.share)),
        low=math.floor(n * low + 1e-9),
        high=math.ceil(n * high - 1e-9),
        n=n,
        method=METHOD,
    )


WAITING: Report[WaitingParameters, WaitingRow, WaitingResult] = Report(
    name="waiting",
    question="Who waits for an answer, and how soon are people answered?",
    definition=_definition,
    parameters=WaitingParameters,
    query=EvidenceQuery,
    evidence=WaitingRow,
    result=WaitingResult,
    build=build,
)
