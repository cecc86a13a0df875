"""A request for a report, and the key of its cached result in memory.

A result depends on the request (report, parameters, instant), on the settings of the publication,
on our code, on the data, and on the time. The key holds all of these but the time: a cached report
also says until when it is valid.
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

from regulars.replies.making import tie_letters
from regulars.settings import PublicationSettings
from regulars.store.mending import asked_again
from regulars.store.protocols import ReadableStore, WritableStore

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
    """The key of a cached report. entry: number and digest of the publication's last entry."""

    publication: str
    entry: tuple[int, str]
    asked: str


@dataclass(frozen=True)
class ReportQuery:
    """A request for a report of a publication. Without ``as_of`` it is about now."""

    report: AnyReport
    publication: PublicationSettings
    parameters: Parameters | None = None
    as_of: datetime | None = None

    def key(self, store: ReadableStore) -> Key:
        """The key of its result for the data that the store holds now."""
        name = self.publication.name
        return Key(name, store.standing(name), self._asked)

    @asked_again
    def answered(self, store: WritableStore, now: datetime, run: Run = run) -> AnyEnvelope:
        """The report, computed from the tables. Raises UsageWrong for an instant in the future.

        One at a time: the database's memory is enough for one. Letters are tied first, where
        nobody did so since the last change.
        """
        tie_letters(store, self.publication)
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
    """The request for an instant in words. Raises UsageWrong for one it cannot read.

    Today's date means now, as does no instant at all.
    """
    moment = parse_as_of(as_of, publication.time_zone, now)
    return ReportQuery(report, publication, parameters, None if moment == now else moment)


def _settings_that_matter(publication: PublicationSettings) -> str:
    """All settings but widgets and the options of connectors, which hold secrets."""
    plain = publication.model_dump_json(exclude={"widgets", "connections"})
    connections = [(one.name, one.connector) for one in publication.connections]
    return f"{plain} {connections}"


@cache
def code_digest() -> str:
    """Digest of the code and statements behind every report, computed once per process."""
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
