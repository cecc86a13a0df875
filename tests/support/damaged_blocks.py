"""Damage inside the data of a closed database, which shows only when a question reads it."""

from __future__ import annotations

from pathlib import Path

import duckdb

BLOCK, HEADERS = 262_144, 3 * 4_096


def data_blocks(database: Path) -> list[int]:
    """The numbers of blocks that hold rows, but for the table that is read at the opening."""
    with duckdb.connect(str(database), read_only=True) as connection:
        tables = connection.execute(
            "SELECT table_name FROM duckdb_tables() WHERE table_name != 'applied'"
        ).fetchall()
        found = set()
        for (table,) in tables:
            rows = connection.execute(
                f"SELECT DISTINCT block_id FROM pragma_storage_info('{table}')"
                " WHERE persistent AND block_id >= 0"
            ).fetchall()
            found |= {int(block) for (block,) in rows}
    return sorted(found)


def damage_data(database: Path) -> None:
    """Flip a byte in every block that holds rows."""
    blocks = data_blocks(database)
    assert blocks, "the database holds rows"
    with database.open("r+b") as file:
        for block in blocks:
            place = HEADERS + block * BLOCK + 1_000
            file.seek(place)
            (byte,) = file.read(1)
            file.seek(place)
            file.write(bytes([byte ^ 0xFF]))
