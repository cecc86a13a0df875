"""Looks that say what can hardly be so: many people gone, totals fallen, sent posts taken back.

What such a look would change is held back or set aside, and a later healthy look mends it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .committed import Committed, PullContext
from .statements import statement
from .streams import STREAMS, StreamTable

if TYPE_CHECKING:
    import duckdb

_HOLD_SHARE = 0.1
ALL_ZERO, FELL = "counters_all_zero", "counters_fell"
"""Alarms about running totals: they are not measured, or those of many people fell at once."""


def look_closer(
    cursor: duckdb.DuckDBPyConnection,
    values: dict[str, Any],
    what: PullContext,
    taken: StreamTable,
    done: Committed,
) -> None:
    """Count what a pull says that cannot be so, or that nobody understands."""
    if taken.merged is not None:
        statement(taken.merged).run(cursor, values)
    if taken.taken_back is not None:
        ((done.taken_back, done.undated),) = statement(taken.taken_back).run(cursor, values)
    if taken.earlier is not None and done.is_dated:
        statement(taken.earlier).run(cursor, values)
    if taken.unknown is not None:
        counted = statement(taken.unknown).run(cursor, values)
        ((done.unknown_standings, news),) = (found for word, *found in counted if word is None)
        if news:
            done.unknown = {word: people for word, people, _ in counted if word is not None}
    if taken.lacking is not None and what.running_totals:
        ((done.without_totals,),) = statement(taken.lacking).run(cursor, values)


def judge_standings(
    cursor: duckdb.DuckDBPyConnection, values: dict[str, Any], what: PullContext, done: Committed
) -> None:
    """Hold back what would take more than a tenth of the people, until the owner accepts it.

    That is who has disappeared from a whole pull, and whose standing any pull ends. Both are one
    change where they come together. One person alone is always believed to have left. Also notes
    whether a whole pull lacks anybody at all, which saves looking for them.
    """
    values["hold_removals"] = values["hold_changes"] = values["lacks_known"] = False
    taken = STREAMS[what.stream]
    gone = known = gone_standing = leaving = standing = 0
    if taken.removals is not None and what.whole:
        ((gone, known, lacking, gone_standing),) = statement(taken.removals).run(cursor, values)
        values["lacks_known"] = lacking > 0
    if taken.leaving is not None:
        statement("subscriptions.ended").run(cursor, values)
        ((leaving, standing),) = statement(taken.leaving).run(cursor, values)
    if what.accept_removals:
        return
    if taken.earlier is not None and done.is_dated:
        ((absent, absent_standing, left),) = statement("earlier_standings.count").run(cursor, {})
        gone, gone_standing = gone + absent, gone_standing + absent_standing
        leaving += left
    ending = leaving + gone_standing
    is_many = ending > max(1, standing * _HOLD_SHARE)
    if gone > known * _HOLD_SHARE or (is_many and gone_standing):
        values["hold_removals"] = True
        done.held_removals = int(gone)
    if is_many and leaving:
        values["hold_changes"] = True
        done.held_changes = int(leaving)


def judge_counters(
    cursor: duckdb.DuckDBPyConnection, values: dict[str, Any], what: PullContext, done: Committed
) -> bool:
    """Whether the running totals are measured.

    An alarm says that all are zero or missing, or that those of many people fell at once. Such a
    look is set aside. If the next one shows a fall too, it is how things are.
    """
    taken = STREAMS[what.stream]
    if taken.alarm is None or taken.fallen is None or not what.running_totals:
        return False
    ((asked, above_zero),) = statement(taken.alarm).run(cursor, values)
    if asked and not above_zero:
        done.alarm = ALL_ZERO
        return False
    ((compared, done.fallen, fell_before),) = statement(taken.fallen).run(cursor, values)
    if done.fallen > max(1, compared * _HOLD_SHARE) and not fell_before:
        done.alarm = FELL
    if done.alarm is None:
        statement("counters.sending").run(cursor, values)
    return done.alarm is None
