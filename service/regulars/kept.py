"""Answers kept in the store's folder, so that a question is at once answered after a start.

``answers/`` holds the encoded answers to what the page asks about now. They are no part of the
truth: any file may be deleted at any time, and one that does not fit is passed over. An answer
is found only for the same report, parameters, settings, code and state of the publication, and
while nothing has matured, been sent or grown stale since it was made; its ``as_of`` says when
that was. Kept are figures and ids, never names, addresses or texts.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cache
from importlib import resources
from importlib.metadata import version
from importlib.resources.abc import Traversable
from typing import Any

import msgspec

from .errors import RegularsError
from .reports.base import Report, run
from .reports.envelope import Envelope
from .reports.facts import STALE_AFTER, naive, statement
from .reports.house import HOUSE
from .reports.regulars import REGULARS
from .settings import PublicationSettings
from .store import Store
from .store.disk import make_folder, write_whole

logger = logging.getLogger(__name__)
FOLDER = "answers"
MOST_FILES = 256
MOST_BYTES = 64 * 1024 * 1024
LARGEST = 16 * 1024 * 1024
# What counts by weeks and months moves a little with every hour; a day is the most it may lag.
LONGEST = timedelta(days=1)
KEPT_REPORTS = (HOUSE.name, REGULARS.name)
_CODE = ("reports", "stats", "store/views", "store/load", "store/schema.sql")


class _Head(msgspec.Struct, frozen=True):
    """The first line of a file: when its answer was made, till when it stands, its digest."""

    made_at: datetime
    until: datetime
    sha256: str


class KeptAnswers:
    """The kept answers of one store. Used from many threads; each file is whole or not there."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._folder = store.root / FOLDER

    def find(
        self,
        report: Report[Any, Any, Any],
        publication: PublicationSettings,
        parameters: Any,
        as_of: datetime | None,
        now: datetime,
    ) -> bytes | None:
        """The encoded answer, if one is kept that still stands at ``now``."""
        if report.name not in KEPT_REPORTS:
            return None
        path = self._folder / self._name(report, publication, parameters, as_of)
        try:
            line, _, body = path.read_bytes().partition(b"\n")
            head = msgspec.json.decode(line, type=_Head)
        except (OSError, msgspec.DecodeError):
            return None
        stands = head.made_at <= now < head.until
        return body if stands and head.sha256 == hashlib.sha256(body).hexdigest() else None

    def make(
        self,
        report: Report[Any, Any, Any],
        publication: PublicationSettings,
        parameters: Any,
        as_of: datetime | None,
        now: datetime,
        *,
        ask: Callable[..., Envelope[Any]] = run,
    ) -> Envelope[Any]:
        """Answer the report and keep the answer, unless the store moved on meanwhile."""
        name = self._name(report, publication, parameters, as_of)
        with self._store.read() as cursor:
            envelope = ask(report, cursor, publication, parameters, as_of=as_of, now=now)
        if report.name in KEPT_REPORTS:
            until = self._until(publication, envelope, as_of, now)
            if name == self._name(report, publication, parameters, as_of) and until > now:
                self._write(name, envelope.model_dump_json().encode(), now, until)
        return envelope

    def ask(
        self,
        report: Report[Any, Any, Any],
        publication: PublicationSettings,
        parameters: Any,
        as_of: datetime | None,
        now: datetime,
    ) -> Envelope[Any]:
        """The kept answer, or one that is made and kept now."""
        body = self.find(report, publication, parameters, as_of, now)
        if body is not None:
            return report.envelope.model_validate_json(body)
        return self.make(report, publication, parameters, as_of, now)

    def _name(
        self,
        report: Report[Any, Any, Any],
        publication: PublicationSettings,
        parameters: Any,
        as_of: datetime | None,
    ) -> str:
        """A file's name: the publication, the entry that it last changed with, all the rest."""
        number, digest = self._standing(publication.name)
        asked = parameters if parameters is not None else report.parameters()
        facts = (
            report.name,
            asked.model_dump_json(),
            _settings_that_matter(publication),
            as_of.isoformat() if as_of else "now",
            digest,
            code_digest(),
        )
        key = hashlib.sha256("\0".join(facts).encode()).hexdigest()[:32]
        return f"{publication.name}.{number}.{key}.json"

    def _standing(self, publication: str) -> tuple[int, str]:
        """The last applied entry that concerns the publication: its own, or one without any."""
        number = self._store.version
        for entry in reversed(self._store.journal.entries()[:number]):
            facts = entry.facts
            if publication in (facts.get("publication", publication), facts.get("to")):
                return entry.number, entry.digest
        return 0, ""

    def _until(
        self,
        publication: PublicationSettings,
        envelope: Envelope[Any],
        as_of: datetime | None,
        now: datetime,
    ) -> datetime:
        """When something will have happened that changes the answer without any sync."""
        moments = [now + LONGEST]
        moments += [
            source.last_complete_sync + STALE_AFTER
            for source in envelope.sources
            if source.last_complete_sync is not None and not source.is_stale
        ]
        if as_of is None or as_of == envelope.as_of:
            values = {"publication": publication.name, "as_of": naive(envelope.as_of)}
            with self._store.read() as cursor:
                rows = cursor.execute(statement("next_moment"), values).fetchall()
            zone = envelope.as_of.tzinfo
            moments += [row[0].replace(tzinfo=zone) for row in rows if row[0] is not None]
        return min(moments)

    def _write(self, name: str, body: bytes, now: datetime, until: datetime) -> None:
        if len(body) > LARGEST:
            return
        head = msgspec.json.encode(_Head(now, until, hashlib.sha256(body).hexdigest()))
        try:
            make_folder(self._folder)
            self._make_room(name, len(body))
            write_whole(self._folder / name, head + b"\n" + body)
        except OSError as error:
            logger.warning("answer not kept: %s", error.strerror)

    def _make_room(self, name: str, size: int) -> None:
        """Remove what the publication has moved on from, then the oldest over the bounds."""
        publication, number, _ = name.split(".", 2)
        kept = []
        for path in self._folder.iterdir():
            parts = path.name.split(".", 2)
            if len(parts) != 3 or (parts[0] == publication and parts[1] != number):
                path.unlink(missing_ok=True)
                continue
            with suppress(OSError):
                status = path.stat()
                kept.append((status.st_mtime_ns, status.st_size, path))
        kept.sort(reverse=True)
        held = size
        for place, (_, its_size, path) in enumerate(kept, start=1):
            held += its_size
            if place >= MOST_FILES or held > MOST_BYTES:
                path.unlink(missing_ok=True)


def answer_what_the_page_asks(
    store: Store, publication: PublicationSettings, now: datetime
) -> None:
    """Make and keep the answers of the page. That it fails never fails the sync before it."""
    import duckdb

    from .pages.home import states_to_ask
    from .reports.regulars import RegularsParameters

    kept = KeptAnswers(store)
    try:
        house = kept.ask(HOUSE, publication, None, None, now)
        wanted = RegularsParameters(state=states_to_ask(house.result))
        kept.ask(REGULARS, publication, wanted, house.as_of, now)
    except (RegularsError, duckdb.Error) as error:
        logger.warning("answers of %s not made: %s", publication.name, type(error).__name__)


def _settings_that_matter(publication: PublicationSettings) -> str:
    """All but widgets and what connectors are told, which holds secrets."""
    plain = publication.model_dump_json(exclude={"widgets", "connections"})
    connections = [(one.name, one.connector) for one in publication.connections]
    return f"{plain} {connections}"


@cache
def code_digest() -> str:
    """Digest of all code and statements that an answer comes from; once for each process."""
    digest = hashlib.sha256(version("regulars").encode())
    package = resources.files("regulars")
    for place in _CODE:
        found: Traversable = package
        for part in place.split("/"):
            found = found / part
        _add_code(digest, found)
    return digest.hexdigest()


def _add_code(digest: Any, place: Traversable) -> None:
    if place.is_dir():
        for item in sorted(place.iterdir(), key=lambda item: item.name):
            _add_code(digest, item)
    elif place.name.endswith((".py", ".sql")):
        digest.update(place.name.encode() + b"\0" + place.read_bytes() + b"\0")
