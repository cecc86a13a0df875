"""Parts of an unfinished pull: rows and the cursor after them, together in one file.

After a restart, a sync resumes after the last whole part, or starts the pull again and says so.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from regulars.files import disk_errors, make_folder, move_into_place
from regulars_connectors.records import Quarantined, Record

from .columns import arrow, ids_in, part_columns, table_of
from .validation import validate_table

_NOTE = b"regulars_part"


class PartNote(msgspec.Struct, kw_only=True):
    """A part's facts besides its rows. Totals: the provider's smallest and largest so far."""

    coverage: str
    cursor: str | None
    first_at: int
    last_at: int
    rows: int
    least_total: int | None = None
    most_total: int | None = None
    quarantined: list[Quarantined] = msgspec.field(default_factory=list)
    checkpoint: str | None = None


@dataclass(slots=True)
class Pull:
    """The parts of one walk, on disk. ids: the number of different ids, once counted."""

    folder: Path
    paths: list[Path] = field(default_factory=list)
    notes: list[PartNote] = field(default_factory=list)
    ids: int | None = None

    @property
    def rows(self) -> int:
        """Rows in all parts."""
        return sum(note.rows for note in self.notes)

    @property
    def quarantined(self) -> list[Quarantined]:
        """Quarantined rows in all parts."""
        return [row for note in self.notes for row in note.quarantined]

    @property
    def started_at(self) -> int:
        """Instant of the first page."""
        return self.notes[0].first_at

    @property
    def ended_at(self) -> int:
        """Instant of the last page."""
        return self.notes[-1].last_at

    def totals(self) -> tuple[int, int] | None:
        """The provider's smallest and largest total during the walk, if it named one."""
        totals = [
            (note.least_total, note.most_total)
            for note in self.notes
            if note.least_total is not None and note.most_total is not None
        ]
        if not totals:
            return None
        return min(low for low, _ in totals), max(high for _, high in totals)

    def append(
        self, stream: str, records: Sequence[Record], seen_at: Sequence[int], note: PartNote
    ) -> None:
        """Add a part. Durable when this returns. Raises ValueError for invalid rows."""
        import pyarrow.parquet as pq

        make_folder(self.folder)
        path = self.folder / f"{len(self.paths):06d}.parquet"
        table = table_of(stream, records, seen_at, self.rows)
        validate_table(stream, table)
        table = table.replace_schema_metadata({_NOTE: msgspec.json.encode(note)})
        temporary = path.with_suffix(".tmp")
        with disk_errors(self.folder):
            # A part is read whole, once or twice, so dictionaries and statistics would cost more.
            pq.write_table(
                table, temporary, compression="lz4", use_dictionary=False, write_statistics=False
            )
            move_into_place(temporary, path)
        # Most pulls have one part. Count its ids while they are in memory.
        self.ids = ids_in(table) if not self.paths else None
        self.paths.append(path)
        self.notes.append(note)

    def discard(self) -> None:
        """Delete every part."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.paths.clear()
        self.notes.clear()
        self.ids = None


def open_pull(folder: Path, stream: str) -> Pull:
    """The pull of a stream in ``folder``: empty, or as far as an earlier process came.

    It ends before the first part with other columns, which another version wrote.
    """
    pa = arrow()
    import pyarrow.parquet as pq

    pull = Pull(folder)
    for number, path in enumerate(sorted(folder.glob("*.parquet"))):
        try:
            schema = pq.read_schema(path)
            note = msgspec.json.decode((schema.metadata or {})[_NOTE], type=PartNote)
        except (pa.ArrowException, OSError, KeyError, msgspec.DecodeError):
            break
        if path.name != f"{number:06d}.parquet" or set(schema.names) != part_columns(stream):
            break
        pull.paths.append(path)
        pull.notes.append(note)
    return pull
