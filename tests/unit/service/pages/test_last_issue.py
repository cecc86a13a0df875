"""The last issue: the verdict in words, the picture, and the same as a table."""

from __future__ import annotations

import re
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from support.invented_house import NOW, issue, no_issue_yet, variation_result

from regulars.pages.last_issue import last_issue
from regulars.pages.view import LastIssue
from regulars.reports.judged_posts import LastingFall, SharesOfHundred, Variation

ZONE = ZoneInfo("Europe/Lisbon")


def shown(variation: Variation) -> LastIssue:
    found = last_issue(variation, ZONE)
    assert found is not None
    return found


def points(found: LastIssue) -> list[str]:
    return re.findall(r'<circle class="([^"]+)"', str(found.picture))


@pytest.mark.parametrize(
    ("readers", "heading"),
    [
        (46, "The last issue was an ordinary issue."),
        (33, "The last issue was an ordinary issue."),
        (32, "Fewer people than usual read the last issue."),
        (69, "More people than usual read the last issue."),
    ],
)
def test_the_verdict_is_the_heading(readers: int, heading: str) -> None:
    assert shown(variation_result(readers)).heading == heading


def test_the_words_give_the_range_and_what_to_make_of_it() -> None:
    assert shown(variation_result(46)).words == (
        "46 people of 120 read it. Between 33 and 68 would be ordinary. "
        "That is the usual coming and going."
    )
    assert shown(variation_result(12)).words == (
        "12 people of 120 read it. Between 33 and 68 would be ordinary."
    )


def test_picture_and_table_show_the_same_issues() -> None:
    found = shown(variation_result())
    assert points(found) == ["point"] * 12 + ["point newest"]
    assert [row.readers for row in found.table[:3]] == ["46", "52", "50"]
    assert len(found.table) == 13
    assert found.band == "The band is what would be ordinary: 33 to 68 of 120 people."
    assert (found.title, found.sent.words) == ("Letter 90", "17 November 2026")
    assert found.first is not None
    assert found.first.words == "25 August 2026"


def test_only_issues_outside_the_band_are_filled_and_named() -> None:
    posts = variation_result().posts
    posts[4] = issue(8, 110, title="The <reunion>", set_aside="high")
    found = shown(variation_result(posts=posts))
    assert points(found).count("point outside") == 1
    [odd] = found.outside
    assert (odd.title, odd.readers, odd.of, odd.note) == (
        "The <reunion>",
        "110",
        "120",
        "set aside",
    )
    assert "&lt;reunion&gt;" in str(found.picture)


def test_an_issue_that_nobody_could_be_seen_reading_has_no_point_and_says_so() -> None:
    posts = variation_result().posts
    posts[3] = issue(9, 0, of=0)
    found = shown(variation_result(posts=posts))
    assert len(points(found)) == 12
    assert [row.readers for row in found.table].count("could not be seen") == 1


def test_an_outlier_counts_for_nobody() -> None:
    found = shown(variation_result(110, set_aside="high"))
    assert found.heading == "The last issue stands outside."
    assert "it counts for nobody" in found.words


def test_letters_a_lasting_fall_and_the_mix_follow() -> None:
    fall = LastingFall(since=NOW, title="Letter 83", posts=8, came=310, expected=402)
    mix = SharesOfHundred(
        before=46, after=41, newcomers=-3, behaviour=-2, sentence="Of 100 recipients about 41 read."
    )
    assert shown(variation_result(lasting_fall=fall, mix=mix)).more == (
        "4 people wrote back. Between 0 and 11 would be ordinary.",
        "People have read less since 25 November 2026: 310 of 402 forecast reads came.",
        "Of 100 recipients about 41 read.",
    )


def test_a_small_change_of_the_mix_is_the_usual_coming_and_going() -> None:
    mix = SharesOfHundred(before=41, after=44.5, newcomers=1, behaviour=2.5, sentence="More.")
    assert "More." not in shown(variation_result(mix=mix)).more


def test_too_early_has_words_and_no_picture() -> None:
    early: dict[str, Any] = {"readers": None, "letters": None, "reason": "too_few_posts"}
    found = shown(variation_result(sentence="Too early to say.", **early))
    assert (found.heading, found.words) == ("The last issue.", "Too early to say.")
    assert (found.picture, found.table, found.band) == (None, (), "")
    assert last_issue(no_issue_yet(), ZONE) is None
