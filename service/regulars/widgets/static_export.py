"""Writes widgets as static files, for people without a public server.

Paths and bytes are those of the service, so any file server can stand in for it. Each file is
written atomically.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from regulars.errors import UsageWrong
from regulars.files import make_public_folder, write_atomically
from regulars.pages.static_files import static_files

from .document import WidgetDocument
from .loader import FLOATING_PATH, loaders, newest
from .publishing import ConfiguredWidget
from .schema import SCHEMA_PATH, schema_bytes
from .variants import (
    DOCUMENT,
    FLOATING,
    FLOATING_CACHE,
    FRAME,
    FROZEN,
    FROZEN_CACHE,
    JSON_POLICY,
    LOADER_CACHE,
    PAGE,
    SVG_POLICY,
    embed_headers,
    make,
)

# What the pages of widgets load: fonts and the icon.
_STATIC = (".woff2", ".svg", ".txt")
# A web server reads them as another user. The umask still applies.
READABLE = 0o666


class Shown(Protocol):
    """Where documents come from: a store, or a running server."""

    def current(self, declared: ConfiguredWidget) -> WidgetDocument:
        """The document of now, which asking makes public."""

    def periods(self, declared: ConfiguredWidget) -> list[str]:
        """The periods with a frozen document."""

    def frozen(self, declared: ConfiguredWidget, period: str) -> WidgetDocument:
        """The frozen document of a period."""


@dataclass(slots=True)
class Written:
    """What a call did. periods: frozen weeks or days in the folder, of all widgets."""

    files: int = 0
    changed: int = 0
    periods: int = 0


def write_files(folder: Path, widgets: Sequence[ConfiguredWidget], shown: Shown) -> Written:
    """Write every file that differs. Raises UsageWrong where the folder cannot be written.

    It removes nothing: earlier weeks and files of other widgets stay.
    """
    done = Written()
    for declared in widgets:
        current = shown.current(declared).found_at(declared.addresses)
        for path, body in _floating(declared, current):
            _put(folder, path, body, done)
        for period in shown.periods(declared):
            document = shown.frozen(declared, period).found_at(declared.addresses, period)
            done.periods += 1
            _put_frozen(folder, declared, document, done)
    for path, body in _shared(widgets):
        _put(folder, path, body, done)
    return done


def _floating(declared: ConfiguredWidget, document: WidgetDocument) -> Iterator[tuple[str, bytes]]:
    place = f"w/{declared.widget.key}"
    yield f"{place}.json", document.to_json()
    for name in FLOATING:
        made = make(document, declared, name)
        if made is not None:
            # A file server shows index.html for a folder.
            path = {PAGE: "index.html", FRAME: "frame/index.html"}.get(name, name)
            yield f"{place}/{path}", made.body


def _put_frozen(
    folder: Path, declared: ConfiguredWidget, document: WidgetDocument, done: Written
) -> None:
    for name in FROZEN:
        path = f"w/{declared.widget.key}/{document.period_name}/{name}"
        if name != DOCUMENT and (folder / path).exists():
            # A frozen picture stays as it is. Only the links of the document may change.
            done.files += 1
        elif made := make(document, declared, name):
            _put(folder, path, made.body, done)


def _shared(widgets: Sequence[ConfiguredWidget]) -> Iterator[tuple[str, bytes]]:
    yield SCHEMA_PATH.lstrip("/"), schema_bytes()
    yield FLOATING_PATH.lstrip("/"), newest().body
    for loader in loaders():
        yield loader.path.lstrip("/"), loader.body
    for name, file in static_files().items():
        if name.endswith(_STATIC):
            yield f"static/{name}", file.body
    yield "_headers", headers_file(widgets).encode()


def headers_file(widgets: Sequence[ConfiguredWidget]) -> str:
    """The ``_headers`` file that many static hosts read.

    Only one rule matches each path, since some hosts join the values of several.
    """
    blocks = []
    for declared in widgets:
        blocks += _rules_of(declared)
    top = widgets[0].addresses.folder if widgets else ""
    anybody = {"Access-Control-Allow-Origin": "*"}
    blocks.append(_rule(f"{top}{SCHEMA_PATH}", FLOATING_CACHE, JSON_POLICY, anybody))
    blocks.append(_rule(f"{top}{FLOATING_PATH}", LOADER_CACHE, JSON_POLICY, anybody))
    blocks += [
        _rule(f"{top}{loader.path}", FROZEN_CACHE, JSON_POLICY, anybody) for loader in loaders()
    ]
    blocks.append(_rule(f"{top}/static/fonts/*", LOADER_CACHE, JSON_POLICY, anybody))
    return "\n".join(blocks)


def _rules_of(declared: ConfiguredWidget) -> list[str]:
    place = f"{declared.addresses.folder}/w/{declared.widget.key}"
    allow = {"Access-Control-Allow-Origin": _one_origin(declared)}
    rules = [_rule(f"{place}.json", FLOATING_CACHE, JSON_POLICY, allow)]
    for name in FLOATING:
        if name in (PAGE, FRAME):
            path = f"{place}/{name}/" if name else f"{place}/"
            ancestors = " ".join(declared.widget.allowed_origins)
            rules.append(_rule(path, FLOATING_CACHE, f"frame-ancestors {ancestors}", {}))
        elif name.endswith(".json"):
            rules.append(_rule(f"{place}/{name}", FLOATING_CACHE, JSON_POLICY, allow))
        else:
            policy = SVG_POLICY if name.endswith(".svg") else JSON_POLICY
            rules.append(_rule(f"{place}/{name}", FLOATING_CACHE, policy, {}))
    for name in FROZEN:
        policy = SVG_POLICY if name.endswith(".svg") else JSON_POLICY
        extra = allow if name.endswith(".json") else {}
        rules.append(_rule(f"{place}/:period/{name}", FROZEN_CACHE, policy, extra))
    return rules


def _one_origin(declared: ConfiguredWidget) -> str:
    """A file answers every caller alike: one origin, or everybody."""
    origins = declared.widget.allowed_origins
    return origins[0] if len(origins) == 1 else "*"


def _rule(path: str, cache: str, policy: str, more: dict[str, str]) -> str:
    lines = embed_headers(policy, cache) | more
    return "\n".join([path, *(f"  {name}: {value}" for name, value in lines.items())]) + "\n"


def _put(folder: Path, path: str, body: bytes, done: Written) -> None:
    """Write a file atomically, readable by a web server."""
    target = folder / path
    done.files += 1
    try:
        if target.is_file() and target.read_bytes() == body:
            return
        make_public_folder(target.parent)
        write_atomically(target, body, READABLE)
    except OSError as error:
        raise UsageWrong(
            f"Cannot write {target}: {error.strerror}.",
            safe="Files written before are whole. The others are unchanged.",
            to_do="Name a folder that you may write, and run the command again.",
        ) from error
    done.changed += 1
