"""What a run makes of clocks that differ: this machine's, the provider's, and earlier looks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.two_clocks import TwoClocks, http_date, two_clocks

from regulars.errors import ClockWrong
from regulars.store import Store
from regulars.store.looks import looks_at
from regulars.store.timestamps import instant_of
from regulars.sync.clock import RunClock, difference
from regulars.sync.record import RunResult
from regulars_connectors.instants import DAY, SECOND, Instant, from_iso
from regulars_connectors.simulator import Request, World

MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
YEAR = 365 * DAY


@pytest.fixture(scope="module")
def world() -> World:
    return World(3, subscribers=30, spike=False, posts=40)


@pytest.fixture
def clocks(tmp_path: Path, world: World) -> Iterator[TwoClocks]:
    with two_clocks(tmp_path, world) as made:
        yield made


def week(clocks: TwoClocks, number: int) -> Instant:
    """A day before a post."""
    return clocks.world.posts[number].sent_at - DAY


def sync(clocks: TwoClocks, number: int, wrong: Instant = 0) -> RunResult:
    clocks.at(week(clocks, number), wrong)
    return clocks.sync(clocks.root / "data")


def dates(clocks: TwoClocks) -> list[Instant]:
    """When each look ended, in the order of the journal."""
    settings = clocks.settings(clocks.root / "data")
    with Store(settings.store) as store:
        return [look.last_at for look in looks_at(store, settings.connections()[0][1].name)]


# The provider tells the time


def test_a_difference_of_four_minutes_is_nothing(clocks: TwoClocks) -> None:
    clocks.tells_the_time()
    result = sync(clocks, 10, wrong=4 * MINUTE)
    assert (result.outcome, result.notices) == ("complete", [])
    assert dates(clocks) == [week(clocks, 10) + 4 * MINUTE]


@pytest.mark.parametrize("wrong", [20 * MINUTE, -20 * MINUTE])
def test_a_difference_of_twenty_minutes_is_said(clocks: TwoClocks, wrong: Instant) -> None:
    clocks.tells_the_time()
    result = sync(clocks, 10, wrong)
    assert result.outcome == "complete"
    [notice] = result.notices
    assert notice.startswith(f"This machine's clock is {difference(wrong)} the provider's")
    assert abs(dates(clocks)[0] - week(clocks, 10)) <= 5 * SECOND


def test_over_an_hour_a_run_is_not_whole_and_dated_by_the_provider(clocks: TwoClocks) -> None:
    clocks.tells_the_time()
    result = sync(clocks, 10, wrong=3 * HOUR)
    assert result.outcome == "partial"
    assert result.exit_code == 6
    assert result.reason == "This machine's clock is 3 hours ahead of the provider's."
    assert {stream.outcome for stream in result.streams} <= {"partial", "window", "events"}
    assert len(result.notices) == 1
    assert abs(dates(clocks)[0] - week(clocks, 10)) <= 5 * SECOND
    assert abs(result.record.started_at - week(clocks, 10)) <= 5 * SECOND


ODD_DATES = (http_date(0), http_date(from_iso("2025-06-01")), "next Tuesday", "", "0")


@pytest.mark.parametrize(
    ("place", "odd"),
    [
        pytest.param(place, odd, marks=[pytest.mark.long] * (place > 0 and odd != ODD_DATES[0]))
        for place in (0, 1, 3, 7)
        for odd in ODD_DATES
    ],
)
def test_one_odd_response_blames_nobody(clocks: TwoClocks, place: int, odd: str) -> None:
    def date(_: Request) -> str:
        return odd if len(clocks.requests) == place + 1 else http_date(clocks.provider())

    clocks.date = date
    result = sync(clocks, 10)
    assert (result.outcome, result.notices) == ("complete", [])
    assert dates(clocks) == [week(clocks, 10)]


def test_what_a_cache_kept_is_no_witness(clocks: TwoClocks) -> None:
    clocks.date = lambda _: http_date(clocks.provider() - 30 * DAY)
    clocks.further = (("Age", "2592000"),)
    result = sync(clocks, 10)
    assert (result.outcome, result.notices) == ("complete", [])
    assert dates(clocks) == [week(clocks, 10)]


@pytest.mark.long
def test_a_provider_whose_clock_went_back_is_outvoted(clocks: TwoClocks) -> None:
    """Earlier looks agree with this machine, so looks stay in order."""
    clocks.tells_the_time()
    sync(clocks, 10)
    clocks.date = lambda _: http_date(clocks.provider() - YEAR)
    result = sync(clocks, 11)
    assert result.outcome == "partial"
    assert "Your earlier syncs agree with this machine" in result.notices[0]
    assert dates(clocks) == [week(clocks, 10), week(clocks, 11)]


@pytest.mark.parametrize("by", [-HOUR - MINUTE, 2 * HOUR])
def test_a_clock_set_in_the_middle_of_a_sync(clocks: TwoClocks, by: Instant) -> None:
    def date(request: Request) -> str:
        if request.path.endswith("/subscriptions"):
            clocks.machine.set(clocks.provider() + by)
        return http_date(clocks.provider())

    clocks.date = date
    result = sync(clocks, 10)
    assert result.outcome == "partial"
    assert len(result.notices) == 1
    assert abs(dates(clocks)[0] - week(clocks, 10)) <= 5 * SECOND


# Nobody tells the time


@pytest.mark.parametrize("by", [-HOUR - MINUTE, 2 * HOUR])
def test_a_clock_set_in_the_middle_of_a_sync_that_nobody_dates(
    clocks: TwoClocks, by: Instant
) -> None:
    def date(request: Request) -> None:
        if request.path.endswith("/subscriptions"):
            clocks.machine.set(clocks.provider() + by)

    clocks.date = date
    result = sync(clocks, 10)
    assert result.outcome == "partial"
    assert result.notices == [
        f"This machine's clock was set {difference(by)} where it was during this sync."
    ]
    [ended] = dates(clocks)
    assert ended == week(clocks, 10) + max(by, 0)


def test_a_look_shortly_before_the_newest_is_dated_right_after(clocks: TwoClocks) -> None:
    sync(clocks, 10, wrong=30 * MINUTE)
    clocks.at(week(clocks, 10) + 5 * MINUTE)
    result = clocks.sync(clocks.root / "data")
    assert result.outcome == "complete"
    assert "25 minutes behind your last sync" in result.notices[0]
    assert dates(clocks) == [week(clocks, 10) + 30 * MINUTE] * 2


@pytest.mark.long
def test_a_clock_before_many_looks_is_refused_and_writes_nothing(clocks: TwoClocks) -> None:
    for number in (10, 11, 12):
        sync(clocks, number)
    before = clocks.tables(clocks.root / "data")
    with pytest.raises(ClockWrong, match="was synced until"):
        sync(clocks, 13, wrong=-12 * 7 * DAY)
    assert clocks.tables(clocks.root / "data") == before


@pytest.mark.parametrize(
    ("ahead", "hours", "wait"),
    [
        # The last but one is dated two hours later than now, and may be an hour.
        (3 * HOUR, (0, 1, 2, 3, 4, 5), HOUR),
        (5 * HOUR, (0, 1, 2, 3, 4, 5, 6), 3 * HOUR),
        (5 * HOUR, (0, 1, 2, 4, 6), 2 * HOUR),
    ],
)  # fmt: skip
@pytest.mark.long
def test_a_right_clock_after_wrong_ones_is_told_until_when_to_wait(
    clocks: TwoClocks, monkeypatch: pytest.MonkeyPatch,
    ahead: Instant, hours: tuple[int, ...], wait: Instant,
) -> None:  # fmt: skip
    """And that works as printed: refused before that moment, and accepted after it."""
    monkeypatch.setattr("regulars.sync.clock.newest_event", lambda *_: None)
    start = week(clocks, 10)
    clocks.at(start - 2 * HOUR)
    clocks.sync(clocks.root / "data")
    for hour in hours:
        clocks.at(start + hour * HOUR, ahead)
        clocks.sync(clocks.root / "data")
    now = start + hours[-1] * HOUR + MINUTE
    clocks.at(now)
    with pytest.raises(ClockWrong) as caught:
        clocks.sync(clocks.root / "data")
    found = re.search(r"run the command again after (\S+)\.$", caught.value.to_do)
    assert found is not None, caught.value.to_do
    told = from_iso(found[1])
    assert 0 < told - (start + hours[-1] * HOUR + wait) <= 2 * MINUTE
    clocks.at(told - 3 * MINUTE)
    with pytest.raises(ClockWrong):
        clocks.sync(clocks.root / "data")
    clocks.at(told)
    assert clocks.sync(clocks.root / "data").outcome == "complete"
    clocks.at(told + DAY)
    assert clocks.sync(clocks.root / "data").outcome == "complete"
    data = clocks.root / "data"
    assert clocks.tables(data) == clocks.tables(data, rebuilt=True)


@pytest.mark.long
def test_a_clock_that_is_surely_behind_is_to_be_set(clocks: TwoClocks) -> None:
    """The provider has a post from later than now, so waiting is no way."""
    for number in (10, 11, 12):
        sync(clocks, number)
    with pytest.raises(ClockWrong) as caught:
        sync(clocks, 13, wrong=-12 * 7 * DAY)
    assert caught.value.to_do == ClockWrong.to_do


def test_a_clock_before_the_newest_post_is_refused(clocks: TwoClocks) -> None:
    """There is only one look yet, but the provider has sent posts since what the clock says."""
    sync(clocks, 10)
    with pytest.raises(ClockWrong):
        sync(clocks, 11, wrong=-YEAR)
    assert dates(clocks) == [week(clocks, 10)]


@pytest.mark.parametrize(
    ("wrong_ones", "first"),
    [
        (1, 0),
        *(
            pytest.param(*one, marks=pytest.mark.long)
            for one in ((1, 1), (2, 0), (2, 1), (3, 0), (3, 1))
        ),
    ],
)
def test_looks_in_the_future_are_set_aside(clocks: TwoClocks, wrong_ones: int, first: int) -> None:
    """Looks of a clock that was a year ahead, with or without right ones before."""
    last = 10 + first + wrong_ones
    for number in range(10, last):
        sync(clocks, number, wrong=YEAR if number >= 10 + first else 0)
    result = sync(clocks, last)
    assert result.outcome == "complete"
    assert f"{wrong_ones} earlier sync" in result.notices[0]
    assert max(dates(clocks)) == week(clocks, last)
    data = clocks.root / "data"
    assert clocks.tables(data) == clocks.tables(data, rebuilt=True)
    assert sync(clocks, last + 1).notices == []


@pytest.mark.long
def test_a_planned_post_that_a_clock_ahead_took_for_sent_proves_nothing(clocks: TwoClocks) -> None:
    """The provider shows a post that is planned for years later. By a clock of 2100 it was sent."""
    sync(clocks, 10)
    settings = clocks.settings(clocks.root / "data")
    planned = max(post.sent_at for post in clocks.world.posts)
    sync(clocks, 11, wrong=from_iso("2100-01-01") - week(clocks, 11))
    with Store(settings.store) as store, store.read() as cursor:
        newest = cursor.execute("SELECT max(sent_at) FROM posts WHERE status = 'sent'").fetchall()
    assert instant_of(newest[0][0]) >= planned > week(clocks, 13)
    assert "1 earlier sync had a date in the future" in sync(clocks, 12).notices[0]


@pytest.mark.long
def test_looks_in_the_future_are_set_aside_by_the_word_of_the_provider(clocks: TwoClocks) -> None:
    for number in range(10, 14):
        sync(clocks, number, wrong=YEAR)
    clocks.tells_the_time()
    clocks.at(week(clocks, 13) + HOUR)
    assert "4 earlier syncs" in clocks.sync(clocks.root / "data").notices[0]


@pytest.mark.long
def test_a_look_in_the_future_counts_once_it_is_past(clocks: TwoClocks) -> None:
    data = clocks.root / "data"
    for number in range(8, 20):
        sync(clocks, number)
    now = week(clocks, 20)
    before = clocks.figures(data, [now], now)
    sync(clocks, 20, wrong=7 * DAY)
    meanwhile, later = clocks.figures(data, [now, now + 8 * DAY], now + 8 * DAY)
    assert [meanwhile["figure"], meanwhile["evidence"]] == [
        before[0]["figure"], before[0]["evidence"],
    ]  # fmt: skip
    assert later["evidence"] != meanwhile["evidence"]


@pytest.mark.parametrize("moment", [5 * DAY, from_iso("2101-06-01"), 10**18])
def test_an_impossible_time_is_refused_before_anything_is_written(
    clocks: TwoClocks, moment: Instant
) -> None:
    clocks.tells_the_time()
    sync(clocks, 10)
    before = clocks.tables(clocks.root / "data")
    clocks.provider.set(week(clocks, 11))
    clocks.machine.set(moment)
    with pytest.raises(ClockWrong, match="which cannot be"):
        clocks.sync(clocks.root / "data")
    assert clocks.tables(clocks.root / "data") == before


# The clock itself


def test_the_median_decides_and_few_witnesses_do_not() -> None:
    clock = RunClock(lambda: 0)
    for seconds in (3600.0, -(10.0**8), 3601.0, 3600.0):
        clock.note(seconds)
    assert clock.is_in_doubt
    assert clock.median_ahead() == 3600 * SECOND
    clock.clear()
    clock.note(299.0)
    assert not clock.is_in_doubt


def test_a_correction_is_counted_once() -> None:
    clock = RunClock(lambda: 0)
    clock.correction = HOUR
    clock.note(0.0)
    assert not clock.is_in_doubt
    assert clock.median_ahead() == HOUR


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (20 * MINUTE, "20 minutes ahead of"),
        (-HOUR + SECOND, "1 hour behind"),
        (30 * HOUR, "1 day ahead of"),
        (-YEAR, "365 days behind"),
    ],
)
def test_differences_in_words(ahead: Instant, words: str) -> None:
    assert difference(ahead) == words


def test_time_that_passes_is_no_clock_that_was_moved() -> None:
    now = [1000.0]
    machine: Callable[[], Instant] = lambda: int(now[0] * SECOND)  # noqa: E731
    clock = RunClock(machine, monotonic=lambda: now[0])
    now[0] += 10_000
    assert clock.moved() == 0
