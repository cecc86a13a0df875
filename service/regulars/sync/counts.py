"""What a provider counts beside what it shows, and what of it the owner accepted.

A walk is proven whole by the provider's own count. Some counts never agree: they include people in
a status that is nowhere shown. The same small difference in several syncs running can be accepted.
From then on a walk proves itself by its end and by who was known before.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile

from regulars.store import Store
from regulars.store.commit import known_but_unseen
from regulars.store.incoming import Pull
from regulars.store.run_record import count_differences
from regulars_connectors.contract import Walk
from regulars_connectors.plural import pluralize

from .record import RunRequest

SAME_FOR = 3
"""So many syncs running show the same difference before it can be accepted."""

_SMALL_SHARE = 0.1
"""Of the count. A larger difference is no oddity of a count: somebody is left out."""


@dataclass(frozen=True, slots=True)
class CountVerdict:
    """What a count says of a walk. reason: why it is not proven by it, None if it is.

    difference, accepted: as in ``StreamCounts``. notice: a sentence for the owner.
    """

    reason: str | None = None
    difference: int | None = None
    accepted: int | None = None
    notice: str | None = None


def judge_count(
    store: Store, request: RunRequest, walk: Walk, pull: Pull, seen: int
) -> CountVerdict:
    """Hold what came against the provider's total. seen: different records, unreadable included."""
    totals = pull.totals()
    if totals is None or totals[0] <= seen <= totals[1]:
        return CountVerdict()
    difference = seen - (totals[0] if seen < totals[0] else totals[1])
    before = count_differences(store, request.connection, walk.stream.name)
    syncs = 1 + sum(1 for _ in takewhile(lambda row: row[0] == difference, before))
    accepted = next((row[1] for row in before if row[1] is not None), None)
    is_small = abs(difference) <= max(1, totals[1] * _SMALL_SHARE)
    label = walk.stream.label
    notice = None
    if request.accept_count and difference != accepted:
        if is_small and syncs >= SAME_FOR:
            accepted = difference
            notice = f"{label}: {_in_words(difference)}. You accepted that."
        else:
            notice = f"{label}: {_in_words(difference)}. {_not_yet(is_small, syncs)}"
    is_explained = accepted is not None and min(0, accepted) <= difference <= max(0, accepted)
    if accepted is not None and (
        is_explained or (is_small and _shows_all_known(store, request, walk, pull))
    ):
        return CountVerdict(None, difference, accepted, notice)
    reason = f"{seen} came where the provider counts {totals[0]} to {totals[1]}"
    if is_small and syncs >= SAME_FOR:
        reason += f", the same difference in {syncs} syncs running"
        if syncs == SAME_FOR and notice is None:
            notice = (
                f"{label}: {_in_words(difference)}, in {syncs} syncs running. If you know why,"
                f" accept it with `regulars sync {request.connection} --accept-count`."
            )
    return CountVerdict(reason, difference, None, notice)


def _shows_all_known(store: Store, request: RunRequest, walk: Walk, pull: Pull) -> bool:
    """Whether everybody who was known came again."""
    return known_but_unseen(store, pull, walk.stream.name, request.connection) == 0


def _in_words(difference: int) -> str:
    if difference < 0:
        return f"the provider counts {-difference:,} more than it shows"
    return f"the provider shows {difference:,} more than it counts"


def _not_yet(is_small: bool, syncs: int) -> str:
    if not is_small:
        return "That is too much to accept: more than a tenth."
    again = pluralize(SAME_FOR - syncs, "more sync")
    return f"It can be accepted once it stays the same for {again}."
