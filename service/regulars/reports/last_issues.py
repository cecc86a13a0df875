"""The last thirteen issues: a season, over which conversations are counted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from regulars.store.timestamps import aware

from .engine.envelope import Part
from .engine.report import Context

SEASON = 13


class Season(Part):
    """The last thirteen issues, or all where there are fewer."""

    issues: int = Field(description="how many: 13 at most")
    since: datetime = Field(description="when the first of them was sent")


def season(context: Context[Any]) -> Season | None:
    """The last issues as of the moment that is asked about. None before the first one."""
    times = [aware(post.sent_at) for post in context.facts.posts]
    last = sorted(at for at in times if at < context.as_of)[-SEASON:]
    return Season(issues=len(last), since=last[0]) if last else None
