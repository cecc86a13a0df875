"""Makes a small store and keeps it, with what this version answers about it: once a release.

``PYTHONPATH=tests python tests/support/keep_store.py``. Whatever comes later must read it and
answer the same (``test_kept_stores``). People, letters and the secret are invented.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from support.newsletter import Newsletter, before_post, newsletter

from regulars.settings import StoreSettings
from regulars.store import Store
from regulars_connectors.instants import from_datetime
from regulars_connectors.simulator import World

KEPT = Path(__file__).parents[1] / "samples" / "stores"
EXAMPLE = Path(__file__).parents[2] / "docs" / "how-to" / "import-files-example"
ASKED = {"letters": "2026-06-01", "brought": "2026-11-20"}
"""The publications, and the day as of which they are asked."""
NOW = from_datetime(datetime(2026, 11, 25, 12, tzinfo=UTC))
TABLES = ("subscription_versions", "people", "words", "posts", "counters", "signals")
LAST_POST = 17
_LOOKS = 10


def world() -> World:
    """The provider's world; the same whenever it is made."""
    return World(23, subscribers=40, spike=False, posts=20)


def make(folder: Path, letters: Newsletter) -> None:
    """Ten weekly syncs of a provider with running totals, and a history from files."""
    for number in range(LAST_POST - _LOOKS + 1, LAST_POST + 1):
        letters.clock.set(before_post(letters.world, number))
        letters.run(folder, "sync")
    letters.clock.set(NOW)
    letters.run(folder, "import", "files", str(EXAMPLE), "--publication", "brought")


# What version 0.2.0 listed, by the rule alone.
LISTED = ("regular", "cannot_tell", "uncertain", "quiet")
EVERYBODY = (
    "--set",
    "state=regular,fading,quiet,uncertain,hidden,not_measured,newcomer,occasional",
)


def answers(folder: Path, letters: Newsletter) -> dict[str, Any]:
    """What is said of it: how many rows each table has, the headline, and whose names."""
    found: dict[str, Any] = {"rows": rows_of(folder / "data")}
    for name, day in ASKED.items():
        house = _asked(folder, letters, "house", name, day)["by_rule"]
        people = _asked(folder, letters, "regulars", name, day, *EVERYBODY)["people"]
        found[name] = {
            "sustained_readers": house and {key: house[key] for key in ("value", "low", "high")},
            "regulars": sorted(one["id"] for one in people if one["rule_state"] in LISTED),
        }
    return found


def rows_of(data: Path) -> dict[str, int]:
    """Rows by table."""
    settings = StoreSettings(folder=data, free_space_floor_mib=0, threads=1)
    with Store(settings) as store, store.read() as cursor:
        return {
            table: cursor.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]
            for table in TABLES
        }


def _asked(
    folder: Path, letters: Newsletter, report: str, publication: str, day: str, *more: str
) -> Any:
    words = ("report", report, "--publication", publication, "--as-of", day, "--json", *more)
    return letters.run(folder, *words).json["result"]


def main() -> None:
    """Keep what a program needs to make the database again: journal, history, secret."""
    target = KEPT / version("regulars")
    with tempfile.TemporaryDirectory() as root:
        with newsletter(Path(root), world()) as letters:
            folder = letters.folder("kept")
            make(folder, letters)
            said = answers(folder, letters)
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        for part in ("journal", "history"):
            shutil.copytree(folder / "data" / part, target / part)
        shutil.copy(folder / "data" / "secret", target)
        shutil.rmtree(target / "history" / ".tmp", ignore_errors=True)
        (target / "answers.json").write_text(json.dumps(said, indent=2) + "\n")


if __name__ == "__main__":
    main()
