"""What a provider can show at one instant: the world with everything later left out."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from .people import Answer, Person
from .schedule import Post, Question

if TYPE_CHECKING:
    from .world import World


class Counts(NamedTuple):
    """Lifetime totals of one subscription."""

    sent: int
    received: int
    opened: int
    clicked: int
    clicks: int


class PostCounts(NamedTuple):
    """Totals of one emailed post."""

    recipients: int
    delivered: int
    opened: int
    clicked: int
    scanned: int
    unsubscribed: int


class SnapshotView:
    """A world at one second, made by ``World.at``. It is cheap to make and caches its counts."""

    def __init__(self, world: World, at_s: int, slowness: int = 1) -> None:
        self.world = world
        self.at_s = at_s
        self.slowness = slowness
        self._sent_s = world.schedule.sent_s

    # --- subscriptions ---------------------------------------------------------------------

    @cached_property
    def joined(self) -> int:
        """How many of ``world.people`` have joined; they are its first ones."""
        return bisect_right(self.world.joined_s, self.at_s)

    @cached_property
    def present(self) -> int:
        """How many subscriptions the provider holds: joined and not deleted."""
        return self.joined - bisect_right(self.world.deleted_s, self.at_s)

    def status(self, person: Person) -> str | None:
        """The person's standing; None before they join and after they are deleted."""
        return self.world.status(person, self.at_s)

    def people(self) -> Iterator[tuple[Person, str]]:
        """Everybody whom the provider holds, in order of joining, with their status."""
        for person in self.world.people[: self.joined]:
            status = self.status(person)
            if status is not None:
                yield person, status

    def counts(self, person: Person) -> Counts:
        """Lifetime totals; a mail counts a moment after sending, at each person's own delay."""
        at_s = self.at_s
        reached = bisect_right(self._sent_s, at_s - person.delay_s * self.slowness) - 1
        if self.slowness > 1 and reached + 1 < len(self._sent_s):
            # Who still waits for a mail has opened nothing since it was sent.
            at_s = min(at_s, self._sent_s[reached + 1])
        received = bisect_right(person.sends, reached)
        bounced = bisect_right(person.bounced, reached) if person.bounced else 0
        clicks = person.clicks
        return Counts(
            received + bounced,
            received,
            bisect_right(person.opens, at_s),
            bisect_right(clicks, at_s) if clicks else 0,
            bisect_right(person.raw_clicks, at_s) if clicks else 0,
        )

    def welcomed_people(self) -> list[Person]:
        """Everybody whom the automation greets: who signed up by themselves."""
        return [person for person, _ in self.people() if person.channel.name != "import"]

    def welcomed(self, start_s: int, end_s: int) -> int:
        """Opens of the welcome within a window: one of each person whose opens can be seen."""
        return bisect_left(self._welcomes, end_s) - bisect_left(self._welcomes, start_s)

    @cached_property
    def _welcomes(self) -> list[int]:
        """The second of every open of the welcome that can be seen, in order."""
        return [p.joined_s + 600 for p in self.welcomed_people() if p.sight == "seen"]

    # --- posts -----------------------------------------------------------------------------

    @cached_property
    def posts(self) -> list[Post]:
        """Every post that has been created, sent or not, in order of creation."""
        schedule = self.world.schedule
        known = [p for p in (*schedule.others, *schedule.emailed) if p.created_s <= self.at_s]
        return sorted(known, key=lambda post: (post.created_s, post.id))

    def is_out(self, post: Post) -> bool:
        """Whether the post has been published by now."""
        return post.sent_s is not None and post.sent_s <= self.at_s

    def post_counts(self, post: Post) -> PostCounts:
        """Totals of a post; all zero before it is sent, and for posts without mail."""
        if post.number is None or not self.is_out(post):
            return PostCounts(0, 0, 0, 0, 0, 0)
        totals, number = self.world.totals, post.number
        return PostCounts(
            totals.delivered[number] + totals.bounced[number],
            self._delivered(number),
            bisect_right(totals.opens[number], self.at_s),
            bisect_right(totals.clicks[number], self.at_s),
            self.world.scanner_clicks(number),
            bisect_right(totals.leaves[number], self.at_s),
        )

    def _delivered(self, number: int) -> int:
        """How many a post has reached by now. At the usual pace, that is everybody."""
        if self.slowness == 1:
            return self.world.totals.delivered[number]
        since_s = self.at_s - self._sent_s[number]
        return sum(
            person.delay_s * self.slowness <= since_s and number in person.sends
            for person in self.world.people[: self.joined]
        )

    # --- polls -----------------------------------------------------------------------------

    @cached_property
    def polls(self) -> list[Question]:
        """Polls made so far."""
        return [poll for poll in self.world.schedule.polls if poll.created_s <= self.at_s]

    @cached_property
    def answers(self) -> list[list[tuple[Person, Answer]]]:
        """Answers so far to each poll of the schedule, oldest first."""
        found: list[list[tuple[Person, Answer]]] = [[] for _ in self.world.schedule.polls]
        for person, answer in self.world.answers:
            if answer.at_s > self.at_s:
                break
            found[answer.poll].append((person, answer))
        return found
