"""Draws text as outlines, so that a picture looks the same everywhere.

The two bundled type families are read once; HarfBuzz shapes the text, kerning included.
"""

from __future__ import annotations

import io
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from regulars_connectors.foreign_text import clean

Family = Literal["display", "text"]

_FONTS = files("regulars.pictures") / "fonts"
_FILES: dict[Family, str] = {
    "display": "newsreader-latin-500-normal.woff2",
    "text": "inter-latin-400-normal.woff2",
}


@dataclass(frozen=True, slots=True)
class _Face:
    """An open font and its units per em."""

    font: Any
    units: int
    harfbuzz: Any


@dataclass(frozen=True, slots=True)
class Typeface:
    """One family at one size, in pixels. ``tracking``: space added after each letter, in em."""

    family: Family
    size: float
    tracking: float = 0.0

    def width(self, text: str) -> float:
        """The width of the text, in pixels."""
        return sum(advance for _, _, advance in self.shaped(text))

    def lines(self, text: str, room: float) -> list[str]:
        """The text in as few lines as fit the room, of lengths as even as possible."""
        count = len(self._wrapped(text, room))
        narrow = room
        while narrow > room / 2 and len(self._wrapped(text, narrow - 4)) == count:
            narrow -= 4
        return self._wrapped(text, narrow)

    def _wrapped(self, text: str, room: float) -> list[str]:
        lines: list[str] = []
        for word in text.split():
            longer = f"{lines[-1]} {word}" if lines else word
            if lines and self.width(longer) <= room:
                lines[-1] = longer
            else:
                lines.append(word)
        return lines

    def shaped(self, text: str) -> list[tuple[int, float, float]]:
        """Glyph, its shift to the right and its advance in pixels, for each glyph of the text."""
        face = _face(self.family)
        buffer = face.harfbuzz.Buffer()
        buffer.add_str(unicodedata.normalize("NFC", clean(text)))
        buffer.guess_segment_properties()
        face.harfbuzz.shape(face.font, buffer)
        scale, space = self.size / face.units, self.tracking * self.size
        return [
            (info.codepoint, place.x_offset * scale, place.x_advance * scale + space)
            for info, place in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True)
        ]


class Lettering:
    """The outlines of one drawing, each written once and used many times."""

    def __init__(self) -> None:
        self._outlines: dict[str, str] = {}

    def write(self, text: str, face: Typeface, x: float, y: float, ink: str) -> str:
        """The text with its baseline beginning at (x, y), in the class ``ink``."""
        scale = face.size / _face(face.family).units
        uses, along = [], 0.0
        for glyph, offset, advance in face.shaped(text):
            name = self._outline(face.family, glyph)
            if name:
                uses.append(f'<use href="#{name}" x="{(along + offset) / scale:.0f}"/>')
            along += advance
        place = f"translate({x:.2f} {y:.2f}) scale({scale:.6f} {-scale:.6f})"
        return f'<g class="{ink}" transform="{place}">{"".join(uses)}</g>'

    def outlines(self) -> str:
        """Every outline in use, for the ``defs`` of the drawing."""
        return "".join(f'<path id="{name}" d="{d}"/>' for name, d in self._outlines.items())

    def _outline(self, family: Family, glyph: int) -> str | None:
        """The name of the glyph's outline; None for a glyph without one, such as a space."""
        from fontTools.pens.svgPathPen import SVGPathPen

        name = f"{family[0]}{glyph}"
        if name not in self._outlines:
            pen = SVGPathPen(None, ntos=lambda number: f"{number:.0f}")
            _face(family).font.draw_glyph_with_pen(glyph, pen)
            if not pen.getCommands():
                return None
            self._outlines[name] = pen.getCommands()
        return name


@cache
def _face(family: Family) -> _Face:
    """The family's font, unpacked, since HarfBuzz reads no compressed fonts."""
    import uharfbuzz
    from fontTools.ttLib import TTFont

    packed = TTFont(io.BytesIO((_FONTS / _FILES[family]).read_bytes()))
    packed.flavor = None
    plain = io.BytesIO()
    packed.save(plain)
    face = uharfbuzz.Face(plain.getvalue())
    return _Face(uharfbuzz.Font(face), face.upem, uharfbuzz)
