"""Which folders of a mailbox are read, and what each is for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ..errors import NotFound
from ..mail.folder_names import ARCHIVE, JUNK, SENT
from .settings import ImapSettings

Role = Literal["inbox", "archive", "all", "sent", "junk"]
Means = Literal["settings", "mark", "name"]

_BY_MARK: dict[str, Role] = {
    "\\all": "all", "\\archive": "archive", "\\sent": "sent", "\\junk": "junk",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder as the server lists it. marks: its attributes, in lower case."""

    name: str
    marks: frozenset[str] = frozenset()
    delimiter: str = "/"

    @property
    def can_be_read(self) -> bool:
        return not self.marks & {"\\noselect", "\\nonexistent"}


@dataclass(frozen=True, slots=True)
class Chosen:
    """A folder to read. means: by what it was found."""

    name: str
    role: Role
    means: Means


def choose(listed: Sequence[Folder], settings: ImapSettings) -> list[Chosen]:
    """The folders to read, readers' mails before the writer's answers, junk last.

    A folder with all mails stands for inbox, archive and sent. Raises NotFound for a name of the
    settings that the server does not list.
    """
    readable = [one for one in listed if one.can_be_read]
    found = {role: _first(readable, role) for role in ("all", "archive", "sent", "junk")}
    for role, name in (("sent", settings.sent_folder), ("junk", settings.junk_folder)):
        if name is not None:
            found[role] = _named(readable, name), "settings"
    chosen: list[Chosen] = []
    if settings.folders:
        chosen += [Chosen(_named(readable, name), "inbox", "settings") for name in settings.folders]
    elif found["all"] is not None:
        chosen.append(_chosen(found["all"], "all"))
    else:
        inbox = next((one.name for one in readable if one.name.upper() == "INBOX"), None)
        if inbox is not None:
            chosen.append(Chosen(inbox, "inbox", "name"))
        if found["archive"] is not None:
            chosen.append(_chosen(found["archive"], "archive"))
    if found["sent"] is not None and (settings.folders or found["all"] is None):
        chosen.append(_chosen(found["sent"], "sent"))
    if found["junk"] is not None:
        chosen.append(_chosen(found["junk"], "junk"))
    # A name that stands twice, as where the owner reads a folder that is marked as well.
    return list({one.name: one for one in reversed(chosen)}.values())[::-1]


def _chosen(found: tuple[str, Means], role: Role) -> Chosen:
    name, means = found
    return Chosen(name, role, means)


def _first(listed: Sequence[Folder], role: str) -> tuple[str, Means] | None:
    """The folder that the server marks for a role, or one of a name that says so."""
    for one in listed:
        if any(_BY_MARK.get(mark) == role for mark in one.marks):
            return one.name, "mark"
    names = {"sent": SENT, "archive": ARCHIVE, "junk": JUNK}.get(role, frozenset())
    for one in listed:
        if one.name.rpartition(one.delimiter)[2].casefold() in names:
            return one.name, "name"
    return None


def _named(listed: Sequence[Folder], name: str) -> str:
    if any(one.name == name for one in listed):
        return name
    shown = ", ".join(sorted(one.name for one in listed)[:20])
    raise NotFound(
        f'The mailbox has no folder "{name}".',
        to_do=f"Write one of its folders into the settings: {shown}.",
    )
