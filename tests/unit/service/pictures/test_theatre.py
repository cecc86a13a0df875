"""The theatre: who sits where, what a seat stands for, and what the drawing may hold."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.pictures.seating import (
    AISLE_WIDTH,
    BACK_RADIUS,
    CENTRE_X,
    CENTRE_Y,
    Place,
    by_the_doors,
    seat_people,
)
from regulars.pictures.theatre import MOST_DOTS, MOST_SEATS, House, Seat, draw, share_seats

SVG = "{http://www.w3.org/2000/svg}"


def people(lit: int, still_open: int = 0, quiet: int = 0) -> tuple[Seat, ...]:
    lights = ["lit"] * lit + ["open"] * still_open + ["quiet"] * quiet
    return tuple(
        Seat(f"per_{number:05d}", f"2025-{number % 12 + 1:02d}-01", light)  # type: ignore[arg-type]
        for number, light in enumerate(lights)
    )


def used(svg: str, group: str) -> list[str]:
    """Which kind of seat is used in the group, in drawing order."""
    root = ET.fromstring(svg)
    [found] = [g for g in root.iter(f"{SVG}g") if g.get("class") == group]
    return [use.attrib["href"].rpartition("-")[2] for use in found.iter(f"{SVG}use")]


def radius(place: Place) -> float:
    return math.hypot(place.x - CENTRE_X, place.y - CENTRE_Y)


@pytest.mark.parametrize("behind", [0, 1, 2, 7, 40, 208, 431, 600])
@pytest.mark.parametrize("front", [0, 1, 5, 24])
def test_everybody_has_a_place_of_their_own_before_the_back_wall(front: int, behind: int) -> None:
    plan = seat_people(front, behind)
    places = [*plan.row_one, *plan.rows]
    assert (len(plan.row_one), len(plan.rows)) == (front, behind)
    assert all(radius(place) <= BACK_RADIUS + 0.01 for place in places)
    for number, one in enumerate(places):
        for other in places[number + 1 :]:
            assert math.dist((one.x, one.y), (other.x, other.y)) > plan.pitch * 0.7


def test_two_aisles_part_every_row() -> None:
    plan = seat_people(24, 400)
    for ring in {round(radius(place)) for place in plan.rows}:
        row = [place for place in plan.rows if round(radius(place)) == ring]
        near_aisle = [abs(place.turn) for place in row]
        free = math.radians(22) * ring
        assert all(
            abs(math.radians(turn) * ring - free) >= AISLE_WIDTH / 2 - 0.5 for turn in near_aisle
        )


def test_row_one_is_nearer_to_the_stage_than_everybody_else() -> None:
    plan = seat_people(20, 100)
    assert max(map(radius, plan.row_one)) < min(map(radius, plan.rows))


@given(st.integers(min_value=30, max_value=560))
@settings(max_examples=40, deadline=None)
def test_one_more_person_at_the_end_moves_nobody_within_a_step(behind: int) -> None:
    before, after = seat_people(12, behind), seat_people(12, behind + 1)
    if before.pitch == after.pitch:
        assert after.rows[:behind] == before.rows


def test_long_time_people_sit_near_the_middle_and_state_moves_nobody() -> None:
    house = [Seat("per_b", "2024-01-01", "lit"), Seat("per_a", "2025-06-01", "lit")]
    _, seats = share_seats(house)
    assert [seat.key for seat in seats] == ["per_b", "per_a"]
    house[0] = Seat("per_b", "2024-01-01", "quiet")
    _, later = share_seats(house)
    assert [seat.key for seat in later] == ["per_b", "per_a"]
    plan = seat_people(0, 60)
    assert abs(plan.rows[0].turn) <= min(abs(place.turn) for place in plan.rows[1:3])


def test_the_drawing_does_not_depend_on_the_order_of_the_people() -> None:
    house = people(40, 3, 9)
    shown = draw(House("Field Notes", "words", house[:5], house[5:], 7))
    assert shown == draw(House("Field Notes", "words", house[:5][::-1], house[5:][::-1], 7))


def test_up_to_six_hundred_a_seat_is_one_person() -> None:
    shown = draw(House("Field Notes", "words", (), people(500, 60, 40)))
    kinds = used(shown.svg, "house")
    assert shown.people_per_seat == 1
    assert (kinds.count("lit"), kinds.count("open"), kinds.count("quiet")) == (500, 60, 40)


@pytest.mark.parametrize(
    ("count", "share"), [(601, 2), (1_190, 2), (2_900, 5), (5_900, 10), (11_900, 20), (29_000, 50)]
)
def test_above_it_a_seat_stands_for_a_round_number(count: int, share: int) -> None:
    per, seats = share_seats(people(count - 150, 100, 50))
    assert per == share
    assert len(seats) <= MOST_SEATS
    lit = sum(seat.light == "lit" for seat in seats)
    assert abs(lit * share - (count - 150)) <= share / 2


def test_a_light_that_one_person_has_does_not_vanish_in_a_large_house() -> None:
    _, seats = share_seats(people(9_000, 1, 0))
    assert sum(seat.light == "open" for seat in seats) == 1


@given(st.integers(0, 40_000), st.integers(0, 40_000), st.integers(0, 40_000))
@settings(max_examples=25, deadline=None)
@pytest.mark.long
def test_never_more_seats_than_can_be_drawn(lit: int, still_open: int, quiet: int) -> None:
    _, seats = share_seats(people(lit, still_open, quiet))
    assert len(seats) <= MOST_SEATS


def test_row_one_holds_single_people_and_at_most_twenty_four() -> None:
    house = people(25)
    assert len(used(draw(House("a", "b", house[:24])).svg, "row-one")) == 24
    with pytest.raises(ValueError, match="row one"):
        draw(House("a", "b", house))


@pytest.mark.parametrize(("newcomers", "share"), [(0, 1), (60, 1), (61, 2), (1_000, 20)])
def test_newcomers_stand_by_the_doors(newcomers: int, share: int) -> None:
    shown = draw(House("a", "b", newcomers=newcomers))
    assert shown.people_per_dot == share
    root = ET.fromstring(shown.svg)
    [doors] = [g for g in root.iter(f"{SVG}g") if g.get("class") == "newcomers"]
    assert len(doors) == math.ceil(newcomers / share) <= MOST_DOTS


def test_newcomers_stand_behind_the_last_row_on_both_sides() -> None:
    dots = by_the_doors(26, 500.0)
    assert all(radius(dot) > 510 for dot in dots)
    assert {dot.turn > 0 for dot in dots} == {True, False}


def test_the_words_of_strangers_are_escaped() -> None:
    shown = draw(House('<script>alert("x")</script>', "a & b <i>", people(3)))
    root = ET.fromstring(shown.svg)
    assert not [element for element in root.iter() if element.tag.endswith("script")]
    assert "<script" not in shown.svg


def test_the_drawing_says_what_it_shows_and_carries_no_style_of_its_own() -> None:
    root = ET.fromstring(draw(House("Field Notes", "208 people keep coming back.", people(3))).svg)
    assert root.get("role") == "img"
    ids = root.attrib["aria-labelledby"].split()
    texts = {element.get("id"): element.text for element in root}
    assert [texts[name] for name in ids] == [
        "Field Notes, seen from the stage",
        "208 people keep coming back.",
    ]
    assert not [e for e in root.iter() if "style" in e.attrib or e.tag == f"{SVG}style"]


def test_a_long_title_is_cut_so_that_it_stays_on_the_stage() -> None:
    root = ET.fromstring(draw(House("Letters " * 20, "words")).svg)
    [name] = [text for text in root.iter(f"{SVG}text") if text.get("class") == "name"]
    assert name.text is not None
    assert len(name.text) <= 44
    assert name.text.endswith("…")


def test_a_full_house_stays_small_on_the_wire() -> None:
    shown = draw(House("Field Notes", "words", people(24), people(500, 50, 50), 60))
    assert len(shown.svg) < 60_000
