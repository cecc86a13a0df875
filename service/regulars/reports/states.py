"""The states that a person active at the instant can be in, and their words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from regulars.messages import Label

from . import messages
from .engine.envelope import LeftOut

State: TypeAlias = Literal[
    "regular",
    "cannot_tell",
    "quiet",
    "uncertain",
    "hidden",
    "not_measured",
    "newcomer",
    "occasional",
]

JUDGED: tuple[str, ...] = ("regular", "cannot_tell", "occasional")

_LEFT_OUT: dict[str, Label] = {
    "newcomer": messages.NEWCOMER,
    "not_measured": messages.NOT_MEASURED,
    "uncertain": messages.UNCERTAIN,
    "hidden": messages.HIDDEN,
}


def left_out_people(people: Mapping[str, int]) -> list[LeftOut]:
    """Who stands outside the figure, by state; states that nobody is in are not named."""
    return [
        LeftOut(reason=state, what="people", count=people[state], words=text())
        for state, text in _LEFT_OUT.items()
        if people.get(state)
    ]
