"""Who writes back, to which posts, and how much of it one person writes."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from pydantic import Field

from regulars.store.timestamps import aware

from . import messages
from .engine.envelope import Envelope, LeftOut, Part
from .engine.projection import PERCENT, FigureText, FigureValue, Rounding, SecondFigure, projection
from .engine.report import Built, Context, EvidenceQuery, Parameters, Report
from .last_issues import Season, season
from .waiting import METHOD, WAITING, WaitingResult

FEWEST_FOR_A_SHARE = 50
"""So many people stand behind a public share: with fewer, one of them could be told from it."""
_FEWEST_TO_SAY_SO = 4
SAME_WORDS_OF = 5
"""So many people who send a post the same words are a contest, or a campaign."""


class LettersRow(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A reply, or the number of letters of a class. Times are naive UTC."""

    what: str
    kind: str
    count: int
    reply_id: str | None
    person_id: str | None
    correspondent: str | None
    connection: str | None
    post_id: str | None
    title: str | None
    sent_at: datetime | None
    is_other: bool
    words: int | None
    own_words: str | None
    answered_at: datetime | None


class PostLetters(Part):
    """What came back to one post."""

    connection: str
    post_id: str
    title: str | None
    sent_at: datetime | None
    replies: int = Field(description="replies that are tied to it")
    people: int = Field(description="different people who wrote them")
    first_time: int = Field(description="people whose first reply this is")
    median_words: float | None = Field(description="null where no reply has countable words")
    same_words: int = Field(description="replies whose words five people or more sent alike")


class PersonLetters(Part):
    """How often one person wrote."""

    id: str
    replies: int
    last_at: datetime


class LettersOfSeason(Season):
    """Who wrote back to one of the last issues."""

    people: int = Field(description="different subscribers who wrote back to one of them")


class Letters(Part):
    """Replies by post and by person. A reply counts once, however many sources show it."""

    sentence: str
    replies: int
    people: int = Field(description="different people, subscribers or not")
    posts: list[PostLetters] = Field(description="the newest first")
    writers: list[PersonLetters] = Field(description="subscribers, the most frequent first")
    untied: int = Field(description="replies of which nobody can say which post they answer")
    to_other_mails: int = Field(description="replies to mails that are no posts")
    without_person: int = Field(description="replies from addresses that nobody subscribed with")
    busiest_share: float | None = Field(
        description="share of the most frequent writer in all replies; null under two people"
    )
    by_class: dict[str, int] = Field(description="letters to the writer by class, machines too")
    season: LettersOfSeason | None = Field(
        description="the last 13 issues, which a widget shows; null before the first one"
    )


def _definition(_context: Context[Parameters]) -> str:
    return messages.LETTERS_DEFINITION()


def build(rows: Sequence[LettersRow], context: Context[Parameters]) -> Built[Letters]:
    """Replies by post, by person, and letters by class."""
    replies = [row for row in rows if row.what == "reply"]
    writers = Counter(who for row in replies if (who := _who(row)) is not None)
    untied = [row for row in replies if row.post_id is None]
    without_person = sum(row.person_id is None for row in replies)
    result = Letters(
        sentence=_sentence(replies, len(writers)),
        replies=len(replies),
        people=len(writers),
        posts=_by_post(replies),
        writers=_by_person(replies),
        untied=sum(not row.is_other for row in untied),
        to_other_mails=sum(row.is_other for row in untied),
        without_person=without_person,
        busiest_share=_share(writers),
        by_class={row.kind: row.count for row in rows if row.what == "class"},
        season=_of_season(replies, context),
    )
    left_out = [
        LeftOut(reason=reason, what="signals", count=count, words=text())
        for reason, count, text in (
            ("without_person", without_person, messages.WITHOUT_PERSON),
            ("without_post", len(untied), messages.WITHOUT_POST),
        )
        if count
    ]
    return Built(result, len(replies), left_out, _notes(result))


def _notes(result: Letters) -> list[str]:
    """That one writer sent most replies, where there are enough to say so."""
    share = result.busiest_share
    if share is None or share <= 0.5 or result.replies < _FEWEST_TO_SAY_SO:
        return []
    return [messages.ONE_WRITER(share=round(100 * share))]


def _who(row: LettersRow) -> str | None:
    return row.person_id or row.correspondent


def _of_season(
    replies: Iterable[LettersRow], context: Context[Parameters]
) -> LettersOfSeason | None:
    last = season(context)
    if last is None:
        return None
    writers = {
        row.person_id
        for row in replies
        if row.person_id is not None
        and row.post_id is not None
        and row.sent_at is not None
        and aware(row.sent_at) >= last.since
    }
    return LettersOfSeason(issues=last.issues, since=last.since, people=len(writers))


def _sentence(replies: Sequence[LettersRow], people: int) -> str:
    if not replies:
        return messages.NOBODY_WROTE()
    return messages.PEOPLE_WROTE(count=people, replies=len(replies))


def _share(writers: Counter[str]) -> float | None:
    if len(writers) < 2:
        return None
    return round(max(writers.values()) / writers.total(), 3)


def _by_post(replies: Iterable[LettersRow]) -> list[PostLetters]:
    groups: dict[tuple[str, str], list[LettersRow]] = defaultdict(list)
    firsts: dict[str, str] = {}
    for row in replies:  # in the order of time
        who = _who(row)
        if who is not None:
            firsts.setdefault(who, row.reply_id or "")
        if row.connection is not None and row.post_id is not None:
            groups[row.connection, row.post_id].append(row)
    first_replies = set(firsts.values())
    posts = [_post(*key, group, first_replies) for key, group in sorted(groups.items())]
    return sorted(posts, key=lambda p: p.sent_at.timestamp() if p.sent_at else 0, reverse=True)


def _post(
    connection: str, post_id: str, group: Sequence[LettersRow], first_replies: set[str]
) -> PostLetters:
    alike: dict[str, set[str]] = defaultdict(set)
    for row in group:
        if row.own_words is not None and (who := _who(row)) is not None:
            alike[row.own_words].add(who)
    common = {words for words, people in alike.items() if len(people) >= SAME_WORDS_OF}
    counted = [row.words for row in group if row.words]
    sent_at = group[0].sent_at
    return PostLetters(
        connection=connection,
        post_id=post_id,
        title=group[0].title,
        sent_at=aware(sent_at) if sent_at else None,
        replies=len(group),
        people=len({who for row in group if (who := _who(row)) is not None}),
        first_time=sum((row.reply_id or "") in first_replies for row in group),
        median_words=float(statistics.median(counted)) if counted else None,
        same_words=sum(row.own_words in common for row in group if row.own_words is not None),
    )


def _by_person(replies: Iterable[LettersRow]) -> list[PersonLetters]:
    groups: dict[str, list[datetime]] = defaultdict(list)
    for row in replies:
        if row.person_id is not None and row.answered_at is not None:
            groups[row.person_id].append(row.answered_at)
    people = [
        PersonLetters(id=person, replies=len(times), last_at=aware(max(times)))
        for person, times in groups.items()
    ]
    return sorted(people, key=lambda one: (-one.replies, -one.last_at.timestamp(), one.id))


def _answered(envelope: Envelope[WaitingResult]) -> FigureValue:
    """The share of letters that are answered within seven days."""
    found = envelope.result.season
    share = found.answered_within_7_days if found else None
    if found is None or share is None or not share.n:
        return FigureValue(
            value=None, low=None, high=None, people=None, method=METHOD, issues=0,
            reason="too_early",
        )  # fmt: skip
    value, low, high = (
        round(100 * part / share.n) for part in (share.value, share.low, share.high)
    )
    return FigureValue(
        value=value, low=low, high=high, people=found.people, method=METHOD, issues=found.issues
    )


_ANSWERED = SecondFigure(
    metric="answered_within_days",
    words=messages.LETTERS_ARE_ANSWERED,
    report=WAITING,
    value=_answered,
    unit=PERCENT,
    rounding=Rounding(steps=((100, 10),), largest_step=10),
    fewest_people=FEWEST_FOR_A_SHARE,
)


@projection(
    "people_who_wrote_back",
    FigureText(
        headline=messages.ABOUT_WROTE_BACK,
        alt=messages.ABOUT_WROTE_BACK_ALT,
        too_early=messages.WROTE_BACK_TOO_EARLY,
        too_early_alt=messages.WROTE_BACK_TOO_EARLY_ALT,
        link=messages.HOW_MANY_WROTE_BACK,
        badge_label=messages.WROTE_BACK,
        badge_message=messages.ABOUT_PEOPLE,
        dot=messages.ONE_DOT_PEOPLE,
    ),
    second=_ANSWERED,
)
def project(envelope: Envelope[Letters]) -> FigureValue:
    """How many subscribers wrote back to one of the last thirteen issues."""
    found, letters = envelope.result.season, envelope.result.replies
    people = found.people if found and letters else None
    return FigureValue(
        value=people,
        low=people,
        high=people,
        people=people,
        method="people_who_wrote/1",
        issues=found.issues if found else 0,
        reason=None if people is not None else "no_letters",
        since=found.since if found else None,
    )


LETTERS: Report[Parameters, LettersRow, Letters] = Report(
    name="letters",
    question="Who writes back, and to which posts?",
    definition=_definition,
    parameters=Parameters,
    query=EvidenceQuery,
    evidence=LettersRow,
    result=Letters,
    build=build,
    project=project,
)
