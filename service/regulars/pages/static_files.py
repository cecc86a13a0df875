"""Style sheet, fonts and icon, read once, so that no request names a path on disk."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

KINDS = {
    "css": "text/css; charset=utf-8",
    "woff2": "font/woff2",
    "svg": "image/svg+xml",
    "txt": "text/plain; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file as it is served."""

    body: bytes
    kind: str


@cache
def static_files() -> dict[str, StaticFile]:
    """Every static file by its path below /static/."""
    fonts = _walk(files("regulars.pictures") / "fonts", "fonts/")
    return dict(fonts + _walk(files("regulars.pages") / "static", ""))


def _walk(folder: Traversable, prefix: str) -> list[tuple[str, StaticFile]]:
    found: list[tuple[str, StaticFile]] = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found += _walk(entry, f"{prefix}{entry.name}/")
        elif kind := KINDS.get(entry.name.rpartition(".")[2]):
            found.append((f"{prefix}{entry.name}", StaticFile(entry.read_bytes(), kind)))
    return found
