"""The public addresses of everything that belongs to a widget."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

# A whole week or day in an address: 2026-W47, 2026-11-22.
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
        """The page with the figure, its definition and the snippets to copy."""
        return f"{self.base}/w/{self.key}"

    @property
    def json(self) -> str:
        """The document."""
        return f"{self.page}.json"

    @property
    def frame(self) -> str:
        """The form for an iframe, free of scripts."""
        return f"{self.page}/frame"

    @property
    def badge(self) -> str:
        """The data of a badge."""
        return f"{self.page}/badge.json"

    @property
    def badge_picture(self) -> str:
        """The badge itself, drawn by shields from ``badge``."""
        return BADGE_MAKER + quote(self.badge, safe="")

    @property
    def oembed(self) -> str:
        """The oEmbed answer: what another site may show in place of a link to ``page``."""
        return f"{self.page}/oembed.json"

    @property
    def is_loopback(self) -> bool:
        """Whether the addresses work on this machine only."""
        return urlsplit(self.base).hostname in ("127.0.0.1", "::1", "localhost")

    @property
    def folder(self) -> str:
        """The path of the base, such as ``/stats``, or an empty text."""
        return urlsplit(self.base).path.rstrip("/")

    def picture(self, name: str, period: str | None = None) -> str:
        """A picture of now, or of a period."""
        return f"{self.page}/{period}/{name}" if period else f"{self.page}/{name}"

    def frozen(self, period: str) -> str:
        """The frozen document of a period."""
        return f"{self.page}/{period}/card.json"
