"""A provider's count that never agrees: said, accepted by the owner, and absence counts again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from regulars_connectors.instants import DAY

pytestmark = pytest.mark.usefixtures("store_stays_open")

Sync = Callable[..., Any]
Rows = Callable[[str], list[tuple[Any, ...]]]
GONE = "SELECT subscription_id FROM subscriptions WHERE presence = 'removed'"


@pytest.fixture
def people(provider: Any, person_of: Callable[..., Any]) -> Any:
    """A hundred people, of whom the provider counts three more."""
    provider.people = [person_of(number) for number in range(100)]
    provider.total = 103
    return provider


@pytest.fixture
def later(people: Any, sync: Sync) -> Callable[..., Any]:
    """A sync a week later, the count as far from the rows as ``off`` says."""

    def run(off: int = 3, **options: Any) -> Any:
        people.now += 7 * DAY
        people.total = len(people.people) + off
        return sync(**options)

    return run


def of_people(result: Any) -> Any:
    (stream,) = (one for one in result.streams if one.stream == "subscriptions")
    return stream


@pytest.mark.long
def test_a_difference_is_said_once_it_has_lasted(later: Callable[..., Any]) -> None:
    first, second, third, fourth = (later() for _ in range(4))
    assert [run.outcome for run in (first, second, third, fourth)] == ["partial"] * 4
    assert first.reason == "people: 100 came where the provider counts 103 to 103"
    assert third.reason.endswith("103 to 103, the same difference in 3 syncs running")
    advice = [
        notice
        for run in (first, second, third, fourth)
        for notice in run.notices
        if "--accept-count" in notice
    ]
    (told,) = advice
    assert told == (
        "people: the provider counts 3 more than it shows, in 3 syncs running. If you know why,"
        " accept it with `regulars sync conn --accept-count`."
    )
    assert [of_people(run).count_difference for run in (first, fourth)] == [-3, -3]


@pytest.mark.long
def test_an_accepted_difference_makes_runs_complete_and_absence_count(
    people: Any, later: Callable[..., Any], rows: Rows
) -> None:
    for _ in range(2):
        later()
    accepting = later(accept_count=True)
    assert (accepting.outcome, accepting.exit_code) == ("complete", 0)
    assert accepting.notices == [
        "people: the provider counts 3 more than it shows. You accepted that."
    ]
    assert of_people(accepting).accepted_difference == -3
    del people.people[0]
    once = later()
    assert (once.outcome, once.notices) == ("complete", [])
    assert rows(GONE) == []
    assert later().outcome == "complete"
    assert rows(GONE) == [("s000",)]


@pytest.mark.long
def test_the_other_way_round_a_provider_may_show_more_than_it_counts(
    later: Callable[..., Any],
) -> None:
    for _ in range(2):
        later(-2)
    accepting = later(-2, accept_count=True)
    assert accepting.outcome == "complete"
    assert "the provider shows 2 more than it counts" in accepting.notices[0]
    assert later(-2).outcome == "complete"


def test_a_difference_that_came_first_today_cannot_be_accepted(later: Callable[..., Any]) -> None:
    asked = later(accept_count=True)
    assert asked.outcome == "partial"
    assert asked.notices[0] == (
        "people: the provider counts 3 more than it shows."
        " It can be accepted once it stays the same for 2 more syncs."
    )
    later()
    assert later(accept_count=True).outcome == "complete"


@pytest.mark.long
def test_a_difference_that_moves_cannot_be_accepted(later: Callable[..., Any]) -> None:
    for off in (3, 4, 3, 4):
        later(off)
    assert later(3, accept_count=True).outcome == "partial"


@pytest.mark.long
def test_more_than_a_tenth_cannot_be_accepted(later: Callable[..., Any]) -> None:
    for _ in range(4):
        later(20)
    asked = later(20, accept_count=True)
    assert asked.outcome == "partial"
    assert "more than a tenth" in asked.notices[0]


@pytest.mark.long
def test_a_larger_difference_than_the_accepted_one_with_somebody_missing_is_in_doubt(
    people: Any, later: Callable[..., Any], rows: Rows
) -> None:
    for _ in range(2):
        later()
    later(accept_count=True)
    missing = people.people.pop(7)
    for _ in range(3):
        # The provider still counts the one who did not come: the walk lost somebody.
        assert later(4).outcome == "partial"
    assert rows(GONE) == []
    people.people.append(missing)
    assert later().outcome == "complete"


@pytest.mark.long
def test_a_larger_difference_is_whole_where_everybody_who_was_known_came(
    people: Any, later: Callable[..., Any], person_of: Callable[..., Any]
) -> None:
    for _ in range(2):
        later()
    later(accept_count=True)
    people.people.append(person_of(200))
    grown = later(4)
    assert (grown.outcome, of_people(grown).count_difference) == ("complete", -4)


@pytest.mark.long
def test_a_smaller_difference_than_the_accepted_one_is_whole(later: Callable[..., Any]) -> None:
    for _ in range(2):
        later()
    later(accept_count=True)
    assert [later(off).outcome for off in (2, 0, 3)] == ["complete"] * 3
    assert later(-1).outcome == "complete"  # nobody who was known is missing


@pytest.mark.long
def test_acceptance_survives_a_rebuild(
    later: Callable[..., Any], opened: Callable[[], Any], folder: Any
) -> None:
    for _ in range(2):
        later()
    later(accept_count=True)
    for file in folder.glob("regulars.duckdb*"):
        file.unlink()
    assert later().outcome == "complete"
