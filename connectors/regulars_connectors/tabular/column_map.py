"""Column maps in the settings: how the columns of another tool's export become ours.

They are checked against the tables when the settings are read. Opening a file then checks that it
has the named columns (``columns``).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    field_validator,
    model_validator,
)

from ..instants import check_zone
from .table import Table
from .times import check_format, check_formats

Finder: TypeAlias = Callable[[str], str]
"""What a cell stands for by what other files say. Raises RowRefused if they do not say it."""
REFERRING = {"post_id": "posts", "subscription_id": "subscriptions"}
"""The columns that name a row of another table, with that table."""
_PLACEHOLDER = "{}"


def folded(name: str) -> str:
    """A column's name as it is compared: without regard to case, blanks and line breaks."""
    return " ".join(name.split()).lower()


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str | dict) else value


def _fold_words(words: dict[str, str]) -> dict[str, str]:
    return {folded(word): ours for word, ours in words.items()}


Words: TypeAlias = Annotated[dict[str, str], AfterValidator(_fold_words)]


class ColumnMapModel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


Formats: TypeAlias = Annotated[
    tuple[Annotated[str, AfterValidator(check_format)], ...],
    BeforeValidator(_listed),
    AfterValidator(check_formats),
]


def _in_the_folder(pattern: str) -> str:
    parts = pattern.split("/")
    if not all(parts) or ".." in parts or "**" in parts:
        raise ValueError("file must be a name in the folder, such as export.csv or opens/*.csv")
    if not pattern.lower().endswith((".csv", ".tsv", ".txt", ".parquet")):
        raise ValueError("file must end with .csv, .tsv, .txt or .parquet")
    return pattern


class Earliest(ColumnMapModel):
    """The earliest time in another file, whose name has the row's id where ``{id}`` stands."""

    file: Annotated[str, AfterValidator(_in_the_folder)]
    column: str

    @field_validator("file")
    @classmethod
    def _by_id(cls, pattern: str) -> str:
        if pattern.count("{id}") != 1 or "{id}" not in pattern.rpartition("/")[2]:
            raise ValueError("earliest needs {id} once in the name of its file")
        return pattern


class Taken(ColumnMapModel):
    """Where one of our columns comes from: a column, the file's name, or a value for all rows."""

    column: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()
    value: str | None = None
    file_name: str | None = None
    together: bool = False
    optional: bool = False
    before: str | None = Field(default=None, min_length=1)
    words: Words = Field(default_factory=dict)
    like: Words = Field(default_factory=dict)
    otherwise: str | None = None
    format: Formats = ()
    zone: Annotated[str, AfterValidator(check_zone)] | None = None
    digest: bool = False
    by: str | None = Field(default=None, min_length=1)
    earliest: Earliest | None = None
    if_empty: Literal["skip"] | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Taken:
        if sum((bool(self.column), self.value is not None, self.file_name is not None)) != 1:
            raise ValueError(
                "give either the column of the file or one value for all rows, or file_name"
            )
        if self.value is not None and not self.model_fields_set <= {"value", "digest", "by"}:
            raise ValueError("a value for all rows takes no other keys than digest and by")
        if self.otherwise is not None and not (self.words or self.like):
            raise ValueError("otherwise is for words outside of the list words, which is missing")
        if self.together and len(self.column) < 2:
            raise ValueError("together is for several columns")
        if self.optional and not self.column:
            raise ValueError("optional is for columns that the file may lack")
        return self

    @field_validator("file_name")
    @classmethod
    def _one_place(cls, pattern: str | None) -> str | None:
        if pattern is not None and (pattern.count(_PLACEHOLDER) != 1 or "/" in pattern):
            raise ValueError(
                "file_name must be the form of a name without folders, with {} once for the part"
                " that counts, such as {}_*.csv"
            )
        return pattern

    @property
    def is_plain(self) -> bool:
        """Whether the cell is taken just as it stands in one column."""
        return len(self.column) == 1 and self.model_fields_set <= {"column", "optional"}

    def from_name(self, name: str) -> str | None:
        """What stands in a file's name where ``file_name`` has its braces. None: another form."""
        before, _, after = (self.file_name or "").partition(_PLACEHOLDER)
        return captured(name, before, after)


def captured(name: str, before: str, after: str) -> str | None:
    """The shortest text between two forms, in which ``*`` stands for any letters."""
    pattern = "(.+?)".join(map(any_letters, (before, after)))
    found = re.fullmatch(pattern, name, re.IGNORECASE | re.DOTALL)
    return found[1].strip() if found else None


def any_letters(form: str) -> str:
    """A regular expression for a form in which ``*`` stands for any letters."""
    return ".*".join(map(re.escape, form.split("*")))


def _as_taken(value: Any) -> Any:
    return {"column": value} if isinstance(value, str | list) else value


class TableMap(ColumnMapModel):
    """One or several files of the same shape, and where our columns are in them."""

    file: str | None = None
    skip: dict[str, Annotated[tuple[str, ...], BeforeValidator(_listed)]] = Field(
        default_factory=dict
    )
    columns: dict[str, Annotated[Taken, BeforeValidator(_as_taken)]] = Field(default_factory=dict)
    _finders: dict[str, Finder] = PrivateAttr(default_factory=dict)
    _also_read: set[str] = PrivateAttr(default_factory=set)

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
        return None if pattern is None else _in_the_folder(pattern)

    @field_validator("skip")
    @classmethod
    def _fold_skipped(cls, skip: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        return {column: tuple(map(folded, words)) for column, words in skip.items()}

    @property
    def finders(self) -> Mapping[str, Finder]:
        """What finds cells in other files, by our column. See ``with_finders``."""
        return self._finders

    @property
    def also_read(self) -> set[str]:
        """Further columns that are read, because other files name a row by them."""
        return self._also_read

    def with_finders(self, finders: Mapping[str, Finder]) -> TableMap:
        """The same map with what it needs of other files."""
        bound = self.model_copy()
        bound._finders = dict(finders)
        return bound

    def for_file(self, name: str) -> TableMap | None:
        """The map with what the file's name says. None where the name has another form."""
        named = {ours: t for ours, t in self.columns.items() if t.file_name is not None}
        if not named:
            return self
        said = {ours: taken.from_name(name) for ours, taken in named.items()}
        columns = {
            ours: taken.model_copy(update={"value": said[ours], "file_name": None})
            for ours, taken in named.items()
        }
        if any(value is None for value in said.values()):
            return None
        return self.model_copy(update={"columns": {**self.columns, **columns}})

    def refuse_wrong(self, table: Table) -> None:
        """Raise ValueError if it names a column that the table lacks, or one column twice."""
        known = (*table.columns, *table.elsewhere)
        unknown = [name for name in self.columns if name not in known]
        if unknown:
            raise ValueError(
                f"{', '.join(unknown)} is not a column of {table.stream.name}:"
                f" choose from {', '.join(known)}"
            )
        for name, taken in self.columns.items():
            _refuse_out_of_place(name, taken, table)
        if table.stream.name != "posts":
            self._refuse_one_column_twice()

    def _refuse_one_column_twice(self) -> None:
        """An address or a provider's field must not become two things by mistake.

        The title of a post may be its id: it is nobody's address.
        """
        plain = {name: t.column[0].strip() for name, t in self.columns.items() if t.is_plain}
        for source, count in Counter(plain.values()).items():
            if count > 1:
                ours = " and ".join(name for name, found in plain.items() if found == source)
                raise ValueError(
                    f"{ours} are taken from one column: if only the address tells people apart,"
                    ' write id = { column = "…", digest = true }'
                )


def _refuse_out_of_place(name: str, taken: Taken, table: Table) -> None:
    """Raise ValueError if a key is given to a column that cannot take it."""
    if (taken.format or taken.zone or taken.earliest) and name not in table.times:
        raise ValueError(f"{name} is not a time: remove its format, zone and earliest")
    if taken.by is not None and name not in REFERRING:
        raise ValueError(
            f"{name} cannot be found by another column: by is for post_id and subscription_id"
        )
    if taken.earliest is not None and "id" not in table.columns:
        raise ValueError(f"{name} has earliest, but {table.stream.name} have no id")
    if taken.optional and name in table.key:
        raise ValueError(f"{name} is needed of every file, so it cannot be optional")


Maps: TypeAlias = Annotated[tuple[TableMap, ...], BeforeValidator(_listed)]
