"""Stable randomness: one generator for each purpose, named after it.

A person's generator depends on the seed and the person's own key only. So adding a thousand
passers-by, or asking for a larger world, leaves everybody else's ids and acts as they were.
"""

from __future__ import annotations

from random import Random


def generator(seed: int, purpose: str) -> Random:
    """A generator of its own for ``purpose``."""
    return Random(f"{seed}/{purpose}")  # noqa: S311  # a simulation, not a secret


def uuid(rng: Random) -> str:
    """A UUID of version 4, drawn from ``rng``."""
    bits = rng.getrandbits(128)
    bits = bits & ~(0xF << 76) | (4 << 76)
    bits = bits & ~(0x3 << 62) | (2 << 62)
    text = f"{bits:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def some_uuid(seed: int, purpose: str) -> str:
    """The UUID of one thing that has a name of its own."""
    return uuid(generator(seed, purpose))
