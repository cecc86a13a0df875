"""What makes no difference: the order of rows, the names of things, in how many steps it came."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from support.imported_folders import (
    NOW,
    import_folders,
    import_more,
    importing,
    people_said,
    report,
)
from support.invented_folders import Folders, Past, invent_past
from support.newsletter import Newsletter
from support.rule_by_hand import end_of

from regulars.reports.engine.facts import gather
from regulars.reports.engine.partitions import materialise_posts
from regulars.reports.readership import prepare_readers
from regulars.settings import load_settings
from regulars.store import Store
from regulars_connectors.instants import from_iso

pytestmark = pytest.mark.long
REPORTS = ("house", "regulars", "calibration", "coverage")
_OWN = {"id", "connection", "provider_id", "post_id", "subscriptions", "sources"}
"""Parts of an answer that name a person, a post or a run."""
_SUM = "SELECT coalesce(sum(p_sustained), 0) FROM readers WHERE is_counted"


@pytest.fixture(scope="module")
def importer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsletter]:
    with importing(tmp_path_factory.mktemp("alike")) as made:
        yield made


def answers(importer: Newsletter, folder: Path, day: str | None) -> dict[str, Any]:
    """All that two stores must agree on."""
    return {name: nameless(report(importer, folder, name, day)) for name in REPORTS}


def nameless(part: Any) -> Any:
    """An answer without names, and without the order that these make."""
    if isinstance(part, dict):
        return {name: nameless(value) for name, value in part.items() if name not in _OWN}
    return sorted(map(nameless, part), key=repr) if isinstance(part, list) else part


def renamed(folders: Folders, seed: int) -> Folders:
    """The same with other ids of posts, people and signals, and other addresses.

    A post's id tells that two connections have the same issue, so a new one is the same in both.
    """
    chosen = random.Random(seed)
    given: dict[str, str] = {}

    def other(found: re.Match[str]) -> str:
        word = found[0]
        if word not in given:
            given[word] = f"{word[0]}{chosen.randrange(10**9):09}"
        return given[word]

    pattern = re.compile(
        r"\b(?:reader\d+|devoted|[aposed]\d+|s\d+-\d+|e\d+-\d+|d-other|d-letters)\b"
    )
    exports = [
        one._replace(files={file: pattern.sub(other, text) for file, text in one.files.items()})
        for one in folders.exports
    ]
    assert exports != folders.exports
    return Folders(exports, folders.dates)


def sum_of_chances(folder: Path, day: str) -> float:
    """The figure before it is rounded, as of the end of a day."""
    settings = load_settings(folder / "regulars.toml")
    (publication,) = settings.publications
    as_of = end_of(day).replace(tzinfo=UTC)
    with Store(settings.store) as store, store.read() as cursor:
        cursor.execute("BEGIN")
        materialise_posts(cursor, publication.name, end_of(day))
        rule = gather(cursor, publication, as_of, as_of).rule
        prepare_readers(cursor, publication, as_of, rule)
        ((found,),) = cursor.execute(_SUM).fetchall()
        cursor.execute("ROLLBACK")
    return float(found)


def some_of(seeds: range) -> list[Any]:
    """Seeds, of which each check runs the first three."""
    return [
        pytest.param(seed, marks=[pytest.mark.soak] * (place > 2))
        for place, seed in enumerate(seeds)
    ]


@pytest.mark.parametrize("seed", some_of(range(100, 106)))
def test_shuffled_rows_say_the_same(importer: Newsletter, seed: int) -> None:
    past = invent_past(seed)
    day = past.days[-1]
    stores = [import_folders(importer, f"rows-{seed}-{n}", past.told(day, n)) for n in range(2)]
    for asked in past.days:
        first, second = (answers(importer, folder, asked) for folder in stores)
        assert first == second
        first, second = (people_said(importer, folder, asked) for folder in stores)
        assert first == second
        check_sums(stores, asked)


def check_sums(stores: list[Path], day: str) -> None:
    first, second = (sum_of_chances(folder, day) for folder in stores)
    assert first == pytest.approx(second, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("seed", some_of(range(100, 106)))
def test_renamed_ids_say_the_same(importer: Newsletter, seed: int) -> None:
    folders = invent_past(seed).told(invent_past(seed).days[-1])
    stores = [
        import_folders(importer, f"names-{seed}-{place}", told)
        for place, told in enumerate((folders, renamed(folders, seed)))
    ]
    for asked in folders.dates:
        first, second = (answers(importer, folder, asked) for folder in stores)
        assert first == second
        check_sums(stores, asked)


@pytest.mark.parametrize("seed", some_of(range(200, 212)))
def test_imported_at_once_or_day_by_day_says_the_same(importer: Newsletter, seed: int) -> None:
    past = invent_past(seed, is_dated=True)
    at_once = import_folders(importer, f"once-{seed}", past.told(past.days[-1]))
    asked = {day: _people_and_house(importer, at_once, f"{day}T00:00:00Z") for day in past.days}
    by_day = _day_by_day(importer, past, f"days-{seed}", asked)
    for day, right in asked.items():
        assert (day, _people_and_house(importer, by_day, f"{day}T00:00:00Z")) == (day, right)


def _day_by_day(importer: Newsletter, past: Past, name: str, asked: dict[str, Any]) -> Path:
    """A store that imports on each of the days and is asked at once, each time about now."""
    folder = None
    try:
        for day, right in asked.items():
            importer.clock.set(from_iso(f"{day}T00:00:00Z"))
            folders = past.told(day)
            if folder is None:
                folder = import_folders(importer, name, folders)
            else:
                import_more(importer, folder, folders)
            assert (day, _people_and_house(importer, folder, None)) == (day, right)
    finally:
        importer.clock.set(NOW)
    assert folder is not None
    return folder


def _people_and_house(importer: Newsletter, folder: Path, moment: str | None) -> Any:
    house = nameless(report(importer, folder, "house", moment))
    return people_said(importer, folder, moment), house
