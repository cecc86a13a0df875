"""Work by account: in order within one, side by side between several, never too many at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from regulars.connections.accounts import account_of
from regulars.settings import build_settings
from regulars.sync.queue import AccountQueues


def test_accounts_go_side_by_side() -> None:
    meeting = threading.Barrier(3, timeout=20)
    met: list[int] = []
    lanes = AccountQueues(width=3)
    for account in range(3):
        lanes.submit(account, lambda: met.append(meeting.wait()))
    lanes.wait()
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

    lanes = AccountQueues()
    for number in range(20):
        lanes.submit("account", work(number))
    lanes.wait()
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

    lanes = AccountQueues(width=2)
    for account in range(12):
        lanes.submit(account, act)
    lanes.wait()
    assert most[0] == 2


def test_work_that_comes_later_is_done_too() -> None:
    done: list[str] = []
    lanes = AccountQueues(width=1)
    lanes.submit("a", lambda: lanes.submit("b", lambda: done.append("b")))
    lanes.wait()
    lanes.submit("a", lambda: done.append("a"))
    lanes.wait()
    assert done == ["b", "a"]


def test_nobody_waits_for_work_that_broke(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    lanes = AccountQueues(width=1)
    lanes.submit("a", lambda: 1 / 0)
    lanes.wait()
    done: list[str] = []
    lanes.submit("a", lambda: done.append("a"))
    lanes.wait()
    assert done == ["a"]


def connections(*options: dict[str, Any]) -> list[Any]:
    made = [
        {"name": f"c-{number}", "connector": "beehiiv", **option}
        for number, option in enumerate(options)
    ]
    settings = build_settings({"publications": [{"name": "p", "connections": made}]}, None)
    return [account_of(settings, config) for _, config in settings.connections()]


def test_the_same_key_is_the_same_account_wherever_it_lies(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "key").write_text("k1\n")
    monkeypatch.setenv("A_KEY", "k1")
    one, two, three, other = connections(
        {"api_key": "k1", "publication_id": "pub_1"},
        {"api_key": {"env": "A_KEY"}, "publication_id": "pub_2"},
        {"api_key": {"file": str(tmp_path / "key")}},
        {"api_key": "k2"},
    )
    assert one == two == three != other


def test_a_named_account_counts_more_than_the_key() -> None:
    one, two, other = connections(
        {"api_key": "k1", "account": "org"}, {"api_key": "k2", "account": "org"}, {"api_key": "k1"}
    )
    assert one == two != other


def test_connections_without_a_secret_or_with_wrong_settings_stand_alone() -> None:
    folder = {"connector": "files", "folder": "x"}
    found = connections(folder, folder, {"api_key": {"env": "NOT_SET"}}, {"connector": "nobody"})
    assert len(set(found)) == 4
