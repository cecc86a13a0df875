"""Is a post's figure ordinary, beside the posts before it? And what changed it?

Limits for shares and for small counts, the fall that lasts, and Kitagawa's parts of a change
(measurement model, section 3). Nothing here needs numpy or scipy, since a question that is
answered from what is kept loads neither.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

FEWEST, MOST = 8, 26
FALL_BELOW_Z = -3.5
TAIL = 0.005  # of a count's distribution, on each side
MIX_LAST, MIX_BEFORE = 4, 8
MIX_FEWEST_RECIPIENTS = 50

# Student's t at 0.995, by number of posts compared with: 8 to 26.
# fmt: off
_T_995 = (
    3.499483, 3.355387, 3.249836, 3.169273, 3.105807, 3.054540, 3.012276, 2.976843, 2.946713,
    2.920782, 2.898231, 2.878440, 2.860935, 2.845340, 2.831360, 2.818756, 2.807336, 2.796940,
    2.787436,
)
# fmt: on

Verdict = Literal["ordinary", "unusually_low", "unusually_high"]


@dataclass(frozen=True, slots=True)
class Ordinary:
    """What would be ordinary for a post: from ``low`` to ``high`` people, before rounding.

    posts: how many posts before it that rests on.
    """

    low: float
    high: float
    posts: int

    def verdict(self, value: int) -> Verdict:
        """What ``value`` people are, by the rounded limits: those that a sentence names."""
        if value < round(self.low):
            return "unusually_low"
        return "unusually_high" if value > round(self.high) else "ordinary"


def ordinary_readers(
    readers: Sequence[int], people: Sequence[int], people_now: int
) -> Ordinary | None:
    """How many of ``people_now`` people would ordinarily read a post.

    readers, people: the posts before, oldest first, outliers left out; the last 26 of them with a
    a count. None with fewer than eight, or with nobody to judge now. The variance is at least
    that of chance alone: posts differ, and so do people.
    """
    pairs = [(read, of) for read, of in zip(readers, people, strict=True) if of > 0][-MOST:]
    if len(pairs) < FEWEST or people_now <= 0:
        return None
    shares = [read / of for read, of in pairs]
    mean = statistics.fmean(shares)
    variance = max(statistics.variance(shares), mean * (1 - mean) / people_now)
    reach = _T_995[len(shares) - FEWEST] * math.sqrt(variance * (1 + 1 / len(shares)))
    low, high = max(0.0, mean - reach), min(1.0, mean + reach)
    return Ordinary(low * people_now, high * people_now, len(shares))


@dataclass(frozen=True, slots=True)
class CountModel:
    """A negative binomial: its mean, its variance (larger than the mean), its overdispersion."""

    mean: float
    variance: float
    dispersion: float


def count_model(past: Sequence[float]) -> CountModel:
    """What the next small count is drawn from, by at least two before it.

    The overdispersion is shrunk towards 0.1, the more so the fewer things were counted.
    """
    posts = len(past)
    mean, variance = statistics.fmean(past), statistics.variance(past)
    seen = max(0.0, (variance - mean) / mean**2) if mean > 0 else 0.0
    trust = posts * mean / (mean + 1)
    dispersion = (seen * trust + 10 * 0.1) / (trust + 10)
    expected = (math.fsum(past) + 0.5) / posts
    spread = (expected + dispersion * expected**2) * (1 + 1 / posts)
    return CountModel(expected, spread, dispersion)


def ordinary_count(
    past: Sequence[int], delivered: Sequence[int] = (), delivered_now: int = 0
) -> Ordinary | None:
    """How many replies (conversations, referrals) would be ordinary for a post.

    past: the counts of the posts before, oldest first, of which the last 26 speak. None with fewer
    than eight. delivered, delivered_now: how many people got each post; where the list changed by
    more than a fifth inside the window, counts are scaled to today's list.
    """
    counts = [float(count) for count in past][-MOST:]
    if len(counts) < FEWEST:
        return None
    sizes = list(delivered)[-MOST:]
    if sizes and delivered_now > 0 and _changed(sizes, delivered_now):
        counts = [
            count * delivered_now / size
            for count, size in zip(counts, sizes, strict=True)
            if size > 0
        ]
        if len(counts) < FEWEST:
            return None
    low, high = _quantiles(count_model(counts))
    return Ordinary(float(low), float(high), len(counts))


def _changed(sizes: Sequence[int], now: int) -> bool:
    known = [size for size in (*sizes, now) if size > 0]
    return max(known) > 1.2 * min(known)


def _quantiles(model: CountModel) -> tuple[int, int]:
    """The least counts below which TAIL, and all but TAIL, of the distribution lie."""
    size = model.mean**2 / (model.variance - model.mean)
    chance = model.mean / model.variance
    # Fifteen standard deviations below the mean nothing lies, also in floating point.
    count = max(0, math.floor(model.mean - 15 * math.sqrt(model.variance)))
    below = _mass(count, size, chance)
    while below < TAIL:
        count += 1
        below += _mass(count, size, chance)
    low = count
    while below < 1 - TAIL:
        count += 1
        below += _mass(count, size, chance)
    return low, count


def _mass(count: int, size: float, chance: float) -> float:
    logs = math.lgamma(count + size) - math.lgamma(size) - math.lgamma(count + 1)
    return math.exp(logs + size * math.log(chance) + count * math.log1p(-chance))


@dataclass(frozen=True, slots=True)
class Fall:
    """Reads that came beside those that were forecast: ``z`` standard deviations apart."""

    z: float
    lasts: bool


def lasting_fall(
    came: float, expected: float, variance: float, *, slope: float, sigma: float, units: int
) -> Fall | None:
    """Did established people read less over the last ``units`` posts than was to be expected?

    came: their reads in these posts. expected, variance: sums over the same people of the forecast
    made before the first of them. slope: change of ``expected`` for one more on the logit of each
    read, and sigma: the standard deviation of a post's own effect on that scale. None where
    nothing could vary. A rise is never said, since people who come back would cause it.
    """
    spread = variance + slope**2 * sigma**2 / units
    if spread <= 0:
        return None
    z = (came - expected) / math.sqrt(spread)
    return Fall(z, z < FALL_BELOW_Z)


@dataclass(frozen=True, slots=True)
class Mix:
    """A change of the share that reads, in parts that add up: all of them shares from -1 to 1.

    before, after: the two shares. newcomers: what comes from the newcomers' part of the list.
    behaviour: what comes from people who read more or less than people like them did.
    """

    before: float
    after: float
    newcomers: float
    behaviour: float


@dataclass(frozen=True, slots=True)
class PostReaders:
    """Of a post's recipients in two groups, how many there were and how many read."""

    newcomers: int
    newcomers_read: int
    others: int
    others_read: int


def mix(posts: Sequence[PostReaders]) -> Mix | None:
    """What changed the share of all recipients from the eight posts before to the last four.

    posts: oldest first, of which the last twelve speak. None with fewer, or where either time a
    post had fewer than 50 recipients on average. Source: Kitagawa 1955, components of a
    difference between two rates.
    """
    if len(posts) < MIX_LAST + MIX_BEFORE:
        return None
    before = _summed(posts[-MIX_LAST - MIX_BEFORE : -MIX_LAST])
    after = _summed(posts[-MIX_LAST:])
    sizes = [(before.newcomers + before.others) / MIX_BEFORE]
    sizes.append((after.newcomers + after.others) / MIX_LAST)
    return None if min(sizes) < MIX_FEWEST_RECIPIENTS else _kitagawa(before, after)


def _summed(posts: Sequence[PostReaders]) -> PostReaders:
    return PostReaders(
        sum(post.newcomers for post in posts),
        sum(post.newcomers_read for post in posts),
        sum(post.others for post in posts),
        sum(post.others_read for post in posts),
    )


def _kitagawa(before: PostReaders, after: PostReaders) -> Mix:
    part_before = before.newcomers / (before.newcomers + before.others)
    part_after = after.newcomers / (after.newcomers + after.others)
    new = _rates(before.newcomers_read, before.newcomers, after.newcomers_read, after.newcomers)
    old = _rates(before.others_read, before.others, after.others_read, after.others)
    composition = (part_after - part_before) * (sum(new) - sum(old)) / 2
    part = (part_before + part_after) / 2
    behaviour = (new[1] - new[0]) * part + (old[1] - old[0]) * (1 - part)
    return Mix(
        before=part_before * new[0] + (1 - part_before) * old[0],
        after=part_after * new[1] + (1 - part_after) * old[1],
        newcomers=composition,
        behaviour=behaviour,
    )


def _rates(read: int, of: int, later_read: int, later_of: int) -> tuple[float, float]:
    """Shares before and after. A group that is missing once has the share of the other time."""
    if of == 0 and later_of == 0:
        return 0.0, 0.0
    first = read / of if of else later_read / later_of
    later = later_read / later_of if later_of else first
    return first, later
