"""The list of actions that forget people or let them in again: ``<folder>.forgotten``.

A restored backup is older than some of them. The list lies beside the folder, so that it survives
the folder, and opening the store makes up for what the journal lacks. It has a line for each
action, as JSON, with a digest by the store's secret: a line of another store is skipped.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from regulars.files import write_atomically

from .actions.forgetting import ForgetAction

_SUFFIX = ".forgotten"


class _Line(msgspec.Struct):
    action: ForgetAction
    proof: str


def forget_list_of(root: Path) -> Path:
    """Where the list of a store lies: beside its folder."""
    return root.absolute().with_name(f"{root.absolute().name}{_SUFFIX}")


def copy_forget_list(root: Path, target: Path) -> bool:
    """Copy the list of a store into a backup, if there is one. Returns whether there is."""
    try:
        content = forget_list_of(root).read_bytes()
    except FileNotFoundError:
        return False
    write_atomically(target, content)
    return True


def read_list(path: Path, secret: bytes) -> list[ForgetAction]:
    """The actions of this store in a list, none if there is no list."""
    found = (_action_in(text, secret) for text in _lines(path))
    return [action for action in found if action is not None]


def _lines(path: Path) -> list[bytes]:
    try:
        return path.read_bytes().splitlines()
    except OSError:
        return []


def _action_in(text: bytes, secret: bytes) -> ForgetAction | None:
    """What a line says, None if it is damaged or of another store."""
    with suppress(msgspec.DecodeError, ValueError):
        line = msgspec.json.decode(text, type=_Line)
        if hmac.compare_digest(line.proof.encode(), _proof(line.action, secret).encode()):
            return line.action
    return None


def write_list(path: Path, actions: Iterable[ForgetAction], secret: bytes) -> None:
    """Replace the list. Raises OSError where it cannot be written."""
    lines = [msgspec.json.encode(_Line(action, _proof(action, secret))) for action in actions]
    write_atomically(path, b"\n".join([*_foreign_lines(path, secret), *lines, b""]))


def _foreign_lines(path: Path, secret: bytes) -> list[bytes]:
    """Lines of another store, which was in the same folder before and may be restored there."""
    return [text for text in _lines(path) if _action_in(text, secret) is None]


def _proof(action: ForgetAction, secret: bytes) -> str:
    facts: dict[str, Any] = msgspec.to_builtins(action)
    if not action.lifts:
        del facts["lifts"]  # a list that was written before there were others stays valid
    return hmac.digest(secret, b"forget list\n" + msgspec.json.encode(facts), "sha256").hex()
