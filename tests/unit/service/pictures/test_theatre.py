"""The theatre: who sits where, what a seat stands for, and what the drawing may hold."""

from __future__ import annotations

import math
import re
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
from regulars.pictures.theatre import (
    CHAIR,
    DISC,
    MOST_DOTS,
    MOST_SEATS,
    House,
    Seat,
    Theatre,
    draw,
    share_seats,
)

SVG = "{http://www.w3.org/2000/svg}"


def people(lit: int, still_open: int = 0, quiet: int = 0) -> tuple[Seat, ...]:
    lights = ["lit"] * lit + ["open"] * still_open + ["quiet"] * quiet
    return tuple(
        Seat(f"per_{number:05d}", f"2025-{number % 12 + 1:02d}-01", light)  # type: ignore[arg-type]
        for number, light in enumerate(lights)
    )


def used(svg: str, group: str) -> list[str]:
    """Which kind of mark is used in the group, in drawing order."""
    return [kind for kind, _ in drawn(svg, group)]


def drawn(svg: str, group: str) -> list[tuple[str, float]]:
    """The kind of each mark of the group and the area of its disc, in drawing order."""
    root = ET.fromstring(svg)
    shapes = {g.get("id"): read_shape(g) for g in root.iter(f"{SVG}g") if g.get("id")}
    [found] = [g for g in root.iter(f"{SVG}g") if g.get("class") == group]
    return [shapes[use.attrib["href"][1:]] for use in found.iter(f"{SVG}use")]


def read_shape(shape: ET.Element) -> tuple[str, float]:
    classes = [str(part.get("class")) for part in shape]
    area = math.fsum(float(p.attrib["r"]) ** 2 for p in shape if p.get("class") == "disc")
    match classes:
        case ["chair", "disc"]:
            return "lit", area
        case ["disc"]:
            return "standing", area
        case ["chair"]:
            return "quiet", 0.0
        case ["chair", "ring"]:
            return "open", 0.0
        case ["chair", "ring maybe"]:
            return "maybe", 0.0
    raise AssertionError(classes)


def light(shown: Theatre, front: int = 0) -> float:
    """The light of the whole drawing in full discs of one person."""
    full = (seat_pitch(shown) * DISC) ** 2
    behind = math.fsum(area for _, area in drawn(shown.svg, "house")) / full
    before = math.fsum(area for _, area in drawn(shown.svg, "row-one")) / full
    return behind * shown.people_per_seat + before


def seat_pitch(shown: Theatre) -> float:
    """The pitch that the drawing was made with, by the radius of its chairs."""
    chairs = re.findall(r'class="chair" d="[^"]*A([0-9.]+) ', shown.svg)
    return float(chairs[0]) / CHAIR


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
    _, seats, _ = share_seats(house)
    assert [seat.key for seat in seats] == ["per_b", "per_a"]
    house[0] = Seat("per_b", "2024-01-01", "quiet")
    _, later, _ = share_seats(house)
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
    per, seats, _ = share_seats(people(count - 150, 100, 50))
    assert per == share
    assert len(seats) <= MOST_SEATS
    lit = sum(seat.light == "lit" for seat in seats)
    assert abs(lit * share - (count - 150)) <= share / 2


def test_a_light_that_one_person_has_does_not_vanish_in_a_large_house() -> None:
    _, seats, _ = share_seats(people(9_000, 1, 0))
    assert sum(seat.light == "open" for seat in seats) == 1


@given(st.integers(0, 40_000), st.integers(0, 40_000), st.integers(0, 40_000))
@settings(max_examples=25, deadline=None)
@pytest.mark.long
def test_never_more_seats_than_can_be_drawn(lit: int, still_open: int, quiet: int) -> None:
    _, seats, _ = share_seats(people(lit, still_open, quiet))
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


@given(
    st.lists(st.integers(0, 100), max_size=900),
    st.lists(st.integers(0, 100), max_size=24),
    st.floats(0.0, 40.0),
)
@settings(max_examples=40, deadline=None)
def test_the_light_of_all_discs_adds_up_to_the_headline(
    chances: list[int], front: list[int], unseen: float
) -> None:
    """Small chances and remainders stand behind the chairs: not an eighth of a disc is missing."""
    seats = [
        Seat(f"per_{number:04d}", "2026-01-01", "lit", hundredths / 100)
        for number, hundredths in enumerate([*front, *chances])
    ]
    headline = math.fsum(seat.share for seat in seats) + unseen
    count = len(front)
    house = House("a", "b", tuple(seats[:count]), tuple(seats[count:]), light=headline)
    shown = draw(house)
    if seats:
        step = shown.people_per_seat * (0.125 + 0.005 * 600**0.5)
        assert light(shown) == pytest.approx(headline, abs=step + 0.005 * len(marks_of(shown)))


def marks_of(shown: Theatre) -> list[tuple[str, float]]:
    return [*drawn(shown.svg, "house"), *drawn(shown.svg, "row-one")]


def test_the_area_of_a_disc_is_the_chance_and_a_small_one_is_a_chair_alone() -> None:
    chances = {"per_a": 1.0, "per_b": 0.5, "per_c": 0.25, "per_d": 0.12, "per_e": 0.11}
    seats = tuple(Seat(key, "2025-01-01", "lit", chance) for key, chance in chances.items())
    shown = draw(House("a", "b", (), seats))
    full = (seat_pitch(shown) * DISC) ** 2
    kinds, areas = zip(*drawn(shown.svg, "house"), strict=True)
    assert kinds == ("lit", "lit", "lit", "lit", "quiet")
    assert [area / full for area in areas] == pytest.approx([1, 0.5, 0.25, 0.12, 0], abs=0.001)


def test_chances_too_small_for_a_seat_stand_behind_as_discs_without_a_chair() -> None:
    """3 + 20 x 0.06 + 1.3 of people without a seat: 2.5 stand, two full and one of half."""
    seats = [Seat(f"per_{number}", "2025-01-01", "lit", 1.0) for number in range(3)]
    seats += [Seat(f"per_q{number:02d}", "2025-02-01", "lit", 0.06) for number in range(20)]
    shown = draw(House("a", "b", (), tuple(seats), light=5.5))
    assert shown.standing == pytest.approx(2.5)
    assert used(shown.svg, "house") == ["lit"] * 3 + ["quiet"] * 20 + ["standing"] * 3
    assert light(shown) == pytest.approx(5.5, abs=0.001)


def test_people_who_never_were_regulars_come_and_go_behind_the_others() -> None:
    regulars = [Seat(f"per_{number}", f"2025-0{number}-01", "lit", 0.9) for number in range(1, 6)]
    passing = Seat("per_0", "2020-01-01", "lit", 0.3, is_behind=True)
    _, seats, _ = share_seats([passing, *regulars])
    assert [seat.key for seat in seats] == ["per_1", "per_2", "per_3", "per_4", "per_5", "per_0"]


def test_no_id_in_the_drawing_says_how_likely_anybody_is() -> None:
    seats = tuple(Seat(f"per_{n}", "2025-01-01", "lit", n / 100) for n in (37, 59, 83, 91))
    ids = re.findall(r'<g id="([^"]+)"', draw(House("a", "b", (), seats)).svg)
    assert ids == ["theatre-0", "theatre-1", "theatre-2", "theatre-3"]
