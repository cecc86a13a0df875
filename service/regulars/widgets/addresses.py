"""Where everything of a widget is found, below the address that the public sees."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

# A whole week or day, as a figure of that time is found: 2026-W47, 2026-11-22.
PERIOD = re.compile(r"\d{4}-(?:W\d{2}|\d{2}-\d{2})")
BADGE_MAKER = "https://img.shields.io/endpoint?url="


@dataclass(frozen=True, slots=True)
class Addresses:
    """Addresses of one widget. ``base``: where the public reaches the service or the files."""

    base: str
    key: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "base", self.base.rstrip("/"))

    @property
    def page(self) -> str:
        """The page with the figure, how it is counted, and what to copy."""
        return f"{self.base}/w/{self.key}"

    @property
    def json(self) -> str:
        """The document."""
        return f"{self.page}.json"

    @property
    def frame(self) -> str:
        """The form without any script, for an iframe."""
        return f"{self.page}/frame"

    @property
    def badge(self) -> str:
        """What a badge is made from."""
        return f"{self.page}/badge.json"

    @property
    def badge_picture(self) -> str:
        """The badge itself, drawn by shields from ``badge``."""
        return BADGE_MAKER + quote(self.badge, safe="")

    @property
    def oembed(self) -> str:
        """What a page that is given the address of ``page`` may show in its place."""
        return f"{self.page}/oembed.json"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can follow them."""
        return urlsplit(self.base).hostname in ("127.0.0.1", "::1", "localhost")

    @property
    def folder(self) -> str:
        """The path in front of every other, where the base has one: ``/stats``, or nothing."""
        return urlsplit(self.base).path.rstrip("/")

    def picture(self, name: str, period: str | None = None) -> str:
        """A picture; that of one period where one is named."""
        return f"{self.page}/{period}/{name}" if period else f"{self.page}/{name}"

    def frozen(self, period: str) -> str:
        """The document of one period, which never changes."""
        return f"{self.page}/{period}/card.json"
