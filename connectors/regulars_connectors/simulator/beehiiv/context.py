"""What all endpoints share: the world, its clock, and how this provider happens to behave."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ...instants import SECOND, Instant
from ..newsletter_lists import NewsletterList
from ..people import Person
from ..randomness import some_uuid
from ..snapshot_view import SnapshotView
from ..world import World


@dataclass(frozen=True, slots=True)
class Quirks:
    """Where the real API varies or is unknown. The defaults are what production sends.

    stats: names of a subscriber's statistics: as sent (``live``), as documented, all zero.
    missing_stats: a tenth of the people lack statistics.
    nested: the envelope of the guide page, keys under ``pagination``.
    totals: whether cursor pages give ``total_results``.
    quoted_expand: whether ``expand="stats"`` with its JSON quotes is understood.
    boolean_stats: publication rates that are not computed come as ``false``.
    recount: every third person's counters are shown lower by this much.
    polls_allowed: whether the plan includes polls; without it they answer 403.
    engagements_allowed, segments_allowed: likewise. lists_allowed: newsletter lists are a beta
        feature; without it their paths are not there.
    segments: how segments stand that have been worked out before.
    key_works: whether the key is still good.
    slow_sending: whether the mails of a post go out over four hours instead of four minutes.
    statistics_lag_s: how long ago the provider worked its statistics out, by its own word.
    unannounced: whether rows of people carry a key that no document names, as happened often.
    """

    stats: Literal["live", "documented", "zero"] = "live"
    missing_stats: bool = False
    nested: bool = False
    totals: bool = True
    quoted_expand: bool = True
    boolean_stats: bool = False
    recount: int = 0
    polls_allowed: bool = True
    engagements_allowed: bool = True
    segments_allowed: bool = True
    lists_allowed: bool = True
    segments: Literal["completed", "processing", "failed"] = "completed"
    key_works: bool = True
    slow_sending: bool = False
    statistics_lag_s: int = 900
    unannounced: bool = True


SLOWNESS = 60
"""How much longer mails take where sending is slow."""


def list_id(seed: int, one: NewsletterList) -> str:
    """The provider's id of a newsletter list."""
    return f"nl_list_{some_uuid(seed, f'list/{one.slug}')}"


class Context:
    """Shared by the endpoints of one API. Faults may change ``quirks`` and ``hidden``.

    hidden: ids of subscriptions that were deleted behind the world's back.
    """

    def __init__(self, world: World, clock: Callable[[], Instant], quirks: Quirks) -> None:
        self.world = world
        self.clock = clock
        self.quirks = quirks
        self.hidden: frozenset[str] = frozenset()
        self._moment = world.at(clock())

    def moment(self) -> SnapshotView:
        """The world now: the same object as long as the clock stands still."""
        instant = self.clock()
        slowness = SLOWNESS if self.quirks.slow_sending else 1
        if (instant // SECOND, slowness) != (self._moment.at_s, self._moment.slowness):
            self._moment = self.world.at(instant, slowness)
        return self._moment

    def status(self, moment: SnapshotView, person: Person) -> str | None:
        """The person's status, or None if the provider hides them."""
        if self.hidden and person.id in self.hidden:
            return None
        return moment.status(person)
