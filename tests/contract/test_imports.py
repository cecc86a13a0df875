"""Who may import whom: the table of the layout, read from the syntax trees of both packages.

A failure names the file, the line, the rule, and what to do instead.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = (ROOT / "connectors", ROOT / "service")
MOST_LINES = 500
VAGUE_NAMES = frozenset({"utils", "util", "helpers", "helper", "common", "misc"})


@dataclass(frozen=True)
class Import:
    """One import as it stands: which module imports what, and where."""

    importer: str
    imported: str
    place: str


@dataclass(frozen=True)
class Room:
    """What the modules of a room may reach, directly or through others, beside themselves.

    outside: libraries that only some rooms may import, and that this one may.
    """

    may_reach: frozenset[str]
    instead: str
    outside: frozenset[str] = frozenset()


def room(may_reach: str, instead: str, outside: str = "") -> Room:
    return Room(frozenset(may_reach.split()), instead, frozenset(outside.split()))


# What the author of a connector imports, and what keeps such a connector readable.
_RECORDS = "C.correspondence C.errors C.instants C.records"
_CONTRACT = (
    f"{_RECORDS} C.addresses C.bounds C.contract C.foreign_text C.keyed C.loose C.paging C.plural"
    " C.rows C.unused"
    " C.validation_messages"
)
_TRUST = f"{_CONTRACT} C.plugin_errors C.record_validation C.contract_faults C.registry"
_CONNECTORS = f"{_TRUST} C C.http C.webhooks"
_PROVIDER = "a connector knows no other: put what both need into a room named after what it knows"
# The rooms of the service up to reports; what stands above adds to it.
_GROUND = f"{_CONNECTORS} errors clock files log settings"
_CONNECTED = f"{_GROUND} store connections C.conformance"
_LETTERS = f"{_GROUND} store replies C.mail"
_REPORTS = f"{_LETTERS} messages stats reports"
_ABOVE = f"{_REPORTS} connections C.conformance sync publications notices"
_SHOWN = f"{_ABOVE} jobs pictures pages widgets"
_RUNNING = f"{_SHOWN} access api server C.simulator backup export doctor onboarding demo"
_COMMAND_LINE = f"{_RUNNING} C.files C.tabular C.mail_files"

# A room is a module or a folder of ``regulars``, or of ``regulars_connectors`` (C). Each knows
# itself, and of the others what stands here, through others as well.
ROOMS = {
    "C.instants": room("", "instants stand below everything else"),
    "C.addresses": room("", "addresses are folded without knowing whose they are"),
    "C.keyed": room("", "hashes know nothing of what is hashed"),
    "C.plural": room("", "plurals know nothing of ours"),
    "C.foreign_text": room("", "words of strangers are cleaned without knowing what they are"),
    "C.correspondence": room("", "what is lent to readers of mail knows nothing of ours"),
    "C.records": room("C.instants", "records know instants only"),
    "C.errors": room("C.instants", "errors know instants only"),
    "C.validation_messages": room("", "texts about wrong values know pydantic only"),
    "C.bounds": room("C.instants C.records", "bounds know records only"),
    "C.contract": room(_RECORDS, "the contract knows records, errors and instants"),
    "C.paging": room(f"{_RECORDS} C.contract", "paging knows the contract only"),
    "C.unused": room(f"{_RECORDS} C.contract C.plural", "facts in sentences know the contract"),
    "C.loose": room("", "reading field by field knows no fields of ours"),
    "C.rows": room(
        f"{_RECORDS} C.bounds C.contract C.loose C.plural", "rows know records and errors only"
    ),
    "C": room(f"{_RECORDS} C.contract", "the door hands on contract, records and errors"),
    "C.plugin_errors": room(
        "C.errors C.foreign_text C.instants", "what a connector raises becomes our errors"
    ),
    "C.record_validation": room(_CONTRACT, "it judges records by the contract alone"),
    "C.contract_faults": room(
        f"{_CONTRACT} C.plugin_errors C.record_validation", "it judges calls by the contract alone"
    ),
    "C.registry": room(_TRUST, "connectors are found by their entry points"),
    "C.http": room(f"{_CONTRACT} C", "http knows the contract, no connector", "httpx"),
    "C.mail": room(
        f"{_RECORDS} C C.addresses C.contract C.keyed",
        "mail is bytes in and a verdict out; it knows no connector and no store",
        "selectolax",
    ),
    "C.webhooks": room(f"{_RECORDS} C.contract", "signatures know the contract, no connector"),
    "C.tabular": room(f"{_CONTRACT} C", "rows of files become records; no connector is known"),
    "C.beehiiv": room(f"{_CONNECTORS} C.mail", _PROVIDER),
    "C.ghost": room(f"{_CONNECTORS} C.mail", _PROVIDER),
    "C.beehiiv_export": room(f"{_CONNECTORS} C.tabular", _PROVIDER),
    "C.files": room(f"{_CONNECTORS} C.mail C.tabular", _PROVIDER),
    "C.mail_files": room(f"{_CONNECTORS} C.mail", _PROVIDER),
    "C.imap": room(f"{_CONNECTORS} C.mail", _PROVIDER, "imapclient"),
    "C.conformance": room(_CONNECTORS, "it knows a connector by the contract alone"),
    "C.simulator": room(
        "C.instants", "the simulator shares no parsing with what it serves: instants and itself"
    ),
    "errors": room("C.errors C.instants", "errors stand below everything else"),
    "clock": room(f"{_CONNECTORS} errors", "the clock makes what connectors run with"),
    "log": room(_CONNECTORS, "the log knows nothing of what is logged"),
    "messages": room("", "texts know nothing of ours"),
    "files": room("errors C.errors C.instants", "files know errors only"),
    "settings": room(_GROUND, "settings stand below the store"),
    "stats": room("", "stats take plain numbers, times and randomness, and do no input or output"),
    "pictures": room(
        "C.foreign_text", "pictures take numbers and give SVG; pages and widgets know the numbers"
    ),
    "store": room(_GROUND, "the store knows records; let reports or sync ask it", "duckdb"),
    "connections": room(_CONNECTED, "connections know the store and the contract"),
    "reports": room(_REPORTS, "reports know store and stats; show them in pages or api", "duckdb"),
    "replies": room(_LETTERS, "replies know letters in the store; reports and sync ask them"),
    "sync": room(
        f"{_CONNECTED} replies C.mail", "sync knows store and connections; hand the rest in"
    ),
    "publications": room(_ABOVE, "publications know reports and the store"),
    "jobs": room(_ABOVE, "jobs know sync, connections and the store; the server runs them"),
    "pages": room(f"{_REPORTS} pictures", "pages are built from reports and pictures"),
    "widgets": room(f"{_REPORTS} pictures pages", "widgets are built from reports and pictures"),
    "access": room(
        f"{_GROUND} store", "keys and sessions are acts in the store; the api asks them"
    ),
    "api": room(f"{_SHOWN} access", "the api shows what lies below it", "fastapi starlette"),
    "server": room(f"{_SHOWN} access api", "the server runs the api", "uvicorn httpx"),
    "notices": room(f"{_GROUND} messages store", "notices know runs of the store and settings"),
    "backup": room(f"{_REPORTS} C.http", "a backup knows the store and asks reports"),
    "export": room(f"{_GROUND} store", "an export reads tables of the store", "duckdb"),
    "doctor": room(f"{_ABOVE} access", "doctor asks connections, store and publications"),
    "onboarding": room(_CONNECTED, "onboarding knows connectors and settings"),
    "demo": room(f"{_ABOVE} C.simulator", "the demo syncs from the simulator"),
    "cli": room(_COMMAND_LINE, "the command line parses and calls"),
}
# Libraries that only some rooms import: what they are for stands in one place.
KEPT_TO_ROOMS = {
    "httpx": "ask through regulars_connectors.http; our own server through regulars.server.client",
    "duckdb": "ask the store for a cursor",
    "fastapi": "only the api answers requests",
    "starlette": "only the api answers requests",
    "uvicorn": "only the server runs the application",
    "imapclient": "a mailbox is read by regulars_connectors.imap",
    "selectolax": "HTML of strangers is read by regulars_connectors.mail.html_text",
}
# Narrower than a room.
ONLY_HERE = {
    "httpx": ("regulars_connectors.http.", "regulars.server.client"),
    "regulars_connectors.conformance": (
        "regulars_connectors.conformance",
        "regulars.connections.check",
    ),
}
# Mail of strangers: no expressions that go back in what they read, and no way out.
MAIL_MAY_NOT = (
    "re", "regex", "sre_compile", "socket", "ssl", "http", "urllib", "ftplib", "smtplib", "asyncio",
    "pathlib", "shutil", "tempfile", "sqlite3", "pickle", "ctypes", "html",
)  # fmt: skip
STATS_MAY_NOT = ("os", "pathlib", "socket", "subprocess", "random", "time")


def room_of(module: str) -> str:
    """The room of a module of ours: its first folder or module, C for the connectors."""
    package, _, rest = module.partition(".")
    first = rest.partition(".")[0]
    if package == "regulars_connectors":
        return f"C.{first}" if first else "C"
    return first or "regulars"


def within(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(package + ".") for package in packages)


def modules() -> dict[str, Path]:
    """Every module of both packages by its dotted name."""
    found = {}
    for source in SOURCES:
        for path in sorted(source.rglob("*.py")):
            parts = path.relative_to(source).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found[name] = path
    return found


MODULES = modules()


def imports_of(name: str, path: Path, known: dict[str, Path] = MODULES) -> Iterator[Import]:
    """Every import of a module, those inside functions and under TYPE_CHECKING included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        place = f"{path}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.Import):
            yield from (Import(name, alias.name, place) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _base(name, path, node)
            for alias in node.names:
                full = f"{base}.{alias.name}"
                yield Import(name, full if full in known else base, place)


def _base(name: str, path: Path, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = name.split(".")
    up = node.level - 1 if path.name == "__init__.py" else node.level
    parts = package[: len(package) - up]
    return ".".join([*parts, node.module] if node.module else parts)


def is_ours(name: str) -> bool:
    return within(name, ("regulars", "regulars_connectors"))


def direct_faults(found: Import) -> Iterator[str]:
    """What is wrong with one import by itself."""
    here = room_of(found.importer)
    library = found.imported.partition(".")[0]
    if library in KEPT_TO_ROOMS and library not in ROOMS[here].outside:
        yield f"{found.place}: {found.importer} imports {library}; {KEPT_TO_ROOMS[library]}"
    if here == "stats" and library in STATS_MAY_NOT:
        yield f"{found.place}: {found.importer} imports {library}; {ROOMS[here].instead}"
    if here == "C.mail" and library in MAIL_MAY_NOT:
        yield f"{found.place}: {found.importer} imports {library}; {ROOMS[here].instead}"
    for what, where in ONLY_HERE.items():
        if within(found.imported, (what,)) and not found.importer.startswith(where):
            yield f"{found.place}: only {' and '.join(where)} may import {what}"
    if is_ours(found.imported) and not allowed(found.importer, found.imported):
        instead = ROOMS[here].instead
        yield f"{found.place}: {found.importer} imports {found.imported}; {instead}"


def allowed(importer: str, imported: str) -> bool:
    here, there = room_of(importer), room_of(imported)
    return here == there or there in ROOMS[here].may_reach


def reached_faults(ways: dict[str, dict[str, str]]) -> Iterator[str]:
    """Modules that are reached through others and may not be. ways: importer, imported, place."""
    for start in ways:
        way = {start: (start,)}
        waiting = [start]
        while waiting:
            for imported in ways.get(waiting[0], {}):
                if imported not in way:
                    way[imported] = (*way[waiting[0]], imported)
                    waiting.append(imported)
            waiting.pop(0)
        for reached, steps in way.items():
            if len(steps) > 2 and not allowed(start, reached):
                yield f"{' > '.join(steps)}: {ROOMS[room_of(start)].instead}"


def ways_between(modules_read: dict[str, Path]) -> dict[str, dict[str, str]]:
    ways: dict[str, dict[str, str]] = {}
    for name, path in modules_read.items():
        found = [one for one in imports_of(name, path, modules_read) if is_ours(one.imported)]
        ways[name] = {one.imported: one.place for one in found}
    return ways


def test_every_import_goes_in_an_allowed_direction() -> None:
    wrong = [
        fault
        for name, path in MODULES.items()
        for found in imports_of(name, path)
        for fault in direct_faults(found)
    ]
    assert not wrong, "\n".join(["imports against the table:", *wrong])


def test_nothing_is_reached_through_others_that_may_not_be() -> None:
    wrong = list(reached_faults(ways_between(MODULES)))
    assert not wrong, "\n".join(["reached against the table:", *wrong[:40]])


def test_every_module_belongs_to_a_room_and_every_room_has_modules() -> None:
    found = {room_of(name) for name in MODULES} - {"regulars"}
    assert found == set(ROOMS), "each module or folder at the top of a package is a room"


def test_rooms_stand_in_an_order() -> None:
    """What one room may reach, none of those may reach back."""
    back = [
        f"{upper} and {lower}"
        for upper, one in ROOMS.items()
        for lower in one.may_reach
        if lower in ROOMS and upper in ROOMS[lower].may_reach and upper != lower
    ]
    assert not back, f"these may reach each other: {back}"


def test_both_packages_are_read() -> None:
    assert {"regulars.store", "regulars_connectors.beehiiv.wire"} <= set(MODULES)


@pytest.mark.parametrize(
    ("importer", "imported", "is_right"),
    [
        ("regulars_connectors.conformance.check", "regulars_connectors.files", False),
        ("regulars.connections.check", "regulars_connectors.conformance", True),
        ("regulars.connections.guarded", "regulars_connectors.conformance", False),
        ("regulars.sync.run", "regulars_connectors.conformance", False),
        ("regulars_connectors.http.client", "httpx", True),
        ("regulars_connectors.ghost.client", "regulars_connectors.beehiiv.wire", False),
        ("regulars_connectors.http.setup", "regulars_connectors.ghost.client", False),
        ("regulars_connectors.ghost.preflight", "regulars_connectors.http.setup", True),
        ("regulars_connectors.beehiiv.connector", "httpx", False),
        ("regulars_connectors.beehiiv_export.connector", "regulars_connectors.files", False),
        ("regulars_connectors.beehiiv_export.connector", "regulars_connectors.tabular", True),
        ("regulars.server.client", "httpx", True),
        ("regulars.server.run", "httpx", False),
        ("regulars.sync.run", "httpx", False),
        ("regulars_connectors.beehiiv.wire", "regulars.settings", False),
        ("regulars_connectors.files.connector", "duckdb", False),
        ("regulars_connectors.simulator.world", "regulars_connectors.instants", True),
        ("regulars_connectors.simulator.world", "regulars_connectors.records", False),
        ("regulars.stats.recurrence", "regulars.stats.estimate", True),
        ("regulars.stats.recurrence", "regulars.errors", False),
        ("regulars.stats.recurrence", "random", False),
        ("regulars_connectors.mail.own_words", "re", False),
        ("regulars_connectors.mail.parse", "socket", False),
        ("regulars_connectors.mail.html_text", "selectolax.lexbor", True),
        ("regulars_connectors.ghost.client", "selectolax", False),
        ("regulars_connectors.mail.worker", "regulars_connectors.http.client", False),
        ("regulars.replies.explain", "regulars_connectors.mail.worker", True),
        ("regulars.replies.explain", "regulars.reports", False),
        ("regulars.store.db", "duckdb", True),
        ("regulars.sync.run", "duckdb", False),
        ("regulars.sync.service", "regulars.reports.prepare", False),
        ("regulars.reports.house", "regulars.store", True),
        ("regulars.reports.house", "fastapi", False),
        ("regulars.store.history", "regulars.reports.engine.report", False),
        ("regulars.pictures.theatre", "regulars.settings", False),
        ("regulars.pages.home", "regulars.pictures.theatre", True),
        ("regulars.widgets.document", "regulars.reports", True),
        ("regulars.sync.run", "regulars.api.app", False),
        ("regulars.cli.serve", "regulars.api.app", True),
        ("regulars.api.app", "regulars.cli", False),
        ("regulars.cli.report", "duckdb", False),
        ("regulars.stats.recurrence", "regulars.statistics", False),
    ],
)
def test_the_table_says_what_it_should(importer: str, imported: str, is_right: bool) -> None:
    found = list(direct_faults(Import(importer, imported, "here:1")))
    assert (not found) == is_right, found


def test_one_hop_hides_nothing() -> None:
    ways = {
        "regulars.sync.run": {"regulars.store.db": "a:1"},
        "regulars.store.db": {"regulars.pages.home": "b:2"},
        "regulars.pages.home": {},
    }
    (fault,) = reached_faults(ways)
    assert fault.startswith("regulars.sync.run > regulars.store.db > regulars.pages.home")


def test_imports_are_read_in_every_form(tmp_path: Path) -> None:
    path = tmp_path / "odd.py"
    path.write_text(
        "import duckdb as d, os\n"
        "from . import records\n"
        "from ..errors import X\n"
        "def f():\n    from .a.b import c\n",
        encoding="utf-8",
    )
    known = {"pkg.sub.records": path}
    found = {one.imported for one in imports_of("pkg.sub.odd", path, known)}
    assert found == {"duckdb", "os", "pkg.sub.records", "pkg.errors", "pkg.sub.a.b"}


def test_only_one_file_opens_duckdb() -> None:
    opened = [
        f"{path}:{node.lineno}"
        for name, path in MODULES.items()
        if name != "regulars.store.db"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and node.attr == "connect"
        and isinstance(node.value, ast.Name)
        and node.value.id == "duckdb"
    ]
    assert not opened, f"open DuckDB in regulars.store.db only: {opened}"


def test_modules_are_named_after_what_they_know() -> None:
    vague = [str(path) for path in MODULES.values() if path.stem in VAGUE_NAMES]
    assert not vague, f"name these after what they know: {vague}"


def test_files_stay_readable() -> None:
    everything = [path for source in (*SOURCES, ROOT / "tests") for path in source.rglob("*.py")]
    long = {
        str(path.relative_to(ROOT)): lines
        for path in everything
        if (lines := path.read_text(encoding="utf-8").count("\n")) > MOST_LINES
    }
    assert not long, f"split these (at most {MOST_LINES} lines): {long}"


def test_no_package_stands_under_tests() -> None:
    assert not list((ROOT / "tests").rglob("__init__.py")), "pytest runs in importlib mode"
