"""A year of hourly runs that fail and recover at random, against a count made by hand."""

from __future__ import annotations

import random

import msgspec
import pytest
from support.told_runs import HOUR, at

from regulars.notices.facts import ConnectionFacts, Facts
from regulars.notices.findings import due_notices, note_facts, still_told
from regulars.notices.memory import Memory

HOURS = 365 * 24


def weather(chance: random.Random) -> list[bool]:
    """Whether each hour's run sees people: stretches of a few hours to a week."""
    hours: list[bool] = []
    is_well = True
    while len(hours) < HOURS:
        hours += [is_well] * chance.choice([1, 2, 5, 23, 24, 25, 26, 60, 170])
        is_well = not is_well
    return hours[:HOURS]


def counted_by_hand(hours: list[bool]) -> list[str]:
    """A failure is said in the run that comes a day after the first one that failed."""
    said: list[str] = []
    failing = 0
    for is_well in hours:
        if is_well:
            if failing > 24:
                said.append("connection.recovered")
            failing = 0
            continue
        failing += 1
        if failing == 25:
            said.append("connection.failed")
    return said


@pytest.mark.parametrize("seed", range(6))
def test_each_long_failure_is_said_once_and_so_is_its_end(seed: int) -> None:
    chance = random.Random(seed)
    hours = weather(chance)
    memory, said = Memory(), []
    one = ConnectionFacts("one", "letters", first_run=at(), last_seen=at(), newest_run=at())
    for hour, is_well in enumerate(hours):
        now = at() + hour * HOUR
        failing_from = None if is_well else (one.failing_from or now)
        last_seen = now if is_well else one.last_seen
        one = ConnectionFacts(
            "one", "letters", first_run=at(), last_seen=last_seen, failing_from=failing_from,
            newest_run=now, next_due=(last_seen or now) + 24 * HOUR,
        )  # fmt: skip
        facts = Facts(now, (one,))
        if chance.random() < 0.05:  # a restart
            memory = msgspec.json.decode(msgspec.json.encode(memory), type=Memory)
        note_facts(memory, facts)
        way = memory.way("mail")
        way.told = still_told(way.told, memory, facts)
        for notice in due_notices(way.told, memory, facts):
            said.append(notice.kind)
            if notice.kind == "connection.failed":
                way.told[notice.key] = notice.since
            else:
                del way.told[notice.key]
    assert said == counted_by_hand(hours)
    assert len(said) > 20
