"""What a connector does wrong becomes one error with its name, and nothing else breaks."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import pytest
from support.example_connectors import (
    PEOPLE,
    SIGNALS,
    ExampleConnector,
    ForgetfulCursor,
    ProvesWhole,
)

from regulars.connections.guarded import attributing_errors, attributing_rows, guard
from regulars.errors import DiskFull
from regulars_connectors import ConnectionSettings, Page, Runtime, Subscription, SyncState, Walk
from regulars_connectors.errors import AuthenticationFailed, ContractBroken, CursorExpired

RUNTIME = Runtime(clock=lambda: 1_767_600_000_000_000, sleep=lambda _: None)
WALK = Walk(PEOPLE, "whole")


def guarded(kind: type[ExampleConnector]) -> Any:
    return guard(kind(ConnectionSettings(), RUNTIME), "toy")


def test_a_sound_connector_passes_as_it_is() -> None:
    connector = guarded(ProvesWhole)
    assert list(connector.streams()) == [PEOPLE]
    (walk,) = connector.walks(PEOPLE, SyncState())
    pages = list(connector.pages(walk))
    assert [len(page.records) for page in pages] == [1, 0, 1]
    assert [page.cursor for page in pages] == ["1", "2", None]
    assert next(iter(connector.pages(walk, "2"))).records == pages[2].records


class Raises(ExampleConnector):
    """Raises what it is told to, everywhere."""

    has = (PEOPLE,)
    error: BaseException = LookupError("s3cret")

    def walks(self, stream: Any, state: SyncState) -> Sequence[Walk]:
        raise self.error

    def pages(self, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
        yield Page([Subscription(id="1", status="active")], "1", RUNTIME.clock())
        raise self.error

    def close(self) -> None:
        raise self.error


def raising(error: BaseException) -> Any:
    kind = type("Raising", (Raises,), {"error": error, "__module__": __name__})
    return guarded(kind)


@pytest.mark.parametrize("error", [LookupError("s3cret"), SystemExit("s3cret"), StopIteration()])
def test_a_foreign_error_becomes_one_that_says_whose_and_where(error: BaseException) -> None:
    connector = raising(error)
    with pytest.raises(ContractBroken) as raised:
        connector.walks(PEOPLE, SyncState())
    happened = raised.value.happened
    assert "'toy' broke its contract in walks() of the stream subscriptions" in happened
    assert type(error).__name__ in happened
    assert "s3cret" not in happened
    connector.close()  # hurts nobody


def test_an_interrupt_and_the_errors_of_both_families_come_through() -> None:
    for error in (KeyboardInterrupt(), AuthenticationFailed("No."), DiskFull("Full.")):
        with pytest.raises(type(error)):
            raising(error).walks(PEOPLE, SyncState())


def test_what_came_before_the_trouble_is_kept() -> None:
    pages = raising(LookupError()).pages(WALK)
    assert len(next(pages).records) == 1
    with pytest.raises(ContractBroken, match="pages\\(\\) of the stream subscriptions"):
        next(pages)


def test_a_break_at_the_place_of_an_earlier_run_starts_the_walk_again() -> None:
    class OfAnotherVersion(ExampleConnector):
        has = (PEOPLE,)

        def pages(self, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
            yield Page((), None, int(cursor or "1"))

    with pytest.raises(CursorExpired):
        next(guarded(OfAnotherVersion).pages(WALK, "no number"))
    with pytest.raises(CursorExpired):
        next(guarded(ForgetfulCursor).pages(WALK, "forgotten"))


def test_a_list_that_is_filled_again_for_each_page_changes_no_page_before() -> None:
    class OneList(ExampleConnector):
        has = (PEOPLE,)

        def pages(self, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
            rows: list[Any] = []
            for number in range(3):
                rows.clear()
                rows.append(Subscription(id=str(number), status="active"))
                after = str(number) if number < 2 else None
                yield Page(rows, after, RUNTIME.clock())

    pages = list(guarded(OneList).pages(WALK))
    assert [page.records[0].id for page in pages] == ["0", "1", "2"]


def test_a_walk_in_a_circle_is_noticed() -> None:
    class Circle(ExampleConnector):
        has = (PEOPLE,)

        def pages(self, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
            number = 0
            while True:
                row = Subscription(id=str(number), status="active")
                yield Page([row], str(number % 7), RUNTIME.clock())
                number += 1

    pages = guarded(Circle).pages(WALK)
    with pytest.raises(ContractBroken, match="the same cursor came twice"):
        list(islice(pages, 50))


def test_a_generator_that_is_left_is_ended_at_once() -> None:
    ended: list[bool] = []

    class Notes(ExampleConnector):
        has = (PEOPLE,)

        def pages(self, walk: Walk, cursor: str | None = None) -> Iterator[Page]:
            try:
                yield Page([Subscription(id="1", status="active")], "1", RUNTIME.clock())
                yield Page((), None, RUNTIME.clock())
            finally:
                ended.append(True)

    pages = guarded(Notes).pages(WALK)
    next(pages)
    pages.close()
    assert ended == [True]


def test_a_record_that_cannot_be_kept_is_named_by_its_number_and_field() -> None:
    records: list[Any] = [Subscription(id="1", status="active"), Subscription(id=2, status="left")]  # type: ignore[arg-type]
    with (
        pytest.raises(ContractBroken, match=r"record 2 of 2 .*id"),
        attributing_rows("toy", "subscriptions", records),
    ):
        raise TypeError
    with (
        pytest.raises(ContractBroken, match=r"cannot be stored \(ValueError\)"),
        attributing_rows("toy", SIGNALS.name, []),
    ):
        raise ValueError


def test_the_way_out_is_no_way_out() -> None:
    with (
        pytest.raises(ContractBroken, match="SystemExit"),
        attributing_errors("toy", "its constructor"),
    ):
        sys.exit(0)
