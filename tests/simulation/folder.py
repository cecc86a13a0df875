"""Invented readers as files for `regulars import files`: what an owner would know by then."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import numpy as np
from simulation.worlds import NEVER, Lived

FIRST = datetime(2025, 1, 7, 7, tzinfo=UTC)
WEEK = timedelta(weeks=1)


def sent_at(unit: int) -> datetime:
    """When the post of a unit goes out."""
    return FIRST + unit * WEEK


def day_after(units: int) -> str:
    """The date by which that many units have matured, before the next one would go out."""
    return str((sent_at(units) + timedelta(hours=1)).date())


def files_of(lived: Lived, at: int) -> dict[str, str]:
    """posts, subscriptions and signals of the first ``at`` units. Every open is a person's."""
    people = np.flatnonzero(lived.first < at)
    posts = ([f"p{unit}", f"Invented {unit}", _iso(sent_at(unit)), "true"] for unit in range(at))
    signals = (
        [f"p{unit}", f"s{person}", "open", _iso(sent_at(unit) + timedelta(hours=5)), "false", ""]
        for person in people
        for unit in np.flatnonzero(lived.reads[person, :at])
    )
    return {
        "posts.csv": _csv("id,title,sent_at,opens_tracked", posts),
        "subscriptions.csv": _csv(
            "id,email,joined_at,left_at,status,source",
            (_subscription(lived, int(person), at) for person in people),
        ),
        "signals.csv": _csv("post_id,subscription_id,kind,at,machine,url", signals),
    }


def _subscription(lived: Lived, person: int, at: int) -> list[str]:
    joined = sent_at(int(lived.first[person])) - timedelta(days=3)
    left = int(lived.left[person])
    has_left = left != NEVER and left <= at
    until = _iso(sent_at(left) - timedelta(hours=1)) if has_left else ""
    address = f"reader{person}@example.org"
    return [f"s{person}", address, _iso(joined), until, "left" if has_left else "active", "website"]


def _iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _csv(header: str, rows: Iterable[list[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header.split(","))
    writer.writerows(rows)
    return text.getvalue()
