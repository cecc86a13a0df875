"""A notice in words: heading, what happened since when, what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from regulars_connectors.foreign_text import one_line
from regulars_connectors.http.redaction import redact
from regulars_connectors.http.refusals import QUOTE
from regulars_connectors.instants import Instant, to_datetime, to_iso

from . import messages as text
from .findings import Notice

_LONGEST_REASON = 300


@dataclass(frozen=True, slots=True)
class Words:
    """A heading, and sentences in paragraphs: what happened, and what to do."""

    heading: str
    happened: str
    to_do: str


def words_of(notice: Notice, floor_mib: int = 0) -> Words:
    """The notice in words. floor_mib: free space without which syncs stop."""
    parts = {
        "connection": notice.connection or "",
        "publication": notice.publication or "",
        "since": moment(notice.since, notice.time_zone),
        "last_seen": moment(notice.last_seen, notice.time_zone) if notice.last_seen else "",
        "count": notice.count or 0,
        "floor": f"{floor_mib:,}",
    }
    sentences = " ".join(_happened(notice, parts))
    return Words(
        text.HEADINGS[notice.kind](**parts), sentences, text.TO_DO[_to_do(notice)](**parts)
    )


def _happened(notice: Notice, parts: dict[str, object]) -> list[str]:
    match notice.kind:
        case "connection.failed":
            seen = text.NOT_SEEN if notice.last_seen else text.NEVER_SEEN
            found = [seen(**parts), text.FAILING_SINCE(**parts), *_reason(notice)]
        case "connection.incomplete":
            found = [text.INCOMPLETE_SINCE(**parts), *_reason(notice)]
        case "connection.recovered":
            found = [text.WORKS_AGAIN(**parts), text.HAD_FAILED_SINCE(**parts)]
        case "totals.zero":
            found = [text.ALL_ZERO(**parts)]
        case "changes.held":
            held = text.PEOPLE_HELD if notice.count is not None else text.TOTALS_FELL
            found = [held(**parts)]
        case "disk.short":
            found = [text.DISK_SHORT(**parts)]
        case "test":
            found = [text.TEST_SENT()]
    return found


def _to_do(notice: Notice) -> str:
    return "totals.fell" if notice.kind == "changes.held" and notice.count is None else notice.kind


def _reason(notice: Notice) -> list[str]:
    reason = own_words(notice.reason)
    return [text.NEWEST_REASON(reason=reason.removesuffix("."))] if reason else []


def own_words(reason: str | None) -> str | None:
    """Why a run fell short, without what a provider added: its words may name a reader or a post.

    Keys, query strings and addresses in the rest go as well. None if nothing is left.
    """
    if reason is None:
        return None
    plain = redact(one_line(reason.partition(QUOTE)[0]))
    if not plain:
        return None
    cut = plain if len(plain) <= _LONGEST_REASON else plain[: _LONGEST_REASON - 1] + "…"
    return cut if cut.endswith((".", "!", "?", "…")) else f"{cut}."


def moment(instant: Instant, time_zone: str = "UTC") -> str:
    """An instant for a person, to the minute, with its zone: "1 May 2026 at 05:15 (UTC)"."""
    local = to_datetime(instant).astimezone(ZoneInfo(time_zone))
    months = "January February March April May June July August September October November December"
    month = months.split()[local.month - 1]
    return f"{local.day} {month} {local.year} at {local:%H:%M} ({time_zone})"


def subject_of(words: Sequence[Words]) -> str:
    """One line for all of them."""
    heading = words[0].heading if len(words) == 1 else text.SEVERAL(count=len(words))
    return text.SUBJECT(heading=heading)


def body_of(words: Sequence[Words]) -> str:
    """All of them as plain text, a paragraph each for what happened and what to do."""
    blocks = [f"{one.heading}\n\n{one.happened}\n\n{one.to_do}" for one in words]
    return "\n\n\n".join(blocks) + "\n"


def notice_facts(notice: Notice, words: Words) -> dict[str, Any]:
    """A notice as JSON values: its type, whom it concerns, since when, and its words."""
    return {
        "type": notice.kind,
        "connection": notice.connection,
        "publication": notice.publication,
        "since": to_iso(notice.since),
        "last_seen": to_iso(notice.last_seen) if notice.last_seen is not None else None,
        "reason": own_words(notice.reason),
        "count": notice.count,
        "heading": words.heading,
        "happened": words.happened,
        "to_do": words.to_do,
    }
