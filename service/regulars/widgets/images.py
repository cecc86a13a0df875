"""Draws the pictures of a document, by their names below the widget's address."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, cast

from regulars.messages import in_a_row
from regulars.pictures.figure import Shown, Theme, Variant, draw
from regulars.pictures.png import rasterise

from . import messages
from .document import WidgetDocument

DEFAULT_SCALE = 2
SCALES = ("1", "2", "3")

# card.svg, line.dark.svg, card.png, card.dark.3x.png: for hosts that ignore a query.
_NAME = re.compile(r"(card|line|theatre)(?:\.(light|dark))?(?:\.([123])x)?\.(svg|png)")


@dataclass(frozen=True, slots=True)
class Picture:
    """Which picture, out of fixed lists."""

    variant: Variant
    form: Literal["svg", "png"]
    theme: Theme
    scale: int = DEFAULT_SCALE

    @property
    def kind(self) -> str:
        """Its media type."""
        return "image/svg+xml" if self.form == "svg" else "image/png"


def picture_named(name: str, theme: str | None = None, scale: str | None = None) -> Picture | None:
    """The picture of that name, or None. theme, scale: of the query, where the name has none.

    Unknown values fall back to the default, so that a picture always shows.
    """
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    variant, own_theme, own_scale, form = match.groups()
    if (form == "png" and variant != "card") or (form == "svg" and own_scale):
        return None
    said = own_theme or theme
    chosen = said if said in ("light", "dark") else ("auto" if form == "svg" else "light")
    factor = own_scale or scale or ""
    return Picture(
        variant=cast("Variant", variant),
        form=cast("Literal['svg', 'png']", form),
        theme=cast("Theme", chosen),
        scale=int(factor) if factor in SCALES and form == "png" else DEFAULT_SCALE,
    )


def picture_of(document: WidgetDocument, picture: Picture) -> bytes:
    """Draw the document. SVG as UTF-8, or PNG."""
    text, theatre = document.text, document.theatre
    shown = Shown(
        headline=document.notice or text.headline,
        detail=text.detail,
        small=tuple(line for line in (text.key, f"{text.as_of}.") if line),
        alt=text.alt,
        dots=theatre.dots if theatre else 0,
        lit=theatre.lit if theatre else 0,
    )
    return _made(shown, picture)


def resting(picture: Picture) -> bytes:
    """The picture to show while there is no document."""
    headline, detail = messages.RESTING(), messages.RESTING_DETAIL()
    return _made(Shown(headline, detail, (), in_a_row(headline, detail)), picture)


def _made(shown: Shown, picture: Picture) -> bytes:
    svg = draw(picture.variant, shown, picture.theme)
    return svg.encode() if picture.form == "svg" else rasterise(svg, picture.scale)
