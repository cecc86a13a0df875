"""Opens of many posts by one person, written in one statement."""

from __future__ import annotations

from datetime import datetime
from typing import Any

# The first post of the tables that tests fill by hand, and when they were seen (naive UTC).
FIRST = datetime(2026, 1, 5, 9, 0)  # noqa: DTZ001
SEEN = datetime(2026, 12, 1)  # noqa: DTZ001


def reads(tables: Any, name: str, *posts: int) -> None:
    """The person opened these posts, three hours after each went out."""
    tables.connection.execute(
        "INSERT INTO signals (publication, connection, kind, signal_key, subscription_id, post_id,"
        " happened_at, machine, seen_at, entry)"
        " SELECT 'notes', 'main', 'open', $name || '.' || post, $name, 'post' || post,"
        " $first + to_days(CAST(7 * post AS INTEGER)) + INTERVAL 3 HOUR, FALSE, $seen, 1"
        " FROM (SELECT unnest($posts) AS post)",
        {"name": name, "posts": list(posts), "first": FIRST, "seen": SEEN},
    )
    tables.signals_pulled()
