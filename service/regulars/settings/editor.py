"""Changes the settings file as a person would: everything else stays as it was, comments too.

Every change is proven before it is written: the new text must parse to exactly the wanted values,
and they must be valid settings. Otherwise the file stays as it is, and the error says what to do by
hand.
"""

from __future__ import annotations

import re
import stat
import tomllib
from pathlib import Path
from typing import Any

import tomlkit

from regulars.errors import NothingHere, SettingsWrong
from regulars.files import write_atomically

from .loading import build_settings, text_of, values_of

Values = dict[str, Any]
_UNTOUCHED = "The settings are unchanged."
_PUBLICATION = re.compile(r"\s*\[\[\s*publications\s*\]\]")
_BELOW_IT = re.compile(r"\s*\[\[?\s*publications\s*\.")
_HEADING = re.compile(r"\s*\[")
_ASSIGNED = re.compile(r"""^(\s*[\w-]+\s*=\s*)("(?:[^"\\]|\\.)*"|'[^']*'|[^\s#]+)""")


class SettingsFile:
    """One settings file, read once. Methods collect changes; ``write`` puts all in place."""

    def __init__(self, path: Path) -> None:
        self.path = path
        # A symbolic link stays a link: the file that it names is changed.
        self._target = path.resolve()
        self.exists = self._target.is_file()
        self._before = text_of(path) if self.exists else ""
        self.text = self._before
        self._values: Values = values_of(self.text, path)
        if self.exists:
            build_settings(self._values, path)

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
        """Whether the file has a publication of that short name."""
        return any(one.get("name") == name for one in self.publications)

    def set_store_folder(self, folder: str) -> None:
        """Set the folder of the store."""
        self._values.setdefault("store", {})["folder"] = folder
        document = self._parsed()
        if "store" not in document:
            document["store"] = tomlkit.table()
        store: Any = document["store"]
        store["folder"] = folder
        self.text = tomlkit.dumps(document)

    def add_publication(
        self, publication: Values, connection: Values, letters: tuple[Values, Values] | None = None
    ) -> str:
        """Append a publication with its connection. Returns the text that was added.

        letters: its section on letters, and a connection that brings them.
        """
        added = _block(publication, connection)
        values = publication | {"connections": [connection]}
        if letters is not None:
            section, mailbox = letters
            added += _block_of_letters(section, mailbox)
            values |= {"connections": [connection, mailbox], "letters": section}
        self._values.setdefault("publications", []).append(values)
        text = self.text.rstrip("\n")
        self.text = f"{text}\n\n{added}" if text else added
        return added

    def change_publication(self, name: str, changes: Values) -> None:
        """Set single values of a publication; None removes one. Raises NothingHere."""
        place = self._place_of(name)
        _put(self._values["publications"][place], changes)
        by_lines = with_changed_block(self.text, place, changes)
        if by_lines is not None and self._is_meant(by_lines):
            self.text = by_lines
            return
        document = self._parsed()
        publications: Any = document["publications"]
        _put(publications[place], changes)
        self.text = tomlkit.dumps(document)

    def remove_publication(self, name: str) -> None:
        """Remove a publication with everything below it. Raises NothingHere."""
        place = self._place_of(name)
        del self._values["publications"][place]
        if not self._values["publications"]:
            del self._values["publications"]
        by_lines = without_block(self.text, place)
        if by_lines is not None and self._is_meant(by_lines):
            self.text = by_lines
            return
        document = self._parsed()
        publications: Any = document["publications"]
        del publications[place]
        if not publications:
            del document["publications"]
        self.text = tomlkit.dumps(document)

    def prove(self) -> None:
        """Raise SettingsWrong unless the changes can be written as they are meant."""
        if not self._is_meant(self.text):
            raise SettingsWrong(
                f"{self.path} is written in a way that cannot be changed safely.",
                to_do="Make the change by hand, then run `regulars doctor`.",
                safe=_UNTOUCHED,
            )
        build_settings(self._values, self.path)

    def write(self) -> None:
        """Write all changes at once. Raises SettingsWrong, and the file stays as it was."""
        self.prove()
        if self.exists and self.text == self._before:
            return
        mode = stat.S_IMODE(self._target.stat().st_mode) if self.exists else 0o600
        try:
            self._target.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(self._target, self.text.encode(), mode)
        except OSError as error:
            raise SettingsWrong(
                f"{self.path} cannot be written: {error.strerror}.",
                to_do="Make it writable for you, or give another file with --config.",
                safe=_UNTOUCHED,
            ) from error

    def _is_meant(self, text: str) -> bool:
        try:
            return tomllib.loads(text) == self._values
        except tomllib.TOMLDecodeError:
            return False

    def _parsed(self) -> tomlkit.TOMLDocument:
        return tomlkit.parse(self.text)

    def _place_of(self, name: str) -> int:
        for place, one in enumerate(self.publications):
            if one.get("name") == name:
                return place
        raise NothingHere(f"There is no publication named {name!r} in {self.path}.")


def _put(table: Any, changes: Values) -> None:
    for key, value in changes.items():
        if value is None:
            table.pop(key, None)
        else:
            table[key] = value


def _block(publication: Values, connection: Values) -> str:
    """A publication as it would be written by hand."""
    lines = ["[[publications]]", *_lines(publication), ""]
    lines += ["[[publications.connections]]", *_lines(connection)]
    return "\n".join(lines) + "\n"


_OWN_ADDRESSES = (
    "# Your own addresses. Colleagues who answer, and other addresses that readers reply to, belong"
    " here too.\n"
)
_MAILBOX = "# Where replies arrive. It is read, and left as it is.\n"


def _block_of_letters(section: Values, mailbox: Values) -> str:
    lines = ["", f"{_MAILBOX}[[publications.connections]]", *_lines(mailbox)]
    lines += ["", f"{_OWN_ADDRESSES}[publications.letters]", *_lines(section)]
    return "\n".join(lines) + "\n"


def _lines(values: Values) -> list[str]:
    return [f"{tomlkit.key(name).as_string()} = {_value(value)}" for name, value in values.items()]


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(_lines(value)) + " }"
    return str(tomlkit.item(value).as_string())


# By lines: tomlkit moves tables together and takes the comment above a heading for the end of the
# block before. What is done here is proven afterwards, so odd writing is merely left to tomlkit.


def with_changed_block(text: str, place: int, changes: Values) -> str | None:
    """The text with other values in one publication; None where it is not written as a block."""
    lines = text.splitlines(keepends=True)
    span = _span(lines, place)
    if span is None:
        return None
    for key, value in changes.items():
        below = [n for n in range(span[0] + 1, span[1]) if _HEADING.match(lines[n])]
        end = below[0] if below else span[1]
        found = [n for n in range(span[0] + 1, end) if re.match(rf"\s*{key}\s*=", lines[n])]
        if found and value is None:
            del lines[found[0]]
        elif found:
            old = _ASSIGNED.match(lines[found[0]])
            if old is None:
                return None
            lines[found[0]] = f"{old[1]}{_value(value)}{lines[found[0]][old.end() :]}"
        elif value is not None:
            said = [n for n in range(span[0], end) if lines[n].strip()[:1] not in ("", "#")][-1]
            lines[said] = lines[said].rstrip("\n") + "\n"
            lines.insert(said + 1, f"{key} = {_value(value)}\n")
        span = _span(lines, place) or span
    return "".join(lines)


def without_block(text: str, place: int) -> str | None:
    """The text without one publication; None where it is not written as a block.

    A comment right above a heading belongs to it.
    """
    lines = text.splitlines(keepends=True)
    span = _span(lines, place)
    if span is None:
        return None
    begin, end = (_with_comments(lines, heading) for heading in span)
    return "".join(lines[:begin] + lines[end:])


def _span(lines: list[str], place: int) -> tuple[int, int] | None:
    """First line of a publication's block, and the line after its last."""
    starts = [number for number, line in enumerate(lines) if _PUBLICATION.match(line)]
    if place >= len(starts):
        return None
    first = starts[place]
    for number in range(first + 1, len(lines)):
        if _HEADING.match(lines[number]) and not _BELOW_IT.match(lines[number]):
            return first, number
    return first, len(lines)


def _with_comments(lines: list[str], heading: int) -> int:
    while 0 < heading < len(lines) and lines[heading - 1].lstrip().startswith("#"):
        heading -= 1
    return heading
