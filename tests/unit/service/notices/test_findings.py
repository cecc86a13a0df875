"""Which notices are due: pure functions of runs, disk, settings, the time, and what was said."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from support.told_runs import HOUR, at, daily, paused, record_run, settings_of, without

from regulars.notices import facts as notice_facts
from regulars.notices.facts import Alarm, ConnectionFacts, Facts, HeldBack, Unrecorded
from regulars.notices.findings import Notice, due_notices, findings, note_facts, still_told
from regulars.notices.memory import Memory, Told
from regulars.settings import Settings
from regulars.store import Store
from regulars_connectors.instants import Instant

AWAY = "GET /subscriptions could not be fetched from api.beehiiv.com: ConnectTimeout."
MINUTE = HOUR // 60


gather_facts = partial(notice_facts.gather_facts, next_look=daily)


class Way:
    """A way that says what is due, and remembers it."""

    def __init__(self) -> None:
        self.memory = Memory()
        self.told: Told = {}

    def hear(self, facts: Facts) -> list[str]:
        note_facts(self.memory, facts)
        self.told = still_told(self.told, self.memory, facts)
        said = due_notices(self.told, self.memory, facts)
        for notice in said:
            if notice.kind == "connection.recovered":
                del self.told[notice.key]
            else:
                self.told[notice.key] = notice.since
        return [notice.kind for notice in said]


def due(store: Store, settings: Settings, now: Instant) -> list[Notice]:
    memory = Memory()
    facts = gather_facts(store, settings, now)
    note_facts(memory, facts)
    return findings(memory, facts)


# A connection that fails


def test_a_connection_that_failed_for_a_day_is_due_and_not_a_minute_before(
    store: Store, settings: Settings
) -> None:
    record_run(store, at())
    for hours in range(24, 48, 3):
        record_run(store, at(hours=hours), "failed", AWAY)
    assert not due(store, settings, at(hours=48) - MINUTE)
    (notice,) = due(store, settings, at(hours=48))
    assert (notice.kind, notice.connection) == ("connection.failed", "one")
    assert notice.since == at(hours=24)
    assert notice.last_seen == at() + MINUTE
    assert (notice.reason, notice.time_zone) == (AWAY, "Europe/Lisbon")


def test_the_setting_says_how_long(store: Store, tmp_path: Path) -> None:
    settings = without(settings_of(tmp_path / "data", after_hours=6), "two")
    record_run(store, at())
    record_run(store, at(days=1), "failed", AWAY)
    assert not due(store, settings, at(days=1, hours=6) - MINUTE)
    assert len(due(store, settings, at(days=1, hours=6))) == 1


def test_a_run_that_saw_people_is_a_look_whatever_became_of_other_streams(
    store: Store, settings: Settings
) -> None:
    for day in range(6):
        record_run(store, at(day), "partial", "polls: 403", people="whole")
    (notice,) = due(store, settings, at(5, hours=1))
    assert (notice.kind, notice.since, notice.last_seen) == (
        "connection.incomplete",
        at(),
        at(5) + MINUTE,
    )
    assert notice.reason == "polls: 403"


def test_cut_looks_every_hour_are_none_and_the_lag_is_that_since_the_last_whole_one(
    store: Store, settings: Settings
) -> None:
    record_run(store, at())
    for hour in range(1, 40):
        record_run(store, at(hours=hour), "partial", "It was cut.", people="failed")
    (notice,) = due(store, settings, at(hours=40))
    assert (notice.since, notice.last_seen) == (at(hours=1), at() + MINUTE)


def test_a_connection_that_never_saw_people(store: Store, settings: Settings) -> None:
    record_run(store, at(), "failed", "The provider refused the key (401).")
    record_run(store, at(hours=23), "failed", "The provider refused the key (401).")
    (notice,) = due(store, settings, at(days=1))
    assert (notice.since, notice.last_seen) == (at(), None)


def test_a_schedule_that_stands_still(store: Store, settings: Settings) -> None:
    """No run at all: what is late counts from when the next look was due, a day after the last."""
    record_run(store, at())
    assert not due(store, settings, at(days=2))
    (notice,) = due(store, settings, at(days=2) + MINUTE)
    assert (notice.since, notice.reason) == (at(days=1) + MINUTE, None)


def test_a_connection_that_is_never_looked_at_by_schedule(store: Store, tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "data")
    for sync in ("off", "0 5 * * 1"):
        (publication,) = settings.publications
        one = publication.connections[0].model_copy(update={"sync": sync})
        changed = publication.model_copy(update={"connections": (one,)})
        silent = settings.model_copy(update={"publications": (changed,)})
        assert due(store, silent, at(days=300)) == []
    record_run(store, at())
    assert due(store, silent, at(days=300)) == []
    folder = publication.connections[0].model_copy(update={"connector": "files"})
    changed = publication.model_copy(update={"connections": (folder,)})
    files = settings.model_copy(update={"publications": (changed,)})
    assert due(store, files, at(days=300)) == []


def test_a_connection_without_any_run_is_due_a_day_after_its_first_look_was() -> None:
    way, new = Way(), ConnectionFacts("one", "letters")
    facts = Facts(at(), (new,))
    assert way.hear(facts) == []
    assert way.hear(replace(facts, at=at(days=2) - MINUTE)) == []
    assert way.hear(replace(facts, at=at(days=2))) == ["connection.failed"]


def test_runs_that_fail_without_a_record_count_too(store: Store, settings: Settings) -> None:
    """A connection whose secret is missing fails before it has a run to record."""
    record_run(store, at())
    missing = "The environment variable KEY is not set (connection one, api_key)."
    runs = [Unrecorded("one", at(hours=24 + hour), missing) for hour in range(25)]
    runs += [Unrecorded("two", at(), missing)]
    way = Way()
    facts = gather_facts(store, settings, at(2), unrecorded=runs)
    note_facts(way.memory, facts)
    (notice,) = findings(way.memory, facts)
    assert (notice.since, notice.reason, notice.last_seen) == (at(1), missing, at() + MINUTE)
    record_run(store, at(2, hours=1))
    facts = gather_facts(store, settings, at(2, hours=1), unrecorded=runs)
    assert findings(way.memory, facts) == []


def test_a_machine_that_slept_is_first_given_its_look() -> None:
    failed_on_friday = ConnectionFacts(
        "one", "letters", first_run=at(), last_seen=at(), failing_from=at(4), newest_run=at(4),
        next_due=at(1),
    )  # fmt: skip
    way = Way()
    monday = Facts(at(7), (failed_on_friday,), started_at=at(7))
    assert way.hear(monday) == []
    tried_again = replace(failed_on_friday, newest_run=at(7))
    assert way.hear(replace(monday, connections=(tried_again,))) == ["connection.failed"]


# Once, and its end


def test_partial_for_the_same_reason_forty_times_is_one_message(
    store: Store, settings: Settings
) -> None:
    way = Way()
    record_run(store, at())
    said = []
    for step in range(1, 41):
        record_run(store, at(hours=step), "partial", "It counts 9 and shows 8.", people="partial")
        said += way.hear(gather_facts(store, settings, at(hours=step)))
    assert said == ["connection.incomplete"]
    record_run(store, at(hours=50))
    assert way.hear(gather_facts(store, settings, at(hours=50))) == []
    assert not way.told


def test_incomplete_looks_are_due_after_a_day_and_give_way_to_a_failure() -> None:
    one = ConnectionFacts(
        "one", "letters", last_seen=at(1), incomplete_from=at(), newest_run=at(1), reason=AWAY
    )
    way = Way()
    assert way.hear(Facts(at(1) - MINUTE, (one,))) == []
    assert way.hear(Facts(at(1), (one,))) == ["connection.incomplete"]
    fails = replace(one, failing_from=at(2), newest_run=at(3))
    assert way.hear(Facts(at(3), (fails,))) == ["connection.failed"]
    sees = replace(one, last_seen=at(4), newest_run=at(4))
    assert way.hear(Facts(at(4), (sees,))) == ["connection.recovered"]  # and no second time


def test_incomplete_looks_of_a_paused_publication_say_nothing() -> None:
    one = ConnectionFacts(
        "one", "letters", True, last_seen=at(1), incomplete_from=at(), newest_run=at(1)
    )
    assert Way().hear(Facts(at(2), (one,))) == []


def test_another_reason_for_the_same_failure_is_no_second_message() -> None:
    one = ConnectionFacts(
        "one", "letters", last_seen=at(), failing_from=at(1), newest_run=at(2), reason=AWAY
    )
    way = Way()
    assert way.hear(Facts(at(2), (one,))) == ["connection.failed"]
    another = replace(one, reason="The provider refused the key (401).", newest_run=at(3))
    assert way.hear(Facts(at(3), (another,))) == []


def test_it_works_again_is_said_once_and_the_next_failure_is_a_new_finding() -> None:
    way = Way()
    fails = ConnectionFacts("one", "letters", last_seen=at(), failing_from=at(1), newest_run=at(2))
    works = ConnectionFacts("one", "letters", last_seen=at(3), newest_run=at(3))
    assert way.hear(Facts(at(2), (fails,))) == ["connection.failed"]
    assert way.hear(Facts(at(3), (works,))) == ["connection.recovered"]
    assert way.hear(Facts(at(3, hours=1), (works,))) == []
    again = replace(works, failing_from=at(4), newest_run=at(5))
    assert way.hear(Facts(at(4, hours=23), (again,))) == []
    assert way.hear(Facts(at(5), (again,))) == ["connection.failed"]


def test_a_failure_that_ended_before_it_was_said_is_not_said() -> None:
    way = Way()
    works = ConnectionFacts("one", "letters", last_seen=at(3), newest_run=at(3))
    assert way.hear(Facts(at(3), (works,))) == []


def test_a_paused_publication_and_a_removed_connection_say_nothing() -> None:
    fails = ConnectionFacts(
        "one", "letters", last_seen=at(), failing_from=at(1), newest_run=at(2),
        alarm=Alarm("counters_all_zero", "counters", at(1)), held=HeldBack(5, 0, at(1)),
    )  # fmt: skip
    way = Way()
    assert way.hear(Facts(at(2), (replace(fails, is_paused=True),))) == []
    told = Way()
    assert "connection.failed" in told.hear(Facts(at(2), (fails,)))
    assert told.hear(Facts(at(3), (replace(fails, is_paused=True),))) == []
    assert told.hear(Facts(at(3), ())) == []
    assert not told.told
    assert not told.memory.watched


def test_a_resumed_publication_counts_from_then_on() -> None:
    fails = ConnectionFacts("one", "letters", last_seen=at(), next_due=at(1), newest_run=at())
    way = Way()
    assert way.hear(Facts(at(20), (replace(fails, is_paused=True),))) == []
    assert way.hear(Facts(at(30), (fails,))) == []
    assert way.hear(Facts(at(31) - MINUTE, (fails,))) == []
    assert way.hear(Facts(at(31), (fails,))) == ["connection.failed"]


def test_a_paused_publication_in_the_settings(store: Store, settings: Settings) -> None:
    record_run(store, at(), "failed", AWAY)
    record_run(store, at(hours=20), "failed", AWAY)
    assert due(store, settings, at(1))
    assert not due(store, paused(settings), at(1))


# Totals, and what is held back


def test_totals_all_zero_are_said_at_once_and_once(store: Store, settings: Settings) -> None:
    way = Way()
    record_run(store, at())
    said = []
    for day in range(1, 5):
        record_run(store, at(day), "complete", alarm="counters_all_zero")
        said.append(way.hear(gather_facts(store, settings, at(day, hours=1))))
    assert said == [["totals.zero"], [], [], []]
    (notice,) = due(store, settings, at(4, hours=1))
    assert notice.since == at(1) + MINUTE
    record_run(store, at(5))
    assert way.hear(gather_facts(store, settings, at(5, hours=1))) == []
    record_run(store, at(6), alarm="counters_all_zero")
    assert way.hear(gather_facts(store, settings, at(6, hours=1))) == ["totals.zero"]


def test_a_run_without_totals_leaves_their_alarm_standing(store: Store, settings: Settings) -> None:
    way = Way()
    record_run(store, at(), alarm="counters_all_zero")
    assert way.hear(gather_facts(store, settings, at(hours=1))) == ["totals.zero"]
    record_run(store, at(hours=2), "failed", AWAY)
    assert way.hear(gather_facts(store, settings, at(hours=3))) == []
    record_run(store, at(hours=4), alarm="counters_all_zero")
    assert way.hear(gather_facts(store, settings, at(hours=5))) == []


@pytest.mark.parametrize(("held", "count"), [((7, 0), 7), ((0, 40), 40), ((7, 40), 47)])
def test_what_is_held_back_is_said_once(
    store: Store, settings: Settings, held: tuple[int, int], count: int
) -> None:
    way = Way()
    record_run(store, at())
    record_run(store, at(1), held=held)
    assert way.hear(gather_facts(store, settings, at(1, hours=1))) == ["changes.held"]
    (notice,) = due(store, settings, at(1, hours=1))
    assert (notice.count, notice.since) == (count, at(1) + MINUTE)
    record_run(store, at(2), held=(held[0] + 3, held[1]))
    assert way.hear(gather_facts(store, settings, at(2, hours=1))) == []
    record_run(store, at(3))
    assert way.hear(gather_facts(store, settings, at(3, hours=1))) == []


def test_totals_that_fell_wait_as_well(store: Store, settings: Settings) -> None:
    record_run(store, at(), alarm="counters_fell")
    (notice,) = due(store, settings, at(hours=1))
    assert (notice.kind, notice.count) == ("changes.held", None)


# The disk


def test_a_short_disk_is_said_once_until_there_is_room_with_a_margin() -> None:
    way = Way()

    def hear(free: int | None) -> list[str]:
        return way.hear(Facts(at(), free_mib=free, floor_mib=200, margin_mib=300))

    assert hear(500) == []
    assert hear(499) == ["disk.short"]
    assert hear(100) == []
    assert hear(799) == []  # not well yet
    assert hear(450) == []  # so this is the same shortness
    assert hear(800) == []
    assert hear(499) == ["disk.short"]


def test_without_a_floor_no_disk_is_short() -> None:
    assert Way().hear(Facts(at(), free_mib=0, floor_mib=0, margin_mib=300)) == []


def test_a_disk_that_does_not_tell_is_not_short() -> None:
    assert Way().hear(Facts(at(), free_mib=None, floor_mib=200, margin_mib=300)) == []
