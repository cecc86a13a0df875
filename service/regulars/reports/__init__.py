"""Reports: questions with parameters, answered from the store at one instant.

``REPORTS`` is the catalogue; a new report is one line in it.
"""

from __future__ import annotations

from typing import Any

from .answers import ANSWERS
from .calibration import CALIBRATION
from .coverage import COVERAGE
from .engine.report import Report
from .house import HOUSE
from .letters import LETTERS
from .movement import MOVEMENT
from .regulars import REGULARS
from .variation import VARIATION
from .waiting import WAITING

REPORTS: tuple[Report[Any, Any, Any], ...] = (
    HOUSE,
    REGULARS,
    MOVEMENT,
    VARIATION,
    CALIBRATION,
    ANSWERS,
    LETTERS,
    WAITING,
    COVERAGE,
)

__all__ = ["REPORTS", "Report"]
