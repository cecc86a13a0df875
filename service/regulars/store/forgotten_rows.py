"""Finds the rows of forgotten people, and rewrites Parquet files without them.

Their rows go. In the rows of others, a text that mentions one of their addresses stays without it:
somebody may have quoted it in a comment.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .columns import arrow, parquet_errors
from .redaction import REMOVED, without_known, without_words

if TYPE_CHECKING:
    import pyarrow as pa

_BETWEEN = "\x1f"
_LONG_ID = 12
"""Shorter ids, such as row numbers, occur in texts by chance."""
Key = tuple[str, str]


@dataclass(slots=True)
class ForgottenRows:
    """What belongs to forgotten people. subscriptions: connection and provider's id.

    signals: connection, and kind and key as in ``words.id``. addresses: as they were
    written. people: our own ids. publications: all names of those concerned. letters: connection
    and id of their letters, and of answers to them. letter_hashes: by which letters know their
    addresses.
    """

    publications: frozenset[str]
    subscriptions: set[Key] = field(default_factory=set)
    signals: set[Key] = field(default_factory=set)
    addresses: set[str] = field(default_factory=set)
    people: set[str] = field(default_factory=set)
    letters: set[Key] = field(default_factory=set)
    letter_hashes: set[str] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.subscriptions or self.signals or self.addresses or self.letters)

    @property
    def marks(self) -> set[str]:
        """What gives them away anywhere: addresses and ids that do not occur by chance."""
        ids = {name for _, name in self.subscriptions if len(name) >= _LONG_ID}
        return self.addresses | self.people | ids | self.letter_hashes

    def mentioned_in(self, content: bytes) -> bool:
        """Whether bytes hold one of the marks, in whatever letters."""
        lowered = content.lower()
        return any(mark.lower().encode() in lowered for mark in self.marks)

    def redacted(self, text: str) -> str:
        """A text of ours without the marks, and no longer than it was."""
        for mark in sorted(self.marks, key=len, reverse=True):
            place = text.lower().find(mark.lower())
            while place >= 0:
                stars = "*" * len(mark)
                text = text[:place] + stars + text[place + len(mark) :]
                place = text.lower().find(mark.lower())
        return text


def is_concerned(path: Path, rows: ForgottenRows) -> bool:
    """Whether rewriting the file would change it. Raises StoreDamaged for a damaged file.

    Reads its texts alone: numbers and times tell nobody, and are most of a file of totals.
    """
    return any(kept is not group for group, kept in _rewritten(path, rows, texts_alone=True))


def rewrite(path: Path, target: Path, rows: ForgottenRows) -> int:
    """Write the file anew without their rows, in the same order. Returns how many rows it has."""
    import pyarrow.parquet as pq

    count = 0
    with parquet_errors(path):
        schema = pq.read_schema(path)
    target.unlink(missing_ok=True)
    with pq.ParquetWriter(
        target, schema, compression="zstd", compression_level=1, store_schema=False
    ) as writer:
        for _, kept in _rewritten(path, rows):
            count += kept.num_rows
            if kept.num_rows:
                writer.write_table(kept)
    target.chmod(0o600)
    return count


def _rewritten(
    path: Path, rows: ForgottenRows, *, texts_alone: bool = False
) -> Iterator[tuple[pa.Table, pa.Table]]:
    """Each row group, as it is and as it stays."""
    import pyarrow.parquet as pq

    with parquet_errors(path):
        opened = pq.ParquetFile(path)
    with opened as file:
        fields = list(file.schema_arrow) if texts_alone else []
        texts = [field.name for field in fields if not arrow().types.is_primitive(field.type)]
        for number in range(file.num_row_groups):
            with parquet_errors(path):
                group = file.read_row_group(number, columns=texts if texts_alone else None)
            yield group, _without_mentions(_without_rows(group, rows), rows)


def _without_rows(table: pa.Table, rows: ForgottenRows) -> pa.Table:
    import pyarrow.compute as pc

    going = None
    for names, keys in _keyed(table, rows):
        marked = _is_in(pc, table, names, keys)
        if marked is not None:
            going = marked if going is None else pc.or_(going, marked)
    if going is None or not pc.any(going).as_py():
        return table
    return table.filter(pc.invert(going))


def _keyed(
    table: pa.Table, rows: ForgottenRows
) -> Iterator[tuple[tuple[str, ...], Collection[Key | tuple[str, str, str]]]]:
    """Columns of the table that together name a row of theirs, with the values of theirs."""
    names = set(table.column_names)
    if "connection" not in names:
        return
    if "subscription_id" in names and rows.subscriptions:
        yield ("connection", "subscription_id"), rows.subscriptions
    if {"kind", "signal_key"} <= names and rows.signals:
        yield (
            ("connection", "kind", "signal_key"),
            {(name, *key.split("/", 1)) for name, key in rows.signals},  # type: ignore[misc]
        )
    if {"correspondent", "id"} <= names and rows.letters:
        yield ("connection", "id"), rows.letters
    if {"subject", "id"} <= names:
        yield (
            ("connection", "subject", "id"),
            {(name, "subscription", one) for name, one in rows.subscriptions}
            | {(name, "signal", key) for name, key in rows.signals},
        )


def _is_in(pc: Any, table: pa.Table, names: tuple[str, ...], keys: Collection[Any]) -> Any:
    """Which rows have one of the keys, None if none has. Joining every key would cost the most."""
    last = arrow().array(sorted({key[-1] for key in keys}), arrow().string())
    if not pc.any(pc.is_in(table[names[-1]], value_set=last)).as_py():
        return None
    joined = pc.binary_join_element_wise(*(table[name] for name in names), _BETWEEN)
    wanted = arrow().array([_BETWEEN.join(key) for key in keys], arrow().string())
    return pc.fill_null(pc.is_in(joined, value_set=wanted), fill_value=False)


def _without_mentions(table: pa.Table, rows: ForgottenRows) -> pa.Table:
    import pyarrow.compute as pc

    pa = arrow()
    if rows.letter_hashes and "quoted_addresses" in table.column_names:
        table = _without_quoted(table, rows.letter_hashes)
    for place, name in enumerate(table.column_names):
        if not rows.addresses or not pa.types.is_string(table.schema.field(place).type):
            continue
        column = table[name]
        at_all = pc.or_(
            pc.fill_null(pc.match_substring(column, "@"), fill_value=False),
            pc.fill_null(pc.match_substring(column, "%40"), fill_value=False),
        )
        if not pc.any(at_all).as_py():
            continue
        values = column.to_pylist()
        after = [_cleaned(value, rows.addresses) for value in values]
        if name == "email":  # a former address of somebody who stays
            after = [None if value == REMOVED else value for value in after]
        if after != values:
            table = table.set_column(
                place, table.schema.field(place), pa.array(after, table.schema.field(place).type)
            )
    return table


def _without_quoted(table: pa.Table, hashes: Collection[str]) -> pa.Table:
    """Without hashes of their addresses above what somebody quoted."""
    place = table.column_names.index("quoted_addresses")
    values = table["quoted_addresses"].to_pylist()
    after = [without_words(value, hashes) for value in values]
    if after == values:
        return table
    kind = table.schema.field(place)
    return table.set_column(place, kind, arrow().array(after, kind.type))


def _cleaned(value: str | None, addresses: Collection[str]) -> str | None:
    return None if value is None else without_known(value, addresses)
