"""Folders of files of other shapes, read with a column map."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from support.files_folder import NOW, walk_of

from regulars_connectors.contract import Page, Runtime
from regulars_connectors.files import FilesConnector, FilesSettings


def pages(
    folder: Path, stream: str, columns: str | Mapping[str, Any] | None, **settings: Any
) -> list[Page]:
    values = tomllib.loads(columns) if isinstance(columns, str) else columns
    runtime = Runtime(clock=lambda: NOW, sleep=lambda _: None)
    made = FilesConnector(FilesSettings(folder=folder, columns=values, **settings), runtime)  # type: ignore[arg-type]
    return list(made.pages(walk_of(made, stream)))


def records(folder: Path, stream: str, columns: str | Mapping[str, Any] | None) -> list[Any]:
    return [record for page in pages(folder, stream, columns) for record in page.records]


def write(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder
