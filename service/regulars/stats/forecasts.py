"""What each person is expected to do, from the histories of all people at one instant.

People who are alike share a cell, so the model's work grows with the cells alone. Weights are
learned by stratum (measurement model, section 4.2): the main one, and one for each burst of
sign-ups.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from .cells import Cells, Floats, learned_from
from .forecast import forecast
from .opportunities import Histories
from .unit_bits import Bits, Integers

MAIN = 0
# Bump it whenever weights of the same cells would come out otherwise.
FIT_VERSION = 1
_STEP = 0.1  # of the logit, for the slope of a chance
_WIDEST = 1 << 12


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """Everybody who ever stood, at one instant; arrays with one entry a standing.

    teaches: whose history teaches the weights. is_forecast: who gets a forecast. stratum: MAIN, or
    the number of a burst that came early enough. hashes: integers that come from the id alone.
    """

    histories: Histories
    has_left: Bits
    teaches: Bits
    is_forecast: Bits
    stratum: Integers
    hashes: npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """Learned weights (399,) by stratum. has_fallen_back: the main ones are the base alone."""

    by_stratum: Mapping[int, Floats]
    has_fallen_back: bool
    digest: str


@dataclass(frozen=True, slots=True, eq=False)
class Forecasts:
    """One entry a person, 0 where there is no forecast.

    reading: how the chance to read a post moves with its logit. moved, moved_reads: how
    p_sustained and expected_reads do.
    """

    p_sustained: Floats
    p_here: Floats
    expected_reads: Floats
    variance_reads: Floats
    reading: Floats
    moved: Floats
    moved_reads: Floats


Recall = Callable[[str], "Weights | None"]


def learn_weights(people: People, known: Recall) -> Weights:
    """The weights of each stratum, from what is known under the digest of the cells, or learned.

    The main stratum learns from at most 30,000 people; a burst leans on the main weights.
    """
    taught = _taught(people)
    digest = _digest(taught)
    found = known(digest)
    if found is not None:
        return found
    from .mixture import STRATUM_WEIGHT, fit_weights, learn

    main = learn(taught[MAIN])
    weights = {MAIN: main.weights}
    for stratum, cells in taught.items():
        if stratum != MAIN:
            weights[stratum] = fit_weights(cells, main.weights, STRATUM_WEIGHT)
    return Weights(weights, main.fallback, digest)


def _taught(people: People) -> dict[int, Cells]:
    """The cells that teach each stratum."""
    found = {}
    for stratum in sorted({MAIN, *np.unique(people.stratum[people.teaches]).tolist()}):
        of = people.teaches & (people.stratum == stratum) & (people.histories.n > 0)
        chosen = np.flatnonzero(of)[learned_from(people.hashes[of])]
        which = np.zeros(len(of), np.bool_)
        which[chosen] = True
        found[int(stratum)] = people.histories.cells(people.has_left, which).collapsed()
    return found


def _digest(taught: Mapping[int, Cells]) -> str:
    digest = hashlib.sha256(f"weights {FIT_VERSION}".encode())
    for stratum, cells in taught.items():
        digest.update(f"\0{stratum} {len(cells)}".encode())
        for one in fields(Cells):
            digest.update(np.ascontiguousarray(getattr(cells, one.name)).tobytes())
    return digest.hexdigest()


def forecast_people(
    people: People, weights: Weights, reads: int, of: int, *, moves: bool = True
) -> Forecasts:
    """The forecast of everybody who is scored: at least ``reads`` of their next ``of``.

    moves: work out how much each chance moves with the logit of reading, which costs two forecasts
    more. Weights that are not known for a stratum are the main ones.
    """
    found = Forecasts(*(np.zeros(len(people.has_left)) for _ in fields(Forecasts)))
    scored = people.is_forecast & (people.histories.n > 0)
    strata = people.stratum[scored]
    for stratum in np.unique(strata).tolist():
        which = np.flatnonzero(scored)[strata == stratum]
        cells, place = alike(people.histories, people.has_left, which)
        by = weights.by_stratum.get(stratum, weights.by_stratum[MAIN])
        plain = forecast(cells, by, reads, of)
        for name in ("p_sustained", "p_here", "expected_reads", "variance_reads"):
            getattr(found, name)[which] = getattr(plain, name)[place]
        found.reading[which] = plain.slope[place]
        if moves:
            up = forecast(cells, by, reads, of, shift=_STEP)
            down = forecast(cells, by, reads, of, shift=-_STEP)
            for name, one in (("moved", "p_sustained"), ("moved_reads", "expected_reads")):
                change = (getattr(up, one) - getattr(down, one)) / (2 * _STEP)
                getattr(found, name)[which] = change[place]
    return found


def alike(histories: Histories, has_left: Bits, which: Integers) -> tuple[Cells, Integers]:
    """Cells of the people at these places, and the cell of each of them."""
    names = ("x", "t", "n", "b", "block_before", "block_size", "block_reads")
    parts = [getattr(histories, name)[which].astype(np.int64) for name in names]
    parts[1] = np.where(parts[5] > 0, 0, parts[1])
    left = has_left[which]
    key = _numbered(*parts[:4], left.astype(np.int64))
    block = _numbered(*parts[4:])
    key = key * (int(block.max(initial=0)) + 1) + block
    _, places, inverse = np.unique(key, return_index=True, return_inverse=True)
    taken = {name: part[places] for name, part in zip(names, parts, strict=True)}
    weight = np.bincount(inverse, minlength=len(places)).astype(np.float64)
    return Cells(**taken, has_left=left[places], weight=weight), inverse


def _numbered(*parts: Integers) -> Integers:
    """A number for each row of small counts; equal rows have the same one."""
    if not any(part.any() for part in parts):
        return np.zeros(len(parts[0]), np.int64)
    if max(int(part.max(initial=0)) for part in parts) >= _WIDEST:
        found = np.unique(np.stack(parts, axis=1), axis=0, return_inverse=True)[1]
        return found.reshape(-1).astype(np.int64)
    packed = np.zeros(len(parts[0]), np.int64)
    for part in parts:
        packed = packed * _WIDEST + part
    return np.unique(packed, return_inverse=True)[1].reshape(-1).astype(np.int64)
