"""The system's clock. Only this module asks for the time; everything else takes a clock."""

from __future__ import annotations

import time

from regulars_connectors.contract import Runtime
from regulars_connectors.http import Pacers
from regulars_connectors.instants import Instant


def system_clock() -> Instant:
    """Now, in microseconds."""
    return time.time_ns() // 1000


def real_runtime() -> Runtime:
    """The runtime for connectors outside of tests: system time, real waiting, shared pacers."""
    return Runtime(clock=system_clock, sleep=time.sleep, pacers=Pacers())
