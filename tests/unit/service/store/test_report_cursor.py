"""Reports are counted one at a time, and whoever closes the store does not wait for them."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import duckdb
import pytest

from regulars.errors import RegularsError, ShuttingDown
from regulars.settings import StoreSettings
from regulars.store import Store

FOR_EVER = "SELECT count(*) FROM range(100000000) AS one, range(100000000) AS other"
SHORT = "SELECT sum(range) FROM range(1000)"


class Counter(threading.Thread):
    """Counts in a thread of its own, and remembers how that ended."""

    def __init__(self, store: Store, text: str, times: int = 1) -> None:
        super().__init__(daemon=True)
        self.error: Exception | None = None
        self.begun = threading.Event()
        self._store, self._text, self._times = store, text, times

    def run(self) -> None:
        try:
            with self._store.report_cursor() as cursor:
                self.begun.set()
                for _ in range(self._times):
                    cursor.execute(self._text)
        except (RegularsError, duckdb.Error) as error:
            self.error = error


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(StoreSettings(folder=tmp_path / "data", free_space_floor_mib=0))


@pytest.mark.parametrize(("text", "times"), [(FOR_EVER, 1), (SHORT, 10_000_000)])
def test_closing_breaks_off_what_is_counted(store: Store, text: str, times: int) -> None:
    at_work, waiting = Counter(store, text, times), Counter(store, SHORT)
    at_work.start()
    assert at_work.begun.wait(10)
    waiting.start()
    begun = time.monotonic()
    store.close()
    assert time.monotonic() - begun < 9
    for thread in (at_work, waiting):
        thread.join(10)
        assert isinstance(thread.error, ShuttingDown), thread.error
    with Store(store.settings) as again, again.report_cursor() as cursor:
        assert cursor.execute("SELECT 1").fetchall() == [(1,)]


def test_one_waits_for_the_other_and_reading_waits_for_nobody(store: Store) -> None:
    with store, store.report_cursor() as cursor:
        second = Counter(store, SHORT)
        second.start()
        assert not second.begun.wait(0.2)
        with store.read() as other:
            assert other.execute("SELECT 1").fetchall() == [(1,)]
        cursor.execute(SHORT)
    second.join(10)


def test_what_goes_wrong_with_a_statement_is_no_end(store: Store) -> None:
    with store:
        wrong = Counter(store, "SELECT nothing")
        wrong.start()
        wrong.join(10)
        assert wrong.error is not None
        assert not isinstance(wrong.error, ShuttingDown)
