"""How often an address may be wrong."""

from __future__ import annotations

from regulars.access.attempts import Attempts
from regulars_connectors.instants import SECOND

MINUTE = 60 * SECOND


class Clock:
    now = 1_767_243_600 * SECOND

    def __call__(self) -> int:
        return self.now


def test_the_eleventh_waits_until_the_first_is_a_quarter_of_an_hour_old() -> None:
    clock = Clock()
    attempts = Attempts(clock)
    for _ in range(10):
        assert attempts.seconds_to_wait("192.0.2.1") == 0
        attempts.note("192.0.2.1")
        clock.now += MINUTE
    assert attempts.seconds_to_wait("192.0.2.1") == 300
    assert attempts.seconds_to_wait("192.0.2.2") == 0
    clock.now += 5 * MINUTE - 1
    assert attempts.seconds_to_wait("192.0.2.1") == 1
    clock.now += 1
    assert attempts.seconds_to_wait("192.0.2.1") == 0
    attempts.note("192.0.2.1")
    assert attempts.seconds_to_wait("192.0.2.1") == 60


def test_a_household_of_ipv6_counts_as_one() -> None:
    attempts = Attempts(Clock())
    for number in range(10):
        attempts.note(f"2001:db8:1:2::{number:x}")
    assert attempts.seconds_to_wait("2001:db8:1:2:ffff::1") > 0
    assert attempts.seconds_to_wait("2001:db8:1:3::1") == 0


def test_an_address_is_one_in_both_forms() -> None:
    attempts = Attempts(Clock())
    for _ in range(10):
        attempts.note("::ffff:192.0.2.1")
    assert attempts.seconds_to_wait("192.0.2.1") > 0


def test_memory_is_bounded_and_the_oldest_goes_first() -> None:
    attempts = Attempts(Clock(), most_addresses=100)
    for number in range(1_000):
        for _ in range(10):
            attempts.note(f"10.0.{number // 256}.{number % 256}")
    assert len(attempts) == 100
    assert attempts.seconds_to_wait("10.0.3.231") > 0
    assert attempts.seconds_to_wait("10.0.0.0") == 0


def test_a_clock_that_is_set_back_locks_nobody_out() -> None:
    clock = Clock()
    attempts = Attempts(clock)
    for _ in range(10):
        attempts.note("192.0.2.1")
    clock.now -= 60 * MINUTE
    assert attempts.seconds_to_wait("192.0.2.1") == 0
