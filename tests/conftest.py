"""What holds for every test."""

from __future__ import annotations

import gc
import logging
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.empty_database import begin_bare, make_empty_database, stores_begin_as_copies
from support.prepare import with_prepared_reports, without_prepared_reports
from support.soak_ledger import ledger_of


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--ledger FILE``: leave out tests that this file calls green on the same code."""
    parser.addoption("--ledger", type=Path, help="file of the tests that ran green; see make soak")


def pytest_configure(config: pytest.Config) -> None:
    """Read and keep the ledger, if one is named; let interrupts reach what tests start."""
    # A shell ignores them for what it starts in the background, and children would inherit that.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    path = config.getoption("--ledger")
    if path is not None:
        is_worker = hasattr(config, "workerinput")
        config.pluginmanager.register(ledger_of(path, writes=not is_worker), "soak-ledger")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with the longest time limit go first: none of them should end alone on one core."""
    limits: dict[Path, float] = {}
    for item in items:
        marker = item.get_closest_marker("timeout")
        limits[item.path] = max(limits.get(item.path, 0), marker.args[0] if marker else 0)
    items.sort(key=lambda item: -limits[item.path])


def pytest_collection_finish() -> None:
    """Look for garbage less often: hundreds of applications live on in caches of their framework.

    Looking through all that they hold took a fifth of the time of the tests of the application.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 10)


def pytest_unconfigure() -> None:
    """Let the end of the process find everything: DuckDB names on its way out what it does not."""
    gc.unfreeze()


@pytest.fixture(autouse=True)
def _log_levels_of_a_new_process() -> None:
    """A command sets the levels of its whole process; in tests it shares one with others.

    Set, not restored: fixtures of a whole module run commands before this one is asked.
    """
    logging.getLogger().setLevel(logging.WARNING)
    for name in ("regulars", "regulars_connectors"):
        logging.getLogger(name).setLevel(logging.NOTSET)


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a database with every table and view and no rows."""
    return make_empty_database(tmp_path_factory.mktemp("empty"))


@pytest.fixture(autouse=True, scope="session")
def _stores_begin_as_copies(empty_database: Path) -> Iterator[None]:
    """A new store costs a copy, not the making of every view."""
    with stores_begin_as_copies(empty_database):
        yield


@pytest.fixture
def stores_begin_bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new store makes its own database, as outside tests."""
    begin_bare(monkeypatch)


@pytest.fixture(autouse=True, scope="session")
def _nothing_is_flushed() -> Iterator[None]:
    """What this process writes is on disk once the system likes: no test cuts its power.

    Killed children flush as outside tests, though what a killed process wrote stays as well.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        yield


@pytest.fixture(autouse=True, scope="session")
def _no_prepared_reports() -> Iterator[None]:
    """A sync in the process of the tests makes no histories and fits: they cost more than it."""
    with without_prepared_reports():
        yield


@pytest.fixture
def prepared_reports() -> Iterator[None]:
    """A sync makes what the reports ask of, as outside tests."""
    with with_prepared_reports():
        yield
