"""Movement in words: who moved and how, and why nobody is named at times."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from support.invented_house import NOW, group, movement_result, mover, nobody_moved, person

from regulars.pages.movement import MOST_NAMED, moves
from regulars.pages.view import Moves
from regulars.reports.house import RuleInForce
from regulars.reports.movement import Group, HeldBack, Movement

ZONE = ZoneInfo("Europe/Lisbon")
RULE = RuleInForce(k=4, n=8, unit="post")


def shown(movement: Movement, **names: str) -> Moves:
    found = moves(movement, RULE, ZONE, lambda _ids: names)
    assert found is not None
    return found


def only(name: str, people: Group) -> Moves:
    return shown(nobody_moved(back_to=NOW).model_copy(update={name: people}))


def one(name: str, **changes: Any) -> tuple[str, str]:
    """The heading and the words of one person who moved in that way."""
    base = person(1, changes.pop("state", "regular"))
    [found] = only(name, Group(count=1, people=[mover(base, **changes)])).groups
    return found.heading, found.people[0].words


def test_it_says_over_how_many_issues_and_since_when() -> None:
    assert shown(movement_result()).since == "Over the last eight issues, since 28 September 2026."
    weeks = moves(movement_result(), RuleInForce(k=4, n=8, unit="week"), ZONE, lambda _ids: {})
    assert weeks is not None
    assert weeks.since == "Over the last eight weeks, since 28 September 2026."


@pytest.mark.parametrize(
    ("group_name", "changes", "heading", "words"),
    [
        (
            "joined",
            {"reads_low": 6, "reads_high": 6},
            "1 person joined your regulars",
            "Read six of the last eight issues.",
        ),
        (
            "slipping",
            {"state": "fading", "reads_low": 1, "reads_high": 1, "usual_reads": 6},
            "1 person is slipping",
            "Read one of the last eight issues, usually six.",
        ),
        (
            "slipping",
            {"state": "fading", "reads_low": 0, "reads_high": 3, "usual_reads": 6},
            "1 person is slipping",
            "Read at most three of the last eight issues. Last seen reading on 22 November 2026.",
        ),
        (
            "quiet",
            {"state": "quiet"},
            "1 person has gone quiet",
            "Kept coming back until 17 August 2026.",
        ),
        (
            "slipping",
            {"state": "fading", "reads_low": 4, "reads_high": 4, "usual_reads": 4},
            "1 person is slipping",
            "Read four of the last eight issues. Last seen reading on 22 November 2026.",
        ),
        (
            "came_back",
            {"reads_since": 3},
            "1 person came back",
            "Seemed gone, and has read 3 issues since.",
        ),
        (
            "left",
            {"left_at": NOW, "is_unreachable": True},
            "1 regular has left",
            "Their address has been out of reach since 25 November 2026.",
        ),
        ("left", {"left_at": NOW}, "1 regular has left", "Left on 25 November 2026."),
    ],
)
def test_each_way_to_move_is_said_of_a_person(
    group_name: str, changes: dict[str, Any], heading: str, words: str
) -> None:
    assert one(group_name, **changes) == (heading, words)


def test_people_go_by_name_where_one_is_known_and_by_the_providers_id_otherwise() -> None:
    people = group([person(1, "regular"), person(2, "regular")])
    movement = nobody_moved(back_to=NOW, joined=people)
    [joined] = shown(movement, per_000001="Anna").groups
    assert [one.name for one in joined.people] == ["Anna", "sub_000002"]


def test_of_many_the_first_are_named_and_the_rest_counted() -> None:
    people = group([person(number, "regular") for number in range(MOST_NAMED + 3)])
    [joined] = only("joined", people).groups
    assert joined.heading == "9 people joined your regulars"
    assert len(joined.people) == MOST_NAMED
    assert joined.more == "And 3 more people."


def test_of_the_quiet_the_page_names_whoever_became_it_since_then() -> None:
    old, new = person(1, "quiet"), person(2, "quiet")
    people = Group(count=2, people=[mover(old, is_new=False), mover(new)])
    [quiet] = only("quiet", people).groups
    assert quiet.heading == "1 person has gone quiet"
    assert [one.name for one in quiet.people] == ["sub_000002"]


def test_whoever_came_back_and_is_a_regular_again_is_named_once() -> None:
    one, other = person(1, "regular"), person(2, "regular")
    movement = nobody_moved(back_to=NOW, joined=group([one, other]), came_back=group([one]))
    found = shown(movement)
    assert [moved.heading for moved in found.groups] == [
        "1 person joined your regulars",
        "1 person came back",
    ]
    assert [moved.people[0].name for moved in found.groups] == ["sub_000002", "sub_000001"]


def test_whoever_came_back_and_is_quiet_again_is_named_as_quiet() -> None:
    people = group([person(1, "quiet")])
    found = shown(nobody_moved(back_to=NOW, quiet=people, came_back=people))
    assert [moved.heading for moved in found.groups] == ["1 person has gone quiet"]


def test_while_names_are_held_back_the_words_say_why_and_slipping_and_quiet_stay_away() -> None:
    held = HeldBack(reason="unusually_low", words="Nobody is named: unusually few read it.")
    found = shown(movement_result(held_back=held))
    assert found.held_back == held.words
    headings = [group.heading for group in found.groups]
    assert headings == [
        "3 people joined your regulars",
        "1 person came back",
        "2 regulars have left",
    ]
    assert [row.who for row in found.table] == headings


def test_the_table_says_the_same_and_names_what_did_not_happen() -> None:
    movement = movement_result(came_back=Group(count=0, people=[]))
    found = shown(movement)
    assert {row.who: row.people for row in found.table} == {
        "3 people joined your regulars": "3",
        "0 people came back": "0",
        "3 people are slipping": "3",
        "12 people have gone quiet": "12",
        "2 regulars have left": "2",
    }
    assert "came back" not in " ".join(group.heading for group in found.groups)


def test_nobody_moved_is_an_ordinary_time_and_too_early_is_nothing() -> None:
    assert shown(nobody_moved(back_to=NOW)).nobody == "Nobody moved. That is an ordinary time."
    assert moves(nobody_moved(), RULE, ZONE, lambda _ids: {}) is None
