"""Parts of a pull under way: rows and the cursor after them in one file, so neither is without
the other. A restart goes on from the last whole part, or throws the pull away and says so."""

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
    """What a part says besides its rows. Totals are the provider's smallest and largest so far."""

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
    """The parts of one walk, on disk. ids: how many different ones the rows have, once counted."""

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
        """The provider's smallest and largest total during the walk, where it gave one."""
        given = [
            (note.least_total, note.most_total)
            for note in self.notes
            if note.least_total is not None and note.most_total is not None
        ]
        if not given:
            return None
        return min(low for low, _ in given), max(high for _, high in given)

    def append(
        self, stream: str, records: Sequence[Record], seen_at: Sequence[int], note: PartNote
    ) -> None:
        """Add a part; durable when this returns. Raises ValueError for rows that cannot be."""
        import pyarrow.parquet as pq

        make_folder(self.folder)
        path = self.folder / f"{len(self.paths):06d}.parquet"
        table = table_of(stream, records, seen_at, self.rows)
        validate_table(stream, table)
        table = table.replace_schema_metadata({_NOTE: msgspec.json.encode(note)})
        temporary = path.with_suffix(".tmp")
        with disk_errors(self.folder):
            # A part is read whole and once or twice: dictionaries and statistics do not pay here.
            pq.write_table(
                table, temporary, compression="lz4", use_dictionary=False, write_statistics=False
            )
            move_into_place(temporary, path)
        # Of a pull with one part, as most are, the ids are counted while they are at hand.
        self.ids = ids_in(table) if not self.paths else None
        self.paths.append(path)
        self.notes.append(note)

    def discard(self) -> None:
        """Throw every part away."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.paths.clear()
        self.notes.clear()
        self.ids = None


def open_pull(folder: Path, stream: str) -> Pull:
    """The pull of a stream that lies in ``folder``: empty, or as far as an earlier process came.

    Parts that another version wrote with other columns are not gone on with.
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
