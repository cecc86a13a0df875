"""How far a folder was read: its UIDVALIDITY and a UID, as `7:1204`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """validity: of the UIDs; another one makes all of them meaningless. uid: the last one read."""

    validity: int
    uid: int

    def __str__(self) -> str:
        return f"{self.validity}:{self.uid}"


def read_place(text: str | None) -> Place | None:
    """The place that a text names; None for none, and for what is no place."""
    validity, colon, uid = (text or "").partition(":")
    if not (colon and validity.isdecimal() and uid.isdecimal()):
        return None
    return Place(int(validity), int(uid))
