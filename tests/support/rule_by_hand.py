"""What ``house`` and ``regulars`` should say, from the histories that were counted by hand.

``docs/explanation/what-counts-as-evidence.md``, "The rule" and "Where reading cannot be seen".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from support.exports_by_hand import Known
from support.histories_by_hand import Histories, Standing, Unit, Word, count_histories
from support.mails_by_hand import Rule

ZONE = ZoneInfo("Europe/Lisbon")
_HALF_YEAR = timedelta(days=182)


def end_of(day: str) -> datetime:
    """The end of a day in the publication's zone, in UTC without a zone."""
    following = datetime.fromisoformat(day) + timedelta(days=1)
    return following.replace(tzinfo=ZONE).astimezone(UTC).replace(tzinfo=None)


def counted(known: Mapping[str, Known], day: str) -> Histories:
    """Everybody's history as of the end of a day."""
    return count_histories(known, end_of(day), ZONE)


def people_of(histories: Histories) -> dict[frozenset[tuple[str, str]], dict[str, Any]]:
    """Everybody who is there, by the subscriptions of the present standing."""
    return {
        frozenset(name for name, _ in one.spells): _person(one, histories)
        for one in histories.present()
    }


def house_of(histories: Histories) -> dict[str, Any]:
    """The counts of ``house``. The quiet ones are among the occasional."""
    people = list(people_of(histories).values())
    states = Counter("occasional" if one["state"] == "quiet" else one["state"] for one in people)
    rule = histories.rule
    return {
        "rule": {"k": rule.needed, "n": rule.last, "unit": "week" if rule.by_week else "post"},
        "posts_seen": len(histories.numbers),
        "active_people": len(people),
        "wrote_back": sum(one["wrote_back"] for one in people),
        "answered": sum(
            one["last_answer_at"] is not None
            and one["last_answer_at"] >= histories.as_of - _HALF_YEAR
            for one in people
        ),
    } | {state: states[state] for state in ("cannot_tell", "uncertain", "hidden")}


def figure_of(histories: Histories) -> dict[str, int]:
    """The figure of people who keep to the rule, with its bounds."""
    states = Counter(one["state"] for one in people_of(histories).values())
    regular, unsure = states["regular"], states["cannot_tell"]
    return {
        "value": regular,
        "low": regular,
        "high": regular + unsure,
        "n": regular + unsure + states["occasional"] + states["quiet"],
    }


def _person(one: Standing, histories: Histories) -> dict[str, Any]:
    rule = histories.rule
    words = [word for word in histories.words if word.name in one.names]
    judged = [unit for unit in one.units[: 2 * rule.last] if unit.outcome == 1][: rule.last]
    reads = [unit for unit in judged if unit.is_read]
    since, until = _habit([unit for unit in one.units if unit.outcome == 1], rule)
    state = _state(one, judged, len(reads), rule, words)
    if state == "occasional" and until is not None and until > _year_before(histories.as_of):
        state = "quiet"
    first = min((unit.sent_at for unit in reads), default=None)
    return {
        "state": state,
        "reads_low": len(reads),
        "reads_high": len(reads),
        "of": len(judged),
        "opens": sum(unit.opens for unit in judged),
        "clicks": sum(unit.clicks for unit in judged),
        "answers": sum(unit.answers for unit in judged),
        "last_read_at": max((unit.read_at for unit in one.units if unit.read_at), default=None),
        "since": (since or first) if state == "regular" else None,
        "until": until if state == "quiet" else None,
        "joined_at": one.since if one.is_dated else None,
        "wrote_back": any(
            word.kind == "reply" and word.at >= histories.as_of - _HALF_YEAR for word in words
        ),
        "last_answer_at": max((word.at for word in words), default=None),
    }


def _year_before(at: datetime) -> datetime:
    try:
        return at.replace(year=at.year - 1)
    except ValueError:  # 29 February
        return at.replace(year=at.year - 1, day=28)


def _state(
    one: Standing, judged: Sequence[Unit], reads: int, rule: Rule, words: Sequence[Word]
) -> str:
    seen = [unit for unit in one.units if unit.outcome >= 0][:26]
    machines = sum(unit.outcome == 0 for unit in seen)
    acted = bool(words) or any(
        unit.clicks or unit.answers or (unit.is_read and not unit.is_plain) for unit in seen
    )
    if machines and 2 * machines >= len(seen):
        return "hidden"
    if len(one.units) < rule.last:
        return "newcomer"
    opened = sum(unit.is_read for unit in seen)
    if not acted and len(seen) >= 8 and not machines and 20 * opened >= 19 * len(seen):
        return "uncertain"
    if reads >= rule.needed:
        return "cannot_tell" if one.is_unsure else "regular"
    return "not_measured" if len(judged) < rule.last else "occasional"


def _habit(judged: Sequence[Unit], rule: Rule) -> tuple[datetime | None, datetime | None]:
    """Since when the rule was kept without a break, and when it last was; newest first."""
    since = until = None
    is_broken = False
    for place in range(len(judged) - rule.last + 1):
        window = judged[place : place + rule.last]
        if sum(unit.is_read for unit in window) >= rule.needed:
            until = until or window[0].sent_at
            since = since if is_broken else window[0].sent_at
        else:
            is_broken = True
    return since, until
