"""Spans of ids, for work in steps that fit into DuckDB's memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence


def spans_between(bounds: Sequence[str]) -> list[dict[str, str | None]]:
    """The parameters of each span, which together cover all ids. Without bounds there is one.

    from_id: the first id of a span. below_id: that of the next span, None for the last.
    """
    firsts = ["", *bounds]
    return [
        {"from_id": first, "below_id": below}
        for first, below in zip(firsts, [*firsts[1:], None], strict=True)
    ]


def spans_of(
    keys: int, most: int, step: int, sample: Callable[[], Sequence[str]]
) -> list[dict[str, str | None]]:
    """Spans of about ``most`` keys each, or one span if there are at most so many ``keys``.

    sample: called only for several spans. Returns one in ``step`` of all keys, in order.
    """
    if keys <= most:
        return spans_between([])
    wanted = most // step
    return spans_between(sample()[wanted::wanted])
