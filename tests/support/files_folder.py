"""Folders of CSV files for the tests of the file connector."""

import tomllib
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from regulars_connectors.contract import Page, Runtime, SyncState, Walk
from regulars_connectors.files import FilesConnector, FilesSettings
from regulars_connectors.instants import from_iso
from regulars_connectors.records import Quarantined, Record

NOW = from_iso("2025-04-01T12:00:00Z")

POSTS = "id,title,sent_at\n"
SUBSCRIPTIONS = "id,email,joined_at,left_at,status,source\n"
SIGNALS = "post_id,subscription_id,kind,at,machine,url\n"


def connector_of(folder: Path, *, complete: bool = False) -> FilesConnector:
    runtime = Runtime(clock=lambda: NOW, sleep=lambda _: None)
    return FilesConnector(FilesSettings(folder=folder, complete=complete), runtime)


def walk_of(connector: FilesConnector, name: str) -> Walk:
    (stream,) = (stream for stream in connector.streams() if stream.name == name)
    (walk,) = connector.walks(stream, SyncState())
    return walk


def pages_of(folder: Path, name: str, cursor: str | None = None) -> list[Page]:
    connector = connector_of(folder)
    return list(connector.pages(walk_of(connector, name), cursor))


def read(folder: Path, name: str, content: str | bytes) -> tuple[list[Record], list[Quarantined]]:
    """Put ``content`` in the named file and read it to its end."""
    raw = content.encode() if isinstance(content, str) else content
    (folder / f"{name}.csv").write_bytes(raw)
    return everything(pages_of(folder, name))


def everything(pages: Sequence[Page]) -> tuple[list[Record], list[Quarantined]]:
    records = [record for page in pages for record in page.records]
    return records, [row for page in pages for row in page.quarantined]


def mapped(path: Path, columns: str, *, complete: bool = False) -> FilesConnector:
    """A connector of ``path`` with a column map in TOML."""
    runtime = Runtime(clock=lambda: NOW, sleep=lambda _: None)
    settings = {"folder": path, "complete": complete, "columns": tomllib.loads(columns)}
    return FilesConnector(FilesSettings.model_validate(settings), runtime)


def all_pages(connector: FilesConnector, name: str, cursor: str | None = None) -> list[Page]:
    return list(connector.pages(walk_of(connector, name), cursor))


def notices(pages: Sequence[Page]) -> list[str]:
    return [notice for page in pages for notice in page.notices]


def zipped(path: Path, files: Mapping[str, str | bytes]) -> Path:
    """A zip with these entries."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return path
