"""What is due, and why: a pure function of the plan of a connection, its runs, hints and now.

The runs are the only state (docs/decisions/0040). A time counts as served once a run has ended at
or after it, however it ended, so a time that was missed is made up once, and one that passes while
a run is under way is served by that run. What a run left undone is tried again by itself, and
never moves the regular times.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from regulars.store.run_record import RunOutcome
from regulars_connectors.instants import DAY, SECOND, Instant

from .schedule import (
    HOUR,
    MINUTE,
    NEAR,
    Plan,
    Time,
    last_time,
    next_time,
    quiet_until,
)

Reason: TypeAlias = Literal[
    "first",
    "regular",
    "before_post",
    "missed",
    "retry",
    "provider_wait",
    "hint",
    "running",
    "paused",
    "off",
]

FIRST_RETRY: Instant = 5 * MINUTE
LONGEST_RETRY: Instant = 6 * HOUR
LATE: Instant = 10 * MINUTE
"""From then on a time that has come counts as missed."""
BETWEEN_HINTS: Instant = 5 * MINUTE
"""A connection is brought forward once in this time, however many hints come."""
_WRONG_CLOCK: Instant = DAY
"""A run that lies further ahead was recorded by a clock that was wrong, and says nothing."""


@dataclass(frozen=True, slots=True)
class Run:
    """What the schedule needs of one run that has ended.

    saw_people: its walk through the people came to its end, or it was complete without such a
    walk. was_stopped: it was stopped or cut. retry_at: when the provider wants to be asked again.
    asked_at: when it was asked for by this machine's clock, which times of rules go by. The other
    times follow the provider's clock where the two differ (docs/decisions/0028).
    """

    started_at: Instant
    ended_at: Instant
    outcome: RunOutcome
    saw_people: bool = False
    was_stopped: bool = False
    reason: str | None = None
    retry_at: Instant | None = None
    asked_at: Instant | None = None

    @property
    def is_good(self) -> bool:
        """Whether nothing of it has to be tried again before the regular time.

        What waits for the owner, or was partial after all people were seen, is nothing to retry.
        """
        if self.outcome == "complete":
            return True
        saw = self.outcome == "partial" and self.saw_people
        return saw and not self.was_stopped and self.retry_at is None


@dataclass(frozen=True, slots=True)
class Next:
    """When a connection runs next, and why. at: None if never by itself."""

    at: Instant | None
    why: Reason


@dataclass(frozen=True, slots=True)
class Trouble:
    """How long a connection has been failing: since when, how often in a row, and why at last."""

    since: Instant
    times: int
    reason: str | None


def plausible(runs: Sequence[Run], now: Instant) -> list[Run]:
    """The runs that say something, by this machine's clock, the newest first."""
    here = (by_this_machine(run, now) for run in runs)
    return [run for run in here if run.started_at <= now + _WRONG_CLOCK]


def by_this_machine(run: Run, now: Instant) -> Run:
    """The run with its times by the clock that times of rules go by.

    By a provider's clock that is behind, a run would end before the time that it served, and be
    begun again for ever. By one that is ahead, it would serve times that have yet to come.
    """
    if run.asked_at is None:
        return run
    shift = run.asked_at - run.started_at
    is_behind, is_ahead = shift > SECOND, run.ended_at > now >= run.asked_at
    if not (is_behind or is_ahead):
        return run  # what lies between the two is the wait for its turn
    return replace(
        run,
        started_at=run.started_at + shift,
        ended_at=run.ended_at + shift,
        retry_at=run.retry_at + shift if run.retry_at is not None else None,
    )


def trouble_of(runs: Sequence[Run]) -> Trouble | None:
    """The unbroken row of runs that failed, up to the newest. runs: the newest first."""
    failed = []
    for run in runs:
        if run.is_good:
            break
        failed.append(run)
    if not failed:
        return None
    return Trouble(failed[-1].started_at, len(failed), failed[0].reason)


def last_look(runs: Sequence[Run]) -> Instant | None:
    """When people were last seen. Lag is the time since then."""
    return next((run.ended_at for run in runs if run.saw_people), None)


def next_run(
    plan: Plan,
    runs: Sequence[Run],
    now: Instant,
    *,
    hint: Instant | None = None,
    wait_until: Instant | None = None,
) -> Next:
    """When the connection runs next. It is due if that moment has come.

    runs: the plausible ones, the newest first. hint: of a webhook that no run has confirmed.
    wait_until: the end of a wait that the provider named to the account.
    """
    if plan.rule.kind == "off":
        return Next(None, "off")
    found = _soonest(plan, runs, now, hint)
    waits = [wait_until, runs[0].retry_at if runs else None]
    end = max((wait for wait in waits if wait is not None and wait > now), default=None)
    if end is not None and (found.at is None or found.at < end):
        return Next(end, "provider_wait")
    return found


def _soonest(plan: Plan, runs: Sequence[Run], now: Instant, hint: Instant | None) -> Next:
    if not runs:
        return Next(now, "first")
    candidates = [*_regular(plan, runs, now), *_retry(plan, runs, now)]
    # After a failure the back-off holds: what a hint is about comes with the retry.
    if hint is not None and hint >= runs[0].started_at and runs[0].is_good:
        soonest = max(hint, runs[0].started_at + BETWEEN_HINTS)
        candidates.append(Next(quiet_until(plan, soonest), "hint"))
    moments = [(one.at, place) for place, one in enumerate(candidates) if one.at is not None]
    return candidates[min(moments)[1]] if moments else Next(None, "off")


def _regular(plan: Plan, runs: Sequence[Run], now: Instant) -> list[Next]:
    """The time that has come and is still to be served, else the next one."""
    retry = _retry_at(runs, now)
    came = last_time(plan, now)
    is_waiting = came is not None and not _is_served(plan, came, runs)
    if came is not None and is_waiting and not (retry and _is_frequent(plan, came.at)):
        return [_made_up(plan, came, now)]
    comes = next_time(plan, now)
    if comes is None or (retry and comes.at < retry and _is_frequent(plan, comes.at)):
        return []
    return [Next(comes.at, comes.why)]


def _made_up(plan: Plan, came: Time, now: Instant) -> Next:
    is_late = now - came.at > LATE
    if came.why == "before_post" and came.post is not None and now < came.post:
        return Next(came.at, "before_post")
    rest = quiet_until(plan, now) if is_late else now
    return Next(rest if rest > now else came.at, "missed" if is_late else came.why)


def _is_served(plan: Plan, time: Time, runs: Sequence[Run]) -> bool:
    """Whether a run has ended since. Before a post, a look shortly before serves as well."""
    if any(run.ended_at >= time.at for run in runs):
        return True
    if time.post is None:
        return False
    before = max((one for one in (*plan.sent, *plan.planned) if one < time.post), default=0)
    return any(run.saw_people and run.ended_at >= max(time.at - NEAR, before) for run in runs)


def _retry(plan: Plan, runs: Sequence[Run], now: Instant) -> list[Next]:
    at = _retry_at(runs, now)
    if at is None:
        return []
    end = runs[0].retry_at
    if end is not None and end >= at:
        return [Next(end, "provider_wait")]
    return [Next(quiet_until(plan, at), "retry")]


def _retry_at(runs: Sequence[Run], now: Instant) -> Instant | None:
    """The end of the back-off, which doubles with each failure. None if all is well."""
    trouble = trouble_of(runs)
    if trouble is None:
        return None
    wait = min(FIRST_RETRY << min(trouble.times - 1, 16), LONGEST_RETRY)
    # A clock that was set back would stretch the wait.
    return max(min(runs[0].ended_at, now) + wait, runs[0].retry_at or 0)


def _is_frequent(plan: Plan, at: Instant) -> bool:
    """Whether another time follows so soon that this one may wait for the back-off."""
    if plan.rule.kind not in ("every", "cron"):
        return False
    after = next_time(plan, at)
    return after is not None and after.at - at <= LONGEST_RETRY
