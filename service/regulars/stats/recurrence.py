"""How often posts come, and what "keeps reading" then means: at least k of the last n.

The rule follows the rhythm of the publication (measurement model, section 2.5): n covers eight
weeks of posts, four at least and eight at most, and k is half of it. Posts that come faster than
every third day are judged week by week.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Literal

RHYTHM_POSTS = 26  # posts whose gaps make the rhythm
WINDOW_DAYS = 56
FEWEST, MOST = 4, 8
DAILY_BELOW_DAYS = 3.0


@dataclass(frozen=True, slots=True)
class Rule:
    """Read at least ``reads`` of the last ``of`` units. ``gap_days``: None before two posts."""

    reads: int
    of: int
    unit: Literal["post", "week"]
    gap_days: float | None

    def words(self) -> str:
        """The rule in words."""
        posts = "posts" if self.unit == "post" else "weeks with a post"
        return f"at least {self.reads} of the last {self.of} {posts}"


def median_gap_days(streams: Iterable[Sequence[datetime]]) -> float | None:
    """Median days between posts that follow each other, over the last 26 of all streams.

    A publication whose posts are known from two places has two streams; only the gaps within
    one are gaps.
    """
    gaps: list[tuple[datetime, float]] = []
    for times in streams:
        in_order = sorted(times)
        gaps += [
            (after, (after - before) / timedelta(days=1)) for before, after in pairwise(in_order)
        ]
    latest = sorted(gaps)[-(RHYTHM_POSTS - 1) :]
    return statistics.median(gap for _, gap in latest) if latest else None


def rule_for(gap_days: float | None, reads: int | None = None, of: int | None = None) -> Rule:
    """The rule for a rhythm; ``reads`` and ``of`` are what the owner set."""
    daily = gap_days is not None and gap_days < DAILY_BELOW_DAYS
    units = MOST
    if gap_days is not None and not daily:
        units = min(MOST, max(FEWEST, math.floor(WINDOW_DAYS / gap_days + 0.5)))
    units = of if of is not None else max(units, reads or 0)
    needed = reads if reads is not None else math.ceil(units / 2)
    return Rule(needed, units, "week" if daily else "post", gap_days)


def expected_on(as_of: datetime, missing: int, rule: Rule) -> date | None:
    """The day around which ``missing`` more units will have come; None without a rhythm."""
    if rule.gap_days is None:
        return None
    days = 7.0 if rule.unit == "week" else rule.gap_days
    return (as_of + timedelta(days=math.ceil(missing * days))).date()
