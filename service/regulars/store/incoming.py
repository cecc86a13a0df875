"""Parts of an unfinished pull: rows and the cursor after them, together in one file.

After a restart, a sync resumes after the last whole part, or starts the pull again and says so.

``000000-00000044-<digest>.parquet``: the part's number, the last journal entry when it was written,
and a digest of both the file and that entry, in hex. A part that fails it is thrown away.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from regulars.files import disk_errors, make_folder, move_into_place, sha256_of
from regulars_connectors.records import Quarantined, Record

from .columns import arrow, ids_in, part_columns, table_of
from .journal import Journal
from .validation import validate_table

_NOTE = b"regulars_part"
_NAME = re.compile(r"(\d{6,})-(\d{8,})-([0-9a-f]{32})\.parquet")


class PartNote(msgspec.Struct, kw_only=True):
    """A part's facts besides its rows. Totals: the provider's smallest and largest so far.

    forgotten: keys of rows that were left out, because their people are forgotten.
    oldest_as_of, newest_as_of: of rows of an export, the first and the last moment that it shows.
    computed_at: of statistics.
    """

    coverage: str
    cursor: str | None
    first_at: int
    last_at: int
    rows: int
    least_total: int | None = None
    most_total: int | None = None
    quarantined: list[Quarantined] = msgspec.field(default_factory=list)
    checkpoint: str | None = None
    forgotten: list[str] = []
    oldest_as_of: int | None = None
    newest_as_of: int | None = None
    computed_at: int | None = None


@dataclass(slots=True)
class Pull:
    """The parts of one walk, on disk. ids: the number of different ids, once counted.

    journal: of the store that they belong to. rejected: parts on disk that cannot be used.
    """

    folder: Path
    paths: list[Path] = field(default_factory=list)
    notes: list[PartNote] = field(default_factory=list)
    ids: int | None = None
    journal: Journal | None = None
    rejected: list[Path] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """Rows in all parts."""
        return sum(note.rows for note in self.notes)

    @property
    def quarantined(self) -> list[Quarantined]:
        """Quarantined rows in all parts."""
        return [row for note in self.notes for row in note.quarantined]

    @property
    def forgotten(self) -> int:
        """How many different rows were left out. They count as seen."""
        return len({key for note in self.notes for key in note.forgotten})

    @property
    def started_at(self) -> int:
        """Instant of the first page."""
        return self.notes[0].first_at

    @property
    def ended_at(self) -> int:
        """Instant of the last page."""
        return self.notes[-1].last_at

    @property
    def newest_as_of(self) -> int | None:
        """The latest moment that an export shows. None for what a provider was asked now."""
        return max((n.newest_as_of for n in self.notes if n.newest_as_of is not None), default=None)

    @property
    def oldest_as_of(self) -> int | None:
        """The earliest moment that an export shows. None for what a provider was asked now."""
        return min((n.oldest_as_of for n in self.notes if n.oldest_as_of is not None), default=None)

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
        self,
        stream: str,
        records: Sequence[Record],
        seen_at: Sequence[int],
        note: PartNote,
        *,
        is_bounded: bool = False,
    ) -> None:
        """Add a part. Durable when this returns. Raises ValueError for invalid rows.

        is_bounded: whether the records came out of ``bound_records``. Raises OutOfBounds for other
        records that it would change.
        """
        import pyarrow.parquet as pq

        make_folder(self.folder)
        self.throw_away_rejected()
        table = table_of(stream, records, seen_at, self.rows)
        validate_table(stream, table, is_bounded=is_bounded)
        table = table.replace_schema_metadata({_NOTE: msgspec.json.encode(note)})
        temporary = self.folder / f"{len(self.paths):06d}.tmp"
        with disk_errors(self.folder):
            # A part is read whole, once or twice, so dictionaries and statistics would cost more.
            pq.write_table(
                table, temporary, compression="lz4", use_dictionary=False, write_statistics=False
            )
            temporary.chmod(0o600)
            entry = len(self.journal) if self.journal is not None else 0
            digest = _digest_of(temporary, self.journal, entry)
            path = self.folder / f"{temporary.stem}-{entry:08d}-{digest}.parquet"
            move_into_place(temporary, path)
        # Most pulls have one part. Count its ids while they are in memory.
        self.ids = ids_in(table) if not self.paths else None
        self.paths.append(path)
        self.notes.append(note)

    def throw_away_rejected(self) -> int:
        """Delete the parts that cannot be used. Returns how many there were."""
        count = len(self.rejected)
        for path in self.rejected:
            path.unlink(missing_ok=True)
        self.rejected.clear()
        return count

    def discard(self) -> None:
        """Delete every part."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.rejected.clear()
        self.paths.clear()
        self.notes.clear()
        self.ids = None


def open_pull(folder: Path, stream: str, journal: Journal | None = None) -> Pull:
    """The pull of a stream in ``folder``: empty, or as far as an earlier process came.

    It ends before the first part that was changed, belongs to another store, or has other columns,
    which another version wrote. That one and those after it are ``rejected``.
    """
    pull = Pull(folder, journal=journal)
    found = sorted(folder.glob("*.parquet"))
    for number, path in enumerate(found):
        note = _proven_note(path, stream, number, journal)
        if note is None:
            pull.rejected = found[number:]
            break
        pull.paths.append(path)
        pull.notes.append(note)
    return pull


def last_entry_of(part: Path) -> int:
    """The last journal entry when the part was written, 0 if its name does not say."""
    name = _NAME.fullmatch(part.name)
    return int(name[2]) if name else 0


def _proven_note(path: Path, stream: str, number: int, journal: Journal | None) -> PartNote | None:
    """The facts of a part, None if it cannot be used."""
    pa = arrow()
    import pyarrow.parquet as pq

    name = _NAME.fullmatch(path.name)
    if name is None or int(name[1]) != number:
        return None
    try:
        if _digest_of(path, journal, int(name[2])) != name[3]:
            return None
        schema = pq.read_schema(path)
        note = msgspec.json.decode((schema.metadata or {})[_NOTE], type=PartNote)
    except (pa.ArrowException, OSError, KeyError, UnicodeDecodeError, msgspec.DecodeError):
        return None
    return note if set(schema.names) == part_columns(stream) else None


def _digest_of(path: Path, journal: Journal | None, entry: int) -> str | None:
    """A digest of a part that holds in this journal only. None if the journal lacks the entry."""
    if journal is not None and entry > len(journal):
        return None
    last = journal.digest(entry) if journal is not None and entry else ""
    return hashlib.sha256(f"{entry} {last} {sha256_of(path)}".encode()).hexdigest()[:32]
