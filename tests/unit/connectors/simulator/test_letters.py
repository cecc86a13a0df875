"""The letters of a world: the same mailbox for a seed, and a truth that adds up."""

from __future__ import annotations

import mailbox
from collections import Counter
from contextlib import closing
from email.utils import parseaddr
from pathlib import Path

import pytest

from regulars_connectors.instants import DAY
from regulars_connectors.simulator import World
from regulars_connectors.simulator.letters import WRITERS
from regulars_connectors.simulator.letters.mail import PROGRAMS

INVENTED = ("example.org", "example.com", "example.net")


@pytest.fixture(scope="module")
def large() -> World:
    return World(7)


def test_the_same_seed_is_the_same_mailbox(world: World) -> None:
    again = World(5, subscribers=400, spike_size=200)
    assert again.mbox(world.ended_at) == world.mbox(world.ended_at)
    assert World(6, subscribers=400).mbox(world.ended_at) != world.mbox(world.ended_at)


def test_a_mailbox_grows_as_time_goes_on(world: World) -> None:
    half = (world.started_at + world.ended_at) // 2
    whole = world.mbox(world.ended_at)
    assert whole == world.mbox(half) + world.mbox(world.ended_at, since=half)
    assert world.mbox(world.started_at) == b""


def test_every_mail_is_one_for_others_too(world: World, tmp_path: Path) -> None:
    """The standard library finds each, with addresses of nobody."""
    path = tmp_path / "world.mbox"
    path.write_bytes(world.mbox(world.ended_at))
    with closing(mailbox.mbox(str(path))) as box:
        found = {mail["Message-ID"].strip("<>"): mail for mail in box}
    written = {mail.id: mail for one in world.exchanges for mail in one.mails}
    assert found.keys() == written.keys()
    for name, mail in found.items():
        for head in (mail["From"], mail["To"]):
            assert parseaddr(str(head))[1].lower().endswith(INVENTED)
        assert written[name].direction == "in" or written[name].sender.address in WRITERS


def test_every_letter_of_a_person_is_a_reply(large: World) -> None:
    truth = large.letters_truth(large.ended_at + 400 * DAY)
    wrote = {person.key: person for person in large.people if person.letters}
    firsts = [one.id for one in truth.replies if one.id.startswith("reader0.")]
    assert Counter(one.split("@")[0].split(".")[-1] for one in firsts) == {
        key: len(person.letters) for key, person in wrote.items()
    }
    assert len(truth.conversations) == len(firsts)
    assert not any(one.state == "waiting" for one in truth.conversations)


def test_an_answer_ends_a_wait(large: World) -> None:
    """The first letter that got an answer and no further letter: before, between and after."""
    exchange = next(
        one
        for one in large.exchanges
        if [mail.kind for mail in one.mails] == ["human", "own"] and one.post is not None
    )
    letter, answer = exchange.mails
    for at_s, state in (
        (letter.at_s, None),
        (answer.at_s, "waiting"),
        (answer.at_s + 1, "answered"),
    ):
        truth = large.letters_truth(at_s * 1_000_000)
        states = {one.id: one.state for one in truth.conversations}
        assert states.get(letter.id) == state


def test_all_programs_and_classes_occur(large: World) -> None:
    mails = [mail for one in large.exchanges for mail in one.mails]
    assert {mail.program for mail in mails if mail.kind == "human"} == set(PROGRAMS)
    truth = large.letters_truth(large.ended_at)
    assert set(truth.by_class) == {
        "human", "human_empty", "auto_reply", "bounce", "reaction", "read_receipt",
        "unsubscribe_request",
    }  # fmt: skip
    assert all(one.post is None or one.words for one in truth.replies)
