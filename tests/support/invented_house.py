"""Invented answers of the reports, for tests of what shows them. Nobody in here exists."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args

from regulars.replies.conversations import Kind
from regulars.reports.engine.envelope import (
    Coverage,
    Envelope,
    LeftOut,
    Source,
    SourceStream,
    Window,
)
from regulars.reports.few_people import few_people
from regulars.reports.house import Constants, House, RuleInForce, SetAside
from regulars.reports.judged_posts import JudgedLetters, JudgedReaders, PostSeen, Variation
from regulars.reports.movement import Group, Movement, Mover
from regulars.reports.regulars import Evidence, Person, Regulars, Subscription
from regulars.reports.states import State
from regulars.reports.waiting import OpenConversation, WaitingResult
from regulars.stats.estimate import Estimate

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
JUDGED: tuple[State, ...] = ("regular", "fading", "quiet", "occasional")


def person(number: int, state: State, **changes: Any) -> Person:
    """One invented person."""
    dice = random.Random(number)
    wrote = bool(changes.get("wrote_back"))
    reads = {"regular": 6, "fading": 2, "quiet": 1}.get(state, 2)
    values: dict[str, Any] = {
        "id": f"per_{number:06d}",
        "connection": "invented",
        "provider_id": f"sub_{number:06d}",
        "subscriptions": [Subscription(connection="invented", provider_id=f"sub_{number:06d}")],
        "state": state,
        "rule_state": "occasional" if state in ("fading", "quiet") else state,
        "p_sustained": _chance(state, dice),
        "p_here": None,
        "is_counted": state in JUDGED,
        "expected_reads": None,
        "evidence": Evidence(
            reads_low=reads,
            reads_high=reads,
            of=8,
            opens=reads,
            clicks=1,
            answers=int(wrote),
            last_read_at=NOW - timedelta(days=3),
        ),
        "since": NOW - timedelta(days=200) if state == "regular" else None,
        "until": NOW - timedelta(days=100) if state == "quiet" else None,
        "joined_at": NOW - timedelta(days=dice.randrange(60, 900)),
        "wrote_back": wrote,
        "last_answer_at": NOW - timedelta(days=dice.randrange(1, 170)) if wrote else None,
    }
    return Person(**(values | changes))


def _chance(state: State, dice: random.Random) -> float | None:
    """How likely somebody in that state keeps reading; None for whom the model does not judge."""
    bounds = {
        "regular": (0.78, 1.0),
        "fading": (0.15, 0.49),
        "quiet": (0.0, 0.15),
        "occasional": (0.0, 0.3),
        "uncertain": (0.8, 1.0),
    }
    return round(dice.uniform(*bounds[state]), 2) if state in bounds else None


def people(counts: dict[State, int], wrote_back: int = 0) -> list[Person]:
    """So many people of each state, the first of them writers."""
    states = [state for state, count in counts.items() for _ in range(count)]
    return [
        person(number, state, wrote_back=number < wrote_back) for number, state in enumerate(states)
    ]


def source(**changes: Any) -> Source:
    """A source that came in whole this morning."""
    stream = SourceStream(
        stream="subscriptions",
        outcome="whole",
        seen_at=NOW - timedelta(hours=4),
        seen=600,
        quarantined=0,
        held_removals=0,
        reason=None,
        without_totals=0,
        alarm=None,
    )
    values: dict[str, Any] = {
        "connection": "invented",
        "connector": "files",
        "last_complete_sync": NOW - timedelta(hours=4),
        "last_outcome": "complete",
        "reason": None,
        "is_stale": False,
        "streams": [stream],
    }
    return Source(**(values | changes))


def never_synced() -> Source:
    """A source that nobody has asked yet."""
    return source(last_complete_sync=None, last_outcome="never", is_stale=True, streams=[])


def house_result(counts: dict[State, int], wrote_back: int = 0, **changes: Any) -> House:
    """The headcount of these people."""
    regular = counts.get("regular", 0)
    judged = sum(counts.get(state, 0) for state in JUDGED)
    values: dict[str, Any] = {
        "sustained_readers": Estimate(
            value=regular,
            low=regular,
            high=regular + counts.get("fading", 0),
            n=judged,
            method="sustained_readers/1",
        ),
        "few": few_people({state: counts.get(state, 0) for state in JUDGED}),
        "with_uncertain": None,
        "by_rule": None,
        "provisional": False,
        "basis": "measured",
        "constants": Constants(reads=4, of=8, fewest_units=8, fewest_reads=3, fewest_days=56),
        "back_tests": [],
        "set_aside": SetAside(posts=[], arrivals=[]),
        "fallback": False,
        "read_all": None,
        "reason": None,
        "words": None,
        "posts_seen": 51,
        "posts_needed": 8,
        "expected_on": None,
        "rule": RuleInForce(k=4, n=8, unit="post"),
        "house_size": 300,
        "cannot_tell": 0,
        "uncertain": counts.get("uncertain", 0),
        "hidden": counts.get("hidden", 0),
        "hidden_proved": 0,
        "hidden_estimate": None,
        "hidden_words": None,
        "newcomers": counts.get("newcomer", 0),
        "not_measured": counts.get("not_measured", 0),
        "wrote_back": wrote_back,
        "hidden_wrote_back": 0,
        "answered": wrote_back,
        "active_people": sum(counts.values()),
        "sentence": f"{regular} people keep coming back.",
    }
    return House(**(values | changes))


def first_day(counts: dict[State, int]) -> House:
    """The headcount before enough posts were seen."""
    return house_result(
        counts,
        sustained_readers=None,
        reason="too_few_posts",
        words=(
            "Too early to say: 1 of the 8 posts needed has been seen. "
            "Expect the first figure around 13 January 2027."
        ),
        posts_seen=1,
        expected_on=date(2027, 1, 13),
        sentence="Too early to say.",
    )


def enclose(report: str, result: Any, sources: list[Source] | None = None, **changes: Any) -> Any:
    """The envelope around a result."""
    as_of = changes.get("as_of") or NOW
    values: dict[str, Any] = {
        "report": report,
        "publication": "invented",
        "as_of": as_of,
        "window": Window(start=as_of - timedelta(days=56), end=as_of),
        "definition": "People who read at least 4 of the last 8 posts.",
        "result": result,
        "coverage": Coverage(
            counted=312,
            left_out=[
                LeftOut(reason="newcomer", what="people", count=26, words="too few posts so far")
            ],
            notes=["13 read enough or did not."],
        ),
        "sources": [source()] if sources is None else sources,
    }
    return Envelope[type(result)](**(values | changes))  # type: ignore[misc]


def nobody() -> dict[State, int]:
    """No people in any state."""
    return dict.fromkeys(get_args(State), 0)


FULL: dict[State, int] = {
    "regular": 208,
    "fading": 13,
    "uncertain": 11,
    "quiet": 36,
    "newcomer": 26,
    "occasional": 90,
    "hidden": 40,
}


def movement_result(counts: dict[State, int] | None = None, **changes: Any) -> Movement:
    """People who moved: up to three of each kind, a dozen who went quiet."""
    listed = people(FULL if counts is None else counts)
    by_state = {
        state: [one for one in listed if one.state == state]
        for state in ("regular", "fading", "quiet", "occasional")
    }
    gone = [person(90_000 + number, "regular") for number in range(2)]
    values: dict[str, Any] = {
        "sentence": "3 people joined the regulars.",
        "posts": 8,
        "back_to": NOW - timedelta(days=58),
        "joined": group(by_state["regular"][:3]),
        "slipping": group(by_state["fading"][:3], usual_reads=6),
        "quiet": group(by_state["quiet"][:12]),
        "came_back": group(by_state["occasional"][:1]),
        "left": group(gone, left_at=NOW - timedelta(days=9)),
        "held_back": None,
    }
    return Movement(**(values | changes))


def group(listed: list[Person], **changes: Any) -> Group:
    """These people as one of the groups of movement."""
    return Group(count=len(listed), people=[mover(one, **changes) for one in listed])


def mover(one: Person, **changes: Any) -> Mover:
    """One person who moved."""
    values: dict[str, Any] = {
        "id": one.id,
        "connection": one.connection,
        "provider_id": one.provider_id,
        "reads_low": one.evidence.reads_low,
        "reads_high": one.evidence.reads_high,
        "of": one.evidence.of,
        "usual_reads": None,
        "reads_since": None,
        "last_read_at": one.evidence.last_read_at,
        "since": one.since,
        "until": one.until,
        "left_at": None,
        "is_unreachable": False,
        "is_new": True,
    }
    return Mover(**(values | changes))


def nobody_moved(**changes: Any) -> Movement:
    """Before anybody could move."""
    none = Group(count=0, people=[])
    groups = dict.fromkeys(("joined", "slipping", "quiet", "came_back", "left"), none)
    values = {"sentence": "Nobody moved.", "posts": 8, "back_to": None, "held_back": None}
    return Movement(**(groups | values | changes))


def issue(number: int, readers: int, of: int = 120, **changes: Any) -> PostSeen:
    """One invented issue, so many weeks ago."""
    values: dict[str, Any] = {
        "sent_at": NOW - timedelta(days=7 * number + 8),
        "title": f"Letter {90 - number}",
        "readers": readers,
        "of": of,
        "letters": 3,
        "set_aside": "none",
    }
    return PostSeen(**(values | changes))


# The series of the measurement model: 33 to 68 of 120 would be ordinary.
READERS = (52, 48, 55, 50, 47, 53, 49, 51, 54, 46, 50, 52)


def variation_result(newest: int = 46, **changes: Any) -> Variation:
    """An issue that so many of 120 read, beside twelve before it."""
    readers = (*READERS, newest)
    posts = [issue(12 - place, count) for place, count in enumerate(readers)]
    verdict = "unusually_low" if newest < 33 else "unusually_high" if newest > 68 else "ordinary"
    values: dict[str, Any] = {
        "sentence": f"{newest} read; between 33 and 68 would be ordinary.",
        "reason": None,
        "sent_at": posts[-1].sent_at,
        "title": posts[-1].title,
        "readers": JudgedReaders(
            value=newest, of=120, low=33, high=68, usual=51, verdict=verdict, posts=12
        ),
        "letters": JudgedLetters(value=4, low=0, high=11, verdict="ordinary", posts=12),
        "lasting_fall": None,
        "mix": None,
        "set_aside": "none",
        "posts": posts,
    }
    return Variation(**(values | changes))


def no_issue_yet() -> Variation:
    """Before any issue has had its time."""
    nothing = {"sent_at": None, "title": None, "readers": None, "letters": None, "posts": []}
    return variation_result(sentence="Too early to say.", reason="no_posts", **nothing)


def waiting_result(count: int) -> WaitingResult:
    """So many people wait, one after another, each about another issue or none."""
    kinds: tuple[Kind, ...] = ("question", "letter", "thanks")
    return WaitingResult(
        sentence="Invented.",
        people=count,
        listed=[
            OpenConversation(
                conversation=f"cnv_{number}",
                letter_id=f"{number:032x}",
                person_id=f"per_{number}" if number % 4 else None,
                connection="invented-files",
                post_id=f"post_{number}",
                title=None if number % 5 == 0 else f"A <title> & more {number}",
                since=NOW - timedelta(days=30, hours=-number),
                kind=kinds[number % 3],
                state="waiting",
                letters_in=1,
                letters_out=0,
            )
            for number in range(count)
        ],
        states={"waiting": count} if count else {},
        answered_within_7_days=None,
        half_answered_within_days=None,
        half_answered_between_days=None,
        season=None,
        wishes=[],
    )


class Invented:
    """Stands for ``reports.run``: answers with invented people instead of asking a store."""

    def __init__(
        self,
        counts: dict[State, int] | None = None,
        wrote_back: int = 0,
        *,
        house: House | None = None,
        sources: list[Source] | None = None,
        waiting: int = 0,
    ) -> None:
        self.waiting = waiting
        self.counts = FULL if counts is None else counts
        self.wrote_back = wrote_back
        self.house = house
        self.sources = sources
        self.asked: list[str] = []

    def __call__(
        self,
        report: Any,
        cursor: Any,
        publication: Any,
        parameters: Any = None,
        *,
        as_of: datetime | None = None,
        now: datetime,
    ) -> Any:
        self.asked.append(report.name)
        moment = as_of or now
        if report.name == "house":
            result: Any = self.house or house_result(self.counts, self.wrote_back)
        elif report.name == "movement":
            result = movement_result(self.counts) if self.house is None else nobody_moved()
        elif report.name == "variation":
            result = variation_result() if self.house is None else no_issue_yet()
        elif report.name == "waiting":
            result = waiting_result(self.waiting)
        else:
            listed = people(self.counts, self.wrote_back)
            wanted = [one for one in listed if one.state in parameters.state]
            result = Regulars(people=wanted, counts={})
        return enclose(
            report.name, result, self.sources, as_of=moment, publication=publication.name
        )
