"""Changes the settings file as a person would: what is not meant stays as it was, comments too.

Every change is proven before it is written: the new text must parse to exactly the values that
were wanted, and must be settings that can be. Where that fails nothing is written, and the words
say what to do by hand.
"""

from __future__ import annotations

import re
import stat
import tomllib
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT

from .errors import NothingHere, SettingsWrong
from .settings import build_settings
from .store.disk import write_whole

Values = dict[str, Any]
_UNTOUCHED = "The settings are as they were."
_PUBLICATION = re.compile(r"\s*\[\[\s*publications\s*\]\]")
_BELOW_IT = re.compile(r"\s*\[\[?\s*publications\s*\.")
_HEADING = re.compile(r"\s*\[")


class SettingsFile:
    """One settings file, read once. Methods collect changes; ``write`` puts all in place."""

    def __init__(self, path: Path) -> None:
        self.path = path
        # A link keeps pointing where it points: what it names is changed.
        self._target = path.resolve()
        self.exists = self._target.is_file()
        self._before = self._read() if self.exists else ""
        try:
            self._values: Values = tomllib.loads(self._before)
            self._document = tomlkit.parse(self._before)
        except (tomllib.TOMLDecodeError, TOMLKitError) as error:
            raise SettingsWrong(f"{path} is not readable TOML: {error}.") from error
        if self.exists:
            build_settings(self._values, path)

    @property
    def text(self) -> str:
        """The file as it would be written."""
        return tomlkit.dumps(self._document)

    @property
    def publications(self) -> list[Values]:
        """The publications of the file as plain values, changes included."""
        return list(self._values.get("publications", ()))

    @property
    def store_folder(self) -> str | None:
        """The folder of the store that stands in the file."""
        folder = self._values.get("store", {}).get("folder")
        return None if folder is None else str(folder)

    def has(self, name: str) -> bool:
        """Whether a publication of that short name stands in the file."""
        return any(one.get("name") == name for one in self.publications)

    def set_store_folder(self, folder: str) -> None:
        """Say where the data lie."""
        self._values.setdefault("store", {})["folder"] = folder
        if "store" not in self._document:
            self._document["store"] = tomlkit.table()
        store: Any = self._document["store"]
        store["folder"] = folder

    def add_publication(self, publication: Values, connection: Values) -> str:
        """Append a publication with one connection; the text that was added."""
        added = _block(publication, connection)
        self._values.setdefault("publications", []).append(
            publication | {"connections": [connection]}
        )
        text = self.text.rstrip("\n")
        self._parse_again(f"{text}\n\n{added}" if text else added)
        return added

    def change_publication(self, name: str, changes: Values) -> None:
        """Set, or with None take away, single values of a publication. Raises NothingHere."""
        place = self._place_of(name)
        publications: Any = self._document["publications"]
        for table in (self._values["publications"][place], publications[place]):
            for key, value in changes.items():
                if value is None:
                    table.pop(key, None)
                else:
                    table[key] = value

    def remove_publication(self, name: str) -> None:
        """Take a publication out, with everything below it. Raises NothingHere."""
        place = self._place_of(name)
        del self._values["publications"][place]
        if not self._values["publications"]:
            del self._values["publications"]
        publications: Any = self._document["publications"]
        if isinstance(publications, AoT):
            # By lines: tomlkit takes the comment above the next block for the end of this one.
            self._parse_again(_without_block(self.text, place))
        else:
            del publications[place]
            if not publications:
                del self._document["publications"]

    def write(self) -> None:
        """Put the changes in place, whole or not at all. Raises SettingsWrong, nothing done."""
        text = self.text
        self.prove()
        if self.exists and text == self._before:
            return
        mode = stat.S_IMODE(self._target.stat().st_mode) if self.exists else 0o600
        try:
            self._target.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._target, text.encode(), mode)
        except OSError as error:
            raise SettingsWrong(
                f"{self.path} cannot be written: {error.strerror}.",
                to_do="Give yourself the right to write there, or say another place with --config.",
                safe=_UNTOUCHED,
            ) from error

    def prove(self) -> None:
        """Raise SettingsWrong where the changes cannot be written as they are meant."""
        text = self.text
        try:
            same = tomllib.loads(text) == self._values
        except tomllib.TOMLDecodeError:
            same = False
        if not same:
            raise self._by_hand()
        build_settings(self._values, self.path)

    def _parse_again(self, text: str) -> None:
        try:
            self._document = tomlkit.parse(text)
        except TOMLKitError:
            raise self._by_hand() from None

    def _by_hand(self) -> SettingsWrong:
        return SettingsWrong(
            f"{self.path} is written in a way that cannot be changed safely.",
            to_do="Make the change by hand, then run `regulars doctor`.",
            safe=_UNTOUCHED,
        )

    def _place_of(self, name: str) -> int:
        for place, one in enumerate(self.publications):
            if one.get("name") == name:
                return place
        raise NothingHere(f"There is no publication named {name!r} in {self.path}.")

    def _read(self) -> str:
        try:
            return self._target.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise SettingsWrong(f"{self.path} is not readable TOML: {error}.") from error
        except OSError as error:
            raise SettingsWrong(f"{self.path} cannot be read: {error.strerror}.") from error


def _block(publication: Values, connection: Values) -> str:
    """A publication as it would be written by hand."""
    lines = ["[[publications]]", *_lines(publication), ""]
    lines += ["[[publications.connections]]", *_lines(connection)]
    return "\n".join(lines) + "\n"


def _lines(values: Values) -> list[str]:
    return [f"{tomlkit.key(name).as_string()} = {_value(value)}" for name, value in values.items()]


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(_lines(value)) + " }"
    return str(tomlkit.item(value).as_string())


def _without_block(text: str, place: int) -> str:
    """The text without one publication. A comment right above a heading belongs to it."""
    lines = text.splitlines(keepends=True)
    starts = [number for number, line in enumerate(lines) if _PUBLICATION.match(line)]
    first = starts[place]
    after = next(
        (
            number
            for number in range(first + 1, len(lines))
            if _HEADING.match(lines[number]) and not _BELOW_IT.match(lines[number])
        ),
        len(lines),
    )
    begin, end = _with_comments(lines, first), _with_comments(lines, after)
    return "".join(lines[:begin] + lines[end:])


def _with_comments(lines: list[str], heading: int) -> int:
    while 0 < heading < len(lines) and lines[heading - 1].lstrip().startswith("#"):
        heading -= 1
    return heading
