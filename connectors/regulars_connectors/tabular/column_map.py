"""Column maps in the settings: how the columns of another tool's export become ours.

They are checked against the tables when the settings are read. Opening a file then checks that it
has the named columns (``columns``).
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Annotated, Any, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from ..instants import check_zone
from .table import Table

_SAMPLE = datetime(2025, 3, 15, 8, 30, tzinfo=UTC)


def folded(name: str) -> str:
    """A column's name as it is compared: without regard to case, blanks and line breaks."""
    return " ".join(name.split()).lower()


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str | dict) else value


def _fold_words(words: dict[str, str]) -> dict[str, str]:
    return {folded(word): ours for word, ours in words.items()}


def _time_format(text: str) -> str:
    try:
        written = _SAMPLE.strftime(text)
        read = datetime.strptime(written, text)  # noqa: DTZ007 - only its day is looked at
    except ValueError as error:
        raise ValueError(f"{text!r} is not a time format: write it like %m/%d/%Y %H:%M") from error
    if read.date() != _SAMPLE.date():
        raise ValueError(f"{text!r} must have year, month and day")
    return text


Words: TypeAlias = Annotated[dict[str, str], AfterValidator(_fold_words)]


class ColumnMapModel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Taken(ColumnMapModel):
    """Where one of our columns comes from: a column of the file, or a value for all rows."""

    column: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()
    value: str | None = None
    words: Words = Field(default_factory=dict)
    otherwise: str | None = None
    before: str | None = Field(default=None, min_length=1)
    format: Annotated[str, AfterValidator(_time_format)] | None = None
    zone: Annotated[str, AfterValidator(check_zone)] | None = None
    digest: bool = False

    @model_validator(mode="after")
    def _one_source(self) -> Taken:
        if bool(self.column) == (self.value is not None):
            raise ValueError("give either the column of the file or one value for all rows")
        if self.value is not None and self.model_fields_set != {"value"}:
            raise ValueError("a value for all rows takes no other keys")
        if self.otherwise is not None and not self.words:
            raise ValueError("otherwise is for words outside of the list words, which is missing")
        return self

    @property
    def is_plain(self) -> bool:
        """Whether the cell is taken just as it stands in one column."""
        return len(self.column) == 1 and self.model_fields_set == {"column"}


def _as_taken(value: Any) -> Any:
    return {"column": value} if isinstance(value, str | list) else value


class TableMap(ColumnMapModel):
    """One or several files of the same shape, and where our columns are in them."""

    file: str | None = None
    skip: dict[str, Annotated[tuple[str, ...], BeforeValidator(_listed)]] = Field(
        default_factory=dict
    )
    columns: dict[str, Annotated[Taken, BeforeValidator(_as_taken)]] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _split(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        own = {"file", "skip"}
        rest = {key: value for key, value in data.items() if key not in own}
        return {key: data[key] for key in own if key in data} | {"columns": rest}

    @field_validator("file")
    @classmethod
    def _inside(cls, pattern: str | None) -> str | None:
        if pattern is None:
            return None
        parts = pattern.split("/")
        if not all(parts) or ".." in parts or "**" in parts:
            raise ValueError("file must be a name in the folder, such as export.csv or opens/*.csv")
        if not pattern.lower().endswith((".csv", ".tsv", ".txt", ".parquet")):
            raise ValueError("file must end with .csv, .tsv, .txt or .parquet")
        return pattern

    @field_validator("skip")
    @classmethod
    def _fold_skipped(cls, skip: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        return {column: tuple(map(folded, words)) for column, words in skip.items()}

    def refuse_wrong(self, table: Table) -> None:
        """Raise ValueError if it names a column that the table lacks, or one column twice."""
        unknown = [name for name in self.columns if name not in table.columns]
        if unknown:
            raise ValueError(
                f"{', '.join(unknown)} is not a column of {table.stream.name}:"
                f" choose from {', '.join(table.columns)}"
            )
        for name, taken in self.columns.items():
            if (taken.format or taken.zone) and name not in table.times:
                raise ValueError(f"{name} is not a time: remove its format and zone")
        plain = {name: t.column[0].strip() for name, t in self.columns.items() if t.is_plain}
        for source, count in Counter(plain.values()).items():
            if count > 1:
                ours = " and ".join(name for name, found in plain.items() if found == source)
                raise ValueError(
                    f"{ours} are taken from one column: if only the address tells people apart,"
                    ' write id = { column = "…", digest = true }'
                )


Maps: TypeAlias = Annotated[tuple[TableMap, ...], BeforeValidator(_listed)]
