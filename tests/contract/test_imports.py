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
class Rule:
    """``who`` must not import ``what`` (names or packages), unless it is ``but``.

    only: everybody but ``who`` must not import ``what``.
    """

    who: tuple[str, ...]
    what: tuple[str, ...]
    instead: str
    but: tuple[str, ...] = ()
    only: bool = False

    def forbids(self, found: Import) -> bool:
        concerned = within(found.importer, self.who) != self.only
        return (
            concerned and within(found.imported, self.what) and not within(found.imported, self.but)
        )


OURS = ("regulars", "regulars_connectors")
WEB = ("fastapi", "starlette", "uvicorn")

RULES = (
    Rule(
        ("regulars_connectors",),
        ("regulars", "duckdb", *WEB),
        "connectors run alone: hand the service's part in by Tools or Known",
    ),
    Rule(
        ("regulars_connectors.http", "regulars.server_client"),
        ("httpx",),
        "ask through regulars_connectors.http; through regulars.server_client for our own server",
        only=True,
    ),
    Rule(
        ("regulars_connectors.simulator",),
        OURS,
        "the simulator shares no parsing with what it serves: it may use instants and itself only",
        but=("regulars_connectors.instants", "regulars_connectors.simulator"),
    ),
    Rule(
        (
            "regulars_connectors.beehiiv",
            "regulars_connectors.files",
            "regulars_connectors.ghost",
            "regulars_connectors.http",
            "regulars_connectors.first_contact",
            "regulars_connectors.paging",
            "regulars_connectors.registry",
            "regulars_connectors.contract",
            "regulars_connectors.records",
            "regulars_connectors.record_faults",
            "regulars_connectors.conformance",
        ),
        ("regulars_connectors.simulator",),
        "only tests and the command line know the simulator",
    ),
    Rule(
        ("regulars_connectors.beehiiv",),
        ("regulars_connectors.files", "regulars_connectors.ghost"),
        "a connector knows no other: put what both need into a module named after what it knows",
    ),
    Rule(
        ("regulars_connectors.ghost",),
        ("regulars_connectors.beehiiv", "regulars_connectors.files"),
        "a connector knows no other: put what both need into a module named after what it knows",
    ),
    Rule(
        ("regulars_connectors.files",),
        ("regulars_connectors.beehiiv", "regulars_connectors.ghost"),
        "a connector knows no other: put what both need into a module named after what it knows",
    ),
    Rule(
        (
            "regulars_connectors.http",
            "regulars_connectors.asking_again",
            "regulars_connectors.first_contact",
            "regulars_connectors.rows",
            "regulars_connectors.wrong_values",
            "regulars_connectors.counted",
            "regulars_connectors.paging",
            "regulars_connectors.pacing",
            "regulars_connectors.registry",
            "regulars_connectors.contract",
            "regulars_connectors.records",
            "regulars_connectors.errors",
            "regulars_connectors.instants",
            "regulars_connectors.record_faults",
            "regulars_connectors.conformance",
        ),
        ("regulars_connectors.beehiiv", "regulars_connectors.files", "regulars_connectors.ghost"),
        "connectors are found by their entry points",
    ),
    Rule(
        ("regulars_connectors.records", "regulars_connectors.errors"),
        OURS,
        "records and errors know instants only",
        but=("regulars_connectors.instants",),
    ),
    Rule(
        ("regulars.connector_checks", "regulars.cli", "regulars_connectors.conformance"),
        ("regulars_connectors.conformance",),
        "a sync never checks every record: ask record_faults for what is wrong with one",
        only=True,
    ),
    Rule(
        ("regulars.stats",),
        (*OURS, "duckdb", "os", "pathlib", "socket", "subprocess", "random", "time", *WEB),
        "stats take plain numbers, times and randomness as arguments and do no input or output",
        but=("regulars.stats",),
    ),
    Rule(
        ("regulars.pictures",),
        OURS,
        "pictures take numbers and give SVG; put the numbers together in pages or widgets",
        but=("regulars.pictures",),
    ),
    Rule(
        ("regulars.store",),
        (
            "regulars.reports",
            "regulars.stats",
            "regulars.pictures",
            "regulars.widgets",
            "regulars.pages",
            "regulars.sync",
            "regulars.jobs",
            *WEB,
        ),
        "the store knows records; let reports or sync ask it",
    ),
    Rule(
        (
            "regulars.cli",
            "regulars.pages",
            "regulars.widgets",
            "regulars.sync",
            "regulars.settings",
        ),
        ("duckdb",),
        "ask the store for a cursor",
    ),
    Rule(
        ("regulars.reports",),
        (
            "regulars.pictures",
            "regulars.widgets",
            "regulars.pages",
            "regulars.sync",
            "regulars.jobs",
            *WEB,
        ),
        "reports know store and stats; the api turns their models into answers",
    ),
    Rule(
        ("regulars.widgets", "regulars.pages"),
        ("regulars.sync", "regulars.jobs", "regulars_connectors"),
        "widgets and pages are built from reports and pictures",
        but=("regulars_connectors.instants", "regulars_connectors.counted"),
    ),
    Rule(
        ("regulars.sync", "regulars.jobs"),
        (*WEB, "regulars.pictures", "regulars.widgets", "regulars.pages", "regulars.stats"),
        "sync knows the store and the contract; jobs know reports, sync and store",
    ),
    Rule(
        ("regulars.api", "regulars.cli", "regulars.serving", "regulars.__main__"),
        ("regulars.api",),
        "nobody imports the api but the command line: move what is needed below it",
        only=True,
    ),
    Rule(
        ("regulars.cli", "regulars.__main__"),
        ("regulars.cli", "regulars.serving"),
        "nobody imports the command line: move what is needed below it",
        only=True,
    ),
    Rule(
        ("regulars.errors", "regulars.settings"),
        ("regulars.store", "regulars.reports", "regulars.sync", *WEB),
        "settings and errors stand below everything else",
    ),
)


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


def faults(found: Import) -> Iterator[str]:
    for rule in RULES:
        if rule.forbids(found):
            yield f"{found.place}: {found.importer} imports {found.imported}; {rule.instead}"


def test_every_import_goes_in_an_allowed_direction() -> None:
    wrong = [
        fault
        for name, path in MODULES.items()
        for found in imports_of(name, path)
        for fault in faults(found)
    ]
    assert not wrong, "\n".join(["imports against the table:", *wrong])


def test_both_packages_are_read() -> None:
    assert {"regulars.store", "regulars_connectors.beehiiv.wire"} <= set(MODULES)


@pytest.mark.parametrize(
    ("importer", "imported", "allowed"),
    [
        ("regulars_connectors.conformance.check", "regulars_connectors.files", False),
        ("regulars.connector_checks", "regulars_connectors.conformance", True),
        ("regulars.sync", "regulars_connectors.conformance", False),
        ("regulars_connectors.http", "httpx", True),
        ("regulars_connectors.ghost.desk", "regulars_connectors.beehiiv.wire", False),
        ("regulars_connectors.first_contact", "regulars_connectors.ghost.desk", False),
        ("regulars_connectors.ghost.look", "regulars_connectors.first_contact", True),
        ("regulars_connectors.beehiiv.connector", "httpx", False),
        ("regulars.server_client", "httpx", True),
        ("regulars.sync", "httpx", False),
        ("regulars_connectors.beehiiv.wire", "regulars.settings", False),
        ("regulars_connectors.files", "duckdb", False),
        ("regulars_connectors.simulator.world", "regulars_connectors.instants", True),
        ("regulars_connectors.simulator.world", "regulars_connectors.records", False),
        ("regulars.stats.intervals", "regulars.stats.estimate", True),
        ("regulars.stats.intervals", "regulars.errors", False),
        ("regulars.store.db", "duckdb", True),
        ("regulars.sync", "duckdb", False),
        ("regulars.reports.house", "regulars.store", True),
        ("regulars.reports.house", "fastapi", False),
        ("regulars.store.history", "regulars.reports.base", False),
        ("regulars.pictures.theatre", "regulars.settings", False),
        ("regulars.pages.home", "regulars.pictures.theatre", True),
        ("regulars.widgets.document", "regulars.reports", True),
        ("regulars.sync", "regulars.api.app", False),
        ("regulars.cli.serve", "regulars.api.app", True),
        ("regulars.api.app", "regulars.cli", False),
        ("regulars.cli.report", "duckdb", False),
        ("regulars.statistics", "os", True),
    ],
)
def test_the_table_says_what_it_should(importer: str, imported: str, allowed: bool) -> None:
    found = list(faults(Import(importer, imported, "here:1")))
    assert (not found) == allowed, found


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
