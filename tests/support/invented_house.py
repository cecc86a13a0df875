"""Invented answers of the reports, for tests of what shows them. Nobody in here exists."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args

from regulars.reports.engine.envelope import (
    Coverage,
    Envelope,
    LeftOut,
    Source,
    SourceStream,
    Window,
)
from regulars.reports.house import House, RuleInForce
from regulars.reports.regulars import Evidence, Person, Regulars, Subscription
from regulars.reports.states import State
from regulars.stats.estimate import Estimate

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


def person(number: int, state: State, **changes: Any) -> Person:
    """One invented person."""
    dice = random.Random(number)
    wrote = bool(changes.get("wrote_back"))
    reads = {"regular": 6, "cannot_tell": 3, "quiet": 1}.get(state, 2)
    values: dict[str, Any] = {
        "id": f"per_{number:06d}",
        "connection": "invented",
        "provider_id": f"sub_{number:06d}",
        "subscriptions": [Subscription(connection="invented", provider_id=f"sub_{number:06d}")],
        "state": state,
        "evidence": Evidence(
            reads_low=reads,
            reads_high=reads + (2 if state == "cannot_tell" else 0),
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
    regular, open_ones = counts.get("regular", 0), counts.get("cannot_tell", 0)
    judged = regular + open_ones + counts.get("occasional", 0) + counts.get("quiet", 0)
    values: dict[str, Any] = {
        "sustained_readers": Estimate(
            value=regular, low=regular, high=regular + open_ones, n=judged, method="k_of_n/1"
        ),
        "reason": None,
        "words": None,
        "posts_seen": 51,
        "posts_needed": 8,
        "expected_on": None,
        "rule": RuleInForce(k=4, n=8, unit="post"),
        "house_size": 300,
        "cannot_tell": open_ones,
        "uncertain": counts.get("uncertain", 0),
        "hidden": counts.get("hidden", 0),
        "newcomers": counts.get("newcomer", 0),
        "not_measured": counts.get("not_measured", 0),
        "wrote_back": wrote_back,
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
    "cannot_tell": 13,
    "uncertain": 11,
    "quiet": 36,
    "newcomer": 26,
    "occasional": 90,
    "hidden": 40,
}


class Invented:
    """Stands for ``reports.run``: answers with invented people instead of asking a store."""

    def __init__(
        self,
        counts: dict[State, int] | None = None,
        wrote_back: int = 0,
        *,
        house: House | None = None,
        sources: list[Source] | None = None,
    ) -> None:
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
        else:
            listed = people(self.counts, self.wrote_back)
            wanted = [one for one in listed if one.state in parameters.state]
            result = Regulars(people=wanted, counts={})
        return enclose(
            report.name, result, self.sources, as_of=moment, publication=publication.name
        )
