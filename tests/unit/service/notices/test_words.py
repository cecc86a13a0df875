"""Notices in plain words, without a word of a reader, a post or a provider."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.hook_receiver import HookReceiver
from support.smtp_server import SmtpServer
from support.told_runs import at, daily, record_run, settings_of

from regulars.notices import Network, Notifier
from regulars.notices.findings import Notice
from regulars.notices.words import body_of, moment, own_words, subject_of, words_of
from regulars.store import Store

CANARY_ADDRESS = "canary.reader@example.org"
CANARY = "canary-words-71c2"


@pytest.mark.parametrize(
    ("reason", "left"),
    [
        (None, None),
        ("The provider refused the key (401).", "The provider refused the key (401)."),
        (
            f'The provider refused the key (401). The answer says: "{CANARY} is no key"',
            "The provider refused the key (401).",
        ),
        (f"GET /x?email={CANARY} failed", "GET /x?[redacted] failed."),
        (f"{CANARY_ADDRESS} is odd.", "[redacted] is odd."),
        ("Bearer abcdefgh12345 was refused.", "Bearer [redacted] was refused."),
        ("line one\nline two\x1b[31m", "line one line two\ufffd[31m."),
        ("", None),
        ("x" * 5_000, "x" * 299 + "…"),
    ],
)
def test_a_reason_keeps_our_own_words_alone(reason: str | None, left: str | None) -> None:
    assert own_words(reason) == left


def test_a_moment_is_that_of_the_publication() -> None:
    assert moment(at()) == "2 March 2026 at 05:15 (UTC)"
    assert moment(at(120), "Europe/Lisbon") == "30 June 2026 at 06:15 (Europe/Lisbon)"


@pytest.mark.parametrize(
    ("notice", "heading", "to_do"),
    [
        (Notice("connection.recovered", at(), "one", "letters", at(1)), "one works again", "not"),
        (
            Notice("connection.incomplete", at(), "one", "letters", reason="It counts 9."),
            "one sees a part only",
            "regulars sync one --accept-count",
        ),
        (Notice("totals.zero", at(), "one", "letters"), "one counts nothing", "tracking"),
        (
            Notice("changes.held", at(), "one", "letters", count=40),
            "one waits for your word",
            "regulars sync one --accept-removals",
        ),
        (Notice("changes.held", at(), "one", "letters"), "one waits for your word", "next look"),
        (Notice("disk.short", at(), count=312), "The disk of your store runs short", "free some"),
        (Notice("test", at()), "A test message", "nothing"),
    ],
)
def test_each_notice_says_what_happened_and_what_to_do(
    notice: Notice, heading: str, to_do: str
) -> None:
    words = words_of(notice, floor_mib=200)
    assert words.heading == heading
    assert to_do in words.to_do
    assert words.to_do.startswith("To do: ")
    assert subject_of([words]) == f"Regulars: {heading}"
    assert subject_of([words] * 3) == "Regulars: 3 things to know"
    assert body_of([words]).count("\n\n") == 2


def test_one_person_and_several() -> None:
    one = words_of(Notice("changes.held", at(), "one", "letters", count=1))
    many = words_of(Notice("changes.held", at(), "one", "letters", count=1234))
    assert "1 person is gone" in one.happened
    assert "1,234 people are gone" in many.happened


def test_no_address_name_or_title_leaves_by_any_way(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A provider whose refusals name a reader and a post, and another one's connector."""
    monkeypatch.setenv("HOOK_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    said = f'{CANARY_ADDRESS}. The answer says: "{CANARY} by {CANARY_ADDRESS}"'
    for connection in ("one", "two"):
        record_run(store, at(), connection=connection, alarm="counters_all_zero")
        for hours in (24, 47):
            record_run(store, at(hours=hours), "failed", said, connection=connection, held=(3, 0))
    with SmtpServer() as server, HookReceiver() as receiver:
        shapes = ("standard", "slack", "ntfy")
        hooks = [{"name": shape, "url": receiver.url, "shape": shape} for shape in shapes]
        hooks[0]["secret"] = {"env": "HOOK_SECRET"}  # type: ignore[assignment]
        settings = settings_of(
            tmp_path / "data",
            mail={
                "host": "127.0.0.1", "port": server.port, "security": "none",
                "sender": "regulars@example.org", "recipients": ["owner@example.org"],
            },
            web_hooks=hooks,
            listed_hosts=[f"127.0.0.1:{receiver.port}"],
        )  # fmt: skip
        Notifier(settings, at, next_look=daily, network=Network(at)).step(store, at(2))
    sent = "".join(server.mails)
    sent += "".join(one.body.decode() + str(one.headers) for one in receiver.received)
    assert "brings no people" in sent
    assert sent.count("counts nothing") >= 4
    for private in (CANARY, CANARY_ADDRESS, "canary.reader"):
        assert private not in sent
