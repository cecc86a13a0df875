"""Invented lists of readers whose future is known, to ask a forecast for the truth back.

Everything is drawn from a seed. Time is counted in units: one weekly post each, from 0. People join
over 75 units and the half year before, so a list grows while it ages. The five worlds are those of
the measurement model, section 11:

a  read chance Beta(1.2, 1), chance of stopping before each post Beta(0.35, 6); 15 % of those who
   stop unsubscribe up to three posts later
b  a fifth devoted, half reading now and then, three in ten there for a post or two
c  as a, but the keen stop less often
d  as a, and each post has an appeal of its own, normal with 0.5 on the logit
e  as a, but who has stopped takes it up again with 3 % a post
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy import special

World = Literal["a", "b", "c", "d", "e"]
WORLDS: tuple[World, ...] = ("a", "b", "c", "d", "e")
UNITS = 75
NEVER = 1_000_000

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Lived:
    """What people did, one row a person.

    first: the unit of the first post sent to them. left: the first unit after they unsubscribed,
    NEVER for those who stayed. reads: (people, units), whether they read the post.
    """

    first: Array
    left: Array
    reads: Array

    def with_others(self, others: Lived) -> Lived:
        """These people, then ``others``."""
        return Lived(
            np.concatenate([self.first, others.first]),
            np.concatenate([self.left, others.left]),
            np.concatenate([self.reads, others.reads]),
        )

    def sent(self, units: int) -> Array:
        """(people, units): whether the post went out to them."""
        place = np.arange(units)
        return (place >= self.first[:, None]) & (place < self.left[:, None])

    def really_read(self, at: int, reads: int, of: int) -> Array:
        """Who reads at least ``reads`` of the ``of`` posts that come after the first ``at``."""
        if at + of > self.reads.shape[1]:
            raise ValueError("the world ends before the last of these posts")
        return self.reads[:, at : at + of].sum(axis=1) >= reads


def live(
    world: World,
    people: int,
    seed: int,
    *,
    units: int = UNITS,
    joined: int | None = None,
    fall_from: int | None = None,
    fall: float = 0.4,
) -> Lived:
    """Let ``people`` live through ``units`` posts.

    joined: the unit that all of them start with, where they do not come over time. From unit
    ``fall_from`` on everybody's read chance is lower by ``fall`` on the logit. The draws are the
    same with and without it.
    """
    rng = np.random.default_rng([ord(world), people, seed])
    read, stop = _habits(world, people, rng)
    first = np.ceil(np.maximum(rng.uniform(-25, units, people), 0)).astype(int)
    if joined is not None:
        first = np.full(people, joined)
    appeal = rng.normal(0, 0.5, units) if world == "d" else np.zeros(units)
    if fall_from is not None:
        appeal[fall_from:] -= fall
    reading, left = _stays(world, first, stop, units, rng)
    chance = special.expit(special.logit(read)[:, None] + appeal)
    reads = reading & (rng.random((people, units)) < chance)
    return Lived(first, left, reads)


def _habits(world: World, people: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """The chances to read a post and to stop before it, a person each."""
    if world == "b":
        kind = rng.choice(3, people, p=[0.2, 0.5, 0.3])
        alpha, beta = np.array([20, 2, 5])[kind], np.array([2, 6, 2])[kind]
        return _inside(rng.beta(alpha, beta)), np.array([0.005, 0.03, 0.7])[kind]
    if world == "c":
        # Two normal numbers with correlation -0.6, spread by the distributions of world a.
        drawn = rng.multivariate_normal([0, 0], [[1, -0.6], [-0.6, 1]], people)
        shares = special.ndtr(drawn)
        read = special.betaincinv(1.2, 1, shares[:, 0])
        return _inside(read), special.betaincinv(0.35, 6, shares[:, 1])
    return _inside(rng.beta(1.2, 1, people)), rng.beta(0.35, 6, people)


def _inside(chance: Array) -> Array:
    return np.clip(chance, 1e-9, 1 - 1e-9)


def _stays(
    world: World, first: Array, stop: Array, units: int, rng: np.random.Generator
) -> tuple[Array, Array]:
    """(people, units) whether they still read then, and when those who told so had left."""
    people = len(first)
    tells = rng.random(people) < 0.15
    late = rng.integers(0, 4, people)
    reading = np.zeros((people, units), bool)
    left = np.full(people, NEVER)
    here = np.zeros(people, bool)
    for unit in range(units):
        draws = rng.random(people)
        stops = (here | (first == unit)) & (draws < stop)
        back = ~here & (first < unit) & (draws < 0.03) if world == "e" else np.zeros(people, bool)
        here = (here | (first == unit) | (back & (left == NEVER))) & ~stops
        left = np.where(stops & tells & (left == NEVER), unit + late, left)
        reading[:, unit] = here & (unit < left)
    return reading, left


def burst(
    unit: int, people: int, seed: int, *, units: int, staying: float = 0.0, late: float = 0.0
) -> Lived:
    """Those who came for one post, joined before ``unit``, and read it and no other.

    late: the share of them who read the post after it instead. staying: the share who are readers
    like those of world a.
    """
    rng = np.random.default_rng([1, people, seed])
    stays = round(staying * people)
    passing = people - stays
    reads = np.zeros((passing, units), bool)
    reads[np.arange(passing), np.minimum(unit + (rng.random(passing) < late), units - 1)] = True
    leaves = rng.random(passing) < 0.15
    left = np.where(leaves, unit + 2 + rng.integers(0, 8, passing), NEVER)
    passers = Lived(np.full(passing, unit), left, reads)
    return passers.with_others(live("a", stays, seed, units=units, joined=unit))


def reopened(lived: Lived, unit: int, seed: int, share: float = 0.9) -> Lived:
    """The same, but for a post that ``share`` of all its recipients open once."""
    rng = np.random.default_rng([2, len(lived.first), seed])
    reads = lived.reads.copy()
    got = lived.sent(reads.shape[1])[:, unit]
    reads[:, unit] |= got & (rng.random(len(got)) < share)
    return Lived(lived.first, lived.left, reads)
