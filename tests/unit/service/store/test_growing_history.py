"""A released stream gains a column; files with it lie beside files without. Nothing is lost.

Every stream of a store that each released version left behind (``tests/samples/stores``). What the
tables should hold is worked out here, row by row, from the files as pyarrow reads them.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from regulars.cli import main
from regulars.errors import StoreDamaged
from regulars.files import sha256_of
from regulars.settings import StoreSettings
from regulars.store import Store
from regulars.store.columns import schema_text
from regulars.store.history import HistoryFile
from regulars.store.incoming import PartNote, Pull, open_pull
from regulars.store.statements import statement
from regulars.store.streams import HISTORY, TABLES, history_columns
from regulars.store.verify import unknown_columns, verify_store
from regulars_connectors.records import Post

SAMPLES = Path(__file__).parents[3] / "samples" / "stores"
ADDED = "added_later"
# Tables that hold every row of a stream's files, beside the one with the newest of each key.
ALL_ROWS = {"subscriptions": "subscription_versions", "counters": "counters"}
# A stream whose rows go among those of another one.
AMONG_OTHERS = {"earlier_standings": "subscriptions"}
_OF_TYPE = {
    "VARCHAR": "'$'", "TIMESTAMP": "TIMESTAMP '2026-01-01'", "BIGINT": "7", "INTEGER": "1",
    "BOOLEAN": "true",
}  # fmt: skip
Rows = list[tuple[Any, ...]]


def grown_schema() -> str:
    """The schema of a version that knows one more column of every stream."""
    tables = {HISTORY[stream].table for stream in HISTORY} | set(ALL_ROWS.values())
    text, count = re.subn(
        rf"^(CREATE TABLE (?:{'|'.join(sorted(tables))}) \([^\n]*\n)",
        rf"\1    {ADDED} VARCHAR,\n",
        schema_text(),
        flags=re.MULTILINE,
    )
    assert count == len(HISTORY) - len(AMONG_OTHERS)
    return text


def write(store: Store, stream: str, name: str, query: str) -> HistoryFile:
    """A history file as a sync leaves it, with the rows of a query, and the entry that names it."""
    temporary = store.history.temporary(f"{name}-{stream}")
    with duckdb.connect() as connection:
        ((rows,),) = connection.execute(
            f"COPY ({query}) TO '{temporary}' (FORMAT parquet, COMPRESSION zstd,"
            f" KV_METADATA {{regulars_format: '1', stream: '{stream}'}})"
        ).fetchall()
    with store.writing:
        file = store.history.place(temporary, "letters", stream, int(rows))
        store.append(
            {
                "kind": "pull", "at": 0, "run": f"run_{name}", "publication": "letters",
                "connection": "letters", "connector": "beehiiv", "files": [file.facts()],
            }
        )  # fmt: skip
    return file


def rows_like_those_before(store: Store, stream: str, known: dict[str, str]) -> str:
    """A query for rows that some files of the stream have, or for one row of that shape.

    Columns that the stream gained since those files were written are NULL.
    """
    if paths := files_of(store, stream)[-2:]:
        found = {name for path in paths for name in pq.read_schema(path).names}
        chosen = (
            name if name in found else f"NULL::{kind} AS {name}" for name, kind in known.items()
        )
        files = list(map(str, paths))
        return f"SELECT {', '.join(chosen)} FROM read_parquet({files!r}, union_by_name = true)"
    values = (f"{_OF_TYPE[kind].replace('$', name)} AS {name}" for name, kind in known.items())
    return f"SELECT {', '.join(values)}"


def files_of(store: Store, stream: str) -> list[Path]:
    found = [file for file in store.history.files(store.journal) if file["stream"] == stream]
    return [store.root / file["path"] for file in found]


def newest_by_key(stream: str, paths: list[Path], column: str) -> dict[tuple[Any, ...], Any]:
    """What the newest row of each key has in a column, NULL where its file has no such column."""
    found = {}
    for path in paths:
        for row in pq.read_table(path).to_pylist():
            found[tuple(row[name] for name in HISTORY[stream].key)] = row.get(column)
    return found


def in_table(store: Store, stream: str, column: str) -> dict[tuple[Any, ...], Any]:
    taken = HISTORY[stream]
    with store.read() as cursor:
        query = f"SELECT {column}, {', '.join(taken.key)} FROM {taken.table}"
        rows = cursor.execute(query + (" ORDER BY entry" if taken.has_entry else "")).fetchall()
    found = {tuple(key): value for value, *key in rows}
    if stream in {*AMONG_OTHERS, *AMONG_OTHERS.values()}:
        own = newest_by_key(stream, files_of(store, stream), column)
        return {key: value for key, value in found.items() if key in own}
    return found


def all_tables(store: Store) -> dict[str, Rows]:
    with store.read() as cursor:
        return {
            table: sorted(cursor.execute(f"SELECT * FROM {table}").fetchall(), key=repr)
            for table in TABLES
        }


def copy_of(sample: Path, folder: Path) -> Store:
    shutil.copytree(sample, folder, ignore=shutil.ignore_patterns("answers.json"))
    return Store(StoreSettings(folder=folder, free_space_floor_mib=0))


@dataclass
class Grown:
    """What a store held whose streams gained a column: kept up to date, and rebuilt."""

    kept: dict[str, Rows]
    rebuilt: dict[str, Rows]
    faults: list[str]
    expected: dict[str, dict[tuple[Any, ...], Any]] = field(default_factory=dict)
    found: dict[str, dict[tuple[Any, ...], Any]] = field(default_factory=dict)
    with_the_column: dict[str, int] = field(default_factory=dict)
    all_with_the_column: dict[str, int] = field(default_factory=dict)


VERSIONS = sorted(path.name for path in SAMPLES.iterdir())


@pytest.fixture(
    scope="module",
    params=[*(pytest.param(one, marks=pytest.mark.long) for one in VERSIONS[:-1]), VERSIONS[-1]],
)
def sample(request: pytest.FixtureRequest) -> Path:
    return SAMPLES / str(request.param)


@pytest.fixture(scope="module")
def opened_once(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of that version as this one opens it, which rebuilds its tables. To be copied."""
    folder = tmp_path_factory.mktemp("opened") / "data"
    with copy_of(sample, folder):
        return folder


@pytest.fixture(scope="module")
def grown(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Grown:
    known = {stream: dict(history_columns(stream)) for stream in HISTORY}
    with pytest.MonkeyPatch.context() as patch:
        text = grown_schema()
        patch.setattr("regulars.store.columns.schema_text", lambda: text)
        patch.setattr("regulars.store.db.schema_text", lambda: text)
        statement.cache_clear()
        try:
            with copy_of(sample, tmp_path_factory.mktemp("grown") / "data") as store:
                return _grow(store, known)
        finally:
            # Statements of that schema would make other tests fail.
            statement.cache_clear()


def _grow(store: Store, known: dict[str, dict[str, str]]) -> Grown:
    written = {}
    for stream, columns in known.items():
        old = rows_like_those_before(store, stream, columns)
        if not files_of(store, stream):
            write(store, stream, "old", old)
        key = HISTORY[stream].key[-1]
        added = f"'added ' || {key} AS {ADDED}"
        written[stream] = [write(store, stream, "new", f"SELECT *, {added} FROM ({old}) AS rows")]
    for stream, columns in known.items():
        # And once more without it, some of the same rows: as by an older version in between.
        old = rows_like_those_before(store, stream, columns)
        write(store, stream, "again", f"SELECT * FROM ({old}) AS rows LIMIT 1")
    made = Grown(all_tables(store), {}, verify_store(store))
    for stream in known:
        paths = files_of(store, stream)
        made.expected[stream] = newest_by_key(stream, paths, ADDED)
        made.found[stream] = in_table(store, stream, ADDED)
        made.with_the_column[stream] = sum(file.rows for file in written[stream])
    for stream, table in ALL_ROWS.items():
        with store.read() as cursor:
            ((count,),) = cursor.execute(f"SELECT count({ADDED}) FROM {table}").fetchall()
        made.all_with_the_column[stream] = count
    store.rebuild()
    made.rebuilt = all_tables(store)
    return made


@pytest.mark.parametrize("stream", sorted(HISTORY))
@pytest.mark.long
def test_a_column_that_a_stream_gained_is_in_its_table(grown: Grown, stream: str) -> None:
    assert grown.found[stream] == grown.expected[stream]
    values = list(grown.expected[stream].values())
    assert any(value is None for value in values) or len(values) == 1
    if stream in ALL_ROWS:
        there = [stream, *(one for one, other in AMONG_OTHERS.items() if other == stream)]
        written = sum(grown.with_the_column[one] for one in there)
        assert grown.all_with_the_column[stream] == written


@pytest.mark.parametrize("stream", sorted(HISTORY))
@pytest.mark.long
def test_rebuilt_equals_kept_where_a_stream_gained_a_column(grown: Grown, stream: str) -> None:
    assert grown.faults == []
    for table in (HISTORY[stream].table, ALL_ROWS.get(stream, HISTORY[stream].table)):
        assert grown.kept[table] == grown.rebuilt[table]
        assert grown.kept[table]


@pytest.mark.long
def test_every_other_table_is_rebuilt_as_it_was_kept(grown: Grown) -> None:
    assert grown.kept == grown.rebuilt


@pytest.fixture
def store(opened_once: Path, tmp_path: Path) -> Iterator[Store]:
    with copy_of(opened_once, tmp_path / "data") as opened:
        yield opened


@pytest.mark.long
def test_a_column_that_is_not_known_is_kept_left_out_and_said(store: Store) -> None:
    before, files = all_tables(store), {}
    assert unknown_columns(store) == []
    for stream in HISTORY:
        old = rows_like_those_before(store, stream, dict(history_columns(stream)))
        files[stream] = write(store, stream, "new", f"SELECT 'x' AS {ADDED}, * FROM ({old}) AS r")
    write(store, "moods", "new", "SELECT 1 AS mood")
    kept = all_tables(store)
    assert verify_store(store) == []
    store.rebuild()
    assert all_tables(store) == kept
    for table in ("posts", "words", "subscriptions", "people"):
        assert len(kept[table]) >= len(before[table])
    said = {(one.stream, one.column): one.files for one in unknown_columns(store)}
    assert said.pop(("moods", None)) == ["history/letters/moods/new-moods.parquet"]
    assert said == {(stream, ADDED): [file.path] for stream, file in files.items()}
    for file in files.values():
        assert ADDED in pq.read_schema(store.root / file.path).names
    sentence = next(one.sentence for one in unknown_columns(store) if one.stream == "posts")
    assert sentence == (
        f"the column {ADDED} of posts, in 1 history file"
        " (first: history/letters/posts/new-posts.parquet)"
    )


@pytest.mark.long
def test_columns_that_a_file_lacks_are_null(store: Store) -> None:
    lacking = {}
    with store.read() as cursor:
        for stream in HISTORY:
            # A table made like another one does not say what every row must have.
            table = ALL_ROWS.get(stream, HISTORY[stream].table)
            described = cursor.execute(f"DESCRIBE {table}").fetchall()
            optional = {name for name, _, nullable, *_ in described if nullable == "YES"}
            lacking[stream] = optional - {"entry", *HISTORY[stream].key}
    for stream in HISTORY:
        known = history_columns(stream)
        old = rows_like_those_before(store, stream, dict(known))
        chosen = ", ".join(name for name in known if name not in lacking[stream])
        write(store, stream, "short", f"SELECT {chosen} FROM ({old}) AS rows")
    assert verify_store(store) == []
    for stream, columns in lacking.items():
        for column in columns:
            paths = files_of(store, stream)
            expected = newest_by_key(stream, paths, column)
            assert in_table(store, stream, column) == expected, (stream, column)
            assert None in expected.values()


def test_a_column_that_every_row_must_have_is_missed(store: Store) -> None:
    old = rows_like_those_before(store, "posts", dict(history_columns("posts")))
    with pytest.raises(StoreDamaged, match=r"History files of posts .*status"):
        write(store, "posts", "short", f"SELECT * EXCLUDE (status) FROM ({old}) AS rows")


def test_the_columns_of_tables_are_read_as_the_database_has_them(store: Store) -> None:
    with store.read() as cursor:
        for stream in HISTORY:
            described = cursor.execute(f"DESCRIBE {HISTORY[stream].table}").fetchall()
            expected = {name: kind for name, kind, *_ in described}
            if HISTORY[stream].has_entry:
                del expected["entry"]
            assert history_columns(stream) == expected


@pytest.mark.long
def test_verify_says_it_and_ends_well(opened_once: Path, tmp_path: Path) -> None:
    with copy_of(opened_once, tmp_path / "data") as store:
        old = rows_like_those_before(store, "posts", dict(history_columns("posts")))
        write(store, "posts", "new", f"SELECT *, 7 AS {ADDED} FROM ({old}) AS rows")
    settings = tmp_path / "regulars.toml"
    settings.write_text('[store]\nfolder = "data"\nfree_space_floor_mib = 0\n')
    said = CliRunner().invoke(main, ["--config", str(settings), "verify"])
    assert said.exit_code == 0
    assert said.stdout.splitlines()[1] == (
        f"A newer version wrote this, and it is kept unread: the column {ADDED} of posts,"
        " in 1 history file (first: history/letters/posts/new-posts.parquet)."
    )
    said = CliRunner().invoke(main, ["--config", str(settings), "verify", "--json"])
    facts = json.loads(said.stdout)
    assert facts["faults"] == []
    assert facts["unknown_columns"] == [
        {"stream": "posts", "column": ADDED, "files": ["history/letters/posts/new-posts.parquet"]}
    ]


def test_parts_that_another_version_wrote_are_not_gone_on_with(tmp_path: Path) -> None:
    pull = Pull(tmp_path / "pull")
    note = PartNote(coverage="whole", cursor="2", first_at=1, last_at=1, rows=1)
    pull.append("posts", [Post(id="1", title="One", status="sent", form="email")], [1], note)
    assert open_pull(pull.folder, "posts").rows == 1
    (path,) = pull.paths
    table = pq.read_table(path)
    for other in (table.append_column(ADDED, [["x"]]), table.drop_columns(["audience"])):
        assert open_pull(_as_part(other, path), "posts").rows == 0
    assert open_pull(_as_part(table, path), "posts").rows == 1


def _as_part(table: pa.Table, part: Path) -> Path:
    """The folder in which the table is the only part, with a right digest."""
    for before in part.parent.iterdir():
        before.unlink()
    pq.write_table(table, part)
    digest = hashlib.sha256(f"0  {sha256_of(part)}".encode()).hexdigest()[:32]
    part.rename(part.with_name(f"000000-00000000-{digest}.parquet"))
    return part.parent
