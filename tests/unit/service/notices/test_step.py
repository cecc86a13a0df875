"""A step says what is due by every way and remembers it, across restarts and troubles."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest
from support.hook_receiver import HookReceiver, ok
from support.smtp_server import SmtpServer
from support.told_runs import HOUR, at, daily, record_run, settings_of, without

from regulars.notices import Network, Notifier
from regulars.notices.memory import FILE_NAME, Memory, read_memory, write_memory
from regulars.notices.step import pause_after
from regulars.settings import Settings
from regulars.store import Store
from regulars_connectors.instants import SECOND, Instant

SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
AWAY = "GET /subscriptions could not be fetched from api.beehiiv.com: ConnectTimeout."
MINUTE = 60 * SECOND


def by_mail(port: int) -> dict[str, Any]:
    return {
        "mail": {
            "host": "127.0.0.1",
            "port": port,
            "security": "none",
            "sender": "regulars@example.org",
            "recipients": ["owner@example.org"],
        }
    }


def by_hook(receiver: HookReceiver, shape: str = "standard") -> dict[str, Any]:
    hook: dict[str, Any] = {"name": "team", "url": receiver.url, "shape": shape}
    if shape == "standard":
        hook["secret"] = {"env": "HOOK_SECRET"}
    return {"web_hooks": [hook], "listed_hosts": [f"127.0.0.1:{receiver.port}"]}


def with_ways(folder: Path, *ways: dict[str, Any]) -> Settings:
    merged: dict[str, Any] = {}
    for way in ways:
        merged |= way
    return without(settings_of(folder / "data", **merged), "two")


def notifier(settings: Settings) -> Notifier:
    """A notifier as after a start, with little patience for receivers."""
    network = Network(at, mail_step_seconds=1, mail_seconds=2, hook_seconds=1)
    return Notifier(settings, at, next_look=daily, network=network)


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_SECRET", SECRET)


@pytest.fixture
def failing(store: Store) -> Store:
    """A store whose connection has failed for a day at ``at(2)``."""
    record_run(store, at())
    record_run(store, at(1), "failed", AWAY)
    record_run(store, at(2) - MINUTE, "failed", AWAY)
    return store


def test_one_failure_and_its_end_are_one_message_each_over_restarts(
    failing: Store, tmp_path: Path
) -> None:
    with SmtpServer() as server:
        settings = with_ways(tmp_path, by_mail(server.port))
        for hour in range(20):
            notifier(settings).step(failing, at(2, hours=hour))
        assert len(server.mails) == 1
        record_run(failing, at(3))
        for hour in range(1, 20):
            notifier(settings).step(failing, at(3, hours=hour))
        assert len(server.mails) == 2
    assert "one brings no people" in server.mails[0]
    assert "since 3 March 2026 at 05:15 (Europe/Lisbon)" in server.mails[0].replace("\r\n", " ")
    assert "one works again" in server.mails[1]


def test_a_lost_file_costs_at_most_one_repetition(failing: Store, tmp_path: Path) -> None:
    with SmtpServer() as server:
        settings = with_ways(tmp_path, by_mail(server.port))
        notifier(settings).step(failing, at(2))
        for harm in (b"", b"{", b"\xff\xfe", b'{"ways": 3}', b'{"format": 2}'):
            server.mails.clear()
            (tmp_path / "data" / FILE_NAME).write_bytes(harm)
            for hour in range(3):
                notifier(settings).step(failing, at(2, hours=hour))
            assert len(server.mails) == 1, harm
    assert os.stat(tmp_path / "data" / FILE_NAME).st_mode & 0o077 == 0


def test_without_a_way_nothing_is_written(failing: Store, tmp_path: Path) -> None:
    assert notifier(with_ways(tmp_path)).step(failing, at(2)) == []
    assert not (tmp_path / "data" / FILE_NAME).exists()


def test_several_findings_are_one_mail(store: Store, tmp_path: Path) -> None:
    record_run(store, at(1), "failed", AWAY)
    record_run(store, at(1), "failed", AWAY, connection="two")
    with SmtpServer() as server:
        settings = settings_of(tmp_path / "data", **by_mail(server.port))
        notifier(settings).step(store, at(2))
    (mail,) = server.mails
    assert "Subject: Regulars: 2 things to know" in mail
    assert "one brings no people" in mail
    assert "two brings no people" in mail


def test_two_ways_fail_and_succeed_apart(failing: Store, tmp_path: Path) -> None:
    with SmtpServer("refuses at once") as server, HookReceiver() as receiver:
        settings = with_ways(tmp_path, by_mail(server.port), by_hook(receiver))
        deliveries = notifier(settings).step(failing, at(2))
        assert [(one.way, one.trouble is None) for one in deliveries] == [
            ("mail", False),
            ("team", True),
        ]
        server.mood = "well"
        for hour in range(1, 5):
            notifier(settings).step(failing, at(2, hours=hour))
    assert len(server.mails) == len(receiver.received) == 1


def test_a_server_that_fails_is_left_alone_for_longer_and_longer(
    failing: Store, tmp_path: Path
) -> None:
    with SmtpServer("refuses the message") as server:
        settings = with_ways(tmp_path, by_mail(server.port))
        tried = []
        for minute in range(0, 3 * 60, 5):
            before = server.sessions
            notifier(settings).step(failing, at(2) + minute * MINUTE)
            tried += [minute] * (server.sessions - before)
        # Pauses of 5, 10, 20, 40 and 80 minutes.
        assert tried == [0, 5, 15, 35, 75, 155]
        way = read_memory(tmp_path / "data").ways["mail"]
        assert (way.tries, way.told) == (6, {})
        assert "refused the message (554)" in str(way.trouble)


def test_the_moment_of_the_next_attempt_is_known(failing: Store, tmp_path: Path) -> None:
    with SmtpServer("drops at once") as server:
        kept = notifier(with_ways(tmp_path, by_mail(server.port)))
        assert kept.retry_at() is None
        kept.step(failing, at(2))
        assert kept.retry_at() == at(2) + 5 * MINUTE
        server.mood = "well"
        kept.step(failing, at(2) + 5 * MINUTE)
    assert kept.retry_at() is None
    assert len(server.mails) == 1


def test_pauses_double_up_to_six_hours_and_a_named_wait_holds() -> None:
    assert [pause_after(tries) // MINUTE for tries in (1, 2, 3, 7, 8, 500)] == [
        5, 10, 20, 320, 360, 360,
    ]  # fmt: skip
    assert pause_after(1, 1800) == 30 * MINUTE
    assert pause_after(1, 10) == 5 * MINUTE
    assert pause_after(1, 10**9) == 6 * HOUR


def test_a_failure_that_ends_before_it_could_be_said_is_never_said(
    failing: Store, tmp_path: Path
) -> None:
    with SmtpServer("drops at once") as server:
        settings = with_ways(tmp_path, by_mail(server.port))
        notifier(settings).step(failing, at(2))
        record_run(failing, at(2, hours=1))
        server.mood = "well"
        for hour in range(2, 12):
            notifier(settings).step(failing, at(2, hours=hour))
    assert server.mails == []


def test_full_disk_while_remembering(
    failing: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was said is remembered in the process, and said once more after a restart at most."""
    real = os.open

    def full(path: Any, *args: Any, **kwargs: Any) -> int:
        if str(path).endswith(f"{FILE_NAME}.tmp"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        return real(path, *args, **kwargs)

    with SmtpServer() as server:
        settings = with_ways(tmp_path, by_mail(server.port))
        monkeypatch.setattr(os, "open", full)
        kept = notifier(settings)
        for hour in range(5):
            kept.step(failing, at(2, hours=hour))
        assert len(server.mails) == 1
        assert not list((tmp_path / "data").glob(f"{FILE_NAME}*"))
        monkeypatch.setattr(os, "open", real)
        kept.step(failing, at(2, hours=5))
        assert (tmp_path / "data" / FILE_NAME).exists()
        notifier(settings).step(failing, at(2, hours=6))
        assert len(server.mails) == 1


def test_a_crash_after_a_delivery_repeats_nothing(
    failing: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first of two web hooks is remembered before the second one is tried."""
    with HookReceiver() as receiver:
        ways = by_hook(receiver)
        ways["web_hooks"] += [ways["web_hooks"][0] | {"name": "second"}]
        settings = with_ways(tmp_path, ways)
        stopped = notifier(settings)

        def die(*_: Any) -> None:
            raise KeyboardInterrupt

        second = stopped._ways[1]
        object.__setattr__(second, "deliver", die)
        with pytest.raises(KeyboardInterrupt):
            stopped.step(failing, at(2))
        notifier(settings).step(failing, at(2))
    ids = [one.headers["webhook-id"] for one in receiver.received]
    assert len(ids) == 2


def test_a_repetition_has_the_same_id(failing: Store, tmp_path: Path) -> None:
    with HookReceiver([ok(500), ok()]) as receiver:
        settings = with_ways(tmp_path, by_hook(receiver))
        notifier(settings).step(failing, at(2))
        notifier(settings).step(failing, at(2, hours=1))
    first, second = receiver.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert json.loads(first.body)["type"] == "connection.failed"


def test_a_way_that_is_taken_out_of_the_settings_is_forgotten(
    failing: Store, tmp_path: Path
) -> None:
    with SmtpServer() as server, HookReceiver() as receiver:
        both = with_ways(tmp_path, by_mail(server.port), by_hook(receiver))
        notifier(both).step(failing, at(2))
        notifier(with_ways(tmp_path, by_hook(receiver))).step(failing, at(2, hours=1))
    assert set(read_memory(tmp_path / "data").ways) == {"team"}


def test_a_missing_secret_is_a_trouble_of_its_way_alone(
    failing: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HOOK_SECRET")
    with SmtpServer() as server, HookReceiver() as receiver:
        settings = with_ways(tmp_path, by_mail(server.port), by_hook(receiver))
        troubles = {one.way: one.trouble for one in notifier(settings).step(failing, at(2))}
    assert troubles == {
        "mail": None,
        "team": "The environment variable HOOK_SECRET is not set"
        " (notices.web_hooks, team, secret).",
    }


def test_a_way_that_breaks_is_a_trouble_of_its_own(
    failing: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with SmtpServer() as server, HookReceiver() as receiver:
        settings = with_ways(tmp_path, by_mail(server.port), by_hook(receiver))
        broken = notifier(settings)

        def fail(*_: Any) -> None:
            raise LookupError("a bug")

        object.__setattr__(broken._ways[0], "deliver", fail)
        first, second = broken.step(failing, at(2))
    assert first.trouble == "It failed unexpectedly. The log says where."
    assert second.trouble is None
    assert "a way for notices broke: mail" in caplog.text


def test_a_clock_that_was_ahead_lets_no_way_rest_for_years(failing: Store, tmp_path: Path) -> None:
    with SmtpServer("drops at once") as server:
        settings = with_ways(tmp_path, by_mail(server.port))
        notifier(settings).step(failing, at(2, hours=1))
        memory = read_memory(tmp_path / "data")
        memory.ways["mail"].next_at = at(3650)
        write_memory(tmp_path / "data", memory)
        server.mood = "well"
        notifier(settings).step(failing, at(2, hours=2))
    assert len(server.mails) == 1


def test_steps_at_once_say_a_thing_once(failing: Store, tmp_path: Path) -> None:
    import threading

    with SmtpServer() as server:
        kept = notifier(with_ways(tmp_path, by_mail(server.port)))
        now: Instant = at(2)
        threads = [threading.Thread(target=kept.step, args=(failing, now)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(server.mails) == 1


def test_the_outlook_says_what_is_due_and_what_was_said_and_changes_nothing(
    failing: Store, tmp_path: Path
) -> None:
    with SmtpServer() as server:
        settings = with_ways(tmp_path, by_mail(server.port))
        (before,) = notifier(settings).outlook(failing, at(2))
        assert [notice.kind for notice in before.notices] == ["connection.failed"]
        assert read_memory(tmp_path / "data") == Memory()
        notifier(settings).step(failing, at(2))
        (after,) = notifier(settings).outlook(failing, at(2, hours=1))
    assert (after.notices, after.said) == ((), ("connection.failed one",))
    assert len(server.mails) == 1
