"""A world's mailbox is imported: the reports say what really happened, letter by letter.

The truth comes from the world alone. The mails are laid out as six programs do it, some come from
another address than the one that subscribed, some from strangers and machines.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from regulars.demo import demo_provider, demo_settings, demo_tools
from regulars.publications.lookup import import_connection
from regulars.reports.engine.ask import ask_report
from regulars.settings import ConnectionConfig, Settings
from regulars.store import Store
from regulars.sync.run import sync_connection
from regulars_connectors.instants import DAY, Instant, from_iso, to_datetime, to_iso
from regulars_connectors.simulator import World
from regulars_connectors.simulator.letters import (
    LettersTruth,
    TrueConversation,
    TrueReply,
    letters_truth,
    mbox,
)

pytestmark = pytest.mark.long

STATES = ("waiting", "answered", "thanked", "faded")


@dataclass
class Mailbox:
    """A store that a provider and an mbox filled."""

    world: World
    settings: Settings
    store: Store
    said: str  # what the import told of the mails

    def ask(self, name: str, at: Instant, **parameters: object) -> Any:
        publication = self.settings.publications[0]
        now = to_datetime(self.world.ended_at)
        as_of = None if at == self.world.ended_at else to_iso(at)
        return ask_report(
            self.store, publication, name, as_of=as_of, parameters=parameters, now=now
        ).result

    def subscriptions(self) -> dict[str, str]:
        """Subscription ids by person."""
        with self.store.read() as cursor:
            rows = cursor.execute("SELECT person_id, subscription_id FROM people").fetchall()
        return {str(person): str(subscription) for person, subscription in rows}


def filled(folder: Path, seed: int, subscribers: int) -> Iterator[Mailbox]:
    world = World(seed, subscribers=subscribers, spike=False, deletions=False)
    path = folder / "letters.mbox"
    path.write_bytes(b"".join(mbox(world, world.ended_at)))
    with demo_provider(world) as (clock, url):
        settings = demo_settings(world, folder / "store", url, 0)
        publication = settings.publications[0]
        clock.set(world.ended_at)
        with Store(settings.store) as store:
            name = import_connection(store, publication.name, "mail-files")
            mails = ConnectionConfig(name=name, connector="mail-files", options={"path": path})
            for connection in (publication.connections[0], mails):
                run = sync_connection(store, settings, publication, connection, demo_tools(clock))
                assert run.outcome == "complete", run.reason
            yield Mailbox(world, settings, store, " ".join(run.notices))


@pytest.fixture(scope="module")
def mailbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    yield from filled(tmp_path_factory.mktemp("mailbox"), 7, 500)


def moments(world: World) -> list[Instant]:
    return [world.started_at + 330 * DAY, world.ended_at - 41 * DAY, world.ended_at]


def check(mailbox: Mailbox, at: Instant) -> None:
    truth, whose = letters_truth(mailbox.world, at), mailbox.subscriptions()
    check_letters(mailbox, at, truth, whose)
    check_waiting(mailbox, at, truth, whose)


def check_letters(
    mailbox: Mailbox, at: Instant, truth: LettersTruth, whose: dict[str, str]
) -> None:
    said = mailbox.ask("letters", at)
    assert said.by_class == dict(truth.by_class)
    assert said.replies == len(truth.replies)
    assert (said.untied, said.to_other_mails) == (0, 0)
    assert said.without_person == sum(not one.subscription_id for one in truth.replies)
    by_post = {one.post_id: (one.replies, one.people) for one in said.posts}
    assert by_post == posts_of(truth.replies)
    by_person = {whose[one.id]: one.replies for one in said.writers}
    assert by_person == Counter(one.subscription_id for one in truth.replies if one.subscription_id)


def posts_of(replies: list[TrueReply]) -> dict[str, tuple[int, int]]:
    """Replies and people of each post. A post has at most one stranger."""
    return {
        post: (
            sum(one.post_id == post for one in replies),
            len({one.subscription_id for one in replies if one.post_id == post}),
        )
        for post in {one.post_id for one in replies}
    }


def check_waiting(
    mailbox: Mailbox, at: Instant, truth: LettersTruth, whose: dict[str, str]
) -> None:
    for state in STATES:
        said = mailbox.ask("waiting", at, state=state)
        found = sorted(
            TrueConversation(
                from_iso(one.since.isoformat()),
                whose[one.person_id] if one.person_id else "",
                one.post_id,
                one.state,
                one.kind,
                one.letters_in,
                one.letters_out,
            )
            for one in said.listed
        )
        assert found == [one for one in truth.conversations if one.state == state], state
        assert said.states == dict(Counter(one.state for one in truth.conversations))


@pytest.mark.parametrize("number", range(3))
def test_letters_and_waiting_equal_the_truth(mailbox: Mailbox, number: int) -> None:
    check(mailbox, moments(mailbox.world)[number])


def test_nothing_is_kept_of_machines_that_answer_nothing(mailbox: Mailbox) -> None:
    machines = letters_truth(mailbox.world, mailbox.world.ended_at).machines
    assert f"Nothing is kept of {machines} others, {machines} of them by machines." in mailbox.said


def test_the_world_holds_every_hard_case(mailbox: Mailbox) -> None:
    """So that an empty mailbox cannot pass."""
    truth = letters_truth(mailbox.world, mailbox.world.ended_at)
    assert {one.state for one in truth.conversations} == set(STATES)
    assert {one.kind for one in truth.conversations} == {"question", "letter", "thanks"}
    assert set(truth.by_class) == {"human", "auto_reply"}
    assert truth.machines > 20
    assert any(not one.subscription_id for one in truth.replies)
    assert len(truth.replies) > 80


@pytest.mark.soak
@pytest.mark.parametrize("seed", [11, 12, 13])
def test_letters_and_waiting_of_other_worlds(tmp_path: Path, seed: int) -> None:
    for mailbox in filled(tmp_path, seed, 1_500):
        for at in moments(mailbox.world):
            check(mailbox, at)
