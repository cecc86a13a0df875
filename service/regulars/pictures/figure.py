"""Pictures of a public figure: a card, a line, a theatre. Numbers in, SVG out.

Text is drawn as outlines, so pictures need no font. Title and description repeat it for screen
readers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from regulars_connectors.foreign_text import clean

from .dots import arcs
from .outlines import Lettering, Typeface

Variant = Literal["card", "line", "theatre"]
Theme = Literal["auto", "light", "dark"]
VARIANTS: tuple[Variant, ...] = ("card", "line", "theatre")
THEMES: tuple[Theme, ...] = ("auto", "light", "dark")

WIDTH = 600.0
SMALLEST_HEIGHT = 196.0
THEATRE_WIDTH = 480.0


@dataclass(frozen=True, slots=True)
class Shown:
    """What a picture says. small: short lines below. alt: everything in one text.

    dots, lit: the theatre; 0 dots leave it out.
    """

    headline: str
    detail: str
    small: tuple[str, ...]
    alt: str
    dots: int = 0
    lit: int = 0


_LIGHT = {
    "paper": "#fbf8f2",
    "rule": "#e2dac9",
    "ink": "#26222e",
    "soft": "#5f5968",
    "people": "#413b5e",
    "quiet": "#8a8279",
    "glow": "#f0b65c",
    "near": "0.62",
    "mid": "0.2",
}
_DARK = {
    "paper": "#1a1721",
    "rule": "#39343f",
    "ink": "#f3ede0",
    "soft": "#b1a9bc",
    "people": "#aba3c9",
    "quiet": "#7c748b",
    "glow": "#d7922f",
    "near": "0.5",
    "mid": "0.15",
}


def draw(variant: Variant, shown: Shown, theme: Theme = "auto") -> str:
    """Draw the picture as SVG. ``auto`` follows the reader's device."""
    return _DRAWN_BY[variant](shown, _style(theme))


def _card(shown: Shown, style: str) -> str:
    """The drawing, if any, on the left, words on the right."""
    left = 284.0 if shown.dots else 44.0
    blocks = _blocks(shown, WIDTH - 32 - left, (30, 15, 12.5))
    height = max(SMALLEST_HEIGHT, _height(blocks) + 56)
    letters = Lettering()
    text = _set(letters, blocks, left, (height - _height(blocks)) / 2)
    drawing = (
        _theatre_at(shown, 146.0, height - 42.0, 120.0)
        if shown.dots
        else _glow(WIDTH - 96, height - 42.0, 120.0)
    )
    return _frame(shown, style, WIDTH, height, drawing + text, letters)


def _theatre(shown: Shown, style: str) -> str:
    """The drawing above, words below it, in the middle."""
    top = 236.0 if shown.dots else 34.0
    blocks = _blocks(shown, THEATRE_WIDTH - 72, (32, 16, 13))
    letters = Lettering()
    text = _set(letters, blocks, THEATRE_WIDTH / 2, top, centred=True)
    drawing = _theatre_at(shown, THEATRE_WIDTH / 2, 214.0, 178.0) if shown.dots else ""
    height = top + _height(blocks) + 34
    return _frame(shown, style, THEATRE_WIDTH, height, drawing + text, letters)


def _line(shown: Shown, style: str) -> str:
    """One sentence in a pill."""
    face = Typeface("display", 21, -0.006)
    left = 66.0 if shown.dots else 24.0
    mark = _theatre_mark() if shown.dots else ""
    letters = Lettering()
    text = letters.write(shown.headline, face, left, 29.0, "ink")
    width = left + face.width(shown.headline) + 26
    return _frame(shown, style, width, 44.0, mark + text, letters, 22.0)


def _theatre_mark() -> str:
    places = ((24, 26), (31, 20.5), (39, 18.5), (47, 20.5), (54, 26))
    return "".join(f'<circle class="people" cx="{x}" cy="{y}" r="3.1"/>' for x, y in places)


_DRAWN_BY: dict[Variant, Callable[[Shown, str], str]] = {
    "card": _card,
    "line": _line,
    "theatre": _theatre,
}


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines of one kind of text. ``leading``: between baselines; ``above``: space before them."""

    lines: Sequence[str]
    face: Typeface
    ink: str
    leading: float
    above: float

    @property
    def height(self) -> float:
        return self.above + self.leading * len(self.lines)


def _blocks(shown: Shown, room: float, sizes: tuple[float, float, float]) -> list[_Block]:
    head = Typeface("display", sizes[0], -0.012)
    detail = Typeface("text", sizes[1])
    small = Typeface("text", sizes[2])
    below = [line for text in shown.small for line in small.lines(text, room)]
    parts = (
        (head, "ink", 1.14, 0.0, head.lines(shown.headline, room)),
        (detail, "soft", 1.42, 9.0, detail.lines(shown.detail, room)),
        (small, "soft", 1.5, 9.0, below),
    )
    return [
        _Block(lines, face, ink, face.size * leading, above)
        for face, ink, leading, above, lines in parts
        if lines
    ]


def _height(blocks: Sequence[_Block]) -> float:
    return sum(block.height for block in blocks)


def _set(
    letters: Lettering, blocks: Sequence[_Block], x: float, y: float, *, centred: bool = False
) -> str:
    """The blocks from ``y`` downwards; ``x`` is their left edge, or their middle."""
    written = []
    for block in blocks:
        y += block.above
        for line in block.lines:
            # The baseline that puts the letters in the middle of the line.
            base = y + block.leading / 2 + block.face.size * 0.34
            start = x - block.face.width(line) / 2 if centred else x
            written.append(letters.write(line, block.face, start, base, block.ink))
            y += block.leading
    return "".join(written)


def _theatre_at(shown: Shown, x: float, y: float, reach: float) -> str:
    """The dots around the stage at (x, y); ``reach`` is the radius of the last row."""
    placed = arcs(shown.dots, shown.lit)
    radius = placed.radius * reach
    parts = [_glow(x, y, reach)]
    for dot in placed.dots:
        kind, size = ("people", radius) if dot.lit else ("quiet", radius - 0.7)
        parts.append(
            f'<circle class="{kind}" cx="{x + dot.x * reach:.1f}" cy="{y + dot.y * reach:.1f}"'
            f' r="{size:.2f}"/>'
        )
    return "".join(parts)


def _glow(x: float, y: float, reach: float) -> str:
    """The light of the stage."""
    return f'<circle cx="{x:g}" cy="{y:g}" r="{reach * 1.02:.1f}" fill="url(#glow)"/>'


def _frame(
    shown: Shown,
    style: str,
    width: float,
    height: float,
    inside: str,
    letters: Lettering,
    corner: float = 16.0,
) -> str:
    """The whole picture: paper, styles, outlines and what is inside."""
    width, height = round(width), round(height)
    paper = f'x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="{corner - 0.5:g}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
        f' viewBox="0 0 {width} {height}" role="img" aria-labelledby="title desc">'
        f'<title id="title">{escape(clean(shown.headline))}</title>'
        f'<desc id="desc">{escape(clean(shown.alt))}</desc>'
        f"<style>{style}</style>"
        '<defs><radialGradient id="glow"><stop class="near" offset="0"/>'
        '<stop class="mid" offset="0.45"/><stop class="far" offset="1"/></radialGradient>'
        f'<clipPath id="edge"><rect {paper}/></clipPath>{letters.outlines()}</defs>'
        f'<rect class="paper" {paper}/><g clip-path="url(#edge)">{inside}</g></svg>'
    )


def _style(theme: Theme) -> str:
    if theme == "auto":
        return f"{_rules(_LIGHT)}@media (prefers-color-scheme:dark){{{_rules(_DARK)}}}"
    return _rules(_DARK if theme == "dark" else _LIGHT)


def _rules(colours: dict[str, str]) -> str:
    return (
        ".paper{{fill:{paper};stroke:{rule}}}.ink{{fill:{ink}}}.soft{{fill:{soft}}}"
        ".people{{fill:{people}}}.quiet{{fill:none;stroke:{quiet};stroke-width:1.4}}"
        ".near,.mid,.far{{stop-color:{glow}}}.near{{stop-opacity:{near}}}"
        ".mid{{stop-opacity:{mid}}}.far{{stop-opacity:0}}"
    ).format_map(colours)


def dots_alone(dots: int, lit: int) -> str:
    """The dots for a page, whose style sheet colours them and whose text says the same."""
    placed = arcs(dots, lit)
    size = placed.radius * 100
    circles = "".join(
        f'<circle class="{"lit" if dot.lit else "open"}" cx="{dot.x * 100:.1f}"'
        f' cy="{dot.y * 100:.1f}" r="{size if dot.lit else size - 0.6:.2f}"/>'
        for dot in placed.dots
    )
    return (
        '<svg class="dots" viewBox="-88 -108 176 92" aria-hidden="true" focusable="false">'
        f"{circles}</svg>"
    )
