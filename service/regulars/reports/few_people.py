"""Fewer than twenty people: their counts come before the figure, which is an estimate.

An interval that is half as wide as the figure says less than who reads and who faded.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from .engine.envelope import Part

FEW = 20
"""From so many people on, the figure is said first."""


class FewPeople(Part):
    """The people behind the figure of a small newsletter."""

    people: int = Field(description="people who count in the figure")
    regular: int = Field(description="of them, who will more likely than not keep reading")
    fading: int = Field(description="of them, who kept reading and now fade")
    quiet: int = Field(description="of them, who kept reading and went quiet")
    occasional: int = Field(description="of them, who read now and then")


def few_people(counted: Mapping[str, int]) -> FewPeople | None:
    """The counts, from people who count in the figure by state; None for nobody and for many."""
    people = sum(counted.values())
    if not 0 < people < FEW:
        return None
    return FewPeople(
        people=people,
        regular=counted.get("regular", 0),
        fading=counted.get("fading", 0),
        quiet=counted.get("quiet", 0),
        occasional=counted.get("occasional", 0),
    )
