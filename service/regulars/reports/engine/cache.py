"""Cached reports in the store's folder, so that the page answers at once after a start.

``answers/`` holds the encoded reports that the page asks for. You may delete any file at any time,
and a damaged one is skipped. A report is found under the key of its query (``query.py``) until a
post matures, something is sent or a source grows stale; its ``as_of`` says when it was computed.
Figures and ids are cached; names, addresses and texts stay out.
"""

from __future__ import annotations

import hashlib
import logging
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from regulars.errors import RegularsError
from regulars.files import make_folder, write_atomically
from regulars.store import Store
from regulars.store.mending import asked_again
from regulars.store.timestamps import naive

from .facts import STALE_AFTER, statement
from .query import AnyEnvelope, Key, ReportQuery, Run
from .report import run

logger = logging.getLogger(__name__)
FOLDER = "answers"
MOST_FILES = 256
MOST_BYTES = 256 * 1024 * 1024
# Bytes on disk; 100,000 people take a few MiB. A larger report is computed each time.
LARGEST = 64 * 1024 * 1024
# Fast compression: a report is read only a few times.
LEVEL = 1
# Counts by weeks and months move a little with every hour, and may lag by a day at most.
LONGEST = timedelta(days=1)


class _Head(msgspec.Struct, frozen=True):
    """The first line of a file. sha256: of both times and the report, compressed by zlib."""

    made_at: datetime
    until: datetime
    sha256: str


@dataclass(frozen=True, slots=True)
class CachedReport:
    """An encoded report, when it was computed and until when it is valid."""

    body: bytes
    made_at: datetime
    until: datetime


class ReportCache:
    """The cached reports of one store, for use from many threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._folder = store.root / FOLDER

    def find(self, query: ReportQuery, now: datetime) -> CachedReport | None:
        """The encoded report, if the cache has one that is valid at ``now``."""
        if not query.report.is_cached:
            return None
        path = self._folder / query.key(self._store).file_name
        try:
            line, _, packed = path.read_bytes().partition(b"\n")
            head = msgspec.json.decode(line, type=_Head)
        except (OSError, ValueError, msgspec.DecodeError):
            return None
        if head.sha256 != _digest(head.made_at, head.until, packed):
            return None
        if not head.made_at <= now < head.until:
            return None
        return CachedReport(zlib.decompress(packed), head.made_at, head.until)

    def get(self, query: ReportQuery, now: datetime, *, run: Run = run) -> CachedReport:
        """The cached result of a report that is cached, or one that is computed and cached now."""
        return self.find(query, now) or self._make(query, now, run)[1]

    def ask(self, query: ReportQuery, now: datetime, *, run: Run = run) -> AnyEnvelope:
        """The envelope of any report: the cached one, or one that is computed now."""
        if not query.report.is_cached:
            return query.answered(self._store, now, run)
        cached = self.find(query, now)
        if cached is not None:
            return query.report.envelope.model_validate_json(cached.body)
        return self._make(query, now, run)[0]

    def _make(
        self, query: ReportQuery, now: datetime, run: Run
    ) -> tuple[AnyEnvelope, CachedReport]:
        """Compute the report and cache it, unless the store moved on meanwhile."""
        key = query.key(self._store)
        envelope = query.answered(self._store, now, run)
        until = self._until(envelope, now)
        cached = CachedReport(envelope.model_dump_json().encode(), now, until)
        if key == query.key(self._store) and until > now:
            self._write(key, cached)
        return envelope, cached

    @asked_again
    def _until(self, envelope: AnyEnvelope, now: datetime) -> datetime:
        """The next moment that changes the report without a sync."""
        moments = [now + LONGEST]
        moments += [
            source.last_complete_sync + STALE_AFTER
            for source in envelope.sources
            if source.last_complete_sync is not None and not source.is_stale
        ]
        values = {"publication": envelope.publication, "as_of": naive(envelope.as_of)}
        with self._store.read() as cursor:
            rows = cursor.execute(statement("next_moment"), values).fetchall()
        zone = envelope.as_of.tzinfo
        moments += [row[0].replace(tzinfo=zone) for row in rows if row[0] is not None]
        return min(moments)

    def _write(self, key: Key, report: CachedReport) -> None:
        packed = zlib.compress(report.body, LEVEL)
        if len(packed) > LARGEST:
            logger.warning("report not cached: %s bytes", len(packed))
            return
        digest = _digest(report.made_at, report.until, packed)
        head = msgspec.json.encode(_Head(report.made_at, report.until, digest))
        try:
            make_folder(self._folder)
            self._make_room(key, len(packed))
            write_atomically(self._folder / key.file_name, head + b"\n" + packed)
        except OSError as error:
            logger.warning("report not cached: %s", error.strerror)

    def _make_room(self, key: Key, size: int) -> None:
        """Remove outdated reports of the publication, then the oldest over the bounds."""
        number = str(key.entry[0])
        cached = []
        for path in self._folder.iterdir():
            parts = path.name.split(".", 2)
            if len(parts) != 3 or (parts[0] == key.publication and parts[1] != number):
                path.unlink(missing_ok=True)
                continue
            with suppress(OSError):
                status = path.stat()
                cached.append((status.st_mtime_ns, status.st_size, path))
        cached.sort(reverse=True)
        total = size
        for place, (_, its_size, path) in enumerate(cached, start=1):
            total += its_size
            if place >= MOST_FILES or total > MOST_BYTES:
                path.unlink(missing_ok=True)


def _digest(made_at: datetime, until: datetime, packed: bytes) -> str:
    times = f"{made_at.isoformat()} {until.isoformat()}\n"
    return hashlib.sha256(times.encode() + packed).hexdigest()


@contextmanager
def failures_logged(publication: str) -> Iterator[None]:
    """Log that reports of the publication could not be computed, and go on."""
    import duckdb

    try:
        yield
    except (RegularsError, duckdb.Error) as error:
        logger.warning("reports of %s not computed: %s", publication, type(error).__name__)


def remove_cached_reports(store: Store, publications: Collection[str]) -> None:
    """Remove every cached report of these publications."""
    for path in (store.root / FOLDER).glob("*.answer"):
        if path.name.partition(".")[0] in publications:
            path.unlink(missing_ok=True)
