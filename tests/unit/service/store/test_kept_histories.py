"""Kept histories: made for few people or for all, once or as of an instant, they are the same."""

from __future__ import annotations

import random
import shutil
import threading
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.made_histories import ask_histories, kept, made_whole

from regulars.jobs.histories import HistoryKeeper
from regulars.reports.engine import kept_histories
from regulars.reports.engine.kept_histories import keep_histories, next_making
from regulars.reports.prepare import prepare
from regulars.settings import PublicationSettings, Settings
from regulars.store import Store
from regulars.store.verify import verify_store
from regulars_connectors.instants import DAY, SECOND, to_datetime
from regulars_connectors.records import Counters, Post, Signal

from .conftest import START, ToyProvider, person, run_of, settings_of

PUB = PublicationSettings(name="pub")
WEEK, HOUR = 7 * DAY, 3600 * SECOND


def post(number: int) -> Post:
    return Post(id=f"p{number}", title=f"Post {number}", status="sent", sent_at=sent_at(number))


def sent_at(number: int) -> int:
    return START + number * WEEK


def signal(key: int, name: int, about: int, kind: str = "open", **more: Any) -> Signal:
    values = {
        "kind": kind, "id": f"key{key}", "subscription_id": f"s{name:03d}",
        "post_id": f"p{about}", "at": sent_at(about) + HOUR,
    }  # fmt: skip
    return Signal(**values | more)


class Newsletter:
    """A provider whose people read, click, leave, come back and join at random."""

    def __init__(self, provider: Any, seed: int, *, has_totals: bool) -> None:
        self.provider, self.chosen, self.has_totals = provider, random.Random(seed), has_totals
        self.posts, self.keys = 1, 0
        provider.people = [self._person(number) for number in range(40)]
        provider.posts = [post(0)]
        provider.now = sent_at(0) + 2 * HOUR

    def _person(self, number: int, **more: Any) -> Any:
        totals = {} if self.has_totals else {"counters": None}
        return person(number, **totals | more)

    def step(self) -> None:
        """A day or a week, or nothing new."""
        self.provider.now += self.chosen.choice([HOUR, DAY, WEEK])
        while sent_at(self.posts) <= self.provider.now:
            self.provider.posts.append(post(self.posts))
            self.posts += 1
        change = self.chosen.choice(
            [self._nothing, self._some, self._some, self._some, self._many, self._standing]
        )
        change()

    def _nothing(self) -> None:
        pass

    def _some(self) -> None:
        for _ in range(self.chosen.randint(1, 3)):
            self._signal()
        if self.chosen.random() < 0.2 and self.provider.signals:  # who made it is known later
            place = self.chosen.randrange(len(self.provider.signals))
            one = self.provider.signals[place]
            if one.kind == "open":
                values = {"machine": True, "post_id": one.post_id, "at": one.at}
                name = int(one.subscription_id[1:])
                key = int(one.id.removeprefix("key"))
                self.provider.signals[place] = signal(key, name, 0, **values)
        if self.has_totals:
            self._totals(self.chosen.randint(0, 2))

    def _many(self) -> None:
        for _ in range(30):
            self._signal()
        if self.has_totals:
            self._totals(20)

    def _signal(self) -> None:
        self.keys += 1
        kind = self.chosen.choice(["open"] * 6 + ["click", "click", "poll", "reply", "send"])
        more = {"url": f"https://example.org/{self.keys % 4}"} if kind == "click" else {}
        self.provider.signals.append(
            signal(
                self.keys, self.chosen.randrange(len(self.provider.people)),
                self.chosen.randrange(self.posts), kind,
                machine=self.chosen.choice([None, None, True, False]), **more,
            )
        )  # fmt: skip

    def _totals(self, people: int) -> None:
        for place in self.chosen.sample(range(len(self.provider.people)), people):
            one = self.provider.people[place]
            was = one.counters or Counters(0, 0, 0)
            received = was.received + self.chosen.randint(0, 2)
            opened = min(received, was.opened + self.chosen.randint(0, 2))
            self._replace(place, counters=Counters(received, opened, was.clicked))

    def _standing(self) -> None:
        place = self.chosen.randrange(len(self.provider.people))
        if self.chosen.random() < 0.3:
            number = len(self.provider.people)
            self.provider.people.append(
                self._person(
                    number, joined_at=self.provider.now - HOUR, email=f"{number}@b.example"
                )
            )
        elif self.provider.people[place].status == "active":
            self._replace(place, status="left", left_at=self.provider.now - HOUR)
        else:
            self._replace(place, status="active", left_at=None)

    def _replace(self, place: int, **values: Any) -> None:
        one = self.provider.people[place]
        known = {name: getattr(one, name) for name in one.__struct_fields__}
        self.provider.people[place] = type(one)(**known | values)


def now_of(provider: Any) -> datetime:
    """A moment after the look."""
    return to_datetime(provider.now + SECOND)


def live(opened: Any, provider: Any, newsletter: Newsletter, steps: int) -> Counter[str]:
    """Syncs, one after the other; how often what was made."""
    made: Counter[str] = Counter()
    with opened() as store:
        for _ in range(steps):
            newsletter.step()
            run_of(store, provider).run()
            made[keep_histories(store, PUB, now_of(provider))] += 1
            assert kept(store, "pub") == made_whole(store, PUB, now_of(provider))
        assert verify_store(store) == []
        before = kept(store, "pub")
        store.rebuild()
        assert kept(store, "pub") == []
        assert keep_histories(store, PUB, now_of(provider)) == "whole"
        assert kept(store, "pub") == before
    return made


@pytest.mark.long
@pytest.mark.parametrize("has_totals", [True, False])
@pytest.mark.usefixtures("store_stays_open")
def test_made_for_few_or_for_all_the_rows_are_equal(provider, opened, has_totals):
    made = live(opened, provider, Newsletter(provider, 3, has_totals=has_totals), 12)
    assert set(made) == {"nothing", "few", "whole"}


@pytest.mark.soak
@pytest.mark.parametrize("has_totals", [True, False])
@pytest.mark.parametrize("seed", range(10, 16))
@pytest.mark.usefixtures("store_stays_open")
def test_over_a_long_life_the_rows_are_equal(provider, opened, seed, has_totals):
    live(opened, provider, Newsletter(provider, seed, has_totals=has_totals), 60)


def fill(provider: Any) -> None:
    """Ten weeks of opens of thirty people, seen a day after the last post."""
    provider.people = [person(number, counters=None) for number in range(30)]
    provider.posts = [post(number) for number in range(10)]
    provider.signals = [
        signal(100 * name + about, name, about)
        for name in range(30)
        for about in range(10)
        if (name + about) % 3
    ]
    provider.now = sent_at(9) + DAY


@pytest.fixture(scope="module")
def kept_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with these ten weeks, whose histories are kept: never opened, only copied."""
    folder, provider = tmp_path_factory.mktemp("kept") / "data", ToyProvider()
    fill(provider)
    with Store(settings_of(folder)) as store:
        run_of(store, provider).run()
        assert keep_histories(store, PUB, now_of(provider)) == "whole"
    return folder


@pytest.fixture
def kept_store(kept_once, provider, folder):
    fill(provider)
    shutil.copytree(kept_once, folder)
    with Store(settings_of(folder)) as store:
        yield store


def test_a_sync_that_changed_nothing_makes_nothing(provider, kept_store, monkeypatch):
    provider.now += HOUR
    run_of(kept_store, provider).run()
    monkeypatch.setattr(kept_histories, "make_rows", None)
    assert keep_histories(kept_store, PUB, now_of(provider)) == "nothing"
    assert keep_histories(kept_store, PUB, now_of(provider)) == "nothing"


def test_an_answer_of_one_person_makes_the_rows_of_that_person(provider, kept_store):
    provider.now += HOUR
    provider.signals.append(signal(9001, 4, 9, "poll"))
    run_of(kept_store, provider).run()
    assert keep_histories(kept_store, PUB, now_of(provider)) == "few"
    assert kept(kept_store, "pub") == made_whole(kept_store, PUB, now_of(provider))


def test_a_post_that_matures_makes_them_again(provider, kept_store, monkeypatch):
    assert next_making(kept_store, ["pub"]) == to_datetime(sent_at(9) + WEEK)
    provider.now = sent_at(9) + WEEK - 2 * SECOND
    monkeypatch.setattr(kept_histories, "make_rows", None)
    assert keep_histories(kept_store, PUB, now_of(provider)) == "nothing"
    monkeypatch.undo()
    provider.now = sent_at(9) + WEEK
    assert keep_histories(kept_store, PUB, now_of(provider)) == "whole"
    assert next_making(kept_store, ["pub"]) is None


def test_another_time_zone_makes_them_again_where_weeks_count(provider, kept_store):
    other = PUB.model_copy(update={"time_zone": "Asia/Tokyo"})
    assert keep_histories(kept_store, other, now_of(provider)) == "whole"


def test_another_correction_of_posts_makes_them_again(provider, kept_store):
    other = PUB.model_copy(update={"different_posts": (("conn/p1", "else/p1"),)})
    assert keep_histories(kept_store, other, now_of(provider)) == "whole"


@pytest.mark.long
def test_as_of_an_instant_they_are_those_that_were_kept_then(provider, opened, store_stays_open):
    """Every sign came with its own time and at once, so that what was known then is known now."""
    chosen = random.Random(1)
    provider.people = [person(number, counters=None) for number in range(12)]
    then = {}
    with opened() as store:
        for week in range(6):
            provider.posts.append(post(week))
            provider.signals += [
                signal(100 * week + name, name, week) for name in range(12) if chosen.random() < 0.5
            ]
            provider.now = sent_at(week) + 2 * DAY
            run_of(store, provider).run()
            keep_histories(store, PUB, now_of(provider))
            then[now_of(provider)] = kept(store, "pub")
        for moment, rows in then.items():
            assert made_whole(store, PUB, moment) == rows
        last = now_of(provider).replace(tzinfo=None)
        with store.read() as cursor:  # about now nothing is made, about an instant before it is
            assert len(ask_histories(cursor, PUB, last)) == 12
            cursor.execute("DELETE FROM histories")
            assert ask_histories(cursor, PUB, last) == []
            assert len(ask_histories(cursor, PUB, last - timedelta(days=1))) == 12


def keeper_of(store: Any, clock: list[int], make: Any = prepare, **more: Any) -> HistoryKeeper:
    return HistoryKeeper(store, Settings(publications=(PUB,)), lambda: clock[0], make, **more)


def test_a_server_makes_them_again_at_their_moment(provider, kept_store):
    ended, clock, until = threading.Event(), [provider.now + SECOND], sent_at(9) + WEEK
    keeper = keeper_of(kept_store, clock, on_end=ended.set)
    assert keeper.step() == until
    clock[0] = until
    assert keeper.step() is None
    assert ended.wait(60)
    keeper.join()
    assert kept(kept_store, "pub") == made_whole(kept_store, PUB, to_datetime(until))
    assert keeper.step() is None


def test_a_server_leaves_to_a_sync_under_way_what_it_will_make(kept_store):
    made: list[str] = []
    clock = [sent_at(9) + WEEK]
    keeper = keeper_of(
        kept_store, clock, lambda *_: made.append("pub"), busy=lambda: ["pub"]
    )  # fmt: skip
    assert keeper.step() is None
    keeper.join()
    assert made == []


def test_a_server_waits_an_hour_where_they_could_not_be_made(kept_store):
    ended, clock, made = threading.Event(), [sent_at(9) + WEEK], list[str]()
    keeper = keeper_of(kept_store, clock, lambda *_: made.append("pub"), on_end=ended.set)
    assert keeper.step() is None
    assert ended.wait(60)
    keeper.join()
    assert keeper.step() == clock[0] + HOUR
    clock[0] += HOUR
    keeper.step()
    keeper.join()
    assert made == ["pub", "pub"]


def test_a_server_that_stops_makes_nothing_more(kept_store):
    made: list[str] = []
    keeper = keeper_of(kept_store, [sent_at(9) + WEEK], lambda *_: made.append("pub"))
    keeper.stop()
    keeper.step()
    keeper.join()
    assert made == []
