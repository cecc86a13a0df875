"""People whose reading nobody can see: what their clicks and answers let one expect.

Measurement model, section 2.8. A mail program that opens everything by machine hides who reads, and
leaves what people click and answer. The estimate assumes that hidden people read like the visible
ones: the same chances to read and to stop, and the same share of what they read that they click or
answer. It stands beside the figure and is never added to it.

A click or an answer proves that a post was read. A post has one with chance p * kappa, so the
likelihood of proofs is that of reads with p * kappa in the place of p.

One thing more is taken from visible people: how many of those who stop also unsubscribe. Whoever is
still on the list has not, so the part of the likelihood in which they stopped weighs less by that
share. Reads outweigh it, proofs are too few for that: without it the estimate is about 5 % too low
where 15 % of those who stop unsubscribe.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .cells import Cells, Floats
from .forecast import shifted, sustained
from .likelihood import Likelihood
from .mixture import ROUNDS, THETA, P, usable
from .opportunities import Histories
from .unit_bits import Bits, Integers, UnitBits, first_place

FEWEST_VISIBLE, FEWEST_HIDDEN = 100, 30  # people, before there is an estimate
PROVED_UNITS = 13  # that say whether somebody still proves their reading
# Kappa: the share of posts that somebody clicks or answers, of those that they read.
PROOF_SHARES: Floats = np.array([0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 0.95])
BASE_WEIGHT = 5.0  # people whom equal shares count for
_ENOUGH = 1e-6
_IMPOSSIBLE = 1e-300  # a chance of 0 whose logarithm exists
_STEP = 0.1  # of the logit, for the slope of a chance


@dataclass(frozen=True, slots=True, eq=False)
class Proofs:
    """What everybody clicked and answered, one entry a person.

    Of hidden people (0 for others): n units whose reading can be seen, a machine's alone included;
    x of them with a proof; t of them up to the last one; b units with unrecorded opens since then;
    is_proved: a proof in one of the newest 13 units. Of everybody: reads, and how many are proved.
    """

    x: Integers
    t: Integers
    n: Integers
    b: Integers
    is_proved: Bits
    reads: Integers
    proved_reads: Integers

    def histories(self) -> Histories:
        """Proofs in the shape of reads."""
        none = np.zeros_like(self.n)
        return Histories(self.x, self.t, self.n, self.b, none, none, none, none)


def proofs(bits: UnitBits, left_out: Bits, is_hidden: Bits) -> Proofs:
    """The proofs of everybody. left_out: (units,), left out for all; is_hidden: (people,)."""
    read = bits.judged & ~bits.blind & bits.low & ~left_out
    x, t, n, b = np.zeros((4, bits.people), np.int64)
    is_proved = np.zeros(bits.people, np.bool_)
    if is_hidden.any():
        hidden = bits.rows(is_hidden)
        chosen = hidden.seen & ~hidden.blind & ~left_out
        life = first_place(hidden.acted, bits.units)
        newest = first_place(chosen, bits.units)
        place = np.arange(bits.units)
        since = chosen & (place < life[:, None])
        n[is_hidden] = chosen.sum(axis=1)
        x[is_hidden] = (chosen & hidden.acted).sum(axis=1)
        t[is_hidden] = (chosen & ~since).sum(axis=1) * (life < bits.units)
        unrecorded = hidden.blind & (place < np.minimum(newest, life)[:, None])
        b[is_hidden] = unrecorded.sum(axis=1)
        is_proved[is_hidden] = hidden.acted[:, :PROVED_UNITS].any(axis=1)
    return Proofs(
        x, t, n, b, is_proved,
        reads=read.sum(axis=1, dtype=np.int64),
        proved_reads=(read & bits.acted).sum(axis=1, dtype=np.int64),
    )  # fmt: skip


def fit_proof_shares(reads: npt.ArrayLike, proved_reads: npt.ArrayLike) -> Floats:
    """Weights (8,) of ``PROOF_SHARES``, learned by EM from visible people.

    reads, proved_reads: one entry a person. Whoever read nothing teaches nothing, and without
    anybody else all weights are equal. ValueError where somebody proved more than they read.
    """
    read, acted = np.asarray(reads, np.int64), np.asarray(proved_reads, np.int64)
    if ((acted < 0) | (acted > read)).any():
        raise ValueError("proofs: a person proved more reads than they have")
    base = np.full(len(PROOF_SHARES), 1 / len(PROOF_SHARES))
    width = int(read.max(initial=0)) + 1
    codes, people = np.unique((read * width + acted)[read > 0], return_counts=True)
    if not people.size:
        return base
    likelihood = _likelihood_of_shares(codes // width, codes % width)
    weights = base
    for _ in range(ROUNDS):
        # Sums in place of products of matrices: those would wake every core.
        joint = likelihood * weights
        share = (joint / joint.sum(axis=1, keepdims=True) * people[:, None]).sum(axis=0)
        moved = (share + BASE_WEIGHT * base) / (people.sum() + BASE_WEIGHT)
        change = float(np.abs(moved - weights).sum())
        weights = moved
        if change < _ENOUGH:
            break
    return weights


def _likelihood_of_shares(reads: Integers, acted: Integers) -> Floats:
    """(pairs, shares), each row relative to its largest entry."""
    share = np.maximum(PROOF_SHARES, _IMPOSSIBLE)
    logs = acted[:, None] * np.log(share) + (reads - acted)[:, None] * np.log1p(-share)
    found: Floats = np.exp(logs - logs.max(axis=1, keepdims=True))
    return found


def leaving_share(still_there: Cells, left: int, weights: Floats) -> float:
    """The share of those who unsubscribed among all who stopped reading.

    still_there: histories of visible people who are on the list. left: how many others left it.
    """
    if not left:
        return 0.0
    likelihood, weighed = Likelihood(still_there, P, THETA), usable(weights)
    alive = likelihood.futures([weighed], through_b=False)[0] / likelihood.totals(weighed)
    return left / (left + still_there.total(1 - np.minimum(alive, 1.0)))


@dataclass(frozen=True, slots=True)
class HiddenForecast:
    """One entry a cell, for one person of it, if they read like the visible people.

    p_sustained: the chance to keep reading. moved: how it moves with the logit of reading.
    """

    p_sustained: Floats
    moved: Floats


def forecast_hidden(
    cells: Cells,
    weights: Floats,
    share_weights: Floats,
    reads: int,
    of: int,
    *,
    leaving: float = 0.0,
) -> HiddenForecast:
    """The chance to read at least ``reads`` of the next ``of`` units, from proofs alone.

    cells: histories of proofs in the place of reads. weights: (399,) of the main stratum.
    share_weights: (8,) of ``PROOF_SHARES``. leaving: the share of those who unsubscribe among
    all who stop, none of whom are among these.
    """
    weighed, theta = usable(weights), THETA[None, :]
    futures = [
        weighed * sustained(shifted(P, shift)[:, None], theta, reads, of)
        for shift in (0.0, _STEP, -_STEP)
    ]
    sums = np.zeros((4, len(cells)))  # the likelihood, then its alive part times each future
    top = np.full(len(cells), -np.inf)
    for share, weight in zip(PROOF_SHARES, share_weights, strict=True):
        likelihood = Likelihood(cells, np.maximum(P * share, _IMPOSSIBLE), THETA)
        higher = np.maximum(top, likelihood.scale)
        sums *= np.exp(top - higher)
        factor = weight * np.exp(likelihood.scale - higher)
        here = likelihood.futures([weighed], through_b=False)[0]
        sums[0] += factor * ((1 - leaving) * likelihood.totals(weighed) + leaving * here)
        for place, alive in enumerate(likelihood.futures(futures), start=1):
            sums[place] += factor * alive
        top = higher
    plain, up, down = np.minimum(sums[1:] / sums[0], 1.0)
    return HiddenForecast(plain, (up - down) / (2 * _STEP))
