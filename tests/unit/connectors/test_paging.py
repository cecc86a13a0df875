"""Walks: they advance, they end, and they ask for less when an answer is too large."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from regulars_connectors import CursorExpired, CursorLoop, Page, Publication, ResponseTooLarge
from regulars_connectors.paging import count_through, follow, smaller


def row(number: int) -> Publication:
    return Publication(id=str(number), name="n")


def page(rows: list[int], cursor: str | None = None) -> Page:
    return Page([row(number) for number in rows], cursor, fetched_at=0)


def numbers(pages: list[Page]) -> list[int]:
    return [int(record.id or "") for one in pages for record in one.records]


def from_table(table: dict[str | None, Page]) -> Callable[[int, str | None], Page]:
    return lambda limit, cursor: table[cursor]


def list_of(length: int, largest: int = 100) -> Callable[[int, int], tuple[Page, bool]]:
    """A numbered list that cannot answer more than ``largest`` rows at once."""

    def fetch(limit: int, number: int) -> tuple[Page, bool]:
        if limit > largest:
            raise ResponseTooLarge("too large")
        start = (number - 1) * limit
        return page(list(range(start, min(length, start + limit)))), start + limit < length

    return fetch


def test_cursors_are_followed_to_the_end() -> None:
    fetch = from_table({None: page([1], "a"), "a": page([2], "b"), "b": page([3])})
    assert numbers(list(follow(fetch))) == [1, 2, 3]


def test_a_walk_goes_on_at_a_cursor() -> None:
    fetch = from_table({None: page([1], "a"), "a": page([2], "b"), "b": page([3])})
    assert numbers(list(follow(fetch, "a"))) == [2, 3]


def test_a_repeated_cursor_is_noticed_before_its_page_is_given() -> None:
    fetch = from_table({None: page([1], "a"), "a": page([2], "b"), "b": page([3], "a")})
    walk = follow(fetch)
    assert [next(walk).cursor, next(walk).cursor] == ["a", "b"]
    with pytest.raises(CursorLoop):
        next(walk)


def test_a_cursor_that_points_at_itself_is_noticed_when_resuming() -> None:
    with pytest.raises(CursorLoop):
        list(follow(from_table({"a": page([2], "a")}), "a"))


def test_an_empty_page_that_claims_more_is_noticed() -> None:
    with pytest.raises(CursorLoop, match="empty page"):
        list(follow(from_table({None: page([], "a")})))


def test_a_walk_is_bounded() -> None:
    with pytest.raises(CursorLoop, match="5 pages"):
        list(follow(lambda limit, cursor: page([1], f"{cursor}x"), max_pages=5))


def test_an_answer_that_is_too_large_is_asked_for_in_smaller_shares() -> None:
    asked: list[tuple[int, str | None]] = []

    def fetch(limit: int, cursor: str | None) -> Page:
        asked.append((limit, cursor))
        if limit > 30:
            raise ResponseTooLarge("too large")
        return page([len(asked)], "a" if cursor is None else None)

    assert len(list(follow(fetch))) == 2
    assert asked == [(100, None), (50, None), (25, None), (25, "a")]


def test_one_row_that_is_too_large_is_an_error() -> None:
    def fetch(limit: int, cursor: str | None) -> Page:
        raise ResponseTooLarge("too large")

    with pytest.raises(ResponseTooLarge):
        list(follow(fetch))


def test_smaller_shares_divide_the_larger_ones() -> None:
    assert [smaller(limit) for limit in (100, 50, 25, 5, 9, 7)] == [50, 25, 5, 1, 3, 1]


@pytest.mark.parametrize("length", [0, 1, 99, 100, 101, 250])
@pytest.mark.parametrize("largest", [100, 60, 30, 4])
def test_numbered_pages_give_every_row_once_whatever_fits(length: int, largest: int) -> None:
    assert numbers(list(count_through(list_of(length, largest)))) == list(range(length))


@pytest.mark.parametrize("largest", [100, 30])
def test_numbered_walks_go_on_at_every_cursor(largest: int) -> None:
    pages = list(count_through(list_of(250, largest)))
    for place, one in enumerate(pages[:-1]):
        rest = list(count_through(list_of(250, largest), one.cursor))
        assert numbers(rest) == numbers(pages[place + 1 :])


def test_numbered_walks_of_other_sizes_go_on_at_every_cursor() -> None:
    """200 rows were too large once: from then on there are pages of 100, and it shows."""
    pages = list(count_through(list_of(950, 100), limit=200))
    assert [one.cursor for one in pages[:2]] == ["2/100", "3/100"]
    for place, one in enumerate(pages[:-1]):
        rest = list(count_through(list_of(950, 100), one.cursor, limit=200))
        assert numbers(rest) == numbers(pages[place + 1 :])


def test_the_cursor_of_numbered_pages_is_the_page_number() -> None:
    assert [one.cursor for one in count_through(list_of(250))] == ["2", "3", None]


def test_a_numbered_empty_page_that_claims_more_is_noticed() -> None:
    with pytest.raises(CursorLoop):
        list(count_through(lambda limit, number: (page([]), True)))


def counted(
    length: int, *, total: int | None, claims: Callable[[int], bool | None], cap: int = 100
) -> Callable[[int, int], tuple[Page, bool | None]]:
    """A numbered list of ``length`` rows that says this of its total and of further pages.

    cap: the most rows that it gives, whatever is asked for. claims: by the number of a page.
    """

    def fetch(limit: int, number: int) -> tuple[Page, bool | None]:
        size = min(limit, cap)
        rows = list(range(min(length, (number - 1) * size), min(length, number * size)))
        return replace(page(rows), total=total), claims(number)

    return fetch


NOT_SAID = lambda number: None  # noqa: E731
FOR_EVER = lambda number: True  # noqa: E731
ONE_PAGE = lambda number: False  # noqa: E731


@pytest.mark.parametrize("length", [0, 1, 12, 99, 100, 101, 200, 250])
@pytest.mark.parametrize(
    ("claims", "has_total"),
    [(NOT_SAID, False), (NOT_SAID, True), (FOR_EVER, True), (lambda number: number < 9, True)],
    ids=["nothing is said", "a total alone", "more for ever", "too many pages"],
)
def test_numbered_pages_end_by_what_came(
    length: int, claims: Callable[[int], bool | None], has_total: bool
) -> None:
    fetch = counted(length, total=length if has_total else None, claims=claims)
    assert numbers(list(count_through(fetch))) == list(range(length))


@pytest.mark.parametrize("length", [100, 101, 250])
def test_a_count_of_pages_that_is_too_low_loses_no_row(length: int) -> None:
    fetch = counted(length, total=length, claims=ONE_PAGE)
    assert numbers(list(count_through(fetch))) == list(range(length))


def test_a_provider_that_gives_fewer_rows_than_asked_for_is_read_to_its_end() -> None:
    for claims in (lambda number: number < 5, NOT_SAID, FOR_EVER):
        fetch = counted(125, total=125, claims=claims, cap=25)
        assert numbers(list(count_through(fetch))) == list(range(125))


@pytest.mark.parametrize("total", [0, 2, 100])
def test_a_total_that_is_too_low_hides_no_row_behind_a_claim_of_more(total: int) -> None:
    fetch = counted(230, total=total, claims=lambda number: number < 3)
    assert numbers(list(count_through(fetch))) == list(range(230))


def test_a_total_that_is_too_high_ends_with_the_rows() -> None:
    fetch = counted(12, total=15, claims=FOR_EVER)
    pages = list(count_through(fetch))
    assert numbers(pages) == list(range(12))
    assert pages[-1].cursor is None


def test_a_numbered_walk_is_bounded() -> None:
    with pytest.raises(CursorLoop, match="3 pages"):
        list(count_through(lambda limit, number: (page([1]), True), max_pages=3))


@pytest.mark.parametrize("cursor", ["eyJ0IjoxfQ==", "2/x", ""])
def test_a_cursor_that_is_no_page_number_has_expired(cursor: str) -> None:
    with pytest.raises(CursorExpired):
        list(count_through(list_of(10), cursor))
