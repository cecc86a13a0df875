"""Pictures to take away: text as outlines, words for those who do not see them, both themes."""

from __future__ import annotations

import re
import struct
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.pictures.dots import arcs
from regulars.pictures.figure import THEMES, VARIANTS, Shown, dots_alone, draw
from regulars.pictures.outlines import Typeface
from regulars.pictures.png import rasterise

SVG = "{http://www.w3.org/2000/svg}"
SHOWN = Shown(
    headline="About 210 people keep coming back.",
    detail="Between 195 and 225, over the last 8 issues.",
    small=("One dot is 5 people. Rings are empty seats.", "Counted on 22 November 2026."),
    alt="About 210 people keep coming back to <Field & Notes>.",
    dots=60,
    lit=42,
)


def parsed(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def size_of(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


@pytest.mark.parametrize("variant", VARIANTS)
def test_text_is_outlines_and_its_words_stand_beside_it(variant: str) -> None:
    root = parsed(draw(variant, SHOWN))  # type: ignore[arg-type]
    assert not list(root.iter(f"{SVG}text"))
    assert root.get("role") == "img"
    named = root.get("aria-labelledby", "").split()
    words = {one.get("id"): one.text for one in root if one.tag in (f"{SVG}title", f"{SVG}desc")}
    assert [words[name] for name in named] == [SHOWN.headline, SHOWN.alt]


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_outline_that_is_used_is_there(variant: str) -> None:
    root = parsed(draw(variant, SHOWN))  # type: ignore[arg-type]
    ids = {one.get("id") for one in root.iter() if one.get("id")}
    used = {one.get("href", "").removeprefix("#") for one in root.iter(f"{SVG}use")}
    assert used
    assert used <= ids


@pytest.mark.parametrize("variant", VARIANTS)
def test_nothing_in_it_asks_another_host_or_runs(variant: str) -> None:
    svg = draw(variant, SHOWN)  # type: ignore[arg-type]
    assert re.findall(r"https?://[^\"]+", svg) == ["http://www.w3.org/2000/svg"]
    assert not re.search(r"<script|<image|<foreignObject|@import|\son\w+=", svg)


def test_themes_are_a_fixed_list() -> None:
    light, dark, auto = (draw("card", SHOWN, theme) for theme in ("light", "dark", "auto"))
    assert THEMES == ("auto", "light", "dark")
    assert "prefers-color-scheme" not in light + dark
    assert "prefers-color-scheme:dark" in auto
    assert "#fbf8f2" in light
    assert "#fbf8f2" not in dark


@pytest.mark.parametrize("scale", [1, 2, 3])
def test_points_are_as_fine_as_asked(scale: int) -> None:
    root = parsed(draw("card", SHOWN, "light"))
    width, height = int(root.get("width", "")), int(root.get("height", ""))
    assert size_of(rasterise(draw("card", SHOWN, "light"), scale)) == (
        width * scale,
        height * scale,
    )


def test_lit_and_empty_seats_are_as_many_as_said() -> None:
    root = parsed(draw("theatre", SHOWN, "light"))
    kinds = [one.get("class") for one in root.iter(f"{SVG}circle")]
    assert (kinds.count("people"), kinds.count("quiet")) == (42, 18)
    assert dots_alone(60, 42).count('class="lit"') == 42


def test_without_a_figure_there_are_words_and_no_dots() -> None:
    quiet = replace(SHOWN, headline="The room is small.", detail="", dots=0, lit=0)
    for variant in VARIANTS:
        root = parsed(draw(variant, quiet))
        assert not [one for one in root.iter(f"{SVG}circle") if one.get("class")]


@settings(deadline=None)
@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))))
def test_dots_never_touch(counts: tuple[int, int]) -> None:
    count, lit = counts
    placed = arcs(count, lit)
    assert (len(placed.dots), sum(dot.lit for dot in placed.dots)) == (count, lit)
    for number, one in enumerate(placed.dots):
        for other in placed.dots[number + 1 :]:
            apart = ((one.x - other.x) ** 2 + (one.y - other.y) ** 2) ** 0.5
            assert apart > placed.radius * 2.05


@settings(deadline=None)
@given(st.integers(20, 9_999_999), st.text(alphabet="abc defgh", max_size=200))
def test_lines_keep_to_their_room(value: int, more: str) -> None:
    api = Typeface("display", 30, -0.012)
    text = f"About {value:,} people keep coming back. {more}"
    lines = api.lines(text, 284)
    assert " ".join(lines).split() == text.split()
    for line in lines:
        assert api.width(line) <= 284 or " " not in line


def test_letters_are_kerned_as_the_font_says() -> None:
    api = Typeface("display", 100)
    assert api.width("AV") < api.width("A") + api.width("V")


def test_drawing_again_gives_the_same_bytes() -> None:
    assert draw("card", SHOWN) == draw("card", SHOWN)
    svg = draw("card", SHOWN, "dark")
    assert rasterise(svg, 2) == rasterise(svg, 2)
