"""History of versions before 0.3, in which a total that fell began an epoch without a past."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from regulars.store.columns import columns_in_file, schema_text
from regulars.store.statements import statement

# entry, received, opened, epoch, mails and opens before: a fall from 6 to 4 opens, then 7
ROWS = [(1, 10, 6, 1, None, None), (2, 11, 4, 2, None, None), (3, 12, 7, 2, 11, 4)]


def test_rows_of_a_former_epoch_get_the_height_before_it(tmp_path: Path) -> None:
    """From 4 to 7 opens, above the height of 6: one is proved, and three were counted before."""
    with duckdb.connect() as connection:
        connection.execute(schema_text())
        paths = [_write(connection, tmp_path, *row) for row in ROWS]
        connection.execute(
            "CREATE TEMP TABLE committed AS"
            " SELECT unnest($paths) AS path, unnest($numbers) AS entry",
            {"paths": paths, "numbers": [entry for entry, *_ in ROWS]},
        )
        groups = (frozenset(columns_in_file(Path(paths[0]))),)
        values: dict[str, Any] = {"paths": paths, "paths_0": paths, "from_id": "", "below_id": None}
        for name in ("apply", "rows", "tops", "state_tops"):
            statement(f"counters.{name}", groups).run(connection, values)
        columns = "entry, opened, was_opened, top_opened"
        assert connection.execute(f"SELECT {columns} FROM counters ORDER BY entry").fetchall() == [
            (1, 6, None, None), (2, 4, None, 6), (3, 7, 4, 6)
        ]  # fmt: skip
        assert connection.execute(f"SELECT {columns} FROM counter_state").fetchall() == [
            (3, 7, 4, 6)
        ]


def _write(connection: duckdb.DuckDBPyConnection, folder: Path, entry: int, *totals: Any) -> str:
    """A history file with the columns of those versions."""
    path = str(folder / f"{entry}.parquet")
    received, opened, epoch, was_received, was_opened = (
        "NULL" if one is None else str(one) for one in totals
    )
    connection.execute(
        f"COPY (SELECT 'notes' AS publication, 'main' AS connection, 's' AS subscription_id,"
        f" TIMESTAMP '2026-01-0{entry}' AS seen_at, {received}::BIGINT AS received,"
        f" {opened}::BIGINT AS opened, 0::BIGINT AS clicked, FALSE AS rounded,"
        f" {epoch}::INTEGER AS epoch, NULL::TIMESTAMP AS was_at,"
        f" {was_received}::BIGINT AS was_received, {was_opened}::BIGINT AS was_opened,"
        f" 0::BIGINT AS was_clicked) TO '{path}' (FORMAT parquet)"
    )
    return path
