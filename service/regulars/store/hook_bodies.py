"""Bodies of webhooks: one file each, ``hooks/<connection>/<when>-<digest of the id>.body``.

A body is written and flushed before the entry that names it, so one that no entry names was never
acknowledged. Opening the store sets such files aside, and removes those that an entry has settled.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from regulars.files import flush_folder, make_folder, sha256_of
from regulars_connectors.instants import Instant
from regulars_connectors.plural import pluralize

from .mending import asked_again
from .quarantine import FOLDER as QUARANTINE
from .quarantine import Quarantine
from .timestamps import instant_of

if TYPE_CHECKING:
    from .store import Store

FOLDER = "hooks"


@dataclass(frozen=True, slots=True)
class Body:
    """A body that an entry names. path: relative to the store's folder. size: in bytes."""

    path: str
    size: int
    sha256: str

    @classmethod
    def of(cls, path: str, content: bytes) -> Body:
        """The body with this content at that place."""
        return cls(path, len(content), hashlib.sha256(content).hexdigest())

    def facts(self) -> dict[str, Any]:
        """Its form in the journal."""
        return {"path": self.path, "size": self.size, "sha256": self.sha256}


@dataclass(frozen=True, slots=True)
class KeptBody(Body):
    """A body in force, with its delivery. has_records: whether it alone carries a fact."""

    publication: str
    connection: str
    delivery_id: str
    event_type: str
    received_at: Instant
    hints: tuple[str, ...]
    has_records: bool

    @property
    def place(self) -> int:
        """How often it was written anew."""
        number = self.path.removesuffix(".body").rpartition(".")[2]
        return int(number) if number.isdecimal() else 0


def path_of(connection: str, delivery_id: str, received_at: Instant, place: int = 0) -> str:
    """Where the body of a delivery lies, whatever characters the provider's id has.

    place: how often it was written anew.
    """
    digest = hashlib.sha256(delivery_id.encode("utf-8", "surrogatepass")).hexdigest()
    again = f".{place}" if place else ""
    return f"{FOLDER}/{connection}/{received_at:016d}-{digest[:32]}{again}.body"


def write_bodies(root: Path, bodies: Mapping[str, bytes]) -> None:
    """Write each body to its place. Durable when this returns."""
    folders = sorted({(root / path).parent for path in bodies})
    for folder in folders:
        make_folder(folder)
    for path, content in bodies.items():
        # One may lie there that died before its entry: the same delivery in the same microsecond.
        handle = os.open(root / path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    for folder in folders:
        flush_folder(folder)


@asked_again
def kept_bodies(
    store: Store, *, with_records: bool = False, connection: str | None = None, most: int = 1 << 60
) -> list[KeptBody]:
    """The bodies in force, oldest first. with_records: those alone that carry a fact."""
    with store.read() as cursor:
        rows = cursor.execute(
            "SELECT path, size, sha256, publication, connection, delivery_id, event_type,"
            " received_at, hints, has_records FROM hook_deliveries"
            " WHERE NOT is_settled AND (has_records OR NOT $with_records)"
            " AND connection = coalesce($connection, connection)"
            " ORDER BY received_at, path LIMIT $most",
            {"with_records": with_records, "connection": connection, "most": most},
        ).fetchall()
    return [
        KeptBody(
            path=path,
            size=size,
            sha256=sha256,
            publication=publication,
            connection=owner,
            delivery_id=delivery_id,
            event_type=event_type,
            received_at=instant_of(received_at),
            hints=tuple(filter(None, hints.split(","))),
            has_records=has_records,
        )
        for (
            path, size, sha256, publication, owner, delivery_id, event_type, received_at, hints,
            has_records,
        ) in rows
    ]  # fmt: skip


def tidy_bodies(store: Store) -> None:
    """Remove bodies that an entry has settled, and set those aside that no entry names."""
    found = _files(store.root)
    if not found:
        return
    with store.writing:
        settled = _settled(store, found)
        kept = {one.path for one in kept_bodies(store)}
        for path in settled - kept:
            (store.root / path).unlink(missing_ok=True)
        strays = sorted(found - kept - settled)
        Quarantine(store.root).move(store.root / path for path in strays)
        for folder in {(store.root / path).parent for path in found}:
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()
    if strays:
        store.notices.append(
            f"{pluralize(len(strays), 'webhook body', 'webhook bodies')} that no entry names lay in"
            f" the store, as a killed process leaves them. They are kept in {QUARANTINE}/ for a"
            " while. The provider was not told that they had arrived, and sends them again."
        )


@asked_again
def _settled(store: Store, paths: Iterable[str]) -> set[str]:
    with store.read() as cursor:
        rows = cursor.execute(
            "SELECT path FROM hook_deliveries WHERE is_settled AND path IN (SELECT unnest($paths))",
            {"paths": sorted(paths)},
        ).fetchall()
    return {str(path) for (path,) in rows}


def _files(root: Path) -> set[str]:
    """Every file below the folder of bodies."""
    return {str(path.relative_to(root)) for path in (root / FOLDER).rglob("*") if not path.is_dir()}


def damaged_bodies(store: Store) -> Iterator[tuple[KeptBody, str]]:
    """Every body in force that is missing or has changed, with the fault in words."""
    for one in kept_bodies(store):
        try:
            if sha256_of(store.root / one.path) != one.sha256:
                yield one, f"{one.path} has changed since it was written"
        except FileNotFoundError:
            yield one, f"{one.path} is missing"
        except OSError as error:
            yield one, f"{one.path} cannot be read: {error.strerror}"


def read_body(root: Path, body: Body) -> bytes | None:
    """The content of a body, None where it is missing or has changed."""
    try:
        content = (root / body.path).read_bytes()
    except OSError:
        return None
    return content if hashlib.sha256(content).hexdigest() == body.sha256 else None
