"""A run counts the records that its reader sees, whatever number of history rows each became."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from regulars_connectors.instants import DAY
from regulars_connectors.records import Counters, Signal

pytestmark = pytest.mark.usefixtures("store_stays_open")

Sync = Callable[..., Any]


@pytest.fixture
def people(provider: Any, person_of: Callable[..., Any]) -> Any:
    provider.people = [person_of(number) for number in range(25)]
    return provider


def counted(result: Any, stream: str) -> tuple[int, int, int]:
    """Seen, new or different, no longer shown."""
    (facts,) = [facts for facts in result.streams if facts.stream == stream]
    return facts.seen, facts.changed, facts.gone


def test_a_newcomer_counts_once_though_four_rows_of_history_are_written(
    people: Any, sync: Sync
) -> None:
    result = sync()
    assert counted(result, "subscriptions") == (25, 25, 0)
    assert result.written == 4 * 25


def test_one_record_that_differs_in_several_history_streams_counts_once(
    people: Any, sync: Sync
) -> None:
    sync()
    people.now += DAY
    first, second, third, *others = people.people
    people.people = [
        # three rows, one of words, one of totals
        replace(first, status="left", name="Other", counters=Counters(3, 1, 0)),
        replace(second, name="Other"),
        replace(third, counters=Counters(3, 1, 0)),
        *others,
    ]
    result = sync()
    assert counted(result, "subscriptions") == (25, 3, 0)
    assert result.written == 5


def test_people_no_longer_shown_are_counted_beside_those_who_differ(
    people: Any, sync: Sync
) -> None:
    sync()
    people.now += DAY
    people.people[0] = replace(people.people[0], tier="premium")
    del people.people[-1]
    assert counted(sync(), "subscriptions") == (24, 1, 1)


def test_an_answer_whose_text_alone_differs_counts_once(people: Any, sync: Sync) -> None:
    answers = [
        Signal(kind="poll", id=f"r{number}", subscription_id="s001", text="fine")
        for number in range(3)
    ]
    people.signals = answers
    assert counted(sync(), "signals") == (3, 3, 0)
    people.now += DAY
    people.signals = [replace(answers[0], text="better"), *answers[1:]]
    assert counted(sync(), "signals") == (3, 1, 0)


def test_the_counts_are_remembered_with_the_run(
    people: Any, sync: Sync, rows: Callable[[str], list[tuple[Any, ...]]]
) -> None:
    sync()
    assert rows("SELECT seen, changed, gone, written FROM run_streams WHERE seen = 25") == [
        (25, 25, 0, 100)
    ]
