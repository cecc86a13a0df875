"""All variants of a document, by their names below the widget's address.

The service and `regulars widget write` give the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass

from .badge import badge_of
from .document import WidgetDocument
from .images import Picture, picture_named, picture_of
from .oembed import oembed_of
from .page import render_frame, render_page
from .publishing import ConfiguredWidget

DOCUMENT, PAGE, FRAME, BADGE, OEMBED = "card.json", "", "frame", "badge.json", "oembed.json"
JSON, HTML = "application/json", "text/html; charset=utf-8"
JSON_POLICY = "default-src 'none'; frame-ancestors 'none'"
SVG_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
FLOATING_CACHE = (
    "public, max-age=300, s-maxage=3600, stale-while-revalidate=86400, stale-if-error=604800"
)
FROZEN_CACHE = "public, max-age=31536000, immutable"
LOADER_CACHE = "public, max-age=3600, stale-while-revalidate=604800"
LOADER_KIND = "text/javascript; charset=utf-8"
# What every address of a widget adds.
EMBED_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Referrer-Policy": "no-referrer",
}

PICTURES = tuple(
    [f"{v}{t}.svg" for v in ("card", "line", "theatre") for t in ("", ".light", ".dark")]
    + [f"card{t}{s}.png" for t in ("", ".dark") for s in ("", ".1x", ".3x")]
)
FLOATING = (PAGE, FRAME, BADGE, OEMBED, *PICTURES)
FROZEN = (DOCUMENT, "card.svg", "card.png", "card.dark.png")


@dataclass(frozen=True, slots=True)
class Variant:
    """A response body. kind: its media type. policy: its Content-Security-Policy."""

    body: bytes
    kind: str
    policy: str


def embed_headers(policy: str, cache: str) -> dict[str, str]:
    """Headers of every response of a widget. policy: the Content-Security-Policy."""
    return EMBED_HEADERS | {"Cache-Control": cache, "Content-Security-Policy": policy}


def made_document(document: WidgetDocument) -> Variant:
    """The document itself."""
    return Variant(document.to_json(), JSON, JSON_POLICY)


def made_picture(document: WidgetDocument, picture: Picture) -> Variant:
    """One of its pictures."""
    return variant_of(picture_of(document, picture), picture)


def variant_of(body: bytes, picture: Picture) -> Variant:
    """A drawn picture with its media type and policy."""
    return Variant(body, picture.kind, SVG_POLICY if picture.form == "svg" else JSON_POLICY)


def make(
    document: WidgetDocument, declared: ConfiguredWidget, name: str, *, theme: str = "auto"
) -> Variant | None:
    """The variant of that name, or None. ``theme``: of the frame."""
    match name:
        case "card.json":
            return made_document(document)
        case "":
            page = render_page(document, declared)
            return Variant(page.html.encode(), HTML, page.policy)
        case "frame":
            page = render_frame(document, declared, theme)
            return Variant(page.html.encode(), HTML, page.policy)
        case "badge.json":
            return Variant(badge_of(document, declared.text_of(document)), JSON, JSON_POLICY)
        case "oembed.json":
            return Variant(oembed_of(document, declared.addresses), JSON, JSON_POLICY)
    picture = picture_named(name)
    return made_picture(document, picture) if picture else None
