"""The picture of the last issue: a band, hollow points, and names for what lies outside."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from regulars.pictures.issues import BOTTOM, TOP, Issues, Point, draw, end_of_axis

SVG = "{http://www.w3.org/2000/svg}"
# 40 to 60 of 120 each, and a band from 33 to 68 people.
VALUES = (52, 48, 55, 50, 47, 53, 49, 51, 54, 46, 50, 52)
PICTURE = Issues(
    title="People who read each issue",
    message="46 read the last issue.",
    points=tuple(Point(value / 120) for value in (*VALUES, 46)),
    low=33 / 120,
    high=68 / 120,
    middle=50.6 / 120,
    is_share=True,
)


def root_of(issues: Issues) -> ET.Element:
    return ET.fromstring(draw(issues))


def by_class(issues: Issues, name: str) -> list[ET.Element]:
    return [one for one in root_of(issues).iter() if name in (one.get("class") or "").split()]


def value_of(issues: Issues, y: float) -> float:
    """The value at a height of the drawing."""
    return (BOTTOM - y) / (BOTTOM - TOP) * end_of_axis(issues)


def test_every_issue_is_one_point_at_its_value_and_the_axis_starts_at_zero() -> None:
    points = by_class(PICTURE, "point")
    heights = [value_of(PICTURE, float(point.attrib["cy"])) for point in points]
    assert heights == pytest.approx([value / 120 for value in (*VALUES, 46)], abs=0.002)
    across = [float(point.attrib["cx"]) for point in points]
    assert across == sorted(across)
    assert end_of_axis(PICTURE) == 0.6


def test_the_band_lies_where_it_is_ordinary() -> None:
    [band] = by_class(PICTURE, "band")
    top, height = float(band.attrib["y"]), float(band.attrib["height"])
    assert value_of(PICTURE, top) == pytest.approx(68 / 120, abs=0.002)
    assert value_of(PICTURE, top + height) == pytest.approx(33 / 120, abs=0.002)


def test_no_line_joins_the_points_and_only_the_newest_is_marked() -> None:
    assert not by_class(PICTURE, "outside")
    assert [point.get("class") for point in by_class(PICTURE, "point")][-2:] == [
        "point",
        "point newest",
    ]
    lines = [one for one in root_of(PICTURE).iter() if one.tag in (f"{SVG}path", f"{SVG}polyline")]
    assert [line.get("class") for line in lines] == ["floor", "middle"]


def test_a_point_outside_is_filled_and_named_and_cut_off_above_the_axis() -> None:
    points = (*PICTURE.points[:-1], Point(112 / 120, "The reunion", is_outside=True))
    seen = replace(PICTURE, points=points)
    assert end_of_axis(seen) == 0.6  # what lies outside leaves the axis as it is
    [outside] = by_class(seen, "outside")
    assert float(outside.attrib["cy"]) == TOP
    assert len(by_class(seen, "cut")) == 1
    assert [name.text for name in by_class(seen, "issue")] == ["The reunion"]


@pytest.mark.parametrize(
    ("most", "end"),
    [(0, 1), (0.9, 1), (1.8, 2), (7, 8), (11, 20), (36, 40), (70, 80), (95, 200), (430, 600)],
)
def test_an_axis_of_counts_ends_at_a_round_number(most: float, end: float) -> None:
    counts = Issues("Replies", "words", (Point(0),), 0, most)
    assert end_of_axis(counts) == pytest.approx(end)


def test_an_axis_of_shares_ends_at_one() -> None:
    assert end_of_axis(replace(PICTURE, high=1.0)) == 1.0
    assert end_of_axis(replace(PICTURE, points=(Point(0.97),), high=0.99)) == 1.0


def test_the_words_of_strangers_are_escaped_and_nothing_has_a_style() -> None:
    evil = '<script>alert("x")</script>'
    shown = draw(replace(PICTURE, title=evil, points=(Point(2.0, evil, is_outside=True),)))
    assert "<script" not in shown
    root = ET.fromstring(shown)
    assert root.get("role") == "img"
    assert not [e for e in root.iter() if "style" in e.attrib or e.tag == f"{SVG}style"]
    assert not re.findall(r"\bnan\b|\binf\b", shown)


def test_one_issue_alone_has_a_picture_and_none_has_not() -> None:
    assert len(by_class(replace(PICTURE, points=(Point(0.4),)), "point")) == 1
    with pytest.raises(ValueError, match="at least one"):
        draw(replace(PICTURE, points=()))


def test_zero_of_everything_is_drawn_without_a_division() -> None:
    nothing = Issues("Replies", "words", tuple(Point(0.0) for _ in range(9)), 0.0, 0.0)
    heights = [float(point.attrib["cy"]) for point in by_class(nothing, "point")]
    assert heights == [BOTTOM] * 9
    assert math.isfinite(end_of_axis(nothing))
