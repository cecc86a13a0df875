"""Who the people are: where they came from, their habits, what can be seen of them.

All of them are invented. Their addresses use the domains reserved for examples, and their names are
words from the shore.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from random import Random
from typing import Literal, TypeAlias

from .randomness import generator, uuid
from .schedule import DAY_S, HOUR_S

Sight: TypeAlias = Literal["seen", "machine", "blocked", "unshown"]
"""seen: a read is recorded as an open. machine: their mailbox opens every mail, whether or not
they read it. blocked: their images are off, no open is ever recorded. unshown: the provider
shows no statistics for them."""

NEVER_S = 2**32 - 1
_WORDS = ("gull", "tide", "anchor", "Möwe", "reed", "buoy", "café", "lantern", "ångbåt", "kelp")
_DOMAINS = ("example.org", "example.com", "example.net")


@dataclass(frozen=True, slots=True)
class Channel:
    """A way in. stay scales the chance of stopping (less is better), keen the chance to read."""

    name: str
    source: str
    medium: str
    site: str
    weight: float
    stay: float
    keen: float


IMPORT = Channel("import", "", "", "", 0, 0.8, 1.05)
VIRAL = Channel("website", "bigforum.example", "social", "https://bigforum.example/", 0, 1, 1)
CHANNELS = (
    Channel("website", "", "", "https://harbour.example/", 0.30, 0.9, 1.0),
    Channel("referral", "", "", "", 0.12, 0.6, 1.15),
    Channel("recommendation", "tidewater.example", "recommendation", "", 0.22, 1.4, 0.85),
    Channel("website", "social.example", "social", "https://social.example/", 0.16, 1.8, 0.8),
    Channel("boost", "boosts.example", "paid", "", 0.12, 3.0, 0.6),
    Channel("api", "partner.example", "form", "https://partner.example/", 0.08, 1.1, 0.95),
)
_WEIGHTS = [channel.weight for channel in CHANNELS]


@dataclass(frozen=True, slots=True)
class Habit:
    """Chances per post, or per read post: to read, to stop for good, to click, answer, write."""

    read: float
    stop: float
    click: float
    answer: float
    write: float
    unsubscribe: float


@dataclass(frozen=True, slots=True)
class Answer:
    """A poll answered: which poll, in which post, which choice, when, in what own words."""

    id: str
    poll: int
    post: int
    choice: int
    at_s: int
    words: str | None


@dataclass(frozen=True, slots=True)
class Letter:
    """A reply to a post, and when the writer answered it (None: not yet, or never)."""

    post: int
    at_s: int
    answered_s: int | None


@dataclass(slots=True)
class Person:
    """One subscription and, once lived, everything its owner did.

    sends and reads run in parallel: the numbers of the posts delivered, and when each was really
    read (0: never). opens and clicks are sorted times of what a provider can record; touched
    says which post each click belongs to.
    """

    key: str
    id: str
    email: str
    word: str
    channel: Channel
    joined_s: int
    sight: Sight
    habit: Habit
    referral_code: str
    delay_s: int
    premium: bool
    deleted_s: int = NEVER_S
    referrer: str | None = None
    moves_s: list[int] = field(default_factory=list)
    statuses: list[str] = field(default_factory=list)
    sends: array[int] = field(default_factory=lambda: array("H"))
    reads: array[int] = field(default_factory=lambda: array("I"))
    bounced: array[int] = field(default_factory=lambda: array("H"))
    opens: array[int] = field(default_factory=lambda: array("I"))
    clicks: array[int] = field(default_factory=lambda: array("I"))
    touched: array[int] = field(default_factory=lambda: array("H"))
    raw_clicks: array[int] = field(default_factory=lambda: array("I"))
    left_s: tuple[int, ...] = ()
    answers: tuple[Answer, ...] = ()
    letters: tuple[Letter, ...] = ()

    @property
    def opens_recorded(self) -> bool:
        """Whether the provider records this person's opens and shows them."""
        return self.sight in ("seen", "machine")

    @property
    def fetch_pace_s(self) -> int:
        """How long after sending a machine opens the mail: steady for each mailbox."""
        return 300 + self.delay_s * 10


def resident(seed: int, index: int, started_s: int, ended_s: int) -> tuple[Person, Random]:
    """The index-th ordinary person, and the generator of their life."""
    rng = generator(seed, f"person/{index}")
    imported = rng.random() < 0.35
    channel = IMPORT if imported else rng.choices(CHANNELS, _WEIGHTS)[0]
    if imported:
        joined_s = started_s - 10 * DAY_S - rng.randrange(300 * DAY_S)
    else:
        joined_s = started_s + rng.randrange(HOUR_S, ended_s - started_s - DAY_S)
    person = _person(rng, f"r{index}", channel, joined_s, _sight(rng), _habit(rng, channel))
    if channel.name == "referral" and index:
        person.referrer = f"r{rng.randrange(index)}"
    if rng.random() < 0.004:
        person.deleted_s = joined_s + rng.randrange(60, 600) * DAY_S
    _first_status(person, rng)
    return person, rng


def passer_by(seed: int, index: int, viral_s: int) -> tuple[Person, Random]:
    """The index-th person who came for the viral post, within three days of it."""
    rng = generator(seed, f"passer-by/{index}")
    joined_s = viral_s + HOUR_S + int(3 * DAY_S * rng.random() ** 2)
    person = _person(rng, f"v{index}", VIRAL, joined_s, "seen", Habit(0, 0, 0.12, 0, 0, 0.35))
    person.moves_s, person.statuses = [joined_s], ["active"]
    return person, rng


def _person(
    rng: Random, key: str, channel: Channel, joined_s: int, sight: Sight, habit: Habit
) -> Person:
    word = _WORDS[rng.randrange(len(_WORDS))]
    tag = "+letters" if rng.random() < 0.05 else ""
    return Person(
        key=key,
        id=f"sub_{uuid(rng)}",
        email=f"{word}.{key}{tag}@{_DOMAINS[rng.randrange(3)]}",
        word=word,
        channel=channel,
        joined_s=joined_s,
        sight=sight,
        habit=habit,
        referral_code=f"{rng.getrandbits(40):010x}",
        delay_s=rng.randrange(2, 240),
        premium=rng.random() < habit.read * 0.12,
    )


def _sight(rng: Random) -> Sight:
    draw = rng.random()
    if draw < 0.12:
        return "machine"
    if draw < 0.20:
        return "blocked"
    return "unshown" if draw < 0.203 else "seen"


def _habit(rng: Random, channel: Channel) -> Habit:
    """A few are devoted, more read now and then, many hardly ever. The keen stop less often."""
    draw = rng.random()
    if draw < 0.28:
        read, stop = rng.betavariate(9, 2), rng.betavariate(1, 150)
    elif draw < 0.60:
        read, stop = rng.betavariate(2.5, 3.5), rng.betavariate(1, 50)
    else:
        read, stop = rng.betavariate(0.8, 6), rng.betavariate(1, 14)
    return Habit(
        read=min(0.98, read * channel.keen),
        stop=min(0.9, stop * channel.stay),
        click=rng.betavariate(1, 9),
        answer=rng.betavariate(1, 5),
        write=rng.betavariate(0.3, 25),
        unsubscribe=0.45,
    )


def _first_status(person: Person, rng: Random) -> None:
    """Most are active after two minutes. A few never confirm, are invalid, or pause."""
    joined_s, draw = person.joined_s, rng.random()
    if draw < 0.008:
        person.moves_s, person.statuses = [joined_s], ["invalid"]
    elif draw < 0.023:
        person.moves_s, person.statuses = [joined_s], ["pending"]
    elif draw < 0.026:
        person.moves_s, person.statuses = [joined_s], ["needs_attention"]
    else:
        person.moves_s, person.statuses = [joined_s, joined_s + 120], ["validating", "active"]
