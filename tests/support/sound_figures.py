"""What holds for every answer of a report, whatever went in."""

from __future__ import annotations

import math
from typing import Any


def require_sound(part: Any, place: str = "result") -> None:
    """Every number is finite, and every figure lies between its bounds, of at most all people."""
    if isinstance(part, dict):
        if {"value", "low", "high"} <= part.keys() and part["value"] is not None:
            low, value, high = (part[name] for name in ("low", "value", "high"))
            assert 0 <= low <= value <= high, (place, part)
            assert high <= part.get("n", high), (place, part)
        for name, inner in part.items():
            require_sound(inner, f"{place}.{name}")
    elif isinstance(part, list):
        for number, inner in enumerate(part):
            require_sound(inner, f"{place}[{number}]")
    elif isinstance(part, float):
        assert math.isfinite(part), place


def require_reason(house: dict[str, Any]) -> None:
    """Where a figure is missing its reason is there, as a code and in words, and only then."""
    assert (house["sustained_readers"] is None) == (house["reason"] is not None)
    if house["reason"] is not None:
        assert house["words"]
    assert house["sentence"]
