"""Newsletter lists of the simulated publication, and who stands on them when."""

from __future__ import annotations

from typing import NamedTuple

from .people import Person
from .schedule import DAY_S

_OWN_LEAVE_S = 100 * DAY_S


class NewsletterList(NamedTuple):
    """every: which people are on it, by the number in their key."""

    slug: str
    name: str
    status: str
    every: int


LISTS = (
    NewsletterList("tides", "Tide tables (invented)", "active", 4),
    NewsletterList("wrecks", "Old wrecks (invented)", "archived", 9),
)
MAILED = LISTS[0]
"""The list for which posts are mailed, in a world that has such posts."""


def is_member(person: Person, one: NewsletterList) -> bool:
    """Whether somebody stands on a list, or stood there."""
    return int(person.key[1:]) % one.every == 0


def leaving(person: Person, one: NewsletterList, at_s: int) -> int | None:
    """When somebody left a list by ``at_s``, if they did.

    Some leave a list alone after a while. Whoever leaves the newsletter leaves its lists for good.
    """
    leaves = [left_s for left_s in person.left_s if left_s <= at_s]
    own_s = person.joined_s + _OWN_LEAVE_S
    if int(person.key[1:]) % (3 * one.every) == 0 and own_s <= at_s:
        leaves.append(own_s)
    return min(leaves, default=None)


def is_mailed(person: Person, at_s: int) -> bool:
    """Whether a post for the list that is mailed goes to somebody at that second."""
    return is_member(person, MAILED) and leaving(person, MAILED, at_s) is None
