"""What an import was given: a folder, a zip or a single file, with all files that lie in it."""

from __future__ import annotations

import fnmatch
import os
import unicodedata
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..contract import Unused
from ..errors import InvalidFile
from ..instants import Instant
from .archive import Archive, ZipEntry, is_zip, open_archive
from .closing import Closing
from .source_file import SourceFile, copy_number, moment_in, settled

MOST_FILES = 100_000
MOST_ZIPS = 200
DEEPEST_FOLDER = 12
DEEPEST_ZIP = 3
MOST_NESTED_BYTES = 2**30
_LEFTOVERS = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", "icon\r"})
SPREADSHEETS = (".xlsx", ".xls", ".xlsm", ".ods", ".numbers")
PACKED = (".gz", ".tgz", ".tar", ".bz2", ".xz", ".zst", ".7z", ".rar")
_GIVE = "Give the folder of the files, a zip of it, or one file."
_LIST_ENDS = (".rejected.csv", ".rejected.csv.part")


class Contents(Closing):
    """The files of an import, those in zips as well, and what was passed over. To be closed.

    path: the folder, the zip or the file. root: the folder in which the names lie. now: files
    from the future are dated by the disk.
    """

    def __init__(self, path: Path, now: Instant) -> None:
        self.path = path
        self.files: list[SourceFile] = []
        self.unused: list[Unused] = []
        self._now = now
        self._archives: list[Archive] = []
        try:
            self._list()
        except BaseException:
            self.close()
            raise
        self.files = settled(self._without_equals())

    def close(self) -> None:
        """Close the zips."""
        while self._archives:
            self._archives.pop().close()

    def matching(self, pattern: str) -> list[SourceFile]:
        """The files that fit a pattern such as ``opens/*.csv``, by name.

        A star ends at a slash. Capitals are passed over where nothing fits exactly.
        """
        wanted = _comparable(pattern)
        exact = [file for file in self.files if any(_fits(name, wanted) for name in file.fits)]
        if exact:
            return exact
        loose = wanted.casefold()
        return [
            file for file in self.files if any(_fits(name.casefold(), loose) for name in file.fits)
        ]

    def _list(self) -> None:
        if self.path.is_dir():
            for path, name in _walk(self.path):
                self._add_from_disk(path, name)
        elif self.path.exists():
            self._add_from_disk(self.path, self.path.name)
        else:
            raise InvalidFile(
                f"{self.path} cannot be read: No such file or directory.", to_do=_GIVE
            )
        self.files.sort(key=lambda file: file.name)

    def _without_equals(self) -> list[SourceFile]:
        """Each file once, where a zip lies beside its unpacked files, or was downloaded twice."""
        kept: list[SourceFile] = []
        known: dict[tuple[str, str], SourceFile] = {}
        zipped = {_identity(file) for file in self.files if file.entry is not None}
        for file in sorted(self.files, key=lambda file: file.entry is not None):
            identity = _identity(file)
            if identity in zipped:
                key = (identity[0], _facts(file))
                if key in known:
                    self.unused.append(Unused("same", file.name, known[key].name))
                    continue
                known[key] = file
            kept.append(file)
        return sorted(kept, key=lambda file: file.name)

    def _add_from_disk(self, path: Path, name: str) -> None:
        """Add a file on disk, or what it holds if it is a zip."""
        if is_leftover(name) and path != self.path:
            if not name.endswith(_LIST_ENDS):
                self.unused.append(Unused("leftover", _shown(name)))
            return
        if name.lower().endswith(".zip"):
            self._add_zip_on_disk(path, name)
            return
        if len(self.files) >= MOST_FILES:
            raise InvalidFile(
                f"{self.path} holds more than {MOST_FILES:,} files.",
                to_do="Give a folder that holds the files of the export alone.",
            )
        by_name = moment_in([path.stem, *_folders(name), self.path.stem], self._now)
        self.files.append(
            SourceFile(
                name=_shown(name),
                fits=(_comparable(name),),
                path=path,
                moment=_changed_at(path) if by_name is None else by_name,
                moment_from="file" if by_name is None else "name",
                copy=copy_number(path.stem),
            )
        )

    def _add_zip_on_disk(self, path: Path, name: str) -> None:
        shown = _shown(name)
        try:
            archive = open_archive(path, shown)
        except OSError as error:
            self._refuse(shown, f"it cannot be read: {error.strerror}")
        except InvalidFile as error:
            self._refuse_as(shown, error)
        else:
            self._archives.append(archive)
            self._add_entries(archive, path, shown, depth=1)

    def _add_entries(self, archive: Archive, path: Path, shown: str, depth: int) -> None:
        """Add what a zip holds. A folder around all of it is passed over in names."""
        entries = list(archive.entries())
        around = _common_folder([entry.name for entry in entries if not is_leftover(entry.name)])
        for entry in entries:
            name = f"{shown}/{_shown(entry.name)}"
            if is_leftover(entry.name):
                self.unused.append(Unused("leftover", name))
            elif entry.problem is not None:
                self.unused.append(Unused("unreadable", name, entry.problem))
            elif entry.name.lower().endswith(".zip"):
                self._add_nested(entry, path, name, depth + 1)
            else:
                self._add_entry(entry, path, name, around)

    def _add_entry(self, entry: ZipEntry, path: Path, name: str, around: str) -> None:
        if len(self.files) >= MOST_FILES:
            raise InvalidFile(
                f"{self.path} holds more than {MOST_FILES:,} files.",
                to_do="Unpack it and import the files that you need.",
            )
        stem = entry.name.rpartition("/")[2].rpartition(".")[0]
        by_name = moment_in([stem, *_folders(entry.name), path.stem, self.path.stem], self._now)
        dated = entry.moment if entry.moment is not None and entry.moment <= self._now else None
        inside = _comparable(entry.name)
        fits = tuple(dict.fromkeys([inside, inside.removeprefix(around)]))
        if by_name is not None:
            moment, by = by_name, "name"
        elif dated is not None:
            moment, by = dated, "entry"
        else:
            moment, by = _changed_at(path), "file"
        self.files.append(
            SourceFile(
                name=name,
                fits=fits,
                path=path,
                moment=moment,
                moment_from=by,  # type: ignore[arg-type]
                copy=max(copy_number(stem), copy_number(path.stem)),
                entry=entry,
            )
        )

    def _add_nested(self, entry: ZipEntry, path: Path, shown: str, depth: int) -> None:
        if depth > DEEPEST_ZIP or len(self._archives) >= MOST_ZIPS:
            self._refuse(shown, "it is a zip too deep, or one too many: unpack it yourself")
            return
        if entry.size > MOST_NESTED_BYTES:
            self._refuse(shown, "it is a zip over 1 GiB inside of another: unpack it yourself")
            return
        try:
            handle = entry.open()
            try:
                archive = Archive(shown, handle, entry.origin)
            except BaseException:
                handle.close()
                raise
        except InvalidFile as error:
            self._refuse_as(shown, error)
        else:
            self._archives.append(archive)
            self._add_entries(archive, path, shown, depth)

    def _refuse(self, name: str, what: str) -> None:
        self._refuse_as(name, InvalidFile(f"{name} cannot be read: {what}."))

    def _refuse_as(self, name: str, error: InvalidFile) -> None:
        """A zip that was given alone is an error. One among other files costs itself."""
        if not self.path.is_dir() and name == _shown(self.path.name):
            raise error
        self.unused.append(Unused("unreadable", name, reason_of(name, error)))


def reason_of(name: str, error: InvalidFile) -> str:
    """What an error says, without the file's name and the full stop."""
    return error.happened.removeprefix(name).strip(" ,:").rstrip(".")


def is_leftover(name: str) -> bool:
    """Whether a name is hidden, or one that a computer writes for itself, or a list of ours."""
    if any(_is_hidden(part) for part in name.split("/")):
        return True
    return name.endswith(_LIST_ENDS)


def _is_hidden(part: str) -> bool:
    if part in (".", ".."):  # a way, not a name
        return False
    return part.startswith((".", "~$")) or part.lower() in _LEFTOVERS


def what_it_is(start: bytes) -> str | None:
    """What a file that is no table begins like, in words. None for text."""
    if is_zip(start):
        return "a spreadsheet or another zip"
    kinds = (
        (b"\xd0\xcf\x11\xe0", "an old Excel spreadsheet"),
        (b"%PDF", "a PDF"),
        (b"\x1f\x8b", "packed with gzip"),
        (b"SQLite format 3", "a database"),
        (b"Rar!", "packed with RAR"),
        (b"7z\xbc\xaf", "packed with 7-Zip"),
        (b"\x00\x05\x16\x07", "what a Mac leaves beside a file"),
        (b"PAR1", "Parquet"),
    )
    found = next((what for mark, what in kinds if start.startswith(mark)), None)
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if found is None and text.startswith((b"<!doctype html", b"<html")):
        return "a web page"
    return found


def _walk(folder: Path) -> Iterator[tuple[Path, str]]:
    """Every file below a folder with its name, hidden folders as one. Raises InvalidFile."""
    try:
        with os.scandir(folder):
            pass
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InvalidFile(f"{folder} cannot be read: {reason}.", to_do=_GIVE) from error
    known: set[tuple[int, int]] = set()
    for root, folders, names in os.walk(folder, followlinks=True):
        place = Path(root)
        below = place.relative_to(folder)
        status = place.stat()
        if (status.st_dev, status.st_ino) in known or len(below.parts) > DEEPEST_FOLDER:
            folders.clear()
            continue
        known.add((status.st_dev, status.st_ino))
        for name in [one for one in folders if is_leftover(one) or _looks_like_a_table(one)]:
            folders.remove(name)
            slash = "/" if is_leftover(name) else ""
            yield place / name, f"{(below / name).as_posix()}{slash}"
        folders.sort()
        for name in sorted(names):
            yield place / name, (below / name).as_posix()


def _looks_like_a_table(folder: str) -> bool:
    """A folder in the place of a file is told as what it is."""
    return folder.lower().endswith((".csv", ".parquet", ".zip"))


def _folders(name: str) -> list[str]:
    return name.split("/")[-2::-1]


def _common_folder(names: Sequence[str]) -> str:
    """The folder in which all names lie, with its slash, or nothing."""
    tops = {name.partition("/")[0] for name in names}
    return f"{_comparable(tops.pop())}/" if len(tops) == 1 and all("/" in n for n in names) else ""


def _fits(name: str, pattern: str) -> bool:
    parts, wanted = name.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(
        fnmatch.fnmatchcase(part, want) for part, want in zip(parts, wanted, strict=True)
    )


def _comparable(name: str) -> str:
    """Macs part a letter from its accent in names."""
    return unicodedata.normalize("NFC", name)


def _shown(name: str) -> str:
    """A name of the disk may hold bytes that are no text."""
    return name.encode(errors="surrogateescape").decode(errors="replace")


def _identity(file: SourceFile) -> tuple[str, int]:
    """The name and the size by which a file in a zip may be one that lies elsewhere as well."""
    try:
        size = file.path.stat().st_size if file.entry is None else file.entry.size
    except OSError:
        size = -1
    return file.fits[-1], size


def _facts(file: SourceFile) -> str:
    """Size and checksum, as a zip has them."""
    if file.entry is not None:
        return file.entry.facts
    checksum = size = 0
    try:
        with file.path.open("rb") as handle:
            while raw := handle.read(1024 * 1024):
                checksum, size = zlib.crc32(raw, checksum), size + len(raw)
    except OSError:
        return "unreadable"
    return f"{size} {checksum:08x}"


def _changed_at(path: Path) -> Instant:
    try:
        return path.stat().st_mtime_ns // 1000
    except OSError:
        return 0
