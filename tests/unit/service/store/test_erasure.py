"""A person who is erased: searched in every file, as bytes and as decoded values."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from support.dump_store import OWN_TO_A_RUN, tables_of

from regulars.settings import StoreSettings
from regulars.store import Store
from regulars.store.actions.forgetting import actions_in, new_action, pending_actions
from regulars.store.erasure import forget, replay_forgotten
from regulars.store.forget_list import copy_forget_list, forget_list_of, read_list, write_list
from regulars.store.forgotten_keys import address_key, id_key
from regulars.store.proven_backups import ProvenBackup, note_proven_backup, proven_backups
from regulars.store.redaction import without_addresses, without_known
from regulars.store.verify import verify_store
from regulars.sync.record import RunRequest
from regulars.sync.run import SyncRun
from regulars_connectors.addresses import fold_address
from regulars_connectors.contract import Runtime
from regulars_connectors.errors import RetryLater
from regulars_connectors.instants import DAY
from regulars_connectors.records import Counters, Post, Signal

ADDRESS, NAME, ID = "Canary.Person@example.org", "Quillon Canaryname", "sub_canary_7f3a91c2e5d8"
FORMER = "former-canary@example.org"


def fill(provider: Any, person_of: Callable[..., Any], *, with_canary: bool) -> None:
    """Thirty people and a canary, who answers in a conversation and is quoted in it."""
    start = provider.now
    provider.posts = [
        Post(id=f"p{n}", title=f"Post {n}", status="sent", sent_at=start - n * DAY, delivered=31)
        for n in range(5)
    ]
    people = [person_of(n, received=5, opened=n % 6) for n in range(30)]
    quote = ADDRESS if with_canary else "(address removed)"
    signals = [
        Signal(kind="comment", id="c-other", subscription_id="s001", post_id="p1", at=start,
               text=f"I agree with {quote}, and wrote to anna.{ADDRESS}."),
        Signal(kind="poll", id="v-other", subscription_id="s002", post_id="p1", at=start,
               question_id="q", answer="Yes", text="fine"),
    ]  # fmt: skip
    if with_canary:
        people.append(
            person_of(99, id=ID, email=ADDRESS, name=NAME, attributes='{"city":"Canaryville"}',
                      counters=Counters(5, 3, 1))
        )  # fmt: skip
        signals += [
            Signal(kind="comment", id="c-canary", subscription_id=ID, post_id="p1", at=start,
                   text="canary words about nobody"),
            Signal(kind="open", id="o-canary", subscription_id=ID, post_id="p2", at=start),
        ]  # fmt: skip
    provider.people, provider.signals = people, signals


MARKS = (ADDRESS, ADDRESS.lower(), NAME, ID, FORMER, "Canaryville", "canary words")


def traces(root: Path, marks: tuple[str, ...] = MARKS) -> list[str]:
    """Every file below that has a mark, as bytes or in its decoded values."""
    found = []
    for path in [one for one in root.rglob("*") if one.is_file()]:
        content = path.read_bytes().lower()
        if path.suffix == ".parquet":
            table = pq.read_table(path)
            content += repr((table.to_pylist(), table.schema.metadata)).lower().encode()
        content = content.replace(f"anna.{ADDRESS}".lower().encode(), b"")
        found += [f"{path.name}: {mark}" for mark in marks if mark.lower().encode() in content]
    return found


def action_of(store: Store) -> Any:
    keys = [id_key(store.secret, "conn", ID), address_key(store.secret, ADDRESS)]
    return new_action(1, ["pub"], keys)


@pytest.fixture
def synced(
    provider: Any, person_of: Callable[..., Any], sync: Callable[..., Any], folder: Path
) -> Path:
    """A store with the canary, whose address was another one at first."""
    fill(provider, person_of, with_canary=True)
    people = list(provider.people)
    provider.people = [*people[:-1], person_of(99, id=ID, email=FORMER, name=NAME)]
    sync()
    provider.now += DAY
    provider.people = people
    sync()
    assert traces(folder)
    return folder


def test_no_file_holds_the_person_afterwards(
    synced: Path, opened: Callable[[], Store], dumped: Callable[[Store], Any]
) -> None:
    (synced / "regulars.duckdb.damaged-0001").write_bytes(b"x" + ADDRESS.encode())
    aside = synced / "quarantine" / "2026-01-01"
    aside.mkdir(parents=True)
    words = next((synced / "history" / "pub" / "words").glob("*.parquet"))
    (aside / "words.parquet").write_bytes(words.read_bytes())
    part = pq.read_table(words).drop_columns(["connection"])
    pq.write_table(part, aside / "000001.parquet.2")
    (aside / "broken.parquet").write_bytes(b"PAR1 cut short")
    (aside / "note.txt").write_text(f"somebody called {ADDRESS}")
    with opened() as store:
        forget(store, action_of(store))
        assert traces(synced) == []
        assert verify_store(store) == []
        assert pending_actions(store.journal) == []
        with store.read() as cursor:
            ((text,),) = cursor.execute(
                "SELECT text FROM words WHERE id = 'comment/c-other'"
            ).fetchall()
            ((people,),) = cursor.execute("SELECT count(*) FROM people").fetchall()
        assert text == f"I agree with (address removed), and wrote to anna.{ADDRESS}."
        assert people == 30
        before = dumped(store)
        store.rebuild()
        assert dumped(store) == before
    assert traces(synced) == []
    assert traces(forget_list_of(synced).parent) == []


@pytest.mark.long
def test_the_next_pull_keeps_the_person_out_and_stays_whole(
    synced: Path, opened: Callable[[], Store], sync: Callable[..., Any], provider: Any
) -> None:
    with opened() as store:
        forget(store, action_of(store))
    provider.now += DAY
    provider.total = len(provider.people)
    result = sync()
    assert result.outcome == "complete"
    assert {one.outcome for one in result.streams if one.stream == "subscriptions"} == {"whole"}
    assert traces(synced) == []
    assert [one.written for one in result.streams] == [0, 0, 0]


@pytest.mark.long
def test_a_new_id_of_a_forgotten_address_stays_out_with_all_it_does(
    synced: Path, opened: Callable[[], Store], sync: Callable[..., Any], provider: Any,
    person_of: Callable[..., Any],
) -> None:  # fmt: skip
    with opened() as store:
        forget(store, action_of(store))
    provider.now += DAY
    again = "sub_canary_second_0001"
    provider.people[-1] = person_of(98, id=again, email=f" {ADDRESS.upper()} ")
    provider.signals.append(Signal(kind="open", id="o2", subscription_id=again, post_id="p1"))
    sync()
    provider.now += DAY
    provider.signals.append(Signal(kind="click", id="o3", subscription_id=again, post_id="p1"))
    sync()
    assert traces(synced, (*MARKS, again)) == []
    with opened() as store:
        assert len(actions_in(store.journal)) == 2
        assert pending_actions(store.journal) == []


@pytest.mark.long
def test_lines_of_another_store_stay_in_the_list_and_are_not_carried_out(
    synced: Path, opened: Callable[[], Store]
) -> None:
    path = forget_list_of(synced)
    strange = new_action(1, ["pub"], ["0" * 40])
    write_list(path, [strange], b"another secret")
    with opened() as store:
        assert actions_in(store.journal) == []
        forget(store, action_of(store))
    assert read_list(path, b"another secret") == [strange]
    with opened() as store:
        assert read_list(path, store.secret) == actions_in(store.journal)


@pytest.mark.long
def test_a_restored_store_forgets_again_before_it_answers(
    synced: Path, tmp_path: Path, opened: Callable[[], Store]
) -> None:
    backup = tmp_path / "backup"
    shutil.copytree(synced, backup)
    with opened() as store:
        forget(store, action_of(store))
    shutil.rmtree(synced)
    shutil.copytree(backup, synced)
    copied = tmp_path / "elsewhere" / "forgotten"
    copied.parent.mkdir()
    assert copy_forget_list(synced, copied)
    settings = StoreSettings(folder=synced, free_space_floor_mib=0)
    with Store(settings, finish_actions=False):
        assert traces(synced)
    on_another_machine = tmp_path / "another" / "data"
    shutil.copytree(backup, on_another_machine)
    with Store(settings.model_copy(update={"folder": on_another_machine})) as store:
        assert replay_forgotten(store, copied) == 1
        assert traces(on_another_machine) == []
    with Store(StoreSettings(folder=synced, free_space_floor_mib=0)) as store:
        assert store.notices
        assert traces(synced) == []
        assert verify_store(store) == []


@pytest.mark.long
def test_figures_equal_those_of_a_store_that_never_had_the_person(
    synced: Path, tmp_path: Path, opened: Callable[[], Store], provider: Any,
    person_of: Callable[..., Any],
) -> None:  # fmt: skip
    """The other store is filled from a provider without the canary: nothing is erased there."""
    with opened() as store:
        forget(store, action_of(store))
        found = tables_of(store, without=("entry", "run_id"))
    other = tmp_path / "never"
    other.mkdir(mode=0o700)
    for name in ("secret", "secret.sha256"):
        shutil.copy(synced / name, other / name)
    provider.now -= DAY
    fill(provider, person_of, with_canary=False)
    settings = StoreSettings(folder=other, part_rows=10, free_space_floor_mib=0)
    for _ in range(2):
        with Store(settings) as store:
            runtime = Runtime(clock=lambda: provider.now, sleep=lambda _: None)
            SyncRun(store, provider, RunRequest("pub", "conn", "toy"), runtime).run()
            never = tables_of(store, without=("entry", "run_id"))
        provider.now += DAY
    for table in set(never) - OWN_TO_A_RUN - {"walks"}:
        assert found[table] == never[table], table
    assert found["people"]


@pytest.mark.long
def test_a_journal_entry_that_names_the_person_is_rewritten_in_its_place(
    synced: Path, opened: Callable[[], Store]
) -> None:
    with opened() as store, store.writing:
        store.append(
            {
                "kind": "run", "at": 1, "run": "run_x", "publication": "pub", "connection": "conn",
                "connector": "toy", "started_at": 1, "ended_at": 2, "outcome": "partial",
                "reason": f"a page about {ADDRESS} was cut", "streams": [],
                "walks": [{"stream": "signals", "parent": None, "cursor": f"at-{ID}",
                           "checkpoint": "end", "at": 2}],
            }
        )  # fmt: skip
        sizes = {path.name: path.stat().st_size for path in (synced / "journal").glob("*.log")}
    with opened() as store:
        number = len(store.journal)
        forget(store, action_of(store))
        entry = store.journal.entry(number)
    assert entry.facts["reason"] == f"a page about {'*' * len(ADDRESS)} was cut"
    assert entry.facts["walks"][0]["cursor"] is None
    assert entry.facts["walks"][0]["checkpoint"] == "end"
    for path in (synced / "journal").glob("*.log"):
        assert path.stat().st_size >= sizes[path.name]
    assert traces(synced) == []
    with opened() as store:
        assert verify_store(store) == []


LONG_NAME = "invented-letters"


@pytest.mark.parametrize("name", [LONG_NAME, "subscriptions", "conn-of-letters"])
@pytest.mark.long
def test_an_id_that_is_a_name_of_ours_goes_and_the_name_stays(
    folder: Path, opened: Callable[[], Store], provider: Any, person_of: Callable[..., Any],
    name: str,
) -> None:  # fmt: skip
    """The provider calls somebody as we call a publication, a stream or a connection."""
    fill(provider, person_of, with_canary=False)
    provider.people.append(person_of(99, id=name, email=ADDRESS, name=NAME))
    request = RunRequest(LONG_NAME, "conn-of-letters", "toy")

    def sync_once() -> Any:
        runtime = Runtime(clock=lambda: provider.now, sleep=lambda _: None)
        with opened() as store:
            return SyncRun(store, provider, request, runtime).run()

    sync_once()
    note_proven_backup(folder, ProvenBackup(1, 1, f"/backups/{LONG_NAME}"))
    with opened() as store:
        with store.writing:
            store.append(
                {
                    "kind": "run", "at": 1, "run": "run_x", "publication": LONG_NAME,
                    "connection": "conn-of-letters", "connector": "toy", "started_at": 1,
                    "ended_at": 2, "outcome": "partial", "reason": f"row {name} was cut",
                    "streams": [],
                }
            )  # fmt: skip
        number = len(store.journal)
        keys = [id_key(store.secret, "conn-of-letters", name), address_key(store.secret, ADDRESS)]
        forget(store, new_action(1, [LONG_NAME], keys))
        entry = store.journal.entry(number)
        assert entry.facts["reason"] == f"row {'*' * len(name)} was cut"
        assert entry.facts["publication"] == LONG_NAME
        assert verify_store(store) == []
        with store.read() as cursor:
            ids = cursor.execute("SELECT subscription_id FROM people").fetchall()
    assert len(ids) == 30
    assert (name,) not in ids
    assert proven_backups(folder)[0].place == f"/backups/{LONG_NAME}"
    assert traces(folder, (ADDRESS, NAME)) == []
    provider.now += DAY
    assert sync_once().outcome == "complete"
    with opened() as store:
        assert verify_store(store) == []
        assert pending_actions(store.journal) == []


@pytest.mark.parametrize("cut", [None, "clear_caches", "end_action"])
@pytest.mark.long
def test_the_newest_entry_may_name_the_person(
    synced: Path, opened: Callable[[], Store], monkeypatch: pytest.MonkeyPatch, cut: str | None
) -> None:
    """As when a pull meets a forgotten person under a new id, which the next start erases."""
    with opened() as store, store.writing:
        store.append(action_of(store).facts())
        store.append(
            {
                "kind": "run", "at": 1, "run": "run_x", "publication": "pub", "connection": "conn",
                "connector": "toy", "started_at": 1, "ended_at": 2, "outcome": "partial",
                "reason": f"a page about {ADDRESS} was cut", "streams": [],
            }
        )  # fmt: skip

    def die(*_: Any) -> None:
        raise KeyboardInterrupt

    if cut is not None:
        with monkeypatch.context() as patch:
            patch.setattr(f"regulars.store.erasure.{cut}", die)
            with pytest.raises(KeyboardInterrupt):
                opened()
    with opened() as store:
        assert len(actions_in(store.journal)) == 1
        assert pending_actions(store.journal) == []
        assert verify_store(store) == []
    assert traces(synced) == []


@pytest.mark.long
def test_an_interrupted_pull_starts_again(
    synced: Path, opened: Callable[[], Store], sync: Callable[..., Any], provider: Any
) -> None:
    provider.now += DAY
    provider.trouble = {("subscriptions", 20): RetryLater("away")}
    sync()
    assert any((synced / "incoming").rglob("*.parquet"))
    with opened() as store:
        forget(store, action_of(store))
        assert any("start again" in notice for notice in store.notices)
    assert traces(synced) == []


@pytest.mark.parametrize(
    ("text", "after"),
    [
        (f"mail {ADDRESS}.", "mail (address removed)."),
        (f"https://x.example/?e={ADDRESS.replace('@', '%40')}&b=1",
         "https://x.example/?e=(address removed)&b=1"),
        (f"<{ADDRESS.upper()}>", "<(address removed)>"),
        (f"x{ADDRESS}", f"x{ADDRESS}"),
        (f"{ADDRESS}.uk", f"{ADDRESS}.uk"),
        ("@" * 50_000, "@" * 50_000),
    ],
)  # fmt: skip
def test_an_address_in_a_text_is_found_by_its_key_and_by_itself(text: str, after: str) -> None:
    assert without_addresses(text, lambda one: fold_address(one) == fold_address(ADDRESS)) == after
    assert without_known(text, {ADDRESS}) == after
