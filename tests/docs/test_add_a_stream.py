"""The page that adds a stream: it is followed in a copy of the sources, and its stream is used."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from support.console_blocks import run_page
from support.environments import copy_sources, make_environment

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "how-to" / "add-a-stream.md"
MOST_PLACES = 5
# A connector of the new stream, synced twice: a row changes, and another is no longer shown.
FOLLOW = """
import json, sys
from pathlib import Path

import duckdb

from regulars.settings import StoreSettings
from regulars.store import Store
from regulars.store.verify import verify_store
from regulars.sync.record import RunRequest
from regulars.sync.run import SyncRun
from regulars_connectors import Page, Recommendation, Runtime, Stream, Walk

FOLDER = Path(sys.argv[1])
LOOKS = (
    (1_767_225_600_000_000, [("x", 4, None), ("y", None, 1_700_000_000_000_000)]),
    (1_767_312_000_000_000, [("x", 6, None)]),
)
ASKED = {
    "rows": "SELECT id, name, direction, subscriptions, presence, epoch_us(began_at)"
    " FROM recommendations ORDER BY id",
    "totals": "SELECT id, subscriptions, entry FROM recommendation_totals ORDER BY ALL",
    "runs": "SELECT stream, outcome, seen, changed, gone FROM run_streams ORDER BY entry",
}


class Toy:
    name = "toy"

    def __init__(self, now, rows):
        self.now = now
        self.rows = [
            Recommendation(
                id=id, name=id.upper(), direction="received", began_at=began_at, subscriptions=count
            )
            for id, count, began_at in rows
        ]

    def streams(self):
        return [Stream("recommendations", "state", "recommendations")]

    def walks(self, stream, known):
        return [Walk(stream, "whole")]

    def pages(self, walk, cursor=None):
        yield Page(self.rows, None, self.now)


def answers(store):
    with store.read() as cursor:
        return {name: cursor.execute(sql).fetchall() for name, sql in ASKED.items()}


with Store(StoreSettings(folder=FOLDER, free_space_floor_mib=0)) as store:
    for now, rows in LOOKS:
        runtime = Runtime(clock=lambda now=now: now, sleep=lambda _: None)
        SyncRun(store, Toy(now, rows), RunRequest("pub", "conn", "toy"), runtime).run()
    found = {"kept": answers(store), "faults": verify_store(store)}
    store.rebuild()
    found["rebuilt"] = answers(store)
files = sorted(map(str, FOLDER.glob("history/pub/recommendations/*.parquet")))
columns = "id, subscriptions, presence"
found["history"] = [
    duckdb.execute(f"SELECT {columns} FROM read_parquet(?) ORDER BY id", [file]).fetchall()
    for file in files
]
print(json.dumps(found))
"""


def sources_in(folder: Path) -> dict[str, bytes]:
    """What the two packages consist of, by path."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for part in ("service", "connectors")
        for path in (folder / part).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], set[str], Any]:
    """Faults of the page, the sources that it changed, and what a sync of its stream gave."""
    root = tmp_path_factory.mktemp("stream")
    folder, logs = root / "work", root / "logs"
    logs.mkdir()
    copy_sources(ROOT, folder)
    programs = make_environment(root / "environment", folder / "service", folder / "connectors")
    before = sources_in(folder)
    faults = run_page(PAGE.read_text(encoding="utf-8"), folder, logs, programs)
    after = sources_in(folder)
    changed = {path for path in before | after if before.get(path) != after.get(path)}
    if faults:
        return faults, changed, None
    script = root / "follow.py"
    script.write_text(FOLLOW, encoding="utf-8")
    done = subprocess.run(
        [programs / "python", script, root / "data"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return faults, changed, json.loads(done.stdout)


@pytest.mark.long
def test_every_step_of_the_page_goes_as_it_shows(followed: Any) -> None:
    faults, _, _ = followed
    assert not faults, "\n\n".join(faults)


@pytest.mark.long
def test_a_stream_is_declared_in_five_places_at_most(followed: Any) -> None:
    _, changed, _ = followed
    assert len(changed) <= MOST_PLACES
    assert changed == {
        "connectors/regulars_connectors/contract.py",
        "connectors/regulars_connectors/records.py",
        "service/regulars/store/load/recommendations.totals.sql",
        "service/regulars/store/schema.sql",
        "service/regulars/store/streams.py",
    }


@pytest.mark.long
def test_its_rows_are_in_tables_and_history_and_survive_a_rebuild(followed: Any) -> None:
    _, _, found = followed
    assert found["kept"]["rows"] == [
        ["x", "X", "received", 6, "present", None],
        ["y", "Y", "received", None, "missing", 1_700_000_000_000_000],
    ]
    assert found["kept"]["totals"] == [["x", 4, 1], ["x", 6, 2], ["y", None, 1], ["y", None, 2]]
    assert found["kept"]["runs"] == [
        ["recommendations", "whole", 2, 2, 0],
        ["recommendations", "whole", 1, 1, 1],
    ]
    assert found["history"] == [
        [["x", 4, "present"], ["y", None, "present"]],
        [["x", 6, "present"], ["y", None, "missing"]],
    ]
    assert found["rebuilt"] == found["kept"]
    assert found["faults"] == []
