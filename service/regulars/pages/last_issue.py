"""The last issue beside those before it: ordinary or not, in a picture, in words, as a table."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from markupsafe import Markup

from regulars.messages import in_a_row
from regulars.pictures.issues import Issues, Point, draw
from regulars.reports.judged_posts import JudgedReaders, PostSeen, Variation

from . import messages
from .formatting import LocalTime, display_name, local_time, number
from .view import IssueRow, LastIssue

HEADINGS = {
    "ordinary": messages.ISSUE_ORDINARY,
    "unusually_low": messages.ISSUE_LOW,
    "unusually_high": messages.ISSUE_HIGH,
}

# Fewer points of a hundred than these are the usual coming and going.
CHANGED_BY = 5


def last_issue(variation: Variation, zone: ZoneInfo) -> LastIssue | None:
    """What the page says of the last issue. None before any has had its time."""
    if variation.sent_at is None:
        return None
    readers = variation.readers
    posts = variation.posts if readers else ()
    return LastIssue(
        heading=_heading(variation),
        title=display_name(variation.title or ""),
        sent=_day(variation.sent_at, zone),
        words=_words(variation),
        more=_more(variation, zone),
        picture=Markup(_picture(variation, readers)) if readers else None,  # noqa: S704 - drawn and escaped by us
        first=_day(posts[0].sent_at, zone) if posts else None,
        band=_band(readers) if readers else "",
        outside=tuple(_row(post, zone) for post in posts if readers and _is_outside(post, readers)),
        table=tuple(_row(post, zone) for post in reversed(posts)),
    )


def _day(instant: datetime, zone: ZoneInfo) -> LocalTime:
    return local_time(instant, zone)


def _heading(variation: Variation) -> str:
    if variation.set_aside != "none":
        return messages.ISSUE_SET_ASIDE()
    if variation.readers is None:
        return messages.ISSUE_TOO_EARLY()
    return HEADINGS[variation.readers.verdict]()


def _words(variation: Variation) -> str:
    """How many read it, and how many would be ordinary; what to make of that."""
    readers = variation.readers
    if readers is None:
        return variation.sentence
    read = _read_by(readers)
    if variation.set_aside != "none":
        return in_a_row(read, messages.ISSUE_COUNTS_FOR_NOBODY())
    is_ordinary = readers.verdict == "ordinary"
    return in_a_row(read, messages.ISSUE_MEANS_NOTHING() if is_ordinary else "")


def _read_by(readers: JudgedReaders) -> str:
    return messages.ISSUE_READ_BY(
        count=readers.value,
        of=number(readers.of),
        low=number(readers.low),
        high=number(readers.high),
    )


def _more(variation: Variation, zone: ZoneInfo) -> tuple[str, ...]:
    """Letters, a fall that lasts, and what changed the share of everybody."""
    said = []
    if letters := variation.letters:
        said.append(
            messages.ISSUE_LETTERS(
                count=letters.value, low=number(letters.low), high=number(letters.high)
            )
        )
    if fall := variation.lasting_fall:
        said.append(
            messages.READ_LESS_SINCE(
                day=_day(fall.since, zone).words,
                came=number(fall.came),
                expected=number(fall.expected),
            )
        )
    mix = variation.mix
    if mix and abs(mix.after - mix.before) >= CHANGED_BY:
        said.append(mix.sentence)
    return tuple(said)


def _band(readers: JudgedReaders) -> str:
    return messages.ISSUE_BAND(
        low=number(readers.low), high=number(readers.high), of=number(readers.of)
    )


def _share(post: PostSeen) -> float:
    return post.readers / post.of if post.of else 0.0


def _is_outside(post: PostSeen, readers: JudgedReaders) -> bool:
    """Outside the band as it is drawn, which is that of the last issue."""
    return bool(post.of) and not (
        readers.low / readers.of - 1e-9 <= _share(post) <= readers.high / readers.of + 1e-9
    )


def _picture(variation: Variation, readers: JudgedReaders) -> str:
    shown = [post for post in variation.posts if post.of]
    return draw(
        Issues(
            title=messages.ISSUE_PICTURE(),
            message=" ".join(_message(shown, readers)),
            points=tuple(
                Point(_share(post), display_name(post.title), _is_outside(post, readers))
                for post in shown
            ),
            low=readers.low / readers.of,
            high=readers.high / readers.of,
            middle=readers.usual / readers.of,
            is_share=True,
        )
    )


def _message(shown: list[PostSeen], readers: JudgedReaders) -> Iterator[str]:
    yield _read_by(readers)
    yield messages.ISSUES_SHOWN(count=len(shown))
    yield messages.ISSUES_OUTSIDE(count=sum(_is_outside(post, readers) for post in shown))


def _row(post: PostSeen, zone: ZoneInfo) -> IssueRow:
    return IssueRow(
        title=display_name(post.title),
        sent=_day(post.sent_at, zone),
        readers=number(post.readers) if post.of else messages.NOT_COUNTED(),
        of=number(post.of) if post.of else "",
        note=messages.ISSUE_ASIDE() if post.set_aside != "none" else "",
    )
