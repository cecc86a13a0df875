"""What a caller may do, in words that keys carry."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from regulars_connectors.instants import Instant

Scope: TypeAlias = Literal[
    "read:figures",
    "read:people",
    "read:replies",
    "write:answers",
    "sync:run",
    "widgets:manage",
    "export",
    "admin",
]
SCOPES: tuple[Scope, ...] = get_args(Scope)
USUAL: tuple[Scope, ...] = ("read:figures",)
"""What a key may do unless its owner says more."""

MEANINGS: dict[Scope, str] = {
    "read:figures": "figures, publications and sync runs, without names",
    "read:people": "names and addresses of readers, and the page",
    "read:replies": "what readers wrote and answered",
    "write:answers": "mark replies as answered or at rest",
    "sync:run": "start syncs",
    "widgets:manage": "the list of your widgets",
    "export": "whole tables",
    "admin": "everything, keys and sign-ins too",
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. id: of the key or sign-in. publications: None for all of them.

    expires_at: the instant from which it counts no more, None for never.
    """

    kind: Literal["open", "command", "key", "session"]
    id: str
    scopes: frozenset[str]
    publications: frozenset[str] | None = None
    expires_at: Instant | None = None

    def may(self, scope: Scope) -> bool:
        """Whether it has the scope. ``admin`` has every one."""
        return scope in self.scopes or "admin" in self.scopes

    def sees(self, publication: str | None) -> bool:
        """Whether the publication is one of its own. None: something of all publications."""
        if self.publications is None:
            return True
        return publication is not None and publication in self.publications

    def sees_all(self, publications: Iterable[str | None]) -> bool:
        """Whether it sees each of these."""
        return all(self.sees(one) for one in publications)


OPEN = Caller("open", "", frozenset({"admin"}))
"""Anybody on this machine, where the service listens on loopback and names no public host."""

COMMAND = Caller("command", "", frozenset({"admin"}))
"""The owner's own command line, which reads the token of the running server in the store."""
