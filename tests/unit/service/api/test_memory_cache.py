"""Responses in memory: few enough, valid when they are found, and made once for all who ask."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from regulars.api.memory_cache import ENTRY_BYTES, CacheEntry, ResponseCache
from regulars.api.responses import prepare

BOUND = 100


class Clock:
    """Moved by a test."""

    def __init__(self) -> None:
        self.now = 10

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cache(clock: Clock) -> ResponseCache:
    """Room for 100 units of which three entries take 30 each."""
    return ResponseCache(clock, max_bytes=BOUND * ENTRY_BYTES)


def entry(units: int, since: int = 0, until: int = 1_000) -> CacheEntry:
    body = b"x" * (ENTRY_BYTES * (units - 1))
    return CacheEntry(prepare(body, "text/plain", {}), since, until)


def keep(cache: ResponseCache, name: str, made: CacheEntry) -> CacheEntry:
    return cache.get_or_make(name, lambda: made)


def held(cache: ResponseCache) -> set[str]:
    return {name for name in "abcd" if cache.find(name)}


def test_the_one_used_longest_ago_goes_first(cache: ResponseCache) -> None:
    for name in "abc":
        keep(cache, name, entry(30))
    cache.find("a")
    keep(cache, "d", entry(30))
    assert held(cache) == {"a", "c", "d"}


def test_one_that_is_too_large_drives_nobody_out(cache: ResponseCache) -> None:
    keep(cache, "a", entry(60))
    large = entry(BOUND + 1)
    assert keep(cache, "b", large) is large
    assert held(cache) == {"a"}
    keep(cache, "c", entry(40))
    assert held(cache) == {"a", "c"}


def test_small_ones_are_bounded_too(cache: ResponseCache) -> None:
    for number in range(3 * BOUND):
        keep(cache, str(number), entry(1))
    assert sum(cache.find(str(number)) is not None for number in range(3 * BOUND)) == BOUND


def test_it_is_valid_from_its_first_instant_until_before_its_last(
    cache: ResponseCache, clock: Clock
) -> None:
    first = keep(cache, "a", entry(1, since=10, until=20))
    clock.now = 19
    assert keep(cache, "a", entry(1)) is first
    clock.now = 20
    assert cache.find("a") is None
    second = keep(cache, "a", entry(1, since=20, until=30))
    assert cache.find("a") is second


def test_a_clock_that_is_set_back_ends_it(cache: ResponseCache, clock: Clock) -> None:
    keep(cache, "a", entry(1, since=10, until=20))
    clock.now = 9
    assert cache.find("a") is None
    earlier = keep(cache, "a", entry(1, since=0, until=10))
    assert cache.find("a") is earlier


def test_one_that_expired_while_it_was_made_is_handed_out_once(
    cache: ResponseCache, clock: Clock
) -> None:
    def make() -> CacheEntry:
        clock.now = 25
        return late

    late = entry(1, since=10, until=20)
    assert cache.get_or_make("a", make) is late
    assert cache.find("a") is None


def test_all_who_ask_at_once_get_what_one_of_them_makes(cache: ResponseCache) -> None:
    asking, made = threading.Barrier(8), []

    def make() -> CacheEntry:
        made.append(entry(1))
        return made[-1]

    def ask(_: int) -> CacheEntry:
        asking.wait()
        return cache.get_or_make("a", make)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(ask, range(8)))
    assert found == made * 8


def test_an_error_goes_to_who_met_it_and_the_next_one_tries(cache: ResponseCache) -> None:
    waits, may_fail = threading.Event(), threading.Event()
    good = entry(1)

    def fail() -> CacheEntry:
        waits.set()
        assert may_fail.wait(10)
        raise OSError

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(cache.get_or_make, "a", fail)
        assert waits.wait(10)
        second = pool.submit(cache.get_or_make, "a", lambda: good)
        may_fail.set()
        with pytest.raises(OSError):  # noqa: PT011 - whatever it is
            first.result(10)
        assert second.result(10) is good


def test_what_is_made_may_ask_for_another(cache: ResponseCache) -> None:
    """A page asks for its reports."""
    page = cache.get_or_make("page", lambda: keep(cache, "report", entry(2)))
    assert cache.find("report") is page is cache.find("page")
