"""What is asked, and the one key under which its answer is kept, in memory and as a file.

An answer depends on what was asked (report, parameters, instant), on the settings of the
publication, on our code, on the data, and on the time. The key holds all of it but the time: an
answer that is kept says besides until when it stands.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from importlib import resources
from importlib.metadata import version
from importlib.resources.abc import Traversable
from typing import Any, TypeAlias

from regulars.settings import PublicationSettings
from regulars.store.protocols import ReadableStore

from .as_of import parse_as_of
from .envelope import Envelope
from .report import Parameters, Report, run

AnyReport: TypeAlias = Report[Any, Any, Any]
AnyEnvelope: TypeAlias = Envelope[Any]
Run: TypeAlias = Callable[..., AnyEnvelope]
_CODE = (
    "messages.py",
    "reports",
    "stats",
    "store/views",
    "store/load",
    "store/schema.sql",
    "store/timestamps.py",
)


@dataclass(frozen=True, slots=True)
class Key:
    """Under what an answer is kept. entry: the last that concerns the publication."""

    publication: str
    entry: tuple[int, str]
    asked: str

    @property
    def file_name(self) -> str:
        """A name for its file: the publication, the number of the entry, a digest of the rest."""
        number, digest = self.entry
        rest = hashlib.sha256(f"{self.asked}\0{digest}".encode()).hexdigest()[:32]
        return f"{self.publication}.{number}.{rest}.answer"


@dataclass(frozen=True)
class ReportQuery:
    """A report of a publication. as_of: now unless given; parameters: the report's own unless."""

    report: AnyReport
    publication: PublicationSettings
    parameters: Parameters | None = None
    as_of: datetime | None = None

    def key(self, store: ReadableStore) -> Key:
        """Where its answer is kept for the data that the store holds now."""
        name = self.publication.name
        return Key(name, store.standing(name), self._asked)

    def answered(self, store: ReadableStore, now: datetime, run: Run = run) -> AnyEnvelope:
        """The report's answer from the tables. Raises UsageWrong for an instant to come.

        One at a time: the memory that the database may use is enough for one, and not for two.
        """
        with store.report_cursor() as cursor:
            return run(
                self.report,
                cursor,
                self.publication,
                self.parameters,
                as_of=self.as_of,
                now=now,
            )

    @cached_property
    def _asked(self) -> str:
        asked = self.parameters if self.parameters is not None else self.report.parameters()
        facts = (
            self.report.name,
            asked.model_dump_json(),
            _settings_that_matter(self.publication),
            self.as_of.isoformat() if self.as_of else "now",
            code_digest(),
        )
        return hashlib.sha256("\0".join(facts).encode()).hexdigest()


def query_of(
    report: AnyReport,
    publication: PublicationSettings,
    parameters: Parameters,
    as_of: str | None,
    now: datetime,
) -> ReportQuery:
    """What is asked with an instant in words. Raises UsageWrong for one that cannot be.

    Today's date means now, and is answered as what is asked without an instant.
    """
    moment = parse_as_of(as_of, publication.time_zone, now)
    return ReportQuery(report, publication, parameters, None if moment == now else moment)


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
