"""A stranger's words are cut at 64 KiB, and a row with an odd id is set aside, never more."""

from __future__ import annotations

import json

import pytest

from regulars_connectors.bounds import (
    MOST_ID_CHARS,
    MOST_JSON_BYTES,
    MOST_TEXT_BYTES,
    bound_records,
    cut_text,
    id_fault,
    said,
    segment_fault,
)
from regulars_connectors.records import Signal, Subscription


def person(**changes: object) -> Subscription:
    return Subscription(**{"id": "s1", "status": "active"} | changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("letter", ["a", "ü", "語", "😀"])
def test_a_text_is_cut_between_two_letters(letter: str) -> None:
    size = len(letter.encode())
    fits = letter * (65_536 // size)
    assert cut_text(fits) == fits
    cut = cut_text(letter * 65_536 * 2)
    assert cut == letter * ((65_536 - 3) // size) + "…"
    assert len(cut.encode()) <= MOST_TEXT_BYTES


@pytest.mark.parametrize("field", ["name", "email", "source", "campaign"])
def test_words_of_a_person_are_cut_and_counted(field: str) -> None:
    bounded = bound_records([person(**{field: "x" * 70_000}), person(id="s2")])
    first, second = bounded.records
    assert getattr(first, field) == "x" * 65_533 + "…"
    assert second == person(id="s2")
    assert (bounded.cut, list(bounded.quarantined)) == (1, [])


def test_what_is_cut_already_counts_again_and_stays() -> None:
    once = bound_records([person(name="x" * 70_000)])
    twice = bound_records(once.records)
    assert (twice.records, twice.cut) == (once.records, 1)


@pytest.mark.parametrize(
    "letters", ['"', "\\", "\n", "😀", "ü", "a"], ids=["quote", "slash", "line", "emoji", "ü", "a"]
)
@pytest.mark.parametrize("is_escaped", [True, False])
@pytest.mark.parametrize("shift", range(12))
def test_a_custom_field_is_cut_and_the_rest_is_json(
    letters: str, is_escaped: bool, shift: int
) -> None:
    """The cut falls at each place of an escape, and of a pair of them."""
    long = "x" * shift + letters * 70_000
    fields = {"a": "before", "long": long, "b": ["after", {"c": 'q"'}]}
    bounded = bound_records([person(attributes=json.dumps(fields, ensure_ascii=is_escaped))])
    (record,) = bounded.records
    found = json.loads(record.attributes)  # type: ignore[union-attr, arg-type]
    assert (found["a"], found["b"], bounded.cut) == ("before", ["after", {"c": 'q"'}], 1)
    assert found["long"].endswith("…")
    assert long.startswith(found["long"][:-1])
    assert 65_536 / 12 - 32 < len(found["long"]) <= 65_536


def test_custom_fields_that_are_too_many_are_left_out() -> None:
    fields = json.dumps({f"field {number}": "x" * 1_000 for number in range(300)})
    assert len(fields) > MOST_JSON_BYTES
    bounded = bound_records([person(attributes=fields, name="Anna")])
    assert (bounded.records, bounded.cut) == ([person(name="Anna")], 1)


def test_words_of_an_answer_are_cut() -> None:
    answer = Signal(kind="comment", id="c1", text="y" * 100_000)
    (record,) = bound_records([answer]).records
    assert record.text == "y" * 65_533 + "…"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("record", "reason", "row_id"),
    [
        (person(id=""), "the id is empty", None),
        (person(id="i" * 513), "the id is longer than 512 characters", "i" * 512),
        (person(spell="i" * 513), "spell is longer than 512 characters", "s1"),
        (Signal(kind="open", id=""), "the id is empty", None),
        (
            Signal(kind="open", id="o1", post_id="p" * 513),
            "post_id is longer than 512 characters",
            "o1",
        ),
    ],
)
def test_a_row_with_an_odd_id_is_set_aside(
    record: Subscription | Signal, reason: str, row_id: str | None
) -> None:
    bounded = bound_records([person(id="s2"), record])
    assert bounded.records == [person(id="s2")]
    (row,) = bounded.quarantined
    assert (row.reason, row.id) == (reason, row_id)


def test_the_longest_id_is_kept() -> None:
    rows = [person(id="😀" * MOST_ID_CHARS), Signal(kind="open", id=None)]
    assert bound_records(rows).records == rows


@pytest.mark.parametrize(
    "row_id", ["../x", "..", ".", "a/b", "%2e", "%2e%2e%2fx", "a\\b", "a?b", "a#b", "a\nb", "a\0"]
)
def test_a_path_is_no_id(row_id: str) -> None:
    assert segment_fault(row_id) == "the id is a path"
    assert id_fault(row_id) is None


def test_an_error_repeats_at_most_200_characters() -> None:
    assert said("x" * 200) == "x" * 200
    assert said("x" * 201) == "x" * 199 + "…"
