"""Whose opens may be a machine's, told from single posts and from the first look at totals."""

from __future__ import annotations

import numpy as np
import pytest

from regulars.stats.rule_evidence import rule_evidence, rule_states, visibility
from regulars.stats.unit_bits import NAMES, FirstBlock, UnitBits


def bits_of(read: str) -> UnitBits:
    """One person: of the newest posts, which were opened by somebody unknown (1) or not (0)."""
    low = np.array([[mark == "1" for mark in read]], np.bool_).reshape(1, -1)
    there, none = np.ones_like(low), np.zeros_like(low)
    known = dict.fromkeys(NAMES, none) | dict.fromkeys(("reached", "seen", "judged"), there)
    return UnitBits(**known | dict.fromkeys(("low", "high", "plain", "opened"), low))


@pytest.mark.parametrize(
    ("read", "look", "is_uncertain"),
    [
        ("", (40, 40, 0), True),  # the first look alone: all of forty were opened
        ("", (40, 37, 0), False),  # 92 % of them: a person
        ("", (40, 40, 1), False),  # and something was clicked
        ("", (7, 7, 0), False),  # too few to tell
        ("111", (5, 5, 0), True),  # eight in all
        ("110", (37, 37, 0), True),  # one of forty missed is 97.5 %
        ("100", (37, 37, 0), True),  # two of forty missed is 95 %
        ("000", (37, 37, 0), False),
        ("1" * 26, (40, 0, 0), True),  # what came before these 26 is over
        ("1" * 26, (40, 40, 1), True),
    ],
)
def test_a_first_look_tells_who_opens_nearly_everything(
    read: str, look: tuple[int, int, int], is_uncertain: bool
) -> None:
    evidence = rule_evidence(bits_of(read), 8)
    reached, opened, clicked = (np.array([one]) for one in look)
    found = visibility(evidence, FirstBlock(reached, opened, opened, clicked))
    assert (found.is_uncertain[0], found.is_hidden[0]) == (is_uncertain, False)


def test_the_rule_passes_a_first_look_over() -> None:
    # Seven of eight posts since the look were read, and all of thirty-two before it.
    evidence, none = rule_evidence(bits_of("11110111"), 8), np.zeros(1, np.int64)
    look = FirstBlock(none + 32, none + 32, none + 32, none)
    assert visibility(evidence, look).is_uncertain[0]
    assert rule_states(evidence, np.zeros(1, np.bool_), 4, 8)[0] == "regular"
