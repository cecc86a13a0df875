"""The states of some time ago, beside which a report puts those of now."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from msgspec.structs import replace

from regulars.stats.recurrence import Rule

from .summary import Before, Readership

if TYPE_CHECKING:
    import duckdb

    from regulars.stats.forecasts import Recall


def show_before(
    connection: duckdb.DuckDBPyConnection,
    publication: str,
    as_of: datetime,
    rule: Rule,
    found: Readership,
    back: int | None,
    known: Recall,
) -> Readership:
    """Make ``readers_before``: each standing that was open some opportunities ago, and its state.

    It is empty where fewer have been. A fit knows the states of as long ago as the rule looks at;
    for another time they are worked out.
    """
    if back is None or back == rule.of:
        at = found.windows[0].at if found.windows else None
        rows = "SELECT person_id, standing_no, was_state AS state FROM readers"
        rows += " WHERE was_state IS NOT NULL"
    else:
        at = states_aside(connection, publication, as_of, rule, back, known)
        rows = "SELECT * FROM states_before"
    connection.execute(f"CREATE OR REPLACE TEMP VIEW readers_before AS {rows}")
    return replace(found, before=Before(back or rule.of, at) if at else None)


def states_aside(
    connection: duckdb.DuckDBPyConnection,
    publication: str,
    as_of: datetime,
    rule: Rule,
    back: int,
    known: Recall,
) -> datetime | None:
    """Put the states of ``back`` opportunities ago into ``states_before``. Returns that moment."""
    from .gather import gather
    from .judge import judge
    from .table import states_before

    backs = [back, back + rule.of, back + 2 * rule.of]
    gathered = gather(connection, {"publication": publication, "as_of": as_of}, rule, backs)
    judged = judge(gathered, rule, as_of, known)
    at, rows = states_before(judged)
    connection.register("states_rows", rows)
    try:
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE states_before AS SELECT * FROM states_rows"
        )
    finally:
        connection.unregister("states_rows")
    return at
