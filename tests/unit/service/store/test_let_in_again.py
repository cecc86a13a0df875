"""Somebody who was forgotten and subscribed again: let in by an order, and by nothing else."""

from __future__ import annotations

import hmac
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from regulars.errors import NothingHere
from regulars.publications.forgetting import (
    find_people,
    forget_people,
    is_forgotten_already,
    kept_out_of,
    let_in,
    preview_forgetting,
)
from regulars.store import Store
from regulars.store.actions.forgetting import actions_in, keys_in_force, pending_actions
from regulars.store.forget_list import forget_list_of, read_list
from regulars.store.verify import verify_store
from regulars_connectors.instants import DAY
from regulars_connectors.records import Signal

ADDRESS, FORMER, ID = "Back.Again@example.org", "before@example.org", "sub_back_again_0001"
NEW_ID = "sub_back_again_0002"


@pytest.fixture
def synced(
    provider: Any, person_of: Callable[..., Any], sync: Callable[..., Any], folder: Path
) -> Path:
    """Ten people and one who changed address."""
    others = [person_of(number) for number in range(10)]
    for address in (FORMER, ADDRESS):
        provider.people = [*others, person_of(99, id=ID, email=address, name="Back Again")]
        sync()
        provider.now += DAY
    return folder


def forget_them(store: Store, text: str = ADDRESS) -> None:
    found = find_people(store, text, None)
    forget_people(store, found, preview_forgetting(store, found), lambda: 1, 35)


def people_in(store: Store) -> set[str]:
    with store.read() as cursor:
        rows = cursor.execute("SELECT subscription_id FROM people").fetchall()
    return {str(name) for (name,) in rows}


@pytest.mark.parametrize("text", [ADDRESS, f" {ADDRESS.upper()} ", FORMER, ID])
@pytest.mark.long
def test_the_next_pull_takes_them_as_new(
    synced: Path, opened: Callable[[], Store], sync: Callable[..., Any], provider: Any, text: str
) -> None:
    with opened() as store:
        forget_them(store)
    sync()
    with opened() as store:
        assert ID not in people_in(store)
        assert kept_out_of(store, text, None) == ["pub"]
        let_in(store, text, ["pub"], lambda: 2)
        assert keys_in_force(store.journal) == set()
        assert not is_forgotten_already(store, ADDRESS, None)
        assert kept_out_of(store, text, None) == []
    provider.now += DAY
    assert sync().outcome == "complete"
    with opened() as store:
        assert ID in people_in(store)
        with store.read() as cursor:
            ((since,),) = cursor.execute(
                "SELECT count(*) FROM counters WHERE subscription_id = $id", {"id": ID}
            ).fetchall()
        assert since == 1, "the totals of before are gone"
        assert verify_store(store) == []
        assert store.notices == []


@pytest.mark.long
def test_a_new_id_that_a_pull_met_comes_in_by_the_address(
    synced: Path, opened: Callable[[], Store], sync: Callable[..., Any], provider: Any,
    person_of: Callable[..., Any],
) -> None:  # fmt: skip
    with opened() as store:
        forget_them(store)
    provider.people[-1] = person_of(99, id=NEW_ID, email=ADDRESS)
    provider.signals = [Signal(kind="open", id="o1", subscription_id=NEW_ID, post_id="p1")]
    sync()
    with opened() as store:
        assert len(actions_in(store.journal)) == 2
        assert NEW_ID not in people_in(store)
        let_in(store, ADDRESS, ["pub"], lambda: 2)
        assert keys_in_force(store.journal) == set()
    provider.now += DAY
    assert sync().outcome == "complete"
    with opened() as store:
        assert NEW_ID in people_in(store)


@pytest.mark.long
def test_they_can_be_forgotten_again(
    synced: Path, opened: Callable[[], Store], sync: Callable[..., Any], provider: Any
) -> None:
    for _ in range(2):
        with opened() as store:
            forget_them(store)
        provider.now += DAY
        sync()
        with opened() as store:
            assert ID not in people_in(store)
            let_in(store, ADDRESS, ["pub"], lambda: 2)
        provider.now += DAY
        sync()
    with opened() as store:
        assert ID in people_in(store)
        forget_them(store)
        assert is_forgotten_already(store, ADDRESS, None)
    provider.now += DAY
    sync()
    with opened() as store:
        assert ID not in people_in(store)
        assert pending_actions(store.journal) == []


@pytest.mark.parametrize("taken", ["before forgetting", "before letting in"])
@pytest.mark.long
def test_a_restored_store_erases_them_and_lets_them_in(
    synced: Path, opened: Callable[[], Store], sync: Callable[..., Any], provider: Any,
    tmp_path: Path, taken: str,
) -> None:  # fmt: skip
    """The list beside the folder has both actions, in their order."""
    backup = tmp_path / "backup"
    if taken == "before forgetting":
        shutil.copytree(synced, backup)
    with opened() as store:
        forget_them(store)
    if taken == "before letting in":
        shutil.copytree(synced, backup)
    with opened() as store:
        let_in(store, ADDRESS, ["pub"], lambda: 2)
        known = actions_in(store.journal)
        assert read_list(forget_list_of(synced), store.secret) == known
        assert [one.lifts for one in known] == [False, True]
    shutil.rmtree(synced)
    shutil.copytree(backup, synced)
    with opened() as store:
        assert ID not in people_in(store), "what was erased stays erased"
        assert keys_in_force(store.journal) == set()
        assert verify_store(store) == []
    provider.now += DAY
    assert sync().outcome == "complete"
    with opened() as store:
        assert ID in people_in(store)


@pytest.mark.parametrize("cut", ["append", "save_list"])
def test_a_dead_process_leaves_all_or_nothing(
    synced: Path, opened: Callable[[], Store], monkeypatch: pytest.MonkeyPatch, cut: str
) -> None:
    with opened() as store:
        forget_them(store)

    def die(*_: Any) -> None:
        raise KeyboardInterrupt

    with opened() as store, monkeypatch.context() as patch:
        place = "store.Store.append" if cut == "append" else "erasure.save_list"
        patch.setattr(f"regulars.store.{place}", die)
        with pytest.raises(KeyboardInterrupt):
            let_in(store, ADDRESS, ["pub"], lambda: 2)
    with opened() as store:
        known = actions_in(store.journal)
        assert len(known) == (1 if cut == "append" else 2)
        assert read_list(forget_list_of(synced), store.secret) == known


def test_who_was_never_forgotten_is_named_as_such(
    synced: Path, opened: Callable[[], Store]
) -> None:
    with opened() as store:
        with pytest.raises(NothingHere, match="was forgotten"):
            kept_out_of(store, ADDRESS, None)
        forget_them(store)
        for text, publication in (("nobody@example.org", None), (ADDRESS, "another"), ("", None)):
            with pytest.raises(NothingHere, match="was forgotten"):
                kept_out_of(store, text, publication)


def test_a_list_without_lifted_people_is_signed_as_before(tmp_path: Path) -> None:
    """A list that an earlier build wrote is still believed."""
    secret = b"s" * 32
    line = (
        b'{"action":{"action":"fgt_1","at":1,"publications":["pub"],"keys":["k"],'
        b'"nothing_held":false},"proof":"PROOF"}'
    )
    signed = b"forget list\n" + line[len(b'{"action":') : line.index(b',"proof"')]
    proof = hmac.digest(secret, signed, "sha256").hex().encode()
    path = tmp_path / "data.forgotten"
    path.write_bytes(line.replace(b"PROOF", proof) + b"\n")
    (action,) = read_list(path, secret)
    assert (action.action, action.lifts) == ("fgt_1", False)
