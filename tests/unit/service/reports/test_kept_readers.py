"""The kept fit: it answers as one made aside does, and only as long as it holds."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from regulars.reports import prepare, readership
from regulars.reports.calibration import CALIBRATION
from regulars.reports.engine.query import ReportQuery
from regulars.reports.house import HOUSE
from regulars.reports.kept_readers import keep_readers, keep_reports
from regulars.reports.regulars import REGULARS
from regulars.settings import PublicationSettings, StoreSettings
from regulars.store import Store

NOTES = PublicationSettings(name="notes")
FIRST = datetime(2026, 1, 5, 9, tzinfo=UTC)
PEOPLE, POSTS = 12, 30
KEPT = ("reader_scores", "readerships", "reader_weights")


def week(number: float) -> datetime:
    return FIRST + timedelta(days=7 * number)


NOW = week(POSTS - 1) + timedelta(minutes=5)


def fill(store: Store) -> None:
    """Twelve people who read every other post to all of them, the first of them twice as keen."""
    with store.read() as cursor:
        cursor.execute(
            "INSERT INTO posts BY NAME SELECT 'notes' AS publication, 'main' AS connection,"
            " 'p' || n AS id, 'Post' AS title, 'sent' AS status, 'email' AS form,"
            " $first + to_days(7 * n::INTEGER) AS sent_at, 'present' AS presence,"
            " $first AS seen_at, TRUE AS opens_tracked FROM range($posts) AS t(n)",
            {"first": FIRST.replace(tzinfo=None), "posts": POSTS},
        )
        cursor.execute(
            "INSERT INTO people SELECT 'notes', 'main', 's' || n, 'per_' || n"
            " FROM range($people) AS t(n)",
            {"people": PEOPLE},
        )
        for table in ("subscription_versions", "subscriptions"):
            cursor.execute(
                f"INSERT INTO {table} BY NAME SELECT 'notes' AS publication, 'main' AS connection,"
                " 's' || n AS subscription_id, '' AS spell, 'active' AS status,"
                " $first - INTERVAL 7 DAY AS joined_at, 'present' AS presence, $first AS seen_at,"
                " 1 AS entry FROM range($people) AS t(n)",
                {"first": FIRST.replace(tzinfo=None), "people": PEOPLE},
            )
        cursor.execute(
            "INSERT INTO signals BY NAME SELECT 'notes' AS publication, 'main' AS connection,"
            " 'open' AS kind, s.n || '-' || p.n AS signal_key, 's' || s.n AS subscription_id,"
            " 'p' || p.n AS post_id, $first AS seen_at, 1 AS entry, FALSE AS machine,"
            " $first + to_days(7 * p.n::INTEGER) + INTERVAL 3 HOUR AS happened_at"
            " FROM range($people) AS s(n), range($posts) AS p(n)"
            " WHERE (s.n * 7 + p.n * 5) % (2 + s.n) < 2",
            {"first": FIRST.replace(tzinfo=None), "people": PEOPLE, "posts": POSTS},
        )
        cursor.execute(
            "INSERT INTO run_streams BY NAME SELECT 'run_0' AS run_id, 'main' AS connection,"
            " 'signals' AS stream, 'events' AS outcome, 1 AS seen, 1 AS written, 0 AS quarantined,"
            " 0 AS held_removals, 0 AS without_totals, $last AS started_at, $last AS ended_at,"
            " 1 AS entry",
            {"last": NOW.replace(tzinfo=None)},
        )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    settings = StoreSettings(folder=tmp_path / "data", free_space_floor_mib=0)
    with Store(settings) as opened:
        fill(opened)
        yield opened


def kept(store: Store) -> dict[str, int]:
    with store.read() as cursor:
        return {
            table: cursor.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in KEPT
        }


def answers(store: Store, now: datetime, publication: PublicationSettings = NOTES) -> list[Any]:
    return [
        ReportQuery(report, publication).answered(store, now).result
        for report in (HOUSE, REGULARS, CALIBRATION)
    ]


def test_kept_and_made_aside_answer_alike(store, monkeypatch):
    aside = answers(store, NOW)
    assert aside[0].sustained_readers.n == PEOPLE
    keep_reports(store, NOTES, NOW)
    assert kept(store)["reader_scores"] == PEOPLE
    monkeypatch.setattr(readership, "fit", lambda *_: pytest.fail("it was fitted again"))
    assert answers(store, NOW) == aside
    # an hour that passes needs nothing new
    assert answers(store, NOW + timedelta(hours=1))[0] == aside[0]


def fill_crowd(store: Store) -> None:
    """105 people who read every other post and click a fourth of these, and 35 whose mails machines
    open, of whom a third click in every eighth post.
    """
    numbers = "FROM range(100, 240) AS s(n)"
    both = f"{numbers}, range({POSTS}) AS p(n)"
    with store.read() as cursor:
        cursor.execute(
            f"INSERT INTO people SELECT 'notes', 'main', 's' || n, 'per_' || n {numbers}"
        )
        for table in ("subscription_versions", "subscriptions"):
            cursor.execute(
                f"INSERT INTO {table} BY NAME SELECT * EXCLUDE (n) REPLACE ('s' || n AS"
                " subscription_id)"
                f" FROM (FROM {table} WHERE subscription_id = 's1'), range(100, 240) AS s(n)"
            )
        for kind, is_machine, which in (
            ("open", "s.n >= 205", "s.n >= 205 OR (s.n + p.n) % 2 = 0"),
            ("click", "FALSE", "(s.n + p.n) % 8 = 0 AND (s.n < 205 OR s.n % 3 = 0)"),
        ):
            cursor.execute(
                f"INSERT INTO signals BY NAME SELECT 'notes' AS publication, 'main' AS connection,"
                f" '{kind}' AS kind, s.n || '-{kind}-' || p.n AS signal_key, 's' || s.n AS"
                " subscription_id, 'p' || p.n AS post_id, $first AS seen_at, 1 AS entry,"
                f" {is_machine} AS machine, $first + to_days(7 * p.n::INTEGER) + INTERVAL 3 HOUR AS"
                f" happened_at {both} WHERE {which}",
                {"first": FIRST.replace(tzinfo=None)},
            )


@pytest.mark.long
def test_people_nobody_can_see_are_kept_too(store, monkeypatch):
    fill_crowd(store)
    (aside,) = answers(store, NOW)[:1]
    assert (aside.hidden, aside.hidden_estimate.n) == (35, 35)
    assert aside.hidden_proved == len([n for n in range(205, 240) if n % 3 == 0])
    keep_reports(store, NOTES, NOW)
    monkeypatch.setattr(readership, "fit", lambda *_: pytest.fail("it was fitted again"))
    assert answers(store, NOW)[0] == aside


def test_nothing_is_fitted_where_nothing_changed(store):
    keep_reports(store, NOTES, NOW)
    before = kept(store)
    assert not keep_readers(store, NOTES, NOW + timedelta(hours=1))
    assert kept(store) == before


@pytest.mark.long
def test_another_rule_or_another_instant_is_fitted_aside(store, monkeypatch):
    keep_reports(store, NOTES, NOW)
    fitted = []
    fit = readership.fit
    monkeypatch.setattr(readership, "fit", lambda *given: fitted.append(given) or fit(*given))
    own = NOTES.model_copy(update={"regular_reads": 2, "regular_of": 4})
    assert ReportQuery(HOUSE, own).answered(store, NOW).result.constants.of == 4
    early = ReportQuery(HOUSE, NOTES, as_of=week(15)).answered(store, NOW).result
    assert early.sustained_readers.n == 10  # two had read fewer than three posts by then
    assert len(fitted) == 2


def test_histories_that_moved_on_leave_the_fit_behind(store):
    keep_reports(store, NOTES, NOW)
    with store.read() as cursor:
        cursor.execute("UPDATE histories_made SET is_current = FALSE")
    assert keep_readers(store, NOTES, NOW) is False  # it fits kept histories alone
    keep_reports(store, NOTES, NOW)
    assert kept(store)["reader_scores"] == PEOPLE


def test_what_was_learned_is_found_by_its_cells(store, monkeypatch):
    keep_reports(store, NOTES, NOW)
    with store.read() as cursor:
        cursor.execute("DELETE FROM readerships")
    monkeypatch.setattr(
        "regulars.stats.mixture.learn", lambda *_: pytest.fail("it was learned again")
    )
    assert keep_readers(store, NOTES, NOW)


@pytest.mark.usefixtures("prepared_reports")
def test_a_failure_is_logged_and_the_sync_stands(store, monkeypatch, caplog):
    import duckdb

    def fail(*_: Any) -> None:
        raise duckdb.OutOfMemoryException("full")

    monkeypatch.setattr("regulars.reports.kept_readers.keep_reports", fail)
    prepare.prepare(store, NOTES, NOW)
    assert "not prepared" in caplog.text


@pytest.mark.long
def test_answering_from_what_is_kept_brings_no_scipy(store):
    keep_reports(store, NOTES, NOW)
    folder = store.root
    store.close()
    code = (
        "import sys\n"
        "from datetime import datetime\n"
        "from pathlib import Path\n"
        "from regulars.settings import PublicationSettings, StoreSettings\n"
        "from regulars.store import Store\n"
        "from regulars.reports.engine.query import ReportQuery\n"
        "from regulars.reports import REPORTS\n"
        f"now = datetime.fromisoformat({(NOW + timedelta(minutes=1)).isoformat()!r})\n"
        f"with Store(StoreSettings(folder=Path({str(folder)!r}))) as store:\n"
        "    for report in REPORTS:\n"
        "        ReportQuery(report, PublicationSettings(name='notes')).answered(store, now)\n"
        "assert 'scipy' not in sys.modules, 'scipy was imported'\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
