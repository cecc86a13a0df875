"""The schedule and the runs of one process, over a real store."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from support.schedule_rig import START, ScheduleRig, Scripted

from regulars.errors import DiskFull, RegularsError, SettingsWrong
from regulars.jobs.due import DueRuns
from regulars.jobs.schedule import HOUR, MINUTE
from regulars.jobs.view import view_of
from regulars.store.run_record import find_run, newest_run_ids
from regulars_connectors.contract import Finding, Runtime
from regulars_connectors.errors import QuotaExceeded, Unreachable
from regulars_connectors.instants import DAY


def ended(due: DueRuns, rig: ScheduleRig) -> list[str]:
    """Start what is due, wait for it, and say how it ended."""
    service = due._service
    started = due.start_due()
    service._queues.wait()
    return [service.get(run.record.run_id).outcome for run in started]


def reason_of_newest(rig: ScheduleRig) -> str | None:
    (run_id,) = newest_run_ids(rig.store, 1)
    record = find_run(rig.store, run_id)
    assert record is not None
    return record.reason


def test_what_is_due_is_done_once(rig: ScheduleRig) -> None:
    jobs = rig.jobs(rig.write("a: every 5 minutes", "b: daily 05:00", "c: off"))
    assert [one.next.why for one in jobs.due.standings()] == ["first", "first", "off"]
    assert ended(jobs.due, rig) == ["complete", "complete"]
    assert ended(jobs.due, rig) == []
    rig.now += 5 * MINUTE
    assert ended(jobs.due, rig) == ["complete"]
    jobs.stop()


def test_a_new_process_goes_on_where_the_last_one_was(rig: ScheduleRig) -> None:
    settings = rig.write("a: every 5 minutes")
    first = rig.jobs(settings)
    assert ended(first.due, rig) == ["complete"]
    (before,) = first.due.standings()
    first.stop()
    again = rig.jobs(settings)
    (after,) = again.due.standings()
    assert after == before
    again.stop()


def test_defaults(rig: ScheduleRig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Running totals want a look before posts, files are never pulled, others come daily."""
    settings = rig.write("a")
    jobs = rig.jobs(settings)
    (one,) = jobs.due.standings()
    assert (one.rule.kind, one.is_default) == ("daily", True)
    assert 120 <= one.rule.minute < 480
    totals = [replace(stream, running_totals=True) for stream in Scripted.has]
    monkeypatch.setattr(Scripted, "has", tuple(totals))
    (one,) = rig.jobs(settings).due.standings()
    assert (one.rule.kind, one.rule.text) == ("before posts", "before posts")
    monkeypatch.setattr(
        Scripted, "has", tuple(replace(one, running_totals=False) for one in totals)
    )
    monkeypatch.setattr(Scripted.Settings, "local_files", True)
    (one,) = rig.jobs(settings).due.standings()
    assert (one.rule.kind, one.next.why) == ("off", "off")
    jobs.stop()


def test_a_first_try_after_trouble_is_a_small_one(
    rig: ScheduleRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: Runtime) -> None:
        raise Unreachable("The provider is away.")

    monkeypatch.setattr(Scripted, "before_page", staticmethod(away))
    jobs = rig.jobs(rig.write("a: daily 05:00"))
    assert ended(jobs.due, rig) == ["failed"]
    assert Scripted.asked == ["pages"]
    (one,) = jobs.due.standings()
    assert (one.next.why, one.next.at) == ("retry", START + 5 * MINUTE)
    assert view_of(one).failures == 1
    # The second time it looks first, and finds that its key has become wrong.
    Scripted.asked.clear()
    monkeypatch.setattr(Scripted, "before_page", staticmethod(lambda _: None))
    monkeypatch.setattr(Scripted, "findings", (Finding("key", "error", "The key is refused."),))
    rig.now += 5 * MINUTE
    assert ended(jobs.due, rig) == ["partial"]
    assert Scripted.asked == ["preflight", "pages"]
    assert reason_of_newest(rig) == "The key is refused."
    # Everybody was seen nevertheless, since the first stream is the only one here.
    (one,) = jobs.due.standings()
    assert one.trouble is None
    jobs.stop()


def test_every_second_try_walks_whatever_a_first_look_says(
    rig: ScheduleRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = rig.jobs(rig.write("a: daily 05:00"))
    small = []
    monkeypatch.setattr(
        Scripted, "before_page", staticmethod(lambda _: (_ for _ in ()).throw(Unreachable("Away.")))
    )
    for _ in range(4):
        (one,) = jobs.due.standings()
        small.append(one.begins_small)
        ended(jobs.due, rig)
        rig.now += 6 * HOUR
    assert small == [False, True, False, True]
    jobs.stop()


def test_a_wait_that_the_provider_names_holds_for_its_account(
    rig: ScheduleRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def over_quota(_: Runtime) -> None:
        raise QuotaExceeded("The quota is used up.", after_seconds=3600)

    monkeypatch.setattr(Scripted, "before_page", staticmethod(over_quota))
    settings = rig.write("a: every 5 minutes", "b: every 5 minutes")
    jobs = rig.jobs(settings)
    monkeypatch.setattr("regulars.jobs.planner.account_of", lambda *_: "the only account")
    assert ended(jobs.due, rig) == ["failed", "failed"]
    rig.now += 10 * MINUTE
    assert [one.next.why for one in jobs.due.standings()] == ["provider_wait"] * 2
    assert jobs.due.start_due() == []
    rig.now = START + HOUR
    assert len(jobs.due.start_due()) == 2
    jobs.stop()


def test_a_run_that_hangs_is_cut_and_said_so(
    rig: ScheduleRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits for a provider that never answers, until the time that the settings name."""

    def hang(runtime: Runtime) -> None:
        rig.now += 2 * HOUR + MINUTE
        runtime.sleep(1)

    monkeypatch.setattr(Scripted, "before_page", staticmethod(hang))
    jobs = rig.jobs(rig.write("a: daily 05:00", more="\n[schedule]\nlongest_run_hours = 2\n"))
    assert ended(jobs.due, rig) == ["partial"]
    assert reason_of_newest(rig) == (
        "It was cut after 2 hours, the longest that `longest_run_hours` allows."
        " The next run resumes from there."
    )
    (one,) = jobs.due.standings()
    assert (one.next.why, one.next.at) == ("retry", rig.now + 5 * MINUTE)
    jobs.stop()


def test_a_run_that_hangs_without_asking_makes_the_service_unready(
    rig: ScheduleRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached, opened = threading.Event(), threading.Event()

    def stuck(_: Runtime) -> None:
        reached.set()
        assert opened.wait(30)

    monkeypatch.setattr(Scripted, "before_page", staticmethod(stuck))
    jobs = rig.jobs(rig.write("a: daily 05:00"))
    jobs.due.start_due()
    assert reached.wait(30)
    assert jobs.faults() == []
    assert jobs.due.standings()[0].next.why == "running"
    rig.now += 12 * HOUR + 11 * MINUTE
    assert jobs.faults() == ["the sync of a does not end"]
    opened.set()
    jobs.stop()
    assert jobs.faults() == []


def test_a_publication_paused_in_mid_run_rests_afterwards(
    rig: ScheduleRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run under way comes to its end. The next one waits for the owner."""
    settings = rig.write("a: daily 05:00")
    jobs = rig.jobs(settings)
    monkeypatch.setattr(
        Scripted,
        "before_page",
        staticmethod(lambda _: rig.write("a: daily 05:00", publication="paused = true\n")),
    )
    assert ended(jobs.due, rig) == ["complete"]
    rig.now += DAY
    assert [one.next.why for one in jobs.due.standings()] == ["paused"]
    assert ended(jobs.due, rig) == []
    rig.write("a: daily 05:00", publication="paused = false\n")
    assert [one.next.why for one in jobs.due.standings()] == ["missed"]
    jobs.stop()


def test_a_connection_removed_while_it_waits_is_forgotten(
    rig: ScheduleRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are of one account: the second waits for the first, and is gone by then."""
    settings = rig.write("a: every 5 minutes", "b: every 5 minutes")
    monkeypatch.setattr("regulars.sync.service.account_of", lambda *_: "the only account")
    monkeypatch.setattr(
        Scripted, "before_page", staticmethod(lambda _: rig.write("a: every 5 minutes"))
    )
    jobs = rig.jobs(settings)
    assert ended(jobs.due, rig) == ["complete", "partial"]
    assert len(newest_run_ids(rig.store, 10)) == 1
    assert [one.config.name for one in jobs.due.standings()] == ["a"]
    rig.now += DAY
    assert len(ended(jobs.due, rig)) == 1
    jobs.stop()


def test_settings_that_become_unreadable_leave_the_schedule_as_it_was(rig: ScheduleRig) -> None:
    jobs = rig.jobs(rig.write("a: every 5 minutes"))
    assert ended(jobs.due, rig) == ["complete"]
    (rig.root / "regulars.toml").write_text("this is no TOML")
    rig.now += 5 * MINUTE
    assert ended(jobs.due, rig) == ["complete"]
    jobs.stop()


@pytest.mark.parametrize(
    ("what", "error"),
    [
        ("regulars.sync.run.connect", SettingsWrong("The key is missing.")),
        ("regulars.store.Store.require_room", DiskFull("The disk is full.")),
    ],
    ids=["wrong settings", "a full disk"],
)
def test_a_failure_without_a_record_backs_off_as_well(
    rig: ScheduleRig,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    what: str,
    error: RegularsError,
) -> None:
    """Nothing of it is in the store: the process remembers it, and the log says it."""

    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(what, refuse)
    jobs = rig.jobs(rig.write("a: daily 05:00"))
    assert ended(jobs.due, rig) == ["failed"]
    assert newest_run_ids(rig.store, 10) == []
    for wait in (5 * MINUTE, 10 * MINUTE):
        (one,) = jobs.due.standings()
        assert (one.next.why, one.next.at) == ("retry", rig.now + wait)
        assert view_of(one).last_reason == error.happened
        rig.now += wait
        assert ended(jobs.due, rig) == ["failed"]
    assert f"sync of a: {error.happened} ({error.code})" in caplog.text
    jobs.stop()


def test_a_publication_is_started_by_hand_beside_the_schedule(rig: ScheduleRig) -> None:
    jobs = rig.jobs(rig.write("a: off", "b: daily 05:00"))
    started = jobs.due.start_publication("letters")
    assert [run.record.connection for run in started] == ["a", "b"]
    assert jobs.due.start_publication("other") == []
    jobs.stop()


def test_the_page_sees_a_run_begin_and_end(
    rig: ScheduleRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached, opened = threading.Event(), threading.Event()

    def wait(_: Runtime) -> None:
        reached.set()
        assert opened.wait(30)

    monkeypatch.setattr(Scripted, "before_page", staticmethod(wait))
    jobs = rig.jobs(rig.write("a: every 5 minutes"))
    assert [view.why for view in jobs.due.views_for_pages()] == ["first"]
    jobs.due.start_due()
    assert reached.wait(30)
    assert [view.why for view in jobs.due.views_for_pages()] == ["running"]
    assert jobs.due.views_for_pages() is jobs.due.views_for_pages()
    opened.set()
    jobs.runs._queues.wait()
    assert [view.why for view in jobs.due.views_for_pages()] == ["regular"]
    jobs.stop()


@pytest.mark.parametrize("seconds", [-7200.0, 7200.0], ids=["behind", "ahead"])
def test_a_provider_with_another_time_neither_doubles_nor_loses_runs(
    rig: ScheduleRig, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    """The record follows the provider's clock, and the schedule this machine's."""

    def note(runtime: Runtime) -> None:
        assert runtime.note_clock is not None
        for _ in range(4):
            runtime.note_clock(seconds)

    monkeypatch.setattr(Scripted, "before_page", staticmethod(note))
    settings = rig.write("a: every 5 minutes")
    done = 0
    for _ in range(6):
        jobs = rig.jobs(settings)  # a process for each, as with `sync --due`
        done += len(ended(jobs.due, rig))
        assert ended(jobs.due, rig) == []
        jobs.stop()
        rig.now += 5 * MINUTE
    assert done == 6
    record = find_run(rig.store, newest_run_ids(rig.store, 1)[0])
    assert record is not None
    assert abs(record.ended_at - rig.now - int(seconds) * 1_000_000) < 10 * MINUTE
