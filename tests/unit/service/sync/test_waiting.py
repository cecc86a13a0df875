"""Waits that the service lends to a connector end when the owner asks to stop."""

from __future__ import annotations

import pytest

from regulars.sync.waiting import STEP_SECONDS, interruptible
from regulars_connectors import Runtime
from regulars_connectors.errors import Interrupted


def test_a_wait_is_as_long_as_asked_for() -> None:
    slept: list[float] = []
    runtime = interruptible(Runtime(clock=lambda: 0, sleep=slept.append), lambda: False)
    runtime.sleep(3_600.1)
    assert sum(slept) == pytest.approx(3_600.1)
    assert max(slept) <= STEP_SECONDS
    assert runtime.should_stop is not None
    assert not runtime.should_stop()


def test_a_wait_ends_within_a_step_of_the_interrupt() -> None:
    slept: list[float] = []
    runtime = interruptible(Runtime(lambda: 0, slept.append), lambda: len(slept) >= 3)
    with pytest.raises(Interrupted):
        runtime.sleep(3_600)
    assert len(slept) == 3
    assert runtime.should_stop is not None
    assert runtime.should_stop()
