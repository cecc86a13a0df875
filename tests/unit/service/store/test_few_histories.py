"""Histories made of few rows: after letters, acts, settings and two lists, they equal all made."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from support.made_histories import kept, made_whole

from regulars.replies.making import tie_letters
from regulars.replies.posts import substack_id
from regulars.reports.engine import kept_histories
from regulars.reports.engine.few_histories import FewHistories
from regulars.settings import PublicationSettings
from regulars.store.actions.letters import say_of_letters
from regulars.store.secret import letters_key
from regulars.sync.record import RunRequest
from regulars.sync.run import SyncRun
from regulars_connectors import Letter
from regulars_connectors.contract import Runtime
from regulars_connectors.instants import DAY, SECOND
from regulars_connectors.keyed import keyed
from regulars_connectors.mail.subjects import base_subjects

from .conftest import person, run_of
from .test_kept_histories import HOUR, PUB, Newsletter, now_of, post, sent_at, signal
from .test_letters import Mailbox

OTHER_MAIL = PUB.model_copy(
    update={"letters": PUB.letters.model_copy(update={"other_mails": ("Say hello",)})}
)


def letter(
    store: Any, key: int, reader: int, about: int, at: int, *, by_subject: bool = False, **more: Any
) -> Letter:
    """A letter of a reader that answers a post. by_subject: only its subject says so,
    besides that of a mail which is no post."""
    secret = letters_key(store.secret)
    values = {
        "id": keyed(f"letter {key}", secret), "direction": "in", "kind": "human",
        "rule": "person", "arrived_at": at, "clock": "server", "sender_certain": True,
        "to_writer": True, "recipients": 1, "words": 9, "message_id": f"{key}@mail.example",
        "correspondent": keyed(f"reader{reader}@example.org", secret),
        "own_words": keyed(f"words {key}", secret),
    }  # fmt: skip
    if by_subject:
        values |= {
            "is_reply": True,
            "subjects": " ".join(keyed(one, secret) for one in base_subjects("Say hello")),
            "topics": " ".join(keyed(one, secret) for one in base_subjects(f"Post {about}")),
        }
    else:
        values |= {"parents": keyed(substack_id(f"p{about}"), secret)}
    return Letter(**values | more)


def look(store: Any, provider: Any, connection: str, now: int) -> None:
    """A sync of a further connection."""
    provider.now = now
    runtime = Runtime(clock=lambda: now, sleep=lambda _: None)
    SyncRun(store, provider, RunRequest("pub", connection, provider.name), runtime).run()


def equal_anew(store: Any, publication: PublicationSettings, provider: Any) -> str:
    """Keep histories, which must equal those made anew. Returns what was made."""
    tie_letters(store, publication)
    made = kept_histories.keep_histories(store, publication, now_of(provider))
    assert kept(store, "pub") == made_whole(store, publication, now_of(provider))
    return made


@pytest.fixture
def written_store(provider, opened, store_stays_open):
    """Ten weeks of opens by thirty people, and a mailbox with letters of two of them."""
    provider.people = [person(number, counters=None) for number in range(30)]
    provider.posts = [post(number) for number in range(10)]
    provider.signals = [
        signal(100 * name + about, name, about)
        for name in range(30)
        for about in range(10)
        if (name + about) % 3
    ]
    provider.now = sent_at(9) + DAY
    mailbox = Mailbox()
    with opened() as store:
        run_of(store, provider).run()
        mailbox.letters = [
            letter(store, 1, 4, 2, sent_at(2) + HOUR),
            letter(store, 2, 7, 2, sent_at(2) + HOUR, by_subject=True),
        ]
        look(store, mailbox, "mail", provider.now)
        assert equal_anew(store, PUB, provider) == "whole"
        yield store, mailbox


def answered(store: Any) -> list[str]:
    """Who has an answer among the kept histories."""
    with store.read() as cursor:
        rows = cursor.execute(
            "SELECT person_id FROM histories WHERE last_reply_at IS NOT NULL ORDER BY ALL"
        ).fetchall()
    return [person_id for (person_id,) in rows]


def test_a_letter_makes_the_rows_of_whoever_wrote_it(provider, written_store):
    store, mailbox = written_store
    mailbox.letters = [letter(store, 3, 9, 4, sent_at(9) + HOUR)]
    provider.now += HOUR
    look(store, mailbox, "mail", provider.now)
    assert equal_anew(store, PUB, provider) == "few"
    assert len(answered(store)) == 3


def test_a_look_into_the_mailbox_without_letters_makes_nothing(
    provider, written_store, monkeypatch
):
    store, mailbox = written_store
    provider.now += HOUR
    look(store, mailbox, "mail", provider.now)
    monkeypatch.setattr(FewHistories, "take", None)
    assert equal_anew(store, PUB, provider) == "nothing"


@pytest.mark.parametrize(("action", "made"), [("machine", "few"), ("rest", None)])
def test_a_word_of_the_owner_makes_the_rows_of_whoever_wrote(provider, written_store, action, made):
    store, mailbox = written_store
    provider.now += HOUR
    say_of_letters(store, "pub", [mailbox.letters[0].id], action, at=provider.now - SECOND)
    with store.read() as cursor:
        found = cursor.execute("SELECT is_current FROM histories_made").fetchall()
    assert found == [(made is None,)]  # what becomes of a letter tells nothing of reading
    assert equal_anew(store, PUB, provider) == (made or "nothing")
    assert len(answered(store)) == (1 if made else 2)


def test_other_settings_of_letters_make_the_rows_that_they_change(provider, written_store):
    store, _ = written_store
    before = kept(store, "pub")
    tie_letters(store, OTHER_MAIL)
    with store.read() as cursor:
        assert cursor.execute("SELECT is_current FROM histories_made").fetchall() == [(False,)]
    provider.now += HOUR
    assert equal_anew(store, OTHER_MAIL, provider) == "few"
    after = kept(store, "pub")
    assert after != before
    store.rebuild()
    assert equal_anew(store, OTHER_MAIL, provider) == "whole"
    assert kept(store, "pub") == after
    provider.now += HOUR
    equal_anew(store, PUB, provider)
    assert kept(store, "pub") == before


def test_a_whole_look_shows_whoever_left_another_list_before_it(provider, opened, store_stays_open):
    """What one list showed last before somebody left another is over, until it shows them again."""
    other = type(provider)()
    provider.people = [person(number, counters=None) for number in range(30)]
    provider.posts = [post(0), post(1)]
    provider.signals = [signal(name, name, name % 2) for name in range(30)]
    provider.now = sent_at(1) + DAY
    other.people = [
        person(number, counters=None, id=f"o{number}", joined_at=sent_at(0)) for number in range(3)
    ]
    with opened() as store:
        run_of(store, provider).run()
        look(store, other, "other", provider.now + HOUR)
        equal_anew(store, PUB, other)
        left = {"status": "left", "left_at": other.now + DAY}
        other.people = [person(0, counters=None, id="o0", **left), *other.people[1:]]
        look(store, other, "other", other.now + 2 * DAY)
        assert equal_anew(store, PUB, other) == "few"
        provider.now = other.now + HOUR
        run_of(store, provider).run()  # brings nothing but a later moment of the same list
        assert equal_anew(store, PUB, provider) == "few"


class TwoLists(Newsletter):
    """A newsletter whose people also stand on another list, and write letters."""

    def __init__(self, provider: Any, seed: int, store: Any) -> None:
        super().__init__(provider, seed, has_totals=False)
        self.store, self.mailbox, self.letters = store, Mailbox(), 0
        self.publication = PUB
        self.other = type(provider)()
        self.other.people = [self._of_other(number) for number in range(0, 12, 2)]

    def _of_other(self, number: int, **more: Any) -> Any:
        return person(number, counters=None, **{"id": f"o{number}", "joined_at": sent_at(0)} | more)

    def step(self) -> str:
        """Something new in one place, looked at. Returns what was made."""
        chosen = self.chosen.choice(
            [self._people, self._people, self._people, self._others, self._write, self._say]
        )
        chosen()
        if self.chosen.random() < 0.1:
            self.publication = self.chosen.choice([PUB, OTHER_MAIL])
        self.provider.now += SECOND
        return equal_anew(self.store, self.publication, self.provider)

    def _people(self) -> None:
        super().step()
        run_of(self.store, self.provider).run()

    def _others(self) -> None:
        place = self.chosen.randrange(len(self.other.people))
        number = int(self.other.people[place].id[1:])
        if self.other.people[place].status == "active":
            left = {"status": "left", "left_at": self.provider.now - 2 * HOUR}
            self.other.people[place] = self._of_other(number, **left)
        else:
            self.other.people[place] = self._of_other(number)
        self.provider.now += HOUR
        look(self.store, self.other, "other", self.provider.now)

    def _write(self) -> None:
        for _ in range(self.chosen.randint(0, 3)):
            self.letters += 1
            about = self.chosen.randrange(self.posts)
            at = self.chosen.choice([sent_at(about) + HOUR, self.provider.now + DAY])
            self.mailbox.letters.append(
                letter(
                    self.store, self.letters, self.chosen.randrange(14), about, at,
                    by_subject=self.chosen.random() < 0.5,
                    kind=self.chosen.choice(["human", "human", "auto_reply"]),
                )
            )  # fmt: skip
        self.provider.now += HOUR
        look(self.store, self.mailbox, "mail", self.provider.now)

    def _say(self) -> None:
        if self.mailbox.letters and self.letters:
            ids = [one.id for one in self.mailbox.letters]
            known = [one for one in ids if self._is_known(one)]
            if known:
                action = self.chosen.choice(["person", "machine", "rest"])
                one = self.chosen.choice(known)
                say_of_letters(self.store, "pub", [one], action, at=self.provider.now)

    def _is_known(self, one: str) -> bool:
        with self.store.read() as cursor:
            return bool(cursor.execute("SELECT 1 FROM letters WHERE id = $1", [one]).fetchone())


def live(opened: Any, provider: Any, seed: int, steps: int) -> Counter[str]:
    """Steps in any order; how often what was made. In the end they equal a rebuilt store's."""
    made: Counter[str] = Counter()
    with opened() as store:
        lists = TwoLists(provider, seed, store)
        run_of(store, provider).run()
        look(store, lists.other, "other", provider.now)
        for _ in range(steps):
            made[lists.step()] += 1
        before = kept(store, "pub")
        store.rebuild()
        assert equal_anew(store, lists.publication, provider) == "whole"
        assert kept(store, "pub") == before
    return made


@pytest.mark.long
@pytest.mark.usefixtures("store_stays_open")
def test_in_any_order_few_tell_what_all_would(provider, opened):
    assert set(live(opened, provider, 5, 14)) == {"nothing", "few", "whole"}


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(20, 32))
@pytest.mark.usefixtures("store_stays_open")
def test_in_many_orders_few_tell_what_all_would(provider, opened, seed):
    live(opened, provider, seed, 40)
