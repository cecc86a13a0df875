"""The same letters by mbox, by files and by an API, in any order: each counts once.

Readers are known from two connections, which show the same posts. What the reports say is compared
with the list of letters that were really written.
"""

from __future__ import annotations

import csv
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from regulars.pages.queries import EVERYBODY
from regulars.reports.engine.ask import ask_report
from regulars.settings import ConnectionConfig, PublicationSettings, Settings, StoreSettings
from regulars.settings.letters import LettersSettings
from regulars.store import Store
from regulars.store.verify import verify_store
from regulars.sync.record import RunRequest
from regulars.sync.run import SyncRun, sync_connection
from regulars_connectors.contract import Runtime
from regulars_connectors.instants import DAY, SECOND, Instant, to_datetime, to_iso
from regulars_connectors.records import Post, Signal, Subscription

from .conftest import START, ToyProvider

pytestmark = pytest.mark.usefixtures("store_stays_open")

WRITER = "ada@letters.example"
READERS = ("mara", "bo", "finn", "kim")
IN_FILES_ALONE = "kim"
POSTS = 9
PEOPLE = ["id", "email", "joined_at", "left_at", "status", "source"]
SIGNALS = ["subscription_id", "post_id", "kind", "at", "machine", "url", "id"]
MINUTE = 60 * SECOND
NOW = START + (7 * POSTS + 6) * DAY


def sent_at(post: int) -> Instant:
    return START + 7 * post * DAY


@dataclass(frozen=True)
class Written:
    """A letter that a reader wrote."""

    reader: str
    post: int
    at: Instant

    @property
    def id(self) -> str:
        return f"{self.reader}.{self.post}"

    def mail(self) -> bytes:
        """As a mail program sends it."""
        title = title_of(self.post)
        when = f"{to_datetime(self.at):%d %b %Y %H:%M:%S} +0000"
        return (
            f"From {self.reader}\nFrom: {self.reader.title()} <{self.reader}@example.org>\n"
            f"To: {WRITER}\nSubject: Re: {title}\nDate: {when}\n"
            f"Message-ID: <{self.id}@mail.example>\n\n"
            f"My thoughts on letter {self.post}, at length, by {self.reader}.\n\n"
        ).encode()


def title_of(post: int) -> str:
    return f"Letter {post} from the quay"


def written(chosen: random.Random) -> list[Written]:
    """At most one letter of a reader about a post, within four days of it."""
    return [
        Written(reader, post, sent_at(post) + chosen.randrange(60, 4 * 24 * 60) * MINUTE)
        for reader in READERS
        for post in range(POSTS)
        if chosen.random() < 0.4
    ]


@dataclass
class Sources:
    """Three ways in. Files and API show more at each step, mails lie in any box."""

    folder: Path
    store: Store
    chosen: random.Random
    letters: list[Written]
    api: ToyProvider = field(default_factory=ToyProvider)
    shown: dict[str, list[Written]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.files = self.folder / "files"
        self.files.mkdir()
        self.api.now = NOW
        self.api.posts = [
            Post(id=f"api{post}", status="sent", title=title_of(post), sent_at=sent_at(post))
            for post in range(POSTS)
        ]
        self.api.people = [
            Subscription(
                id=f"api-{one}",
                email=f"{one}@example.org",
                status="active",
                joined_at=START - 9 * DAY,
            )
            for one in READERS
            if one != IN_FILES_ALONE
        ]
        self._write("posts", ["id", "title", "status", "sent_at"], self._posts())
        self._write(
            "subscriptions",
            PEOPLE,
            self._people(),
        )
        self.publication = PublicationSettings(
            name="pub", letters=LettersSettings(addresses=(WRITER,))
        )

    def _posts(self) -> list[list[str]]:
        return [[f"p{n}", title_of(n), "sent", to_iso(sent_at(n))] for n in range(POSTS)]

    def _people(self) -> list[list[str]]:
        joined = to_iso(START - 9 * DAY)
        return [[one, f"{one}@example.org", joined, "", "active", ""] for one in READERS]

    def _write(self, name: str, columns: list[str], rows: list[list[str]]) -> None:
        with (self.files / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([columns, *rows])

    def by_files(self, letters: list[Written]) -> None:
        """The time is that of another clock, at most ten minutes apart."""
        rows = [
            [one.reader, f"p{one.post}", "reply", to_iso(self._near(one)), "", "", one.id]
            for one in letters
        ]
        self._write("signals", SIGNALS, rows)
        self._sync("files-1", "files", folder=self.files)

    def by_api(self, letters: list[Written]) -> None:
        self.api.signals = [
            Signal(
                kind="reply", id=f"api {one.id}", subscription_id=f"api-{one.reader}",
                post_id=f"api{one.post}", at=self._near(one),
            )
            for one in letters
            if one.reader != IN_FILES_ALONE
        ]  # fmt: skip
        SyncRun(self.store, self.api, RunRequest("pub", "api", "toy"), runtime()).run()

    def by_mails(self, letters: list[Written]) -> None:
        if not letters:
            return  # an mbox without mails is an error of its own
        path = self.folder / "letters.mbox"
        mails = [one.mail() for one in letters]
        self.chosen.shuffle(mails)
        path.write_bytes(b"".join(mails))
        self._sync("mails", "mail-files", path=path)

    def _near(self, one: Written) -> Instant:
        return one.at + random.Random(one.id).randrange(-10, 11) * MINUTE

    def _sync(self, name: str, connector: str, **options: object) -> None:
        connection = ConnectionConfig(name=name, connector=connector, options=options)
        settings = Settings(
            store=StoreSettings(folder=self.folder / "unused"), publications=(self.publication,)
        )
        run = sync_connection(self.store, settings, self.publication, connection, runtime())
        assert run.outcome == "complete", run.reason

    def steps(self) -> list[Callable[[], None]]:
        """Each source in one to three steps. Files and API show what they showed, and more."""
        found: list[tuple[float, Callable[[], None]]] = []
        for bring in (self.by_files, self.by_api, self.by_mails):
            letters = list(self.letters)
            self.chosen.shuffle(letters)
            ends = sorted({len(letters), *self.chosen.choices(range(len(letters) + 1), k=2)})
            times = sorted(self.chosen.random() for _ in ends)
            found += (
                (time, lambda bring=bring, some=letters[:end]: bring(some))
                for time, end in zip(times, ends, strict=True)
            )
        return [step for _, step in sorted(found, key=lambda one: one[0])]


def runtime() -> Runtime:
    return Runtime(clock=lambda: NOW, sleep=lambda _: None)


def ask(sources: Sources, name: str, **parameters: str) -> Any:
    now = to_datetime(NOW)
    publication = sources.publication
    return ask_report(
        sources.store, publication, name, as_of=None, parameters=parameters, now=now
    ).result


def check(sources: Sources) -> None:
    """Every report that counts replies says what was really written."""
    letters = sources.letters
    with sources.store.read() as cursor:
        emails = dict(
            cursor.execute(
                "SELECT people.person_id, words.email FROM people JOIN words"
                " ON words.connection = people.connection AND words.id = people.subscription_id"
                " WHERE words.email IS NOT NULL"
            ).fetchall()
        )
    assert sorted(emails.values()) == [f"{one}@example.org" for one in sorted(READERS)]
    of_letters = ask(sources, "letters")
    by_person = Counter(f"{one.reader}@example.org" for one in letters)
    assert {emails[one.id]: one.replies for one in of_letters.writers} == by_person
    assert (of_letters.replies, of_letters.people) == (len(letters), len(by_person))
    assert (of_letters.untied, of_letters.without_person) == (0, 0)
    assert Counter(one.title for one in of_letters.posts for _ in range(one.replies)) == Counter(
        title_of(one.post) for one in letters
    )
    house = ask(sources, "house")
    assert (house.wrote_back, house.active_people) == (len(by_person), len(READERS))
    people = ask(sources, "regulars", state=",".join(EVERYBODY)).people
    assert {emails[one.id]: one.wrote_back for one in people} == {
        f"{one}@example.org": f"{one}@example.org" in by_person for one in READERS
    }
    answers = ask(sources, "answers").posts
    assert sum(one.counts.get("reply", 0) for one in answers) == len(letters)


@contextmanager
def begun(folder: Path, store: Store, seed: int) -> Iterator[Sources]:
    """Both connections know the posts and the people, and no letter yet."""
    chosen = random.Random(seed)
    sources = Sources(folder, store, chosen, written(chosen))
    sources.by_files([])
    sources.by_api([])
    yield sources


def run(folder: Path, store: Store, seed: int) -> None:
    with begun(folder, store, seed) as sources:
        assert len(sources.letters) > 5
        for step in sources.steps():
            step()
        check(sources)
        sources.by_mails(sources.letters)
        check(sources)
        store.rebuild()
        check(sources)
        assert verify_store(store) == []


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.long)])
def test_letters_count_once_in_any_order(tmp_path: Path, opened: Any, seed: int) -> None:
    with opened() as store:
        run(tmp_path, store, seed)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10, 40))
def test_letters_count_once_in_many_orders(tmp_path: Path, opened: Any, seed: int) -> None:
    with opened() as store:
        run(tmp_path, store, seed)
