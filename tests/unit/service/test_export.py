"""An export reads back with the same values, in every form."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from support.kept_backup import Kept, kept_in, kept_store

from regulars.settings import StoreSettings
from regulars.store import Store

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\0=1"]
PLAIN = ['say "hi", or not', "two\nlines", "a=1", "'quoted"]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """A store with posts whose titles are formulas, brought by files."""
    made = kept_store(tmp_path_factory.mktemp("export") / "kept")
    bring(made, "odd", [*FORMULAS[:4], *PLAIN])
    return made


def bring(kept: Kept, publication: str, titles: list[str]) -> None:
    example = Path(__file__).parents[3] / "docs" / "how-to" / "import-files-example"
    folder = kept.folder / publication
    folder.mkdir()
    for path in example.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    with (folder / "posts.csv").open(newline="") as file:
        posts = list(csv.DictReader(file))
    for number, title in enumerate(titles):
        posts[number]["title"] = title
    with (folder / "posts.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, [*posts[0]])
        writer.writeheader()
        writer.writerows(posts)
    kept.run("import", "files", str(folder), "--publication", publication)


@pytest.fixture(scope="module")
def exported(kept: Kept) -> Path:
    kept.run("export", str(kept.folder / "out"))
    return kept.folder / "out"


def rows_in_store(kept: Kept) -> dict[str, tuple[list[str], list[tuple[Any, ...]]]]:
    """Columns and rows of each table, by a query of the test's own."""
    settings = StoreSettings(folder=kept.store, free_space_floor_mib=0)
    found = {}
    with Store(settings) as store, store.read() as cursor:
        names = cursor.execute(
            "SELECT table_name FROM duckdb_tables() WHERE NOT internal AND NOT temporary"
            " AND table_name NOT IN ('applied', 'rebuilt', 'api_keys', 'api_key_publications',"
            " 'sign_ins', 'histories', 'history_units', 'history_posts',"
            " 'history_spells', 'history_replies', 'histories_made', 'reader_scores',"
            " 'letter_ties', 'letters_made',"
            " 'readerships', 'reader_weights') ORDER BY 1"
        ).fetchall()
        for (name,) in names:
            rows = cursor.execute(f"SELECT * FROM {name}").fetchall()
            found[name] = [str(one[0]) for one in cursor.description or ()], rows
    return found


def as_text(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat() + "Z"
    return value


def tables_in(folder: Path) -> dict[str, bytes]:
    return {str(one.relative_to(folder)): one.read_bytes() for one in folder.glob("*/*")}


def unordered(rows: Any) -> list[str]:
    return sorted(repr(tuple(row)) for row in rows)


def test_every_form_has_every_row_of_every_table(kept: Kept, exported: Path) -> None:
    tables = rows_in_store(kept)
    assert {path.stem for path in (exported / "csv").iterdir()} == set(tables)
    for name, (columns, rows) in tables.items():
        parquet = exported / "parquet" / f"{name}.parquet"
        read = duckdb.sql(f"SELECT * FROM '{parquet}'")
        assert read.columns == columns
        assert unordered(read.fetchall()) == unordered(rows)
        lines = (exported / "ndjson" / f"{name}.ndjson").read_text().splitlines()
        decoded = [json.loads(line) for line in lines]
        texts = [tuple(map(as_text, row)) for row in rows]
        assert unordered(one.values() for one in decoded) == unordered(texts)


def test_raw_csv_has_the_very_values(kept: Kept, tmp_path: Path) -> None:
    kept.run("export", str(tmp_path / "raw"), "--raw-csv")
    for name, (columns, rows) in rows_in_store(kept).items():
        path = tmp_path / "raw" / "csv" / f"{name}.csv"
        with path.open(encoding="utf-8", newline="") as file:
            header, *read = csv.reader(file)
        assert header == columns
        assert unordered(read) == unordered([tuple(map(in_csv, row)) for row in rows])
        types = dict.fromkeys(columns, "VARCHAR")
        again = duckdb.read_csv(str(path), dtype=types, header=True)
        assert len(again.fetchall()) == len(rows)


def in_csv(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(as_text(value))


def test_no_cell_begins_like_a_formula(exported: Path) -> None:
    cells = set()
    for path in (exported / "csv").iterdir():
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.reader(file):
                for cell in row:
                    assert not cell.startswith(tuple("=+@\t\r\0")), cell
                    assert not cell.startswith("-") or cell[1:].isdigit(), cell
                    cells.add(cell)
    assert {f"'{title}" for title in FORMULAS[:4]} <= cells


@pytest.mark.parametrize("text", FORMULAS)
def test_each_beginning_of_a_formula_is_guarded(text: str) -> None:
    from regulars.export import _csv_line

    (row,) = csv.reader([_csv_line([text], formula_safe=True)])
    shown = text.replace("\t", " ").replace("\r", " ").replace("\0", "\ufffd")
    assert row == ["'" + shown]
    (row,) = csv.reader([_csv_line([text], formula_safe=False)])
    assert row == [text]


def test_the_manifest_tells_tables_rows_and_digests(kept: Kept, exported: Path) -> None:
    manifest = json.loads((exported / "manifest.json").read_text())
    tables = {one["name"]: one for one in manifest["tables"]}
    for name, (columns, rows) in rows_in_store(kept).items():
        assert tables[name]["rows"] == len(rows)
        assert list(tables[name]["columns"]) == columns
        assert pq.read_metadata(exported / "parquet" / f"{name}.parquet").num_rows == len(rows)
    files = {path: one for table in tables.values() for path, one in table["files"].items()}
    there = {str(one.relative_to(exported)) for one in exported.rglob("*.*")}
    assert there == {*files, "manifest.json"}
    for path, digest in files.items():
        assert hashlib.sha256((exported / path).read_bytes()).hexdigest() == digest
        assert (exported / path).stat().st_mode & 0o777 == 0o600


def test_two_exports_of_one_store_are_equal(kept: Kept, exported: Path, tmp_path: Path) -> None:
    kept.run("rebuild")
    kept.run("export", str(tmp_path / "again"))
    assert tables_in(tmp_path / "again") == tables_in(exported)


def test_one_publication_alone(kept: Kept, tmp_path: Path) -> None:
    kept.run("export", str(tmp_path / "one"), "--publication", "brought")
    for name, (columns, rows) in rows_in_store(kept).items():
        by_name = [dict(zip(columns, row, strict=True)) for row in rows]
        owner = "publication" if "publication" in columns else "connection"
        own = [one for one in by_name if one[owner] in ("brought", "brought-files")]
        lines = (tmp_path / "one" / "ndjson" / f"{name}.ndjson").read_text().splitlines()
        assert len(lines) == len(own), name


def test_a_folder_that_is_not_empty(kept: Kept, exported: Path, tmp_path: Path) -> None:
    said = kept.run("export", str(exported), code=2).three_lines("parameter_wrong")
    assert "not empty" in said["happened"]
    said = kept.run("export", str(kept.store / "out"), code=2).three_lines("parameter_wrong")
    assert "inside the store" in said["happened"]


@pytest.mark.parametrize("manifest", [False, True], ids=["in its middle", "at its very end"])
def test_an_export_that_was_cut_off_is_written_anew(
    kept: Kept, exported: Path, tmp_path: Path, manifest: bool
) -> None:
    shutil.copytree(exported, tmp_path / "out")
    (tmp_path / "out" / ".exporting").touch()
    (tmp_path / "out" / "csv" / "posts.csv").write_text("half")
    (tmp_path / "out" / "csv" / "of another version.csv").write_text("old")
    if not manifest:
        (tmp_path / "out" / "manifest.json").unlink()
        (tmp_path / "out" / "manifest.json.tmp").write_text("half")
    kept.run("export", str(tmp_path / "out"))
    assert tables_in(tmp_path / "out") == tables_in(exported)
    again = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert again["tables"] == json.loads((exported / "manifest.json").read_text())["tables"]
    assert {one.name for one in (tmp_path / "out").iterdir()} == {
        "csv", "manifest.json", "ndjson", "parquet"
    }  # fmt: skip


def test_before_the_first_sync_the_tables_are_empty(tmp_path: Path) -> None:
    kept = kept_in(tmp_path / "new")
    kept.run("export", str(tmp_path / "out"))
    assert not kept.store.exists()
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert {table["rows"] for table in manifest["tables"]} == {0}
