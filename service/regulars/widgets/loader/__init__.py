"""The loader script, in every released version.

A released file stays as it is, since pages hold its integrity hash. A change is a new folder.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

FLOATING_PATH = "/embed/v1/regulars.js"


@dataclass(frozen=True, slots=True)
class Loader:
    """One released version, such as ``1.0.0``, and its bytes."""

    version: str
    body: bytes

    @property
    def path(self) -> str:
        """Its permanent path."""
        return f"/embed/v{self.version}/regulars.js"

    @property
    def integrity(self) -> str:
        """The value for the ``integrity`` attribute of a script element."""
        digest = hashlib.sha384(self.body).digest()
        return f"sha384-{base64.b64encode(digest).decode()}"


@cache
def loaders() -> tuple[Loader, ...]:
    """Every released version, oldest first."""
    found = [
        Loader(folder.name.removeprefix("v"), (folder / "regulars.js").read_bytes())
        for folder in files("regulars.widgets.loader").iterdir()
        if folder.name.startswith("v") and folder.is_dir()
    ]
    return tuple(sorted(found, key=lambda one: [int(part) for part in one.version.split(".")]))


def newest() -> Loader:
    """The version behind the floating address."""
    return loaders()[-1]
