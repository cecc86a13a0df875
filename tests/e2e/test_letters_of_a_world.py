"""Letters of an invented world, imported as an mbox: the reports say what really happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from support.newsletter import Newsletter, newsletter

from regulars.replies.conversations import STATES
from regulars.replies.listing import list_replies
from regulars.replies.making import tie_letters
from regulars.reports.engine.ask import ask_report
from regulars.settings import PublicationSettings, load_settings
from regulars.store import Store
from regulars_connectors.instants import SECOND, from_datetime, to_datetime
from regulars_connectors.simulator import World
from regulars_connectors.simulator.letters import WRITERS, ConversationTruth, LettersTruth

LISBON = ZoneInfo("Europe/Lisbon")


class Asked:
    """A store that holds a world, and its answers in the world's own words."""

    def __init__(self, store: Store, publication: PublicationSettings, world: World) -> None:
        self.store, self.publication, self.world = store, publication, world
        with store.read() as cursor:
            self.mails = dict(cursor.execute("SELECT id, message_id FROM letters").fetchall())
            self._people = dict(
                cursor.execute("SELECT person_id, subscription_id FROM people").fetchall()
            )
        self._numbers = {post.id: post.number for post in world.posts}

    def ask(self, name: str, day: date, **parameters: str) -> Any:
        return ask_report(
            self.store,
            self.publication,
            name,
            as_of=day.isoformat(),
            parameters=parameters,
            now=to_datetime(self.world.ended_at),
        ).result

    def replies(self, day: date) -> set[tuple[Any, ...]]:
        """Message-ID, person, post and words of each."""
        found = list_replies(self.store, self.publication.name, after(day), limit=100_000)
        return {
            (
                self.mails[one.id],
                self._people.get(one.person_id),
                None if one.is_guess or one.post is None else self._numbers[one.post[1]],
                one.words,
                one.answered_at,
            )
            for one in found
        }

    def conversations(self, day: date) -> set[ConversationTruth]:
        """The conversations in every state."""
        return {
            ConversationTruth(
                self.mails[one.letter_id],
                from_datetime(one.since) // SECOND,
                self._people.get(one.person_id),
                None if one.post_id is None else self._numbers[one.post_id],
                one.state,
                one.kind,
                one.letters_in,
                one.letters_out,
            )
            for state in STATES
            for one in self.ask("waiting", day, state=state).listed
        }


def after(day: date) -> datetime:
    """The end of a day, as reports understand a date."""
    return datetime.combine(day + timedelta(days=1), time(), LISBON)


@contextmanager
def asking(made: Newsletter, name: str) -> Iterator[Asked]:
    """A store with the whole world: people and posts of the provider, letters of the mbox."""
    addresses = ", ".join(f'"{one}"' for one in WRITERS)
    letters = f"[publications.letters]\naddresses = [{addresses}]\nonly_newsletter = true\n"
    folder = made.folder(name, settings=f"{made.settings_text()}\n{letters}")
    made.clock.set(made.world.ended_at)
    mbox = folder / "letters.mbox"
    mbox.write_bytes(made.world.mbox(made.world.ended_at))
    made.run(folder, "sync")
    made.run(folder, "import", "mail", str(mbox), "--publication", "letters")
    settings = load_settings(folder / "regulars.toml")
    with Store(settings.store) as store:
        tie_letters(store, settings.publications[0])
        yield Asked(store, settings.publications[0], made.world)


def check(asked: Asked, day: date) -> LettersTruth:
    """Letter by letter at the end of a day."""
    truth = asked.world.letters_truth(from_datetime(after(day)))
    assert asked.replies(day) == {
        (one.id, one.person, one.post, one.words, datetime.fromtimestamp(one.at_s, UTC))
        for one in truth.replies
    }
    _check_report(asked.ask("letters", day), truth)
    assert asked.conversations(day) == set(truth.conversations)
    waiting = [one for one in truth.conversations if one.state == "waiting"]
    said = asked.ask("waiting", day)
    assert sorted(asked.mails[one.letter_id] for one in said.wishes) == sorted(truth.wishes)
    assert said.states == Counter(one.state for one in truth.conversations)
    assert [one.since for one in said.listed] == sorted(
        datetime.fromtimestamp(one.since_s, UTC) for one in waiting
    )
    return truth


def _check_report(said: Any, truth: LettersTruth) -> None:
    replies = truth.replies
    who = Counter(one.person or one.sender for one in replies)
    assert (said.replies, said.people) == (len(replies), len(who))
    assert said.untied == sum(one.post is None for one in replies)
    assert said.without_person == sum(one.person is None for one in replies)
    assert said.by_class == truth.by_class
    assert sorted(one.replies for one in said.writers) == sorted(
        Counter(one.person for one in replies if one.person).values()
    )
    posts = Counter(one.post for one in replies if one.post is not None)
    assert sorted(one.replies for one in said.posts) == sorted(posts.values())


def days_of(world: World) -> list[date]:
    """Three days: in the first third, in the second, and the last."""
    started, ended = to_datetime(world.started_at), to_datetime(world.ended_at)
    return [(started + (ended - started) * share).date() for share in (0.3, 0.6, 0.98)]


def world_of_a_year(seed: int, subscribers: int) -> World:
    return World(seed, subscribers=subscribers, spike=False, posts=52, deletions=False)


@pytest.mark.long
def test_letters_and_waiting_equal_the_truth_at_three_dates(tmp_path: Path) -> None:
    world = world_of_a_year(3, 400)
    with newsletter(tmp_path, world) as made, asking(made, "whole") as asked:
        for day in days_of(world):
            assert check(asked, day).conversations


@pytest.mark.soak
def test_letters_and_waiting_equal_the_truth_in_a_large_world(tmp_path: Path) -> None:
    world = world_of_a_year(8, 4_000)
    with newsletter(tmp_path, world) as made, asking(made, "whole") as asked:
        for day in days_of(world):
            truth = check(asked, day)
        assert {one.state for one in truth.conversations} == {
            "waiting", "answered", "faded", "thanked",
        }  # fmt: skip
        assert any(one.person is None for one in truth.replies)
        assert any(one.post is None for one in truth.replies)
