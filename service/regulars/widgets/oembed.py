"""oEmbed 1.0, type rich: what a site may show in place of a pasted widget address."""

from __future__ import annotations

import json
import re
from html import escape

from .addresses import Addresses
from .document import WidgetDocument

WIDTH, HEIGHT = 480, 440
SMALLEST = 200
PROVIDER = "Regulars"
CACHE_SECONDS = 3600
_PATH = re.compile(r"(.*)/w/(wgt_[A-Za-z0-9_-]{22,86})(?:/frame)?/?")


def oembed_of(
    document: WidgetDocument,
    addresses: Addresses,
    most_wide: int | None = None,
    most_high: int | None = None,
) -> bytes:
    """The answer as JSON. ``most_wide``, ``most_high``: the consumer's room, in pixels."""
    width = max(SMALLEST, min(WIDTH, most_wide or WIDTH))
    height = max(SMALLEST, min(HEIGHT, most_high or HEIGHT))
    says = {
        "version": "1.0",
        "type": "rich",
        "title": document.text.headline,
        "author_name": document.title,
        "provider_name": PROVIDER,
        "provider_url": addresses.page,
        "cache_age": CACHE_SECONDS,
        "html": iframe(document, addresses, width, height),
        "width": width,
        "height": height,
    }
    return json.dumps(says, ensure_ascii=False).encode()


def iframe(document: WidgetDocument, addresses: Addresses, width: int, height: int) -> str:
    """HTML of an iframe with the frame variant, in a sandbox without scripts."""
    return (
        f'<iframe src="{escape(addresses.frame)}" title="{escape(document.text.headline)}"'
        f' sandbox="" loading="lazy" width="{width}" height="{height}"'
        ' style="border:0;max-width:100%"></iframe>'
    )


def key_in(url: str, bases: tuple[str, ...]) -> str | None:
    """The key in the address of a widget's page or frame below one of the bases, or None."""
    found = _PATH.fullmatch(re.split(r"[?#]", url, maxsplit=1)[0])
    if found is None or found[1] not in {base.rstrip("/") for base in bases}:
        return None
    return found[2]
