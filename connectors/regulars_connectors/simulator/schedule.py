"""What the writer does: posts over the weeks, and the polls in them. All of it is invented.

Inside the world times are whole Unix seconds (``…_s``), as providers show them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ..instants import SECOND, Instant
from .randomness import generator, some_uuid

HOUR_S = 3_600
DAY_S = 86_400

_SUBJECTS = (
    "Fog over the breakwater",
    "What the tide table left out",
    "A lamp for the long jetty",
    "Rope, tar and patience",
    "The ferry that came twice",
    "Small boats, large maps",
    "Salt on the window",
    "Counting gulls",
    "The quiet berth",
    "A letter from the lock keeper’s cat",
    "Herring weather",
    "Two anchors and a kettle",
    "The crane at low water",
)


@dataclass(frozen=True, slots=True)
class Question:
    """A poll. ``choices`` are (id, label); ``posts`` the numbers of the posts that carry it."""

    id: str
    name: str
    text: str
    kind: str
    choices: tuple[tuple[str, str], ...]
    posts: tuple[int, ...]
    created_s: int
    published: bool = True
    answer: str | None = None
    """The id of the right choice of a trivia poll."""


@dataclass(frozen=True, slots=True)
class Post:
    """One post. ``number`` counts the emailed ones from 0. Others have none.

    appeal: how much likelier than usual people are to read it.
    sent_s: when it is or will be published; None for a draft. for_list: it is for a list alone.
    """

    id: str
    number: int | None
    title: str
    subject: str
    slug: str
    platform: str
    created_s: int
    sent_s: int | None
    appeal: float = 1.0
    polls: tuple[int, ...] = ()
    for_list: bool = False

    @property
    def sent_at(self) -> Instant:
        """When it is or will be published. Raises ValueError for a draft."""
        if self.sent_s is None:
            raise ValueError("a draft is not sent")
        return self.sent_s * SECOND


@dataclass(frozen=True, slots=True)
class Schedule:
    """Everything the writer publishes.

    emailed: the weekly posts in order of sending; others: a draft, a post planned for a year
    after the end, and a page on the web. viral: the number of the post that goes round.
    """

    emailed: tuple[Post, ...]
    others: tuple[Post, ...]
    polls: tuple[Question, ...]
    viral: int | None
    started_s: int
    ended_s: int
    sent_s: tuple[int, ...] = field(default=())
    matured_s: tuple[int, ...] = field(default=())

    def poll_in(self, number: int) -> int | None:
        """The poll that the emailed post ``number`` carries, if any."""
        polls = self.emailed[number].polls
        return polls[0] if polls else None


def make_schedule(
    seed: int, started_s: int, posts: int, every_days: int, listed: int = 0
) -> Schedule:
    """Lay out ``posts`` emailed posts, one each ``every_days`` days.

    listed: each so manieth of them is for a newsletter list alone, 0 for none.
    """
    ended_s = started_s + posts * every_days * DAY_S
    viral = _viral(posts)
    polls = _polls(seed, posts, viral, started_s)
    emailed = tuple(
        _emailed(seed, number, started_s + number * every_days * DAY_S, polls)
        for number in range(posts)
    )
    if listed:
        emailed = tuple(
            replace(post, for_list=number % listed == listed - 1)
            for number, post in enumerate(emailed)
        )
    sent = tuple(post.sent_s for post in emailed if post.sent_s is not None)
    return Schedule(
        emailed=emailed,
        others=_others(seed, started_s, ended_s),
        polls=polls,
        viral=viral,
        started_s=started_s,
        ended_s=ended_s,
        sent_s=sent,
        matured_s=_matured(sent),
    )


def _viral(posts: int) -> int | None:
    """About two thirds of a year before the end, and always with 14 posts after it."""
    if posts < 20:
        return None
    return posts - max(16, min(36, posts // 2))


def _matured(sent: tuple[int, ...]) -> tuple[int, ...]:
    """A post matures after 7 days or with the next one, but never before 48 hours."""
    following = (*sent[1:], None)
    return tuple(
        max(at + 2 * DAY_S, min(at + 7 * DAY_S, after if after is not None else at + 7 * DAY_S))
        for at, after in zip(sent, following, strict=True)
    )


def _emailed(seed: int, number: int, day_s: int, polls: tuple[Question, ...]) -> Post:
    rng = generator(seed, f"post/{number}")
    post_id = some_uuid(seed, f"post id/{number}")
    # Nine o'clock, give or take; now and then in the evening.
    sent_s = day_s + 9 * HOUR_S + rng.randrange(-90, 150) * 60 + (6 * HOUR_S) * (rng.random() < 0.1)
    title = f"No. {number + 1}: {_SUBJECTS[number % len(_SUBJECTS)]}"
    return Post(
        id=f"post_{post_id}",
        number=number,
        title=title,
        subject=title + (" ⚓" if number % 5 == 0 else ""),
        slug=f"letter-{number + 1}",
        platform="email" if number % 9 == 4 else "both",
        created_s=sent_s - 2 * DAY_S - rng.randrange(DAY_S),
        sent_s=sent_s,
        appeal=rng.uniform(0.82, 1.12),
        polls=tuple(at for at, poll in enumerate(polls) if number in poll.posts),
    )


def _others(seed: int, started_s: int, ended_s: int) -> tuple[Post, ...]:
    def post(name: str, title: str, platform: str, created_s: int, sent_s: int | None) -> Post:
        post_id = f"post_{some_uuid(seed, f'post id/{name}')}"
        return Post(post_id, None, title, title, name, platform, created_s, sent_s)

    return (
        post("about", "About this harbour", "web", started_s - 30 * DAY_S, started_s - 30 * DAY_S),
        post("untitled-1", "(untitled)", "both", started_s + 20 * DAY_S, None),
        post("anniversary", "A year from now", "both", started_s + DAY_S, ended_s + 365 * DAY_S),
    )


def _polls(seed: int, posts: int, viral: int | None, started_s: int) -> tuple[Question, ...]:
    """One poll in many posts, one in the first after the viral post, a trivia, a draft."""
    spike_post = posts // 2 if viral is None else viral + 1
    usual = tuple(n for n in range(5, posts, 8) if n != spike_post)
    trivia = tuple(n for n in (posts // 3,) if n != spike_post and n not in usual)
    return (
        _poll(seed, "usual", "How was this letter?", ("Loved it", "Fine", "Meh"), usual, started_s),
        _poll(seed, "next", "Where next?", ("North", "South"), (spike_post,), started_s + DAY_S),
        _poll(
            seed, "trivia", "Knots in a mile?", ("0.54", "0.87", "1.15"), trivia, started_s + DAY_S
        ),
        _poll(seed, "draft", "Not asked yet?", ("Yes", "No"), (), started_s + 2 * DAY_S),
    )


def _poll(
    seed: int, name: str, text: str, labels: tuple[str, ...], posts: tuple[int, ...], created_s: int
) -> Question:
    choices = tuple((some_uuid(seed, f"choice/{name}/{label}"), label) for label in labels)
    return Question(
        id=f"poll_{some_uuid(seed, f'poll/{name}')}",
        name=f"{name} (invented)",
        text=text,
        kind="trivia" if name == "trivia" else "voting",
        choices=choices,
        posts=posts,
        created_s=created_s,
        published=name != "draft",
        answer=choices[1][0] if name == "trivia" else None,
    )
