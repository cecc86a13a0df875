"""What a person writes in the settings about a folder of files."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, model_validator

from ..contract import ConnectionSettings
from ..tabular.column_map import REFERRING, ColumnMapModel, Maps, TableMap
from ..tabular.table import Table
from .dates import as_exported
from .tables import TABLES


class ColumnMaps(ColumnMapModel):
    """The column maps of a folder, a list for each table."""

    posts: Maps = ()
    subscriptions: Maps = ()
    signals: Maps = ()

    @model_validator(mode="before")
    @classmethod
    def _known_tables(cls, data: Any) -> Any:
        unknown = [name for name in data if name not in TABLES] if isinstance(data, dict) else []
        if unknown:
            raise ValueError(f"{', '.join(unknown)} is not a table of {', '.join(TABLES)}")
        return data

    @model_validator(mode="after")
    def _fit_the_tables(self) -> ColumnMaps:
        for name, table in TABLES.items():
            maps = self.of(table)
            for one in maps:
                try:
                    one.refuse_wrong(table)
                except ValueError as error:
                    raise ValueError(f"{name}: {error}") from None
            if len(maps) > 1 and any(one.file is None for one in maps):
                raise ValueError(f"{name}: with several maps, each must name its file")
        self._mark_referred()
        return self

    def _mark_referred(self) -> None:
        """Let the maps know the columns by which signals name posts and people."""
        for ours, target in REFERRING.items():
            for taken in (one.columns.get(ours) for one in self.signals):
                if taken is not None and taken.by is not None:
                    for referred in getattr(self, target):
                        referred.also_read.add(taken.by)

    def of(self, table: Table) -> tuple[TableMap, ...]:
        """The maps of one table; none if its file has our own form."""
        found: tuple[TableMap, ...] = getattr(self, table.stream.name)
        return found


class FilesSettings(ConnectionSettings):
    """Where the files lie, and whether they are everything."""

    local_files: ClassVar[bool] = True

    folder: Path = Field(
        description="folder, zip or file with posts, subscriptions or signals as .csv or .parquet"
    )
    complete: bool = Field(
        default=False,
        description="the files hold everything: people missing from them count as removed",
    )
    exported_at: Annotated[datetime | None, BeforeValidator(as_exported)] = Field(
        default=None,
        description="when the files were exported; by default their names or times say it",
    )
    rejected_lists: bool = Field(
        default=True, description="write rejected rows into a list beside their file"
    )
    columns: ColumnMaps | None = Field(
        default=None,
        description="column maps by table, for files of another form (see import a history)",
    )
