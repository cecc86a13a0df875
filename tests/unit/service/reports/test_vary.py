"""The newest post beside those before it, from units whose figures were written by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from regulars.reports.judged_posts import FallSeen, UnitReading, vary
from regulars.stats.ordinary import PostReaders

FIRST = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
# The series of the measurement model (section 10): of 120 each, 33.1 to 68.1 would be ordinary.
READERS = (52, 48, 55, 50, 47, 53, 49, 51, 54, 46, 50, 52)
LETTERS = (3, 5, 2, 6, 4, 3, 7, 4, 2, 5, 3, 4)


def unit(number: int, readers: int, established: int = 120, **changes: object) -> UnitReading:
    recipients = PostReaders(0, 0, established, readers)
    one = UnitReading(
        first_sent_at=FIRST + timedelta(days=7 * number),
        title=f"Post {number}",
        established=established,
        readers=readers,
        recipients=recipients,
        delivered=established,
    )
    return replace(one, **changes)  # type: ignore[arg-type]


def units(newest: int = 46) -> list[UnitReading]:
    past = [
        unit(number, readers, letters=letters)
        for number, (readers, letters) in enumerate(zip(READERS, LETTERS, strict=True))
    ]
    return [*past, unit(12, newest, letters=4)]


def test_the_sentence_gives_the_range() -> None:
    found = vary(units(), None)
    assert found.sentence == (
        "46 read; between 33 and 68 would be ordinary. "
        "4 people wrote back; between 0 and 11 would be ordinary."
    )
    assert found.readers is not None
    assert found.readers.model_dump() == {
        "value": 46, "of": 120, "low": 33, "high": 68, "usual": 51, "verdict": "ordinary",
        "posts": 12,
    }  # fmt: skip
    assert found.letters is not None
    assert found.letters.model_dump() == {
        "value": 4, "low": 0, "high": 11, "verdict": "ordinary", "posts": 12,
    }  # fmt: skip
    assert (found.title, found.sent_at) == ("Post 12", FIRST + timedelta(days=84))
    assert [post.readers for post in found.posts] == [*READERS, 46]


@pytest.mark.parametrize(
    ("readers", "verdict"),
    [(32, "unusually_low"), (33, "ordinary"), (68, "ordinary"), (69, "unusually_high")],
)
def test_the_limits_that_are_said_are_those_that_judge(readers: int, verdict: str) -> None:
    found = vary(units(readers), None).readers
    assert found is not None
    assert found.verdict == verdict


def test_a_post_that_was_set_aside_is_no_measure_for_the_next() -> None:
    past = units()
    past[6] = replace(past[6], readers=115, flag="high")
    found = vary(past, None).readers
    assert found is not None
    assert (found.posts, found.of) == (11, 120)
    assert found.high < 72


def test_the_newest_post_set_aside_is_said_to_be() -> None:
    found = vary([*units()[:-1], unit(12, 118, flag="high")], None)
    assert found.set_aside == "high"
    assert found.sentence.startswith(
        "118 of 120 read, far more than in the past: it is set aside and counts for nobody."
    )


def test_fewer_than_eight_before_it_are_too_few() -> None:
    found = vary([*units()[:7], unit(7, 46)], None)
    assert (found.readers, found.reason) == (None, "too_few_posts")
    assert found.sentence.startswith("Too early to say what is ordinary: it takes 8 before")
    assert vary([*units()[:8], unit(8, 46)], None).readers is not None


def test_without_a_post_that_matured_there_is_nothing_to_say() -> None:
    found = vary([], None)
    assert (found.reason, found.sent_at, found.posts) == ("no_posts", None, [])
    assert found.sentence == "Too early to say: no post has had its time to be read."


def test_a_post_that_nobody_could_be_seen_reading_is_not_measured() -> None:
    found = vary([*units()[:-1], unit(12, 0, established=0)], None)
    assert (found.readers, found.reason) == (None, "not_measured")


def test_where_nobody_ever_wrote_letters_are_not_judged() -> None:
    found = vary([replace(one, letters=0) for one in units()], None)
    assert found.letters is None
    assert "wrote back" not in found.sentence


def test_at_most_twenty_six_before_the_newest_are_shown_and_compared() -> None:
    found = vary([unit(number, 50 + number % 3) for number in range(40)], None)
    assert found.readers is not None
    assert found.readers.posts == 26
    assert len(found.posts) == 27
    assert all(one.sent_at < two.sent_at for one, two in pairwise(found.posts))


@pytest.mark.parametrize(("came", "lasts"), [(333, True), (334, False), (500, False)])
def test_a_lasting_fall_is_dated_at_the_first_of_its_posts(came: int, lasts: bool) -> None:
    """The standard deviation is sqrt(336 + 200² * 0.08² / 8) = 19.18: 401 - 3.5 * 19.18 = 333.9."""
    since = FIRST + timedelta(days=35)
    fall = FallSeen(
        since=since, came=came, expected=401, variance=336, slope=200, sigma=0.08, units=8
    )
    found = vary(units(), fall).lasting_fall
    assert (found is not None) == lasts
    if found:
        assert (found.since, found.title) == (FIRST + timedelta(days=35), "Post 5")
        assert (found.posts, found.came, found.expected) == (8, 333, 401)


def test_a_change_of_the_mix_comes_in_parts_that_add_up() -> None:
    """Half of the old read, a tenth of newcomers; newcomers go from none to half of 100.

    Of 100, 50 read and then 30: by newcomers' part (0.5 - 0) * (0.1 - 0.5) = -0.20, which is all.
    """
    before = [unit(n, 50, recipients=PostReaders(0, 0, 100, 50)) for n in range(8)]
    after = [unit(8 + n, 30, recipients=PostReaders(50, 5, 50, 25)) for n in range(4)]
    found = vary([*before, *after], None).mix
    assert found is not None
    assert (found.before, found.after, found.newcomers, found.behaviour) == (50, 30, -20, 0)
    assert found.sentence == (
        "Of 100 recipients about 30 read in the last four, and 50 in the eight before them. "
        "That comes from how many newcomers are on the list."
    )


def test_a_change_by_behaviour_and_one_by_both_are_told_apart() -> None:
    before = [unit(n, 50, recipients=PostReaders(0, 0, 100, 50)) for n in range(8)]
    less = [unit(8 + n, 30, recipients=PostReaders(0, 0, 100, 30)) for n in range(4)]
    both = [unit(8 + n, 20, recipients=PostReaders(50, 5, 50, 15)) for n in range(4)]
    assert "how people read." in vary([*before, *less], None).mix.sentence  # type: ignore[union-attr]
    assert "both how people read" in vary([*before, *both], None).mix.sentence  # type: ignore[union-attr]
    same = vary([*before, *before[:4]], None).mix
    assert same is not None
    assert same.sentence == "Of 100 recipients about 50 read, as before."


def test_below_fifty_recipients_the_mix_is_not_said() -> None:
    small = [unit(n, 20, recipients=PostReaders(0, 0, 49, 20)) for n in range(12)]
    assert vary(small, None).mix is None
