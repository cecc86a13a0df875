"""Is the last change outside ordinary variation?

The newest post that can be judged is put beside those before it (``judged_posts.py``). Everything
else that moves is the usual coming and going, and called so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from regulars.stats.interval import fewest_opportunities
from regulars.stats.ordinary import PostReaders
from regulars.store.timestamps import aware

from . import messages
from .engine.report import Built, Context, EvidenceQuery, Parameters, Report
from .judged_posts import FallSeen, UnitReading, Variation, vary
from .readers.summary import Readership, UnitReaders


class LettersRow(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A unit, the newest first, with the number of people who replied to it."""

    unit_no: int
    people: int


def _definition(context: Context[Parameters]) -> str:
    rule = context.facts.rule
    return messages.VARIATION_DEFINITION(earlier=fewest_opportunities(rule.of), of=rule.of)


def build(rows: Sequence[LettersRow], context: Context[Parameters]) -> Built[Variation]:
    """The newest post that can be judged, beside those before it."""
    result = variation_of(context, {row.unit_no: row.people for row in rows})
    return Built(result, result.readers.of if result.readers else 0)


def variation_of(context: Context[Any], letters: Mapping[int, int] | None = None) -> Variation:
    """What the report says; for another report also, which needs no letters.

    A newest post whose reading cannot be seen yet, as before the next look at running totals, gives
    way to the newest that can, unless a whole window of posts could not.
    """
    found = context.readership
    if found is None:
        return vary([], None)
    titles = {post.sent_at: post.title for post in context.facts.posts}
    units = [_unit(one, titles, letters or {}) for one in reversed(found.shares)]
    newest = next((place for place, unit in enumerate(reversed(units)) if unit.established), 0)
    units = units[: len(units) - newest] if newest < found.of else units
    return vary(units, _fall_of(found))


def _unit(
    one: UnitReaders, titles: Mapping[datetime, str], letters: Mapping[int, int]
) -> UnitReading:
    return UnitReading(
        first_sent_at=aware(one.sent_at),
        title=titles.get(one.sent_at, ""),
        established=one.people,
        readers=one.readers,
        recipients=PostReaders(
            newcomers=one.recipients - one.others,
            newcomers_read=one.recipients_read - one.others_read,
            others=one.others,
            others_read=one.others_read,
        ),
        delivered=one.delivered,
        letters=letters.get(one.unit_no, 0),
        flag=one.flag,
    )


def _fall_of(found: Readership) -> FallSeen | None:
    fall = found.fall
    if fall is None:
        return None
    return FallSeen(
        since=aware(fall.began_at),
        came=fall.reads,
        expected=fall.expected,
        variance=fall.variance,
        slope=fall.slope,
        sigma=found.sigma,
        units=found.of,
    )


VARIATION: Report[Parameters, LettersRow, Variation] = Report(
    name="variation",
    question="Is the last change outside ordinary variation?",
    definition=_definition,
    parameters=Parameters,
    query=EvidenceQuery,
    evidence=LettersRow,
    result=Variation,
    build=build,
    reads_readers=True,
)
