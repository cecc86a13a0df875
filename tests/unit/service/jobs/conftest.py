"""A store, settings and a clock for the schedule."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.schedule_rig import ScheduleRig, schedule_rig


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[ScheduleRig]:
    with schedule_rig(tmp_path) as made:
        yield made
