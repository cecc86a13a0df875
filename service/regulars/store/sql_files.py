"""Texts of ``.sql`` files, next to the Python code that uses them."""

from __future__ import annotations

from functools import cache
from importlib import resources


@cache
def sql_text(name: str, *folders: str) -> str:
    """The text of ``<name>.sql`` in the first of ``folders`` that has it, read once.

    folders: below the package, such as ``store/load``. Raises FileNotFoundError.
    """
    package = resources.files("regulars")
    for folder in folders:
        file = package / folder / f"{name}.sql"
        if file.is_file():
            return file.read_text("utf-8")
    raise FileNotFoundError(f"{name}.sql is missing from {' and '.join(folders)}")


@cache
def sql_names(folder: str) -> tuple[str, ...]:
    """The names of the ``.sql`` files in a folder, without their ending, in order."""
    found = (resources.files("regulars") / folder).iterdir()
    return tuple(sorted(item.name[:-4] for item in found if item.name.endswith(".sql")))
