"""What is due and why, worked out by hand for one connection at a time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from regulars.jobs.schedule import HOUR, JITTER, MINUTE, Plan, spread
from regulars.jobs.table import Next, Run, last_look, next_run, plausible, trouble_of
from regulars.settings import parse_rule
from regulars_connectors.instants import DAY, Instant, from_iso

DELAY = spread("a", JITTER)
DAILY = Plan("a", parse_rule("daily 05:00"), "UTC")
OFTEN = Plan("a", parse_rule("every 5 minutes"), "UTC")
POSTS = Plan("a", replace(parse_rule("before posts"), minute=240), "UTC")
MORNING = from_iso("2026-11-02T05:00:00Z") + DELAY
"""When the daily time has come."""


def run(ended_at: Instant, outcome: str = "complete", **more: object) -> Run:
    """A run of two minutes."""
    saw = {"saw_people": outcome == "complete"}
    return Run(ended_at - 2 * MINUTE, ended_at, outcome, **saw | more)  # type: ignore[arg-type]


def failed(ended_at: Instant, **more: object) -> Run:
    return run(ended_at, "failed", reason="The provider is away.", **more)


YESTERDAY = run(MORNING - DAY + 2 * MINUTE)


def test_a_connection_without_runs_is_due_at_once() -> None:
    assert next_run(DAILY, [], MORNING + HOUR) == Next(MORNING + HOUR, "first")


def test_off_is_never_due() -> None:
    off = Plan("a", parse_rule("off"), "UTC")
    assert next_run(off, [], MORNING) == Next(None, "off")
    assert next_run(off, [failed(MORNING)], MORNING, hint=MORNING) == Next(None, "off")


def test_a_regular_time_comes_once() -> None:
    assert next_run(DAILY, [YESTERDAY], MORNING - 1) == Next(MORNING, "regular")
    assert next_run(DAILY, [YESTERDAY], MORNING) == Next(MORNING, "regular")
    served = [run(MORNING + 2 * MINUTE), YESTERDAY]
    assert next_run(DAILY, served, MORNING + 3 * MINUTE) == Next(MORNING + DAY, "regular")


def test_a_missed_time_is_made_up_once() -> None:
    """After a month of sleep there is one run, then the next regular time."""
    awake = MORNING + 30 * DAY + HOUR
    assert next_run(DAILY, [YESTERDAY], awake) == Next(MORNING + 30 * DAY, "missed")
    made_up = [run(awake + 2 * MINUTE), YESTERDAY]
    assert next_run(DAILY, made_up, awake + HOUR) == Next(MORNING + 31 * DAY, "regular")


def test_a_time_that_passes_while_a_run_is_under_way_is_served_by_it() -> None:
    long = replace(run(MORNING + HOUR), started_at=MORNING - HOUR)
    assert next_run(DAILY, [long], MORNING + HOUR) == Next(MORNING + DAY, "regular")


def test_a_run_by_hand_before_the_time_leaves_the_time_as_it_is() -> None:
    assert next_run(DAILY, [run(MORNING - HOUR)], MORNING) == Next(MORNING, "regular")


@pytest.mark.parametrize(
    ("failures", "minutes"),
    [(1, 5), (2, 10), (3, 20), (4, 40), (5, 80), (6, 160), (7, 320), (8, 360), (40, 360)],
)
def test_failures_back_off(failures: int, minutes: int) -> None:
    end = MORNING + 10 * MINUTE
    runs = [failed(end - number) for number in range(failures)]
    found = next_run(DAILY, [*runs, YESTERDAY], end)
    assert found == Next(end + minutes * MINUTE, "retry")


def test_failures_never_shift_the_regular_time() -> None:
    runs = [failed(MORNING - MINUTE - number) for number in range(10)]
    assert next_run(DAILY, runs, MORNING - 1) == Next(MORNING, "regular")
    assert next_run(DAILY, runs, MORNING) == Next(MORNING, "regular")


def test_frequent_times_wait_for_the_back_off() -> None:
    """Every five minutes against a provider that is away would be no back-off at all."""
    end = MORNING
    runs = [failed(end - number) for number in range(4)]
    assert next_run(OFTEN, runs, end + 20 * MINUTE) == Next(end + 40 * MINUTE, "retry")
    well = [run(end + 42 * MINUTE), *runs]
    following = next_run(OFTEN, well, end + 43 * MINUTE)
    begin = spread("a", 5 * MINUTE)
    assert following.why == "regular"
    assert following.at is not None
    assert (following.at - begin) % (5 * MINUTE) == 0


def test_a_wait_that_the_provider_names_is_kept_to() -> None:
    wait = MORNING + 3 * HOUR
    runs = [failed(MORNING + MINUTE, retry_at=wait), YESTERDAY]
    assert next_run(DAILY, runs, MORNING + 2 * MINUTE) == Next(wait, "provider_wait")
    # Over the regular time as well, and over a hint.
    longer = [failed(MORNING - MINUTE, retry_at=wait), YESTERDAY]
    assert next_run(DAILY, longer, MORNING, hint=MORNING) == Next(wait, "provider_wait")
    # Partial after everybody was seen, with a wait: the rest is fetched when it is over.
    part = run(MORNING, "partial", saw_people=True, retry_at=wait)
    assert next_run(DAILY, [part], MORNING + MINUTE) == Next(wait, "provider_wait")


def test_a_wait_holds_for_every_connection_of_the_account() -> None:
    wait = MORNING + HOUR
    assert next_run(DAILY, [YESTERDAY], MORNING, wait_until=wait) == Next(wait, "provider_wait")
    assert next_run(DAILY, [YESTERDAY], wait, wait_until=wait) == Next(MORNING, "missed")


def test_what_waits_for_the_owner_is_no_reason_to_retry() -> None:
    """Everybody was seen, and asking again changes nothing."""
    held = run(MORNING + MINUTE, "partial", saw_people=True, reason="Removals wait.")
    assert next_run(DAILY, [held], MORNING + 2 * MINUTE) == Next(MORNING + DAY, "regular")
    assert trouble_of([held]) is None


def test_a_cut_look_is_tried_again_the_same_day() -> None:
    cut = run(MORNING + MINUTE, "partial", saw_people=True, was_stopped=True)
    assert next_run(DAILY, [cut], MORNING + 2 * MINUTE) == Next(MORNING + 6 * MINUTE, "retry")


def test_trouble_says_since_when_how_often_and_why() -> None:
    runs = [failed(MORNING + HOUR), failed(MORNING), YESTERDAY, failed(MORNING - 3 * DAY)]
    trouble = trouble_of(runs)
    assert trouble is not None
    assert (trouble.since, trouble.times) == (MORNING - 2 * MINUTE, 2)
    assert trouble.reason == "The provider is away."


def test_lag_is_since_the_last_look_that_saw_people() -> None:
    runs = [run(MORNING, "complete", saw_people=False), failed(MORNING - HOUR), YESTERDAY]
    assert last_look(runs) == YESTERDAY.ended_at


def test_a_hint_brings_the_next_run_forward_once_in_five_minutes() -> None:
    now = MORNING + 4 * HOUR
    runs = [run(MORNING + 2 * MINUTE), YESTERDAY]
    assert next_run(DAILY, runs, now, hint=now) == Next(now, "hint")
    just = [run(now - MINUTE), *runs]  # begun three minutes ago
    assert next_run(DAILY, just, now, hint=now) == Next(now + 2 * MINUTE, "hint")
    # A run that began after the hint has brought what it is about.
    assert next_run(DAILY, just, now, hint=now - HOUR).why == "regular"
    # One that failed is tried again by the back-off, however many hints come.
    away = [failed(now - MINUTE), failed(now - 2 * MINUTE), *runs]
    assert next_run(DAILY, away, now, hint=now) == Next(now + 9 * MINUTE, "retry")


def test_a_hint_in_the_hours_after_a_send_waits_for_their_end() -> None:
    sent = MORNING + HOUR
    plan = replace(POSTS, sent=(sent,))
    runs = [run(MORNING + 2 * MINUTE), YESTERDAY]
    now = sent + 10 * MINUTE
    assert next_run(plan, runs, now, hint=now) == Next(sent + 6 * HOUR, "hint")


def test_a_clock_that_was_set_back_neither_doubles_nor_loses() -> None:
    served = [run(MORNING + 2 * MINUTE), YESTERDAY]
    # Two hours back: the time that was served comes again, and is served already.
    assert next_run(DAILY, served, MORNING - 2 * HOUR).at == MORNING
    assert next_run(DAILY, served, MORNING).at == MORNING + DAY
    # A back-off from a moment that now lies ahead is as long as ever.
    ahead = [failed(MORNING + 3 * HOUR)]
    assert next_run(DAILY, ahead, MORNING + MINUTE).at == MORNING + 6 * MINUTE


def test_runs_of_a_clock_that_was_years_ahead_say_nothing() -> None:
    wrong = run(MORNING + 400 * DAY)
    assert plausible([wrong, YESTERDAY], MORNING) == [YESTERDAY]


# Before posts


def planned(text: str, *sent: str) -> Plan:
    return replace(POSTS, planned=(from_iso(text),), sent=tuple(map(from_iso, sent)))


def test_a_look_precedes_a_post() -> None:
    plan = planned("2026-11-02T12:00:00Z")
    look = from_iso("2026-11-02T11:45:00Z")
    runs = [run(from_iso("2026-11-02T04:02:00Z"))]
    assert next_run(plan, runs, look - HOUR) == Next(look, "before_post")
    # Late, and still before the post: at once.
    assert next_run(plan, runs, look + 14 * MINUTE) == Next(look, "before_post")


def test_a_look_before_a_post_that_was_missed_rests_until_the_post_is_read() -> None:
    plan = planned("2026-11-02T12:00:00Z")
    runs = [run(from_iso("2026-11-02T04:02:00Z"))]
    later = from_iso("2026-11-02T13:00:00Z")
    assert next_run(plan, runs, later) == Next(from_iso("2026-11-02T18:00:00Z"), "missed")


def test_a_look_shortly_before_serves_as_the_look_before_a_post() -> None:
    plan = planned("2026-11-02T12:00:00Z")
    runs = [run(from_iso("2026-11-02T09:30:00Z"))]
    assert next_run(plan, runs, from_iso("2026-11-02T11:50:00Z")).at != (
        from_iso("2026-11-02T11:45:00Z")
    )
    # One before the post before serves nothing.
    plan = planned("2026-11-02T12:00:00Z", "2026-11-02T10:00:00Z")
    assert next_run(plan, runs, from_iso("2026-11-02T11:50:00Z")).why == "before_post"


def test_a_retry_rests_in_the_hours_after_a_post() -> None:
    sent = "2026-11-02T10:00:00Z"
    plan = replace(POSTS, sent=(from_iso(sent),))
    runs = [failed(from_iso("2026-11-02T09:58:00Z"))]
    assert next_run(plan, runs, from_iso("2026-11-02T10:10:00Z")) == (
        Next(from_iso("2026-11-02T16:00:00Z"), "retry")
    )
