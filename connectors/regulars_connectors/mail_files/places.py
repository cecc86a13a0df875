"""Where mails lie on disk: files of many, files of one, and what the names of folders tell."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..contract import Unused
from ..errors import InvalidFile
from ..mail.folder_names import DRAFTS, JUNK, SENT
from ..plural import pluralize
from ..unused import sentences, shown

_MARK = b"From "
_FIRST = 256  # bytes that tell a mail from another file
_MAILDIR = ("cur", "new", "tmp")
_LEFTOVERS = (".ds_store", "thumbs.db", "desktop.ini")


@dataclass(frozen=True, slots=True)
class MailFile:
    """One file, with the name by which messages call it. is_mbox: it holds many mails.

    is_answered: by the flag of a Maildir, None without one.
    """

    path: str
    name: str
    is_mbox: bool
    is_sent: bool = False
    is_junk: bool = False
    is_answered: bool | None = None


@dataclass(slots=True)
class Found:
    """The files with mails, in the order of their names, and what lies beside them."""

    files: list[MailFile] = field(default_factory=list)
    unused: list[Unused] = field(default_factory=list)


def found_at(path: Path) -> Found:
    """The mails at a path: an mbox, a Maildir, a folder of files, or one message.

    A file that begins with ``From `` is an mbox. A folder with ``cur`` and ``new`` is a Maildir.
    Raises InvalidFile.
    """
    found = Found()
    try:
        if path.is_dir():
            for at in _below(path):
                _take(at, str(at.relative_to(path)), found)
        else:
            _take(path, path.name, found)
    except OSError as error:
        raise unreadable(error.filename or str(path), error) from error
    if not found.files:
        raise InvalidFile(
            f"{path} holds no mails.",
            to_do="Give an mbox file, a Maildir, a folder of either, or one message (.eml).",
        )
    return found


def said_of(unused: Sequence[Unused]) -> list[str]:
    """What the owner should know of files that are not read, in sentences."""
    others = [one.name for one in unused if one.why == "unmatched"]
    told = sentences(one for one in unused if one.why != "unmatched")
    if others:
        files = pluralize(len(others), "file holds", "files hold")
        told.append(f"{files} no mail: {shown(others)}.")
    return told


def unreadable(path: str, error: OSError) -> InvalidFile:
    """The error of a file that the system does not let us read."""
    return InvalidFile(
        f"{path} cannot be read: {error.strerror}.",
        to_do="Make it readable for Regulars, and import it again.",
    )


def _below(folder: Path) -> Iterator[Path]:
    """Every file below a folder, in order. Raises OSError."""
    for at, folders, names in os.walk(folder, onerror=_raise):
        folders.sort()
        here = Path(at)
        if {"cur", "new"} <= set(folders):  # tmp holds what is half written, the rest are indexes
            if "tmp" in folders:
                folders.remove("tmp")
            continue
        yield from (here / name for name in sorted(names))


def _raise(error: OSError) -> None:
    raise error


def _take(path: Path, name: str, found: Found) -> None:
    folders = Path(name).parts[:-1]
    in_maildir = bool(folders) and folders[-1] in _MAILDIR
    first = b""
    if path.is_file():
        with path.open("rb") as handle:
            first = handle.read(_FIRST)
    elif not path.is_symlink() and not path.exists():
        raise FileNotFoundError(2, "No such file or directory", str(path))
    is_mbox = first.startswith(_MARK)
    if not first or path.name.casefold() in _LEFTOVERS:
        found.unused.append(Unused("leftover" if first else "empty", name))
    elif not (is_mbox or in_maildir or _is_mail(first)):
        found.unused.append(Unused("unmatched", name))
    else:
        roles = _roles(folders, path, is_mbox=is_mbox)
        _, is_flagged, flags = path.name.rpartition(":2,")
        if "drafts" not in roles and "D" not in (flags if is_flagged else ""):
            found.files.append(
                MailFile(
                    str(path),
                    name,
                    is_mbox,
                    is_sent="sent" in roles,
                    is_junk="junk" in roles,
                    is_answered="R" in flags if is_flagged else None,
                )
            )


def _is_mail(first: bytes) -> bool:
    """Whether a file begins with a header, after blank lines."""
    name, colon, _ = first.lstrip().partition(b"\n")[0].partition(b":")
    return bool(colon) and 0 < len(name) <= 77 and all(33 <= sign <= 126 for sign in name)


def _roles(folders: tuple[str, ...], path: Path, *, is_mbox: bool) -> set[str]:
    """What folders and the name of an mbox tell; ``.Sent`` and ``INBOX.Sent`` end in a name."""
    names = [*folders, path.stem] if is_mbox else list(folders)
    found = set()
    for name in names:
        whole = name.casefold().strip(". []")
        for one in (whole, whole.rpartition(".")[2], whole.removesuffix(".mbox")):
            found |= {
                role
                for role, known in (("sent", SENT), ("junk", JUNK), ("drafts", DRAFTS))
                if one in known
            }
    return found
