"""Spans of ids: what is too much for DuckDB's memory at once is done for one span after another."""

from __future__ import annotations

from collections.abc import Sequence


def spans_between(bounds: Sequence[str]) -> list[dict[str, str | None]]:
    """The parameters of each span, together all ids there can be; without bounds there is one.

    from_id: the first id of a span. below_id: that of the next; None for the last, without end.
    """
    firsts = ["", *bounds]
    return [
        {"from_id": first, "below_id": below}
        for first, below in zip(firsts, [*firsts[1:], None], strict=True)
    ]
