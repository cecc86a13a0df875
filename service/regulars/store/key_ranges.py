"""Spans of ids: what is too much for DuckDB's memory at once is done for one span after another."""

from __future__ import annotations

from collections.abc import Callable, Sequence


def spans_between(bounds: Sequence[str]) -> list[dict[str, str | None]]:
    """The parameters of each span, together all ids there can be; without bounds there is one.

    from_id: the first id of a span. below_id: that of the next; None for the last, without end.
    """
    firsts = ["", *bounds]
    return [
        {"from_id": first, "below_id": below}
        for first, below in zip(firsts, [*firsts[1:], None], strict=True)
    ]


def spans_of(
    keys: int, most: int, step: int, sample: Callable[[], Sequence[str]]
) -> list[dict[str, str | None]]:
    """Spans of about ``most`` keys each; one where there are no more ``keys`` than that.

    sample: asked only where several are needed; one in ``step`` of all keys, in order.
    """
    if keys <= most:
        return spans_between([])
    wanted = most // step
    return spans_between(sample()[wanted::wanted])
