"""How many records of a pull were new or different, each counted once.

One subscription can be new in four history streams at once: its standing, its personal data, its
person, its totals. Next to "9 seen", it must count once.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .history import HistoryFile
from .streams import STREAMS

if TYPE_CHECKING:
    import duckdb


def count_changed(
    cursor: duckdb.DuckDBPyConnection,
    root: Path,
    files: Sequence[HistoryFile],
    own: str,
    *,
    most: int,
) -> tuple[int, int]:
    """The number of new or different records, and of those that disappeared.

    own: the history stream whose rows are the records. most: how many records the pull has. If all
    are new, the files need no second reading.
    """
    paths: dict[str, list[str]] = {}
    for file in files:
        paths.setdefault(file.stream, []).append(str(root / file.path))
    gone = _gone(cursor, own, paths.get(own, []))
    changed = sum(file.rows for file in files if file.stream == own) - gone
    others = [stream for stream in paths if stream != own and STREAMS[stream].mentions]
    if others and changed < most:
        changed += _named_elsewhere(cursor, own, others, paths)
    return changed, gone


def _gone(cursor: duckdb.DuckDBPyConnection, own: str, paths: list[str]) -> int:
    if not paths or not STREAMS[own].shows_absence:
        return 0
    ((gone,),) = cursor.execute(
        "SELECT count(*) FROM read_parquet($paths) WHERE presence NOT IN ('present', 'pushed')",
        {"paths": paths},
    ).fetchall()
    return int(gone)


def _named_elsewhere(
    cursor: duckdb.DuckDBPyConnection, own: str, others: list[str], paths: dict[str, list[str]]
) -> int:
    """Records with an unchanged row of their own and news in another file."""
    named = " UNION ALL ".join(str(STREAMS[stream].mentions) for stream in others)
    asked = [*others, own] if own in paths else others
    but = f" ANTI JOIN ({STREAMS[own].mentions}) AS known USING (id)" if own in paths else ""
    ((count,),) = cursor.execute(
        f"SELECT count(DISTINCT id) FROM ({named}) AS named{but}",  # noqa: S608 - from the table above
        {stream: paths[stream] for stream in asked},
    ).fetchall()
    return int(count)
