"""The CSV files that the dashboard hands out: what somebody would download at an instant."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

from ...instants import SECOND, Instant
from ..people import Person
from ..world import World
from .subscriptions import TIER

_TIER = f"{TIER['name']} Tier"


def subscribers_csv(world: World, at: Instant, *, delimiter: str = ",") -> str:
    """The full export of subscribers, with the stray spaces and columns of its own that it has."""
    columns = [
        "email", "First Name", "Last Name", "status", "tier", "created_at", "stripe_customer_id",
        _TIER, "unsubscribed_at", "Boats",
    ]  # fmt: skip
    rows = [_subscriber(person, status, at // SECOND) for person, status in world.at(at).people()]
    return _csv(columns, rows, delimiter)


def posts_csv(world: World, at: Instant) -> str:
    """The export of posts."""
    columns = [
        "id", "web_title", "status", "audience", "content_tags", "url", "web_subtitle",
        "email_subject_line", "email_preview_text", "content_html", "thumbnail_url", "created_at",
    ]  # fmt: skip
    rows = [
        [
            post.id, post.title, "confirmed", "free", "", f"https://letters.example/p/{post.slug}",
            "", post.subject, "", "<p>Invented,\nover two lines</p>", "", _time(post.created_s),
        ]
        for post in world.at(at).posts
    ]  # fmt: skip
    return _csv(columns, rows, ",")


def _subscriber(person: Person, status: str, at_s: int) -> list[str]:
    left = [left_s for left_s in person.left_s if left_s <= at_s]
    return [
        f"{person.email} ",
        person.word,
        "",
        status,
        "premium" if person.premium else "free",
        _time(person.joined_s),
        "",
        " Yes" if person.premium else " No",
        _time(left[-1]) if left and status == "inactive" else "",
        "",
    ]


def _csv(columns: list[str], rows: list[list[str]], delimiter: str) -> str:
    written = io.StringIO()
    writer = csv.writer(written, delimiter=delimiter)
    writer.writerow(columns)
    writer.writerows(rows)
    return written.getvalue()


def _time(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
