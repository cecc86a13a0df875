"""The system's clock. Only this module asks for the time; everything else takes a clock."""

from __future__ import annotations

import time

from regulars_connectors.contract import Runtime
from regulars_connectors.http import Pacers
from regulars_connectors.instants import DAY, Instant, from_iso, to_iso

from .errors import ClockWrong

RELEASED: Instant = from_iso("2026-11-25")
"""The day of the newest release. A clock that shows an earlier one is wrong."""

_LONGEST_USE = 20 * 365 * DAY


def system_clock() -> Instant:
    """Now, in microseconds."""
    return time.time_ns() // 1000


def real_runtime() -> Runtime:
    """The runtime for connectors outside of tests: system time, real waiting, shared pacers."""
    return Runtime(clock=system_clock, sleep=time.sleep, pacers=Pacers())


def require_plausible_clock() -> None:
    """Raise ClockWrong if this machine cannot know the time, as after a start in 1970 or 2100."""
    now = system_clock()
    if now < RELEASED:
        raise ClockWrong(
            f"This machine's clock says {to_iso(now)}, before this version of Regulars existed."
        )
    if now > RELEASED + _LONGEST_USE:
        raise ClockWrong(
            f"This machine's clock says {to_iso(now)}, decades after this version of Regulars."
        )
