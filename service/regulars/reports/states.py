"""The states of a person with an active subscription, and their texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from regulars.messages import Label

from . import messages
from .engine.envelope import LeftOut

State: TypeAlias = Literal[
    "regular",
    "fading",
    "quiet",
    "uncertain",
    "hidden",
    "not_measured",
    "newcomer",
    "occasional",
]

RuleState: TypeAlias = Literal[
    "regular",
    "cannot_tell",
    "quiet",
    "uncertain",
    "hidden",
    "not_measured",
    "newcomer",
    "occasional",
]

_LEFT_OUT: dict[str, Label] = {
    "newcomer": messages.NEWCOMER,
    "not_measured": messages.NOT_MEASURED,
    "uncertain": messages.UNCERTAIN,
    "hidden": messages.HIDDEN,
}


def left_out_people(people: Mapping[str, int]) -> list[LeftOut]:
    """Who stands outside the figure, by state, where anybody does."""
    return [
        LeftOut(reason=state, what="people", count=people[state], words=text())
        for state, text in _LEFT_OUT.items()
        if people.get(state)
    ]
