"""The newest post beside those before it: ordinary or not, and what changed.

The newest matured post is held against up to 26 posts before it, and the last K posts against what
was forecast for them (``stats/ordinary.py``). Everything else that moves is the usual coming and
going, and called so.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import Field

from regulars.messages import Label, in_a_row
from regulars.stats import ordinary
from regulars.stats.ordinary import Fall, PostReaders, Verdict

from . import messages
from .engine.envelope import Part

Reason = Literal["no_posts", "too_few_posts", "not_measured"]
MIX_STEADY_BELOW = 2.0  # people of a hundred
Flag = Literal["none", "high", "low"]


@dataclass(frozen=True, slots=True)
class UnitReading:
    """One matured unit, a post or a week of posts: who could read it, and who did.

    established, readers: visible people with at least N_min earlier opportunities, and who of them
    read. recipients: everybody visible whom it reached, in two groups. delivered: everybody whom
    it reached. letters: people who replied. flag: set aside as an outlier. first_sent_at is aware.
    """

    first_sent_at: datetime
    title: str
    established: int
    readers: int
    recipients: PostReaders
    delivered: int = 0
    letters: int = 0
    flag: Flag = "none"


@dataclass(frozen=True, slots=True)
class FallSeen:
    """Reads of the last K units by people who were established before them, and the forecast.

    since: when the first of these units went out (aware).
    """

    since: datetime
    came: float
    expected: float
    variance: float
    slope: float
    sigma: float
    units: int

    def judged(self) -> Fall | None:
        """Whether it is a fall that lasts; None where nothing could vary."""
        return ordinary.lasting_fall(
            self.came,
            self.expected,
            self.variance,
            slope=self.slope,
            sigma=self.sigma,
            units=self.units,
        )


class JudgedReaders(Part):
    """How many people read the newest post, and what would be ordinary."""

    value: int = Field(description="people who read it")
    of: int = Field(description="established people whom it reached and whose reading can be seen")
    low: int = Field(description="the fewest that would be ordinary")
    high: int = Field(description="the most that would be ordinary")
    usual: int = Field(description="the middle of these")
    verdict: Verdict = Field(description="ordinary, unusually_low or unusually_high")
    posts: int = Field(description="posts before it that it is compared with")


class JudgedLetters(Part):
    """How many people replied to the newest post, and what would be ordinary."""

    value: int = Field(description="people who replied to it")
    low: int = Field(description="the fewest that would be ordinary")
    high: int = Field(description="the most that would be ordinary")
    verdict: Verdict = Field(description="ordinary, unusually_low or unusually_high")
    posts: int = Field(description="posts before it that it is compared with")


class LastingFall(Part):
    """Established people have read less over the last posts than was forecast before them."""

    since: datetime = Field(description="when the first of these posts went out")
    title: str = Field(description="title of that post")
    posts: int = Field(description="posts (or weeks) that were looked at")
    came: int = Field(description="reads that came")
    expected: int = Field(description="reads that were forecast")


class SharesOfHundred(Part):
    """What changed the share of all recipients that reads, in people of a hundred."""

    before: float = Field(description="of 100 recipients, readers of the eight posts before")
    after: float = Field(description="of 100 recipients, readers of the last four posts")
    newcomers: float = Field(
        description="part of the change that comes from newcomers' part of the list"
    )
    behaviour: float = Field(description="part of the change that comes from how people read")
    sentence: str = Field(description="the same in words")


class PostSeen(Part):
    """One post (or week with posts) beside the others."""

    sent_at: datetime = Field(description="when it went out (the first of its week)")
    title: str = Field(description="its title (the first of its week)")
    readers: int = Field(description="people who read it")
    of: int = Field(description="established people whom it reached and whose reading can be seen")
    letters: int = Field(description="people who replied to it")
    set_aside: Flag = Field(
        description="high or low: read by so many or so few that it counts for nobody (else none)"
    )


class Variation(Part):
    """The newest matured post beside those before it."""

    sentence: str = Field(description="the answer as a writer could say it")
    reason: Reason | None = Field(description="why there is no verdict on readers, as a code")
    sent_at: datetime | None = Field(description="when the newest matured post went out")
    title: str | None = Field(description="its title")
    readers: JudgedReaders | None = Field(description="people who read it (null: too early)")
    letters: JudgedLetters | None = Field(
        description="people who replied to it (null: too early, or nobody ever did)"
    )
    lasting_fall: LastingFall | None = Field(
        description="a fall that chance and one odd post do not explain, if there is one"
    )
    mix: SharesOfHundred | None = Field(
        description="what changed the share of all recipients (null below 50 of them)"
    )
    set_aside: Flag = Field(description="whether the newest matured post is set aside")
    posts: list[PostSeen] = Field(
        description="the newest post and up to 26 before it, oldest first"
    )


def vary(units: Sequence[UnitReading], fall: FallSeen | None) -> Variation:
    """Judge the newest of the matured units, which are given oldest first.

    fall: the reads of the last K units beside their forecast, None where there was none.
    """
    first = next((place for place, unit in enumerate(units) if unit.established), 0)
    seen = [_seen(unit) for unit in units[first:][-ordinary.MOST - 1 :]]
    newest = units[-1] if units else None
    readers, letters = _readers(units), _letters(units)
    lasting = _lasting(units, fall)
    reason = None if readers else _reason(units)
    return Variation(
        sentence=_sentence(newest, readers, letters, lasting, reason),
        reason=reason,
        sent_at=newest.first_sent_at if newest else None,
        title=newest.title if newest else None,
        readers=readers,
        letters=letters,
        lasting_fall=lasting,
        mix=_mix(units),
        set_aside=newest.flag if newest else "none",
        posts=seen,
    )


def _seen(unit: UnitReading) -> PostSeen:
    return PostSeen(
        sent_at=unit.first_sent_at,
        title=unit.title,
        readers=unit.readers,
        of=unit.established,
        letters=unit.letters,
        set_aside=unit.flag,
    )


def _reason(units: Sequence[UnitReading]) -> Reason:
    if not units:
        return "no_posts"
    comparable = [unit for unit in units[:-1] if unit.flag == "none" and unit.established]
    is_short = len(comparable) < ordinary.FEWEST
    return "too_few_posts" if is_short else "not_measured"


def _readers(units: Sequence[UnitReading]) -> JudgedReaders | None:
    if not units:
        return None
    newest, past = units[-1], [unit for unit in units[:-1] if unit.flag == "none"]
    limits = ordinary.ordinary_readers(
        [unit.readers for unit in past], [unit.established for unit in past], newest.established
    )
    if limits is None:
        return None
    compared = [unit for unit in past if unit.established][-ordinary.MOST :]
    usual = statistics.fmean(unit.readers / unit.established for unit in compared)
    return JudgedReaders(
        value=newest.readers,
        of=newest.established,
        low=round(limits.low),
        high=round(limits.high),
        usual=round(usual * newest.established),
        verdict=limits.verdict(newest.readers),
        posts=limits.posts,
    )


def _letters(units: Sequence[UnitReading]) -> JudgedLetters | None:
    """Replies by the rule of small counts. Where nobody ever wrote, there is nothing to judge."""
    if not any(unit.letters for unit in units):
        return None
    newest, past = units[-1], [unit for unit in units[:-1] if unit.flag == "none"]
    limits = ordinary.ordinary_count(
        [unit.letters for unit in past], [unit.delivered for unit in past], newest.delivered
    )
    if limits is None:
        return None
    return JudgedLetters(
        value=newest.letters,
        low=round(limits.low),
        high=round(limits.high),
        verdict=limits.verdict(newest.letters),
        posts=limits.posts,
    )


def _lasting(units: Sequence[UnitReading], fall: FallSeen | None) -> LastingFall | None:
    judged = fall.judged() if fall else None
    if fall is None or judged is None or not judged.lasts:
        return None
    titles = [unit.title for unit in units if unit.first_sent_at == fall.since]
    return LastingFall(
        since=fall.since,
        title=titles[0] if titles else "",
        posts=fall.units,
        came=round(fall.came),
        expected=round(fall.expected),
    )


def _mix(units: Sequence[UnitReading]) -> SharesOfHundred | None:
    found = ordinary.mix([unit.recipients for unit in units])
    if found is None:
        return None
    before, after = round(100 * found.before, 1), round(100 * found.after, 1)
    newcomers = round(100 * found.newcomers, 1)
    # What is left of the rounded change, so that the parts add up as they are written.
    behaviour = round(after - before - newcomers, 1)
    return SharesOfHundred(
        before=before,
        after=after,
        newcomers=newcomers,
        behaviour=behaviour,
        sentence=_words_of_mix(before, after, newcomers, behaviour),
    )


def _words_of_mix(before: float, after: float, newcomers: float, behaviour: float) -> str:
    change = abs(after - before)
    if change < MIX_STEADY_BELOW:
        return messages.MIX_STEADY(share=round(after))
    if abs(newcomers) >= 0.75 * change and newcomers * (after - before) > 0:
        why: Label = messages.MIX_BY_NEWCOMERS
    elif abs(behaviour) >= 0.75 * change and behaviour * (after - before) > 0:
        why = messages.MIX_BY_BEHAVIOUR
    else:
        why = messages.MIX_BY_BOTH
    return messages.MIX_CHANGED(before=round(before), after=round(after), why=why())


def _sentence(
    newest: UnitReading | None,
    readers: JudgedReaders | None,
    letters: JudgedLetters | None,
    lasting: LastingFall | None,
    reason: Reason | None,
) -> str:
    """What to say of it: the post, then its letters, then the fall."""
    return in_a_row(_of_readers(newest, readers, reason), _of_letters(letters), _of_fall(lasting))


def _of_readers(
    newest: UnitReading | None, readers: JudgedReaders | None, reason: Reason | None
) -> str:
    if newest is not None and newest.flag != "none":
        text = messages.SET_ASIDE_HIGH if newest.flag == "high" else messages.SET_ASIDE_LOW
        return text(read=f"{newest.readers:,}", of=f"{newest.established:,}")
    if readers is not None:
        return messages.READ_AND_ORDINARY(
            read=f"{readers.value:,}", low=f"{readers.low:,}", high=f"{readers.high:,}"
        )
    match reason:
        case "no_posts":
            return messages.NO_MATURED_POST()
        case "too_few_posts":
            return messages.TOO_FEW_TO_COMPARE(fewest=ordinary.FEWEST)
        case _:
            return messages.NOBODY_TO_COMPARE()


def _of_letters(letters: JudgedLetters | None) -> str:
    if letters is None:
        return ""
    return messages.LETTERS_AND_ORDINARY(
        count=letters.value, low=f"{letters.low:,}", high=f"{letters.high:,}"
    )


def _of_fall(lasting: LastingFall | None) -> str:
    if lasting is None:
        return ""
    return messages.READ_LESS_SINCE(
        day=f"{lasting.since.day} {lasting.since:%B %Y}",
        came=f"{lasting.came:,}",
        expected=f"{lasting.expected:,}",
    )
