"""Who waits for an answer: a few on the page of the house, and all on a page of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias
from zoneinfo import ZoneInfo

from regulars.reports.engine.envelope import Envelope
from regulars.reports.waiting import OpenConversation, WaitingResult
from regulars.settings import PublicationSettings

from . import messages
from .formatting import display_name, local_time
from .front import Names, nobody_is_named
from .rendering import render
from .view import Correspondent, Waiters

MOST_ON_THE_PAGE = 8
Links: TypeAlias = Callable[[Sequence[str]], Mapping[str, str]]
"""Gives the address (``mailto:``) that answers a letter, by the letter's id."""
_ABOUT = {
    "question": (messages.A_QUESTION_ABOUT, messages.A_QUESTION),
    "letter": (messages.A_LETTER_ABOUT, messages.A_LETTER),
    "thanks": (messages.A_THANKS_ABOUT, messages.A_THANKS),
}


def no_links(_letters: Sequence[str]) -> Mapping[str, str]:
    """Without addresses nobody can be answered from the page."""
    return {}


def waiters(
    publication: PublicationSettings,
    waiting: Envelope[WaitingResult] | None,
    names: Names = nobody_is_named,
    links: Links = no_links,
    *,
    most: int | None = MOST_ON_THE_PAGE,
) -> Waiters | None:
    """Whoever waits, the longest wait first. None if nobody does. most: None for all."""
    if waiting is None or not waiting.result.listed:
        return None
    found = waiting.result.listed
    shown = found if most is None else found[:most]
    named = names([one.person_id for one in shown if one.person_id is not None])
    answers = links([one.letter_id for one in shown])
    zone = ZoneInfo(publication.time_zone)
    more = len(found) - len(shown)
    return Waiters(
        heading=messages.WHO_WAITS(count=waiting.result.people),
        people=tuple(_line(one, zone, named, answers) for one in shown),
        more=messages.AND_MORE_LETTERS(count=more) if more else None,
        all_at=f"/p/{publication.name}/waiting",
        forms_at=f"/p/{publication.name}/letters",
    )


def _line(
    one: OpenConversation, zone: ZoneInfo, names: Mapping[str, str], links: Mapping[str, str]
) -> Correspondent:
    about, bare = _ABOUT[one.kind]
    name = names.get(one.person_id or "")
    return Correspondent(
        letter_id=one.letter_id,
        name=display_name(name) if name else messages.SOMEBODY_UNKNOWN(),
        words=about(title=one.title) if one.title else bare(),
        since=local_time(one.since, zone),
        answer_at=links.get(one.letter_id),
    )


def render_waiting(
    publication: PublicationSettings,
    waiting: Envelope[WaitingResult],
    names: Names = nobody_is_named,
    links: Links = no_links,
    *,
    signs_in: bool = False,
) -> str:
    """The page with everybody who waits."""
    return render(
        "waiting.html",
        title=publication.title or publication.name,
        name=publication.name,
        waiters=waiters(publication, waiting, names, links, most=None),
        wishes=len(waiting.result.wishes),
        signs_in=signs_in,
    )
