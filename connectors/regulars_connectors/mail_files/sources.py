"""Files with mails: an mbox, a Maildir, a folder of messages, or one message."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..mail.folder_names import JUNK
from ..mail.limits import MOST_PARSED
from ..mail.mbox import mails

_FROM = b"From "


@dataclass(frozen=True, slots=True)
class MailFile:
    """One file. is_mbox: it holds many. is_answered: by the flag of a Maildir, None without one."""

    path: Path
    is_mbox: bool
    is_answered: bool | None = None
    is_junk: bool = False

    def mails(self) -> Iterator[bytes]:
        """Its mails, each up to the first MiB and a byte. Raises OSError."""
        with self.path.open("rb") as handle:
            if self.is_mbox:
                yield from mails(handle)
            else:
                yield handle.read(MOST_PARSED + 1)


def mail_files(path: Path, *, as_mbox: bool = False) -> list[MailFile]:
    """The files at a path, in the order of their names. Raises OSError.

    A file that begins with ``From `` is an mbox. A folder with ``cur`` and ``new`` is a Maildir,
    and so is each of its folders.
    """
    if not path.is_dir():
        return [_file(path, path.parent, as_mbox=as_mbox)]
    return [_file(one, path, as_mbox=as_mbox) for one in _below(path)]


def _below(folder: Path) -> Sequence[Path]:
    """Files of a folder. Of a Maildir, those in cur and new: tmp holds what is half written."""
    found = (one for one in folder.rglob("*") if one.is_file())
    kept = []
    for one in found:
        beside = one.parent.parent
        in_maildir = one.parent.name in ("cur", "new", "tmp") and (beside / "cur").is_dir()
        if one.parent.name == "tmp" and in_maildir:
            continue
        if (folder / "cur").is_dir() and not in_maildir:
            continue  # an index of the mail server
        if not one.name.startswith("."):
            kept.append(one)
    return sorted(kept)


def _file(path: Path, top: Path, *, as_mbox: bool) -> MailFile:
    _, is_flagged, flags = path.name.rpartition(":2,")
    places = [*path.relative_to(top).parts[:-1], path.stem]
    return MailFile(
        path,
        is_mbox=as_mbox or _is_mbox(path),
        is_answered="R" in flags if is_flagged else None,
        is_junk=any(place.rpartition(".")[2].casefold() in JUNK for place in places),
    )


def _is_mbox(path: Path) -> bool:
    if path.suffix.casefold() == ".mbox":
        return True
    with path.open("rb") as handle:
        return handle.read(len(_FROM)) == _FROM
