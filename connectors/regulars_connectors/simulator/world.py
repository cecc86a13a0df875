"""The seeded truth behind every simulated API: who the people are and what they really did.

Everything is a pure function of the world's parameters and of an instant. A world is lived through
once, when it is made. Bisection then finds the state at any instant.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cached_property

from ..instants import SECOND, Instant, from_iso
from .behaviour import live, pass_by
from .letters import Exchange, LettersTruth, exchanges, mailbox, others, truth_at
from .people import NEVER_S, Answer, Person, passer_by, resident
from .randomness import generator, some_uuid
from .schedule import DAY_S, Post, make_schedule
from .snapshot_view import SnapshotView

STARTED: Instant = from_iso("2024-10-07T00:00:00Z")


@dataclass(frozen=True, slots=True)
class Deed:
    """What one person did with one post. Times are instants; None means never.

    open_recorded_at differs from read_at: a mailbox may open what nobody reads, and a blocked
    picture hides a read.
    """

    was_sent: bool
    read_at: Instant | None
    open_recorded_at: Instant | None
    clicked_at: Instant | None
    answered_at: Instant | None


@dataclass(frozen=True, slots=True)
class Totals:
    """Per emailed post, the sorted times of what happened to it, over all people."""

    delivered: list[int]
    bounced: list[int]
    opens: list[array[int]]
    clicks: list[array[int]]
    leaves: list[array[int]]


class World:
    """An invented publication over about two years.

    seed: decides everything. subscribers: people with habits. spike: whether ``spike_size``
    more come for the viral post, while everybody else's acts and ids stay the same. rule: (k, n),
    by which a share of the spike falls short by exactly one post. deletions: whether the few who
    ask to be deleted disappear from the provider. listed: each so manieth post is for the people of
    a newsletter list alone, 0 for none.
    """

    def __init__(
        self,
        seed: int,
        *,
        subscribers: int = 1_500,
        spike: bool = True,
        spike_size: int = 1_000,
        started: Instant = STARTED,
        posts: int = 104,
        every_days: int = 7,
        rule: tuple[int, int] = (4, 8),
        deletions: bool = True,
        listed: int = 0,
    ) -> None:
        if subscribers < 0 or posts < 2:
            raise ValueError("a world needs at least two posts and no fewer than no people")
        self.seed = seed
        self.rule = rule
        self.schedule = make_schedule(seed, started // SECOND, posts, every_days, listed)
        self._people_by_key: dict[str, Person] = {}
        self._live(subscribers, deletions=deletions)
        if spike and self.schedule.viral is not None:
            self._pass_by(spike_size, self.schedule.viral)
        self.people: list[Person] = sorted(
            self._people_by_key.values(), key=lambda person: (person.joined_s, person.id)
        )
        self.joined_s = array("I", (person.joined_s for person in self.people))
        self.deleted_s = sorted(p.deleted_s for p in self.people if p.deleted_s != NEVER_S)

    @classmethod
    def of_size(cls, seed: int, people: int) -> World:
        """A world whose end knows exactly ``people`` subscriptions, its spike included."""
        spike_size = min(1_000, people * 2 // 5)
        return cls(seed, subscribers=people - spike_size, spike_size=spike_size, deletions=False)

    def _live(self, subscribers: int, *, deletions: bool) -> None:
        schedule, known = self.schedule, self._people_by_key
        for index in range(subscribers):
            person, rng = resident(self.seed, index, schedule.started_s, schedule.ended_s)
            if not deletions:
                person.deleted_s = NEVER_S
            if person.referrer and known[person.referrer].joined_s >= person.joined_s:
                person.referrer = None
            live(person, rng, schedule)
            known[person.key] = person

    def _pass_by(self, size: int, viral: int) -> None:
        """Of a thousand: 60 fall one post short of the rule, and 80 answer the one poll."""
        schedule, (k, n) = self.schedule, self.rule
        short, answering = round(size * 0.06), round(size * 0.08)
        for index in range(size):
            person, rng = passer_by(self.seed, index, schedule.sent_s[viral])
            falls_short = index < short
            pass_by(
                person,
                rng,
                schedule,
                reads=k - 1 if falls_short else 1 + (rng.random() < 0.4),
                within=n if falls_short else 3,
                answers=short // 2 <= index < short // 2 + answering,
            )
            self._people_by_key[person.key] = person

    # --- when things are -------------------------------------------------------------------

    @property
    def started_at(self) -> Instant:
        """The week of the first post begins."""
        return self.schedule.started_s * SECOND

    @property
    def ended_at(self) -> Instant:
        """The week of the last post is over; everybody who ever joins has joined."""
        return self.schedule.ended_s * SECOND

    @property
    def posts(self) -> tuple[Post, ...]:
        """The emailed posts, oldest first; ``sent_at`` says when."""
        return self.schedule.emailed

    @property
    def viral_post(self) -> Post | None:
        """The post that went round; the spike's people joined within three days of it."""
        viral = self.schedule.viral
        return None if viral is None else self.schedule.emailed[viral]

    @cached_property
    def publication_id(self) -> str:
        """The provider's id of the one publication."""
        return f"pub_{some_uuid(self.seed, 'publication')}"

    def at(self, instant: Instant, slowness: int = 1) -> SnapshotView:
        """What a provider can show at ``instant``. slowness: by what its sending takes longer."""
        return SnapshotView(self, instant // SECOND, slowness)

    # --- the truth -------------------------------------------------------------------------

    @cached_property
    def by_id(self) -> dict[str, Person]:
        """Everybody, by subscription id."""
        return {person.id: person for person in self.people}

    @cached_property
    def by_key(self) -> dict[str, Person]:
        """Everybody by the world's own key: ``r17`` is a resident, ``v3`` came for the spike."""
        return self._people_by_key

    @cached_property
    def spike_ids(self) -> frozenset[str]:
        """The subscription ids of those who came for the viral post."""
        return frozenset(person.id for person in self.people if person.key.startswith("v"))

    def deed(self, subscription_id: str, post_id: str) -> Deed:
        """What one person really did with one emailed post."""
        person, number = self.by_id[subscription_id], self._numbers[post_id]
        place = bisect_left(person.sends, number)
        if place == len(person.sends) or person.sends[place] != number:
            return Deed(False, None, None, None, None)
        read_s = person.reads[place]
        clicked = [
            at for at, post in zip(person.clicks, person.touched, strict=True) if post == number
        ]
        answered = [answer.at_s for answer in person.answers if answer.post == number]
        return Deed(
            was_sent=True,
            read_at=_instant(read_s),
            open_recorded_at=_instant(self._open_s(person, number, read_s)),
            clicked_at=_instant(clicked[0] if clicked else 0),
            answered_at=_instant(answered[0] if answered else 0),
        )

    def _open_s(self, person: Person, number: int, read_s: int) -> int:
        if person.sight == "seen":
            return read_s
        if person.sight == "machine":
            return self.schedule.sent_s[number] + person.fetch_pace_s
        return 0

    def matured_posts(self, instant: Instant) -> int:
        """How many emailed posts have matured by ``instant``."""
        return bisect_right(self.schedule.matured_s, instant // SECOND)

    def really_regular(self, at: Instant, k: int, n: int) -> set[str]:
        """Ids of those who really are regulars at ``at``.

        Active at ``at``, sent at least n posts that have matured by then, and really read at
        least k of the last n of those before ``at``; counted among the people whose opens the
        provider records.
        """
        at_s, matured = at // SECOND, self.matured_posts(at)
        return {
            person.id
            for person in self.people
            if person.opens_recorded
            and self.status(person, at_s) == "active"
            and _reads_of_last(person, matured, n, at_s) >= k
        }

    def really_sustained(self, at: Instant, reads: int, posts: int) -> set[str]:
        """Ids of those established at ``at`` who will read ``reads`` of the next ``posts`` posts.

        The next posts are the emailed ones that mature after ``at``. Somebody who leaves before the
        last of them counts if the reads came first. Established: active, opens recorded, joined
        (or back) for at least 56 days, sent at least ``posts`` and six posts that have matured by
        ``at`` since then, and really read at least three of these. Raises ValueError where fewer
        than ``posts`` posts follow in this world.
        """
        at_s, matured = at // SECOND, self.matured_posts(at)
        if matured + posts > len(self.posts):
            raise ValueError(f"fewer than {posts} posts of this world mature after that instant")
        return {
            person.id
            for person in self.people
            if person.opens_recorded
            and self._is_established(person, at_s, matured, max(posts, 6))
            and _reads_between(person, matured, matured + posts) >= reads
        }

    def _is_established(self, person: Person, at_s: int, matured: int, sends: int) -> bool:
        if self.status(person, at_s) != "active":
            return False
        since_s = person.moves_s[bisect_right(person.moves_s, at_s) - 1]
        first = bisect_right(self.schedule.sent_s, since_s)
        sent = bisect_left(person.sends, matured) - bisect_left(person.sends, first)
        read = _reads_between(person, first, matured, before_s=at_s)
        return at_s - since_s >= 56 * DAY_S and sent >= sends and read >= 3

    @staticmethod
    def status(person: Person, at_s: int) -> str | None:
        """The person's standing at a second; None before joining and after deletion."""
        if at_s >= person.deleted_s:
            return None
        place = bisect_right(person.moves_s, at_s)
        return person.statuses[place - 1] if place else None

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {post.id: number for number, post in enumerate(self.schedule.emailed)}

    # --- letters ---------------------------------------------------------------------------

    @cached_property
    def exchanges(self) -> list[Exchange]:
        """What readers and the writer sent each other, over all time."""
        written = exchanges(self.seed, self.people, self.schedule)
        return [*written, *others(self.seed, self.people, self.schedule)]

    def mbox(self, until: Instant, since: Instant = 0) -> bytes:
        """The writer's mailbox: every mail from ``since`` to before ``until``, as an mbox."""
        first_s, end_s = since // SECOND, until // SECOND
        mails = (mail for exchange in self.exchanges for mail in exchange.mails)
        return mailbox(mail for mail in mails if first_s <= mail.at_s < end_s)

    def letters_truth(self, at: Instant) -> LettersTruth:
        """Who really wrote what before ``at``, who waited then, and who was answered."""
        return truth_at(self.exchanges, at // SECOND)

    # --- over all people -------------------------------------------------------------------

    @cached_property
    def answers(self) -> list[tuple[Person, Answer]]:
        """Every poll answer, oldest first."""
        found = [(person, answer) for person in self.people for answer in person.answers]
        return sorted(found, key=lambda pair: (pair[1].at_s, pair[1].id))

    @cached_property
    def totals(self) -> Totals:
        """What happened to each post, as sorted times, so that any instant can be asked."""
        count = len(self.schedule.emailed)
        delivered, bounced = [0] * count, [0] * count
        opens, clicks, leaves = ([array("I") for _ in range(count)] for _ in range(3))
        for person in self.people:
            for number in person.bounced:
                bounced[number] += 1
            for number, read_s in zip(person.sends, person.reads, strict=True):
                delivered[number] += 1
                opened_s = self._open_s(person, number, read_s)
                if opened_s:
                    opens[number].append(opened_s)
            for number, clicked_s in zip(person.touched, person.clicks, strict=True):
                clicks[number].append(clicked_s)
            for left_s in person.left_s:
                leaves[bisect_right(self.schedule.sent_s, left_s) - 1].append(left_s)
        ordered = [
            [array("I", sorted(times)) for times in kind] for kind in (opens, clicks, leaves)
        ]
        return Totals(delivered, bounced, *ordered)

    def scanner_clicks(self, number: int) -> int:
        """Clicks that a company's scanner made on a post. They belong to nobody."""
        return generator(self.seed, f"scanner/{number}").randrange(5, 60)


def _instant(second: int) -> Instant | None:
    return second * SECOND if second else None


def _reads_between(person: Person, first: int, end: int, before_s: int = NEVER_S) -> int:
    """How many posts from number ``first`` to before ``end`` were read, before a second."""
    places = slice(bisect_left(person.sends, first), bisect_left(person.sends, end))
    return sum(0 < read_s < before_s for read_s in person.reads[places])


def _reads_of_last(person: Person, matured: int, n: int, at_s: int) -> int:
    """How many of the last n matured posts were read before ``at_s``; -1 with fewer than n."""
    reached = bisect_left(person.sends, matured)
    if reached < n:
        return -1
    return sum(0 < read_s < at_s for read_s in person.reads[reached - n : reached])
