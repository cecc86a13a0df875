"""Deliveries of webhooks in the store: once each, kept until they are needed no more."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.hook_client import (
    OTHER_SECRET,
    START,
    HookRig,
    event,
    post_sent,
    settings_with_hooks,
    signed,
    survey,
)

from regulars.backup.make import make_backup
from regulars.backup.restore import restore_backup
from regulars.doctor import check_all
from regulars.errors import BackupDamaged, DiskFull
from regulars.settings import Settings, StoreSettings
from regulars.store import Store
from regulars.store.actions.forgetting import new_action
from regulars.store.actions.hooks import commit_deliveries
from regulars.store.actions.publications import RENAMED
from regulars.store.actions.replaced import REMOVED
from regulars.store.commit import commit_pulls
from regulars.store.committed import PullContext
from regulars.store.erasure import forget
from regulars.store.forgotten_keys import address_key, id_key
from regulars.store.hints import newest_hints, settle_confirmed
from regulars.store.hook_bodies import kept_bodies
from regulars.store.incoming import PartNote, Pull
from regulars.store.leftovers import finish_removals
from regulars.store.run_record import RunRecord, StreamRecord
from regulars.store.sync_state import sync_state_of
from regulars.store.verify import repair, verify_store
from regulars.sync.hook_reading import read_deliveries
from regulars_connectors import (
    Question,
    Signal,
    Subscription,
    WebhookEvent,
    WebhookRequest,
)
from regulars_connectors.instants import DAY, SECOND, from_iso

Rigs = Callable[[], HookRig]


@pytest.fixture
def make_rig(tmp_path: Path) -> Iterator[Rigs]:
    """Opens the store of this test, after closing it where it is open."""
    settings = settings_with_hooks(tmp_path / "data")
    rigs: list[HookRig] = []

    def make() -> HookRig:
        for rig in rigs:
            rig.store.close()
        rigs.append(HookRig(Store(settings.store), settings))
        return rigs[-1]

    yield make
    for rig in rigs:
        rig.store.close()


@pytest.fixture
def rig(make_rig: Rigs) -> HookRig:
    return make_rig()


def note_run(rig: HookRig, started_at: int, stream: str = "posts", seen: int = 3) -> None:
    """A run of the connection that saw so many rows of a stream."""
    record = RunRecord(
        run_id=f"run_{started_at}",
        publication="letters",
        connection="bee",
        connector="beehiiv",
        started_at=started_at,
        ended_at=started_at + SECOND,
        outcome="complete",
        streams=[
            StreamRecord(
                stream=stream,
                outcome="whole",
                seen=seen,
                started_at=started_at,
                ended_at=started_at + SECOND,
            )
        ],
    )
    with rig.store.writing:
        rig.store.append(record.entry())


def answers(rig: HookRig) -> list[Any]:
    return rig.rows(
        "SELECT s.signal_key, w.text FROM signals AS s JOIN words AS w"
        " ON w.connection = s.connection AND w.id = s.kind || '/' || s.signal_key ORDER BY ALL"
    )


def test_a_delivery_is_named_by_an_entry_and_its_body_lies_in_a_file(rig: HookRig) -> None:
    body = post_sent()
    assert rig.deliver("msg_1", body) == 1
    (path,) = rig.bodies()
    assert path.read_bytes() == body
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    facts = rig.store.journal.entry(len(rig.store.journal)).facts
    (delivery,) = facts["deliveries"]
    assert (facts["kind"], facts["connection"]) == ("hooks", "bee")
    assert (delivery["id"], delivery["event_type"], delivery["size"]) == (
        "msg_1", "post.sent", len(body),
    )  # fmt: skip
    assert "post_1" not in json.dumps(facts)


def test_a_delivery_that_comes_again_within_seven_days_does_nothing(rig: HookRig) -> None:
    rig.deliver("msg_1", post_sent())
    for later in (1, 7 * DAY - 1):
        rig.now = START + later
        assert rig.deliver("msg_1", post_sent()) == 0
    rig.now = START + 7 * DAY
    assert rig.deliver("msg_1", post_sent()) == 1
    assert len(rig.bodies()) == 2


def test_the_same_id_at_another_connection_is_another_delivery(rig: HookRig) -> None:
    assert rig.deliver("msg_1", post_sent()) == 1
    assert rig.deliver("msg_1", post_sent(), "wasp", secret=OTHER_SECRET) == 1
    assert rig.deliver("msg_1", post_sent(), "wasp", secret=OTHER_SECRET) == 0


def test_deliveries_that_wait_together_share_an_entry(rig: HookRig) -> None:
    judged = [
        rig.intake.judge("bee", WebhookRequest(signed(f"msg_{n % 4}", body), body))
        for n, body in enumerate([post_sent()] * 6)
    ]
    before = len(rig.store.journal)
    assert commit_deliveries(rig.store, judged) == 4
    assert len(rig.store.journal) == before + 1
    assert len(rig.bodies()) == 4


def test_a_survey_becomes_answers_and_its_body_goes(rig: HookRig) -> None:
    rig.deliver("msg_1", survey(1))
    rig.deliver("msg_2", survey(2, "The people"))
    assert len(rig.bodies()) == 2
    rig.read()
    assert rig.bodies() == []
    assert answers(rig) == [("resp_1/1", "The maps"), ("resp_2/2", "The people")]
    assert rig.rows("SELECT kind, text, presence FROM questions") == [("survey", "Why?", "pushed")]
    assert rig.rows("SELECT DISTINCT subscription_id FROM signals ORDER BY ALL") == [
        ("sub_canary_00000001",), ("sub_canary_00000002",),
    ]  # fmt: skip
    assert verify_store(rig.store) == []


def test_an_answer_that_comes_twice_or_too_late_counts_once(rig: HookRig) -> None:
    later = survey(1, "Corrected", START + 60 * SECOND)
    rig.deliver("msg_2", later)
    rig.read()
    rig.deliver("msg_1", survey(1, "First"))
    rig.deliver("msg_3", later)
    rig.read()
    assert answers(rig) == [("resp_1/1", "Corrected")]
    rig.deliver("msg_4", survey(1, "Again", START + 90 * SECOND))
    rig.deliver("msg_5", survey(1, "Between", START + 80 * SECOND))
    rig.read()
    assert answers(rig) == [("resp_1/1", "Again")]
    assert verify_store(rig.store) == []


def test_a_process_that_died_before_it_read_a_delivery_reads_it_at_the_next_start(
    make_rig: Rigs,
) -> None:
    make_rig().deliver("msg_1", survey(1))
    again = make_rig()
    again.read()
    assert answers(again) == [("resp_1/1", "The maps")]


def test_a_body_that_cannot_be_read_is_kept_and_asked_once(rig: HookRig) -> None:
    rig.deliver("msg_1", event("survey.response_submitted", {"id": 5}))
    rig.deliver("msg_2", survey(2))
    rig.read()
    assert answers(rig) == [("resp_2/2", "The maps")]
    assert len(rig.bodies()) == 1
    assert rig.passed_over == {kept_bodies(rig.store)[0].path}


def test_a_record_that_cannot_be_stored_costs_itself_alone(rig: HookRig) -> None:
    for number in range(3):
        rig.deliver(f"msg_{number}", survey(number))
    publication, config, connector = rig.intake.find("bee") or pytest.fail("no connector")
    half = Signal(kind="survey", id="resp_1/1", text="half a character \ud800")

    class Odd:
        """One of its answers has a text that no file can hold."""

        def verify_webhook(self, request: WebhookRequest) -> str:
            return connector.verify_webhook(request)

        def handle_webhook(self, body: bytes) -> WebhookEvent:
            event = connector.handle_webhook(body)
            return replace(event, meanings=[half]) if b"resp_1" in body else event

    found = publication, config, Odd()
    read_deliveries(rig.store, rig.settings, lambda _: found, rig.runtime, rig.passed_over)
    assert answers(rig) == [("resp_0/0", "The maps"), ("resp_2/2", "The maps")]
    assert len(rig.bodies()) == len(rig.passed_over) == 1


def test_an_answer_from_the_future_is_no_newer_than_its_delivery(rig: HookRig) -> None:
    rig.deliver("msg_1", survey(1, "From 2099", from_iso("2099-01-01")))
    rig.read()
    rig.now = START + SECOND
    rig.deliver("msg_2", survey(1, "Corrected", START + SECOND))
    rig.read()
    assert answers(rig) == [("resp_1/1", "Corrected")]


def test_doctor_names_deliveries_that_wait_to_be_read(make_rig: Rigs) -> None:
    rig = make_rig()
    rig.deliver("msg_1", event("survey.response_submitted", {"id": 5}))
    rig.deliver("msg_2", post_sent())
    rig.store.close()
    settings = Settings(store=rig.settings.store)
    found = [one for result in check_all(settings, rig.runtime) for one in result.findings]
    (told,) = [one.text for one in found if one.name == "webhooks"]
    assert told == "1 delivery waits to be read (bee)."


def test_an_unknown_event_is_taken_and_hints_at_nothing(rig: HookRig) -> None:
    assert rig.deliver("msg_1", event("podcasts.episode.deleted", {})) == 1
    assert newest_hints(rig.store) == {}


def test_a_hint_is_confirmed_by_a_pull_that_began_after_it(rig: HookRig) -> None:
    rig.deliver("msg_1", post_sent())
    rig.now = START + SECOND
    rig.deliver("msg_2", post_sent("post_2"))
    rig.deliver("msg_3", survey(3))
    assert newest_hints(rig.store) == {"bee": START + SECOND}
    note_run(rig, START - SECOND)
    note_run(rig, START + 5 * SECOND, "questions")
    note_run(rig, START + 6 * SECOND, "posts", seen=0)
    assert newest_hints(rig.store) == {"bee": START + SECOND}
    assert settle_confirmed(rig.store, rig.now) == 0
    note_run(rig, START + SECOND // 2)
    assert newest_hints(rig.store) == {"bee": START + SECOND}
    assert settle_confirmed(rig.store, rig.now) == 1
    note_run(rig, START + 2 * SECOND, "subscriptions")
    assert newest_hints(rig.store) == {}
    assert settle_confirmed(rig.store, rig.now) == 1
    (kept,) = rig.bodies()
    assert kept.read_bytes() == survey(3)
    assert verify_store(rig.store) == []


def test_a_body_that_no_entry_names_is_set_aside_at_the_next_start(make_rig: Rigs) -> None:
    rig = make_rig()
    rig.deliver("msg_1", post_sent())
    (named,) = rig.bodies()
    named.with_name("0000000000000001-stray.body").write_bytes(b"{}")
    again = make_rig()
    assert again.bodies() == [named]
    assert list((again.store.root / "quarantine").rglob("*-stray.body"))
    assert "webhook body" in " ".join(again.store.notices)


def test_a_settled_body_that_a_dead_process_left_goes_at_the_next_start(make_rig: Rigs) -> None:
    rig = make_rig()
    rig.deliver("msg_1", survey(1))
    (path,) = rig.bodies()
    content = path.read_bytes()
    rig.read()
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    again = make_rig()
    assert again.bodies() == []
    assert not (again.store.root / "quarantine").exists()


@pytest.mark.parametrize("harm", ["missing", "changed"])
def test_verify_names_a_body_that_is(rig: HookRig, harm: str) -> None:
    rig.deliver("msg_1", survey(1))
    (path,) = rig.bodies()
    if harm == "missing":
        path.unlink()
    else:
        path.write_bytes(b"{}")
    (fault,) = verify_store(rig.store)
    assert path.name in fault
    assert harm in fault
    (told,) = repair(rig.store)
    assert told.is_mended
    assert "lost" in told.remedy
    assert verify_store(rig.store) == []
    assert rig.bodies() == []


def test_a_delivery_waits_for_room_on_the_disk(make_rig: Rigs) -> None:
    rig = make_rig()
    rig.store.settings = rig.store.settings.model_copy(update={"free_space_floor_mib": 1 << 40})
    with pytest.raises(DiskFull):
        rig.deliver("msg_1", post_sent())
    assert rig.bodies() == []


def test_a_delivery_changes_no_figure_and_an_answer_does(rig: HookRig) -> None:
    rig.deliver("msg_0", survey(0))
    rig.read()
    before = rig.store.standing("letters")
    rig.deliver("msg_1", survey(1))
    assert rig.store.standing("letters") == before
    rig.read()
    assert rig.store.standing("letters") != before


def test_a_backup_holds_the_bodies_in_force_and_a_restore_brings_them_back(
    make_rig: Rigs, tmp_path: Path
) -> None:
    rig = make_rig()
    rig.deliver("msg_1", survey(1))
    rig.read()
    rig.deliver("msg_2", survey(2))
    rig.deliver("msg_3", post_sent())
    made = make_backup(rig.store.root, tmp_path / "backup", START, lambda: None)
    names = {path.read_bytes() for path in (tmp_path / "backup").rglob("*") if path.is_file()}
    assert {survey(2), post_sent()} <= names
    assert survey(1) not in names
    assert made.beginnings == 1
    settings = StoreSettings(folder=tmp_path / "restored", free_space_floor_mib=0, threads=1)
    restored = restore_backup(tmp_path / "backup", settings, START, [])
    assert restored.differences == []
    with Store(settings) as store:
        again = HookRig(store, rig.settings)
        assert {path.read_bytes() for path in again.bodies()} == {survey(2), post_sent()}
        again.read()
        assert answers(again) == [("resp_1/1", "The maps"), ("resp_2/2", "The maps")]


def test_a_backup_without_a_body_that_its_journal_names_is_refused(
    rig: HookRig, tmp_path: Path
) -> None:
    rig.deliver("msg_1", survey(1))
    make_backup(rig.store.root, tmp_path / "backup", START, lambda: None)
    for path in (tmp_path / "backup" / "objects").iterdir():
        if path.read_bytes() == survey(1):
            path.unlink()
    settings = StoreSettings(folder=tmp_path / "restored", free_space_floor_mib=0)
    with pytest.raises(BackupDamaged):
        restore_backup(tmp_path / "backup", settings, START, [])


def test_a_removed_publication_takes_its_deliveries_with_it(make_rig: Rigs) -> None:
    rig = make_rig()
    rig.deliver("msg_1", survey(1))
    rig.read()
    rig.deliver("msg_2", survey(2))
    files = list(rig.store.history.files(rig.store.journal))
    dropped = [str(file["path"]) for file in files]
    facts = {"kind": REMOVED, "at": START, "publication": "letters", "connections": ["bee"]}
    with rig.store.writing:
        rig.store.append(facts | {"dropped": dropped})
    finish_removals(rig.store.root, rig.store.journal, [])
    assert rig.bodies() == []
    assert rig.rows("SELECT count(*) FROM hook_deliveries") == [(0,)]
    again = make_rig()
    assert verify_store(again.store) == []


def test_a_renamed_publication_keeps_its_deliveries(rig: HookRig) -> None:
    rig.deliver("msg_1", survey(1))
    with rig.store.writing:
        rig.store.append(
            {"kind": RENAMED, "at": START, "publication": "letters", "to": "postcards"}
        )
    assert [one.publication for one in kept_bodies(rig.store)] == ["postcards"]
    assert verify_store(rig.store) == []


def test_somebody_who_is_forgotten_goes_from_bodies_too(rig: HookRig) -> None:
    """One of their own goes, a hint about them goes, and what others said stays without them."""
    rig.deliver("msg_1", survey(1))
    rig.read()
    escaped = survey(2, "I agree with READER1@example.org").replace(b"@", b"\\u0040")
    rig.deliver("msg_2", escaped)
    rig.deliver("msg_3", survey(1, "Their own", START + SECOND))
    rig.deliver("msg_4", event("subscription.paused", {"id": "sub_canary_00000001"}))
    rig.deliver("msg_5", post_sent())
    _know_person(rig, "sub_canary_00000001", "reader1@example.org")
    keys = [
        id_key(rig.store.secret, "bee", "sub_canary_00000001"),
        address_key(rig.store.secret, "reader1@example.org"),
    ]
    forget(rig.store, new_action(START, ["letters"], keys))
    held = b"".join(path.read_bytes() for path in rig.store.root.rglob("*") if path.is_file())
    assert b"sub_canary_00000001" not in held
    assert b"reader1" not in held.lower()
    assert len(rig.bodies()) == 2
    rig.read()
    assert answers(rig) == [("resp_2/2", "I agree with (address removed)")]
    assert newest_hints(rig.store) == {"bee": START}
    assert verify_store(rig.store) == []
    rig.deliver("msg_6", survey(1, "Later", START + 9 * SECOND))
    rig.read()
    assert answers(rig) == [("resp_2/2", "I agree with (address removed)")]


def test_a_pull_that_lacks_a_question_of_a_survey_leaves_it(rig: HookRig) -> None:
    rig.deliver("msg_1", survey(1))
    rig.read()
    poll = Question(id="poll_1", kind="poll", name="Which day?")
    for at in (START + SECOND, START + 2 * SECOND):
        _pull(rig, "questions", [poll], at)
    found = rig.rows("SELECT text, presence FROM questions ORDER BY ALL")
    assert found == [("Why?", "pushed"), (None, "present")]
    _pull(rig, "questions", [], START + 3 * SECOND)
    rig.deliver("msg_2", survey(2))
    rig.read()
    assert rig.rows("SELECT text, presence FROM questions ORDER BY ALL")[0] == ("Why?", "pushed")
    assert list(sync_state_of(rig.store, "bee", full=False).parents["questions"]) == ["poll_1"]
    assert verify_store(rig.store) == []


def _know_person(rig: HookRig, subscription: str, email: str) -> None:
    person = Subscription(id=subscription, status="active", email=email)
    _pull(rig, "subscriptions", [person], START)


def _pull(rig: HookRig, stream: str, records: list[Any], at: int) -> None:
    """A whole pull of a stream."""
    pull = Pull(rig.store.incoming / "bee" / stream, journal=rig.store.journal)
    note = PartNote(coverage="whole", cursor=None, first_at=at, last_at=at, rows=len(records))
    pull.append(stream, records, [at] * len(records), note)
    what = PullContext("run_1", "letters", "bee", "beehiiv", stream, "whole", whole=True)
    commit_pulls(rig.store, [(pull, what)])
    pull.discard()
