"""Work by account: in order within one, side by side between several, never too many at once."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

import pytest

from regulars.sync.queue import AccountQueues


def test_accounts_go_side_by_side() -> None:
    meeting = threading.Barrier(3, timeout=20)
    met: list[int] = []
    queues = AccountQueues(width=3)
    for account in range(3):
        queues.submit(account, lambda: met.append(meeting.wait()))
    queues.wait()
    assert sorted(met) == [0, 1, 2]


def test_within_an_account_one_follows_the_other_in_order() -> None:
    done: list[int] = []
    at_work: set[str] = set()

    def work(number: int) -> Callable[[], None]:
        def act() -> None:
            assert "one" not in at_work
            at_work.add("one")
            threading.Event().wait(0.001)
            done.append(number)
            at_work.remove("one")

        return act

    queues = AccountQueues()
    for number in range(20):
        queues.submit("account", work(number))
    queues.wait()
    assert done == list(range(20))


def test_never_more_accounts_than_the_width_at_once() -> None:
    lock, now, most = threading.Lock(), [0], [0]

    def act() -> None:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        threading.Event().wait(0.005)
        with lock:
            now[0] -= 1

    queues = AccountQueues(width=2)
    for account in range(12):
        queues.submit(account, act)
    queues.wait()
    assert most[0] == 2


def test_work_that_comes_later_is_done_too() -> None:
    done: list[str] = []
    queues = AccountQueues(width=1)
    queues.submit("a", lambda: queues.submit("b", lambda: done.append("b")))
    queues.wait()
    queues.submit("a", lambda: done.append("a"))
    queues.wait()
    assert done == ["b", "a"]


def test_work_that_broke_holds_nobody_up_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    done: list[str] = []
    queues = AccountQueues(width=1)
    queues.submit("a", lambda: 1 / 0)
    queues.submit("a", lambda: sys.exit(3))
    queues.submit("a", lambda: done.append("a"))
    queues.wait()
    assert done == ["a"]
    assert "ZeroDivisionError" in caplog.text
    assert "SystemExit" in caplog.text


def test_closing_waits_for_what_was_submitted() -> None:
    done: list[int] = []
    queues = AccountQueues(width=2)
    for number in range(6):
        queues.submit(number, lambda number=number: done.append(number))  # type: ignore[misc]
    queues.close()
    assert sorted(done) == list(range(6))
    with pytest.raises(RuntimeError):
        queues.submit("a", lambda: None)
