"""What `regulars report` prints of results with parts in parts: lines that fit a terminal."""

from __future__ import annotations

from typing import Any

from support.invented_house import house_result, nobody

from regulars.cli.report import calibration_lines, hidden_lines
from regulars.stats.estimate import Estimate


def window(**changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "date": "2026-06-15",
        "units": 16,
        "expected": {"value": 1218, "low": 1206, "high": 1233, "n": 2465},
        "came": 1230,
        "is_inside": True,
        "tenths": [
            {"above": 0, "below": 10, "people": 1165, "expected": 8, "came": 9},
            {"above": 90, "below": 100, "people": 1300, "expected": 1210, "came": 1221},
        ],
    }
    return values | changes


def test_calibration_is_a_table_for_each_forecast() -> None:
    outside = window(units=24, date="2026-04-20", came=901, is_inside=False, tenths=[])
    sentence = "16 posts ago we expected about 1,218 (1,206 to 1,233); 1,230 came."
    lines = calibration_lines({"sentence": sentence, "windows": [window(), outside]})
    assert lines == [
        sentence,
        "The tables show people by their chance to keep reading, and who did.",
        "",
        "From 2026-06-15 on, 16 back:",
        "  1,218 (1,206 to 1,233) expected, 1,230 came.",
        "        chance     people   expected       came",
        "     0 to 10 %      1,165          8          9",
        "   90 to 100 %      1,300      1,210      1,221",
        "",
        "From 2026-04-20 on, 24 back:",
        "  1,218 (1,206 to 1,233) expected, 901 came.",
        "  That lies outside.",
    ]


def test_a_list_of_millions_fits_eighty_columns() -> None:
    many = {"value": 9_999_999, "low": 9_999_998, "high": 9_999_999, "n": 9_999_999}
    tenth = dict.fromkeys(("people", "expected", "came"), 9_999_999)
    wide = window(expected=many, came=9_999_999, tenths=[{"above": 90, "below": 100} | tenth],
                  is_inside=False)  # fmt: skip
    lines = calibration_lines({"sentence": "", "windows": [wide]})
    assert max(map(len, lines)) <= 80


def test_without_an_earlier_forecast_its_words_stand_alone() -> None:
    assert calibration_lines({"sentence": "Nothing yet.", "windows": []}) == ["Nothing yet."]


def test_hidden_people_have_lines_of_their_own() -> None:
    estimate = Estimate(value=394, low=360, high=430, n=1200, method="hidden_readers/1")
    words = "If they read like the people we can see, about 394 more."
    result = house_result(
        nobody() | {"hidden": 1200}, hidden_proved=210, hidden_estimate=estimate, hidden_words=words
    )
    proved = "Hidden: 1,200 people. 210 of them clicked or answered in the last 13 posts."
    assert hidden_lines(result.model_dump(mode="json")) == [proved, words]
    result = house_result(nobody() | {"hidden": 1}, hidden_proved=0)
    proved = "Hidden: 1 person. 0 of them clicked or answered in the last 13 posts."
    assert hidden_lines(result.model_dump(mode="json")) == [proved]
    assert hidden_lines(house_result(nobody()).model_dump(mode="json")) == []
