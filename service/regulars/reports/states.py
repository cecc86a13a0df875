"""The states that a person active at the instant can be in, and their words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

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

_LEFT_OUT: dict[str, str] = {
    "newcomer": "fewer posts have reached them than the rule looks at",
    "not_measured": "enough posts have reached them, but too few of these can be judged",
    "uncertain": "nearly every post was opened and nothing else done: perhaps a machine opens them",
    "hidden": "their mail program opens everything by machine, so reading cannot be seen",
}


def left_out_people(people: Mapping[str, int]) -> list[LeftOut]:
    """Who stands outside the figure, by state; states that nobody is in are not named."""
    return [
        LeftOut(reason=state, what="people", count=people[state], words=words)
        for state, words in _LEFT_OUT.items()
        if people.get(state)
    ]
