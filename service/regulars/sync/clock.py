"""The clock of one run: this machine's, corrected by the provider's where the two differ.

Every look is dated, and figures depend on the order of looks and posts. A clock may be wrong, so it
is heard as one witness among three: this machine's clock, the dates of the provider's responses and
the dates of earlier looks. See docs/decisions/0028.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from regulars.errors import ClockWrong
from regulars.store import Store
from regulars.store.looks import Look, looks_at, newest_event, set_looks_aside
from regulars_connectors.contract import Clock, Connector, Page
from regulars_connectors.errors import ConnectorError
from regulars_connectors.instants import DAY, EARLIEST, LATEST, SECOND, Instant, to_iso
from regulars_connectors.plural import pluralize

from .progress import Progress
from .record import RunRequest, RunResult

SAID_FROM = 300 * SECOND
NOT_WHOLE_FROM = 3600 * SECOND
ENOUGH_WITNESSES = 3
"""A proxy may answer once with a stale or broken date. Three responses outvote one."""

_MINUTE = 60 * SECOND
_MOST_QUESTIONS = 3
_MOST_DOUBTS = 10


class RunClock:
    """Now, by this machine's clock plus ``correction``. Notes what the provider's clock says."""

    def __init__(self, machine: Clock, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.machine = machine
        self.correction: Instant = 0
        self._ahead: list[Instant] = []
        self._monotonic = monotonic
        self._started = machine() - self._elapsed()

    def __call__(self) -> Instant:
        """Now."""
        return self.machine() + self.correction

    def note(self, seconds: float) -> None:
        """Note a response: by how many seconds the provider's clock is ahead of this one."""
        self._ahead.append(int(seconds * SECOND) + self.correction)

    def require_possible(self) -> None:
        """Raise ClockWrong if the machine shows a time that no newsletter can have."""
        now = self.machine()
        if not EARLIEST <= now < LATEST:
            raise ClockWrong(f"This machine's clock says {_shown(now)}, which cannot be.")

    @property
    def is_in_doubt(self) -> bool:
        """Whether a response since the last ``clear`` was dated far from this clock."""
        return any(abs(ahead - self.correction) > SAID_FROM for ahead in self._ahead)

    @property
    def witnesses(self) -> int:
        """How many dated responses came since the last ``clear``."""
        return len(self._ahead)

    def median_ahead(self) -> Instant:
        """By how much the provider's clock is ahead of the machine's: the median response."""
        ordered = sorted(self._ahead)
        middle = ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]
        return min(middle, key=lambda ahead: abs(ahead - self.correction))

    def clear(self) -> None:
        """Forget the responses so far."""
        self._ahead.clear()

    def moved(self) -> Instant:
        """By how much somebody moved the machine's clock since the run began."""
        return self.machine() - self._elapsed() - self._started

    def _elapsed(self) -> Instant:
        return int(self._monotonic() * SECOND)


@dataclass
class PageDates:
    """Dates the pages of a run, and tells the owner about clocks that differ.

    progress: shows a sentence at once. doubt: why this run cannot show who is gone, None if it can.
    """

    store: Store
    connector: Connector
    request: RunRequest
    clock: RunClock
    result: RunResult
    progress: Callable[[Progress], None]
    doubt: str | None = None
    _newest: Instant = 0
    _moved: Instant = 0
    _doubts: int = 0
    _is_confirmed: bool = False
    _looks: list[Look] | None = field(default=None, repr=False)

    def dated(self, page: Page) -> Page:
        """The page with its date corrected, at least as late as every look before it.

        Raises ClockWrong on the first page if that cannot be, before anything is written.
        """
        before = self.clock.correction
        is_first = self._looks is None
        if is_first:
            self._looks = looks_at(self.store, self.request.connection)
        self._hear_the_provider()
        if is_first:
            self._compare_with_earlier_looks()
        self._mind_a_moved_clock()
        change = self.clock.correction - before
        if change and is_first:
            self.result.record.started_at += change
        self._newest = max(self._newest, page.fetched_at + change)
        return page if self._newest == page.fetched_at else replace(page, fetched_at=self._newest)

    def now(self) -> Instant:
        """Now, at least as late as every look."""
        return max(self.clock(), self._newest)

    # The provider's clock

    def _hear_the_provider(self) -> None:
        clock = self.clock
        if clock.is_in_doubt and self._doubts < _MOST_DOUBTS:
            self._doubts += 1
            self._ask_for_witnesses()
            self._is_confirmed = clock.witnesses >= ENOUGH_WITNESSES
            if self._is_confirmed:
                self._follow(clock.median_ahead())
        elif clock.witnesses:
            self._is_confirmed = True
        clock.clear()

    def _ask_for_witnesses(self) -> None:
        """Ask until several responses are dated. Each preflight makes a few requests."""
        for _ in range(_MOST_QUESTIONS):
            if self.clock.witnesses >= ENOUGH_WITNESSES:
                return
            try:
                self.connector.preflight()
            except ConnectorError:
                return  # the walk meets the same error and tells it

    def _follow(self, ahead: Instant) -> None:
        """Date by the provider's clock, which is that far ahead of the machine's."""
        clock = self.clock
        if abs(ahead - clock.correction) <= SAID_FROM:
            return  # most responses agree with this clock
        if abs(ahead) <= SAID_FROM:
            clock.correction = 0
            return
        ours = clock.machine()
        newest = max((look.last_at for look in self._looks or ()), default=0)
        how = f"This machine's clock is {difference(-ahead)} the provider's"
        if ours + ahead < newest - NOT_WHOLE_FROM and ours >= newest:
            self._tell(
                f"{how}. Your earlier syncs agree with this machine, so it dates this one too."
            )
        else:
            clock.correction = ahead
            self._tell(f"{how}, which dates this sync. Set the clock of this machine.")
        if abs(ahead) > NOT_WHOLE_FROM:
            self._not_whole(how)

    # Earlier looks

    def _compare_with_earlier_looks(self) -> None:
        now = self.clock()
        later = [look for look in self._looks or () if look.last_at > now + NOT_WHOLE_FROM]
        past = [look.last_at for look in self._looks or () if look not in later]
        self._newest = max(past, default=0)
        if later:
            self._set_aside(later, now)
        elif self._newest > now + SAID_FROM:
            self._tell(
                f"This machine's clock is {difference(now - self._newest)} your last sync, so this"
                " one is dated right after that. Set the clock of this machine."
            )

    def _set_aside(self, later: list[Look], now: Instant) -> None:
        """Take looks from the future out of the figures. Raises ClockWrong if now is the past."""
        if not (self._is_confirmed or self._may_lie_in_the_future(later, now)):
            raise ClockWrong(
                f"This machine's clock says {to_iso(now)}, but {self.request.connection} was"
                f" synced until {to_iso(max(look.last_at for look in later))}.",
                to_do=self._how_to_go_on(later, now),
            )
        set_looks_aside(
            self.store,
            self.request.publication,
            self.request.connection,
            after=now + NOT_WHOLE_FROM,
            at=max(now, self._newest),
        )
        first = to_iso(min(look.last_at for look in later))
        self._tell(
            f"{pluralize(len(later), 'earlier sync')} had a date in the future, from {first} on."
            " This sync takes their place."
        )

    def _how_to_go_on(self, later: list[Look], now: Instant) -> str:
        """What to do about a clock that may be behind, or that may be right at last.

        A clock that is right meets the same looks again, and is believed from a certain moment on.
        """
        if self._provider_knows_later(now):
            return ClockWrong.to_do
        ends = sorted(look.last_at for look in later)
        moment = ends[-2] - NOT_WHOLE_FROM  # then a single one lies in the future
        waited = self._newest + ends[-1] - ends[0]
        if self._newest and waited < ends[0] - NOT_WHOLE_FROM:
            moment = min(moment, waited)
        whole_minute = (moment // _MINUTE + 1) * _MINUTE
        return (
            "If this clock is behind, set it, then run the command again. If it is right, it was"
            f" ahead at earlier syncs: run the command again after {to_iso(whole_minute)}."
        )

    def _provider_knows_later(self, now: Instant) -> bool:
        """Whether the provider has a post or an answer from later than that."""
        event = newest_event(self.store, self.request.connection) or 0
        return event > now + NOT_WHOLE_FROM

    def _may_lie_in_the_future(self, later: list[Look], now: Instant) -> bool:
        """Whether the later looks can have been dated wrongly, so that this clock may be right.

        They were made since the look before now, so they span less time than has passed since. And
        a clock that went wrong jumped further than they span. A clock that was set back by a year
        meets looks that span a year, or posts that the provider sent later than now.
        """
        if self._provider_knows_later(now):
            return False
        event = newest_event(self.store, self.request.connection) or 0
        first = min(look.last_at for look in later)
        span = max(look.last_at for look in later) - first
        known = max(self._newest, event)
        fits = self._newest > 0 and span < now - self._newest
        jumped = known > 0 and 2 * span < first - known
        return len(later) == 1 or fits or jumped

    # This machine's clock

    def _mind_a_moved_clock(self) -> None:
        """Tell of a clock that was set during the run, where no provider tells the time."""
        moved = self.clock.moved()
        step, self._moved = moved - self._moved, moved
        if self._is_confirmed or abs(step) <= SAID_FROM:
            return
        how = f"This machine's clock was set {difference(step)} where it was during this sync"
        self._tell(f"{how}.")
        if abs(step) > NOT_WHOLE_FROM:
            self._not_whole(how)

    def _not_whole(self, how: str) -> None:
        self.doubt = self.doubt or f"{how[0].lower()}{how[1:]}"
        self.result.set_outcome("partial", f"{how}.")

    def _tell(self, sentence: str) -> None:
        self.result.notice(sentence)
        self.progress(Progress(self.request.connection, "", 0, None, notice=sentence))


def _shown(moment: Instant) -> str:
    try:
        return to_iso(moment)
    except OverflowError:  # beyond the year 9999
        return "a year with five digits"


def difference(ahead: Instant) -> str:
    """A difference in words: "3 hours ahead of", "20 minutes behind"."""
    size = abs(ahead)
    units = ((DAY, "day"), (3600 * SECOND, "hour"), (60 * SECOND, "minute"))
    unit, name = next((one for one in units[:-1] if size >= one[0] - 30 * SECOND), units[-1])
    return f"{pluralize(size / unit, name)} {'ahead of' if ahead > 0 else 'behind'}"
