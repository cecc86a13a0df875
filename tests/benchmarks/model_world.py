"""An invented list for the benchmark ``model``: histories of single posts, and their cells.

People come over time, read with a chance of their own and stop for good with another. Some of those
who stopped unsubscribe soon after. Everything follows from the seed.
"""

from __future__ import annotations

import numpy as np

_SPAN = 50_000  # people at a time


def world_cells(
    people: int,
    units: int,
    *,
    seed: int = 1,
    dates: tuple[int, ...] = (),
    reads: int = 4,
    of: int = 8,
    most: int = 30_000,
    leaving: float = 0.15,
) -> dict[str, np.ndarray]:
    """Columns of cells at the end and at each of ``dates``, numbers of units before the end.

    Named ``x``, ``t``, ``n``, ``has_left``, ``weight``, ``learned`` (people whose weights are
    learned, ``most`` in all) and ``came`` (people who read enough of the next ``of`` units), with
    the date behind an underscore; 0 is the end.
    """
    chance = np.random.default_rng(seed)
    first = np.maximum(0, chance.integers(-(units // 2), units, people))
    p, theta = chance.beta(1.2, 1, people), np.maximum(chance.beta(0.35, 6, people), 1e-9)
    stop = first + np.minimum(chance.geometric(theta) - 1, 10 * units)
    unsubscribes = (chance.random(people) < leaving) & (stop < units)
    leave = np.where(unsubscribes, stop + chance.integers(0, 4, people), 2 * units)
    learned = np.arange(people) < most  # people come in no order
    tables: dict[int, list[np.ndarray]] = {date: [] for date in (0, *dates)}
    for start in range(0, people, _SPAN):
        span = slice(start, start + _SPAN)
        unit = np.arange(units)[None, :]
        read = chance.random((len(first[span]), units), np.float32) < p[span, None]
        read &= (unit >= first[span, None]) & (unit < stop[span, None])
        for date, rows in tables.items():
            at = units - date
            x = read[:, :at].sum(axis=1)
            last = at - np.argmax(read[:, :at][:, ::-1], axis=1)
            n = np.minimum(leave[span], at) - first[span]
            t = np.where(x > 0, last - first[span], 0)
            came = read[:, at : at + of].sum(axis=1) >= reads
            left = leave[span] < at
            found = np.stack([x, t, n, left, learned[span], came], axis=1)
            rows.append(_counted(found[n > 0].astype(np.int64)))
    return {
        f"{name}_{date}": column
        for date, rows in tables.items()
        for name, column in _columns(np.concatenate(rows)).items()
    }


def _counted(rows: np.ndarray) -> np.ndarray:
    """Rows (x, t, n, left, learned, came) to cells (x, t, n, left, people, learned, came)."""
    ones = np.ones((len(rows), 1), np.int64)
    return _summed(np.concatenate([rows[:, :4], ones, rows[:, 4:]], axis=1))


def _summed(rows: np.ndarray) -> np.ndarray:
    order = np.lexsort(rows[:, :4].T)
    rows = rows[order]
    starts = np.flatnonzero(np.r_[True, (rows[1:, :4] != rows[:-1, :4]).any(axis=1)])
    return np.concatenate([rows[starts, :4], np.add.reduceat(rows[:, 4:], starts)], axis=1)


def _columns(rows: np.ndarray) -> dict[str, np.ndarray]:
    names = ("x", "t", "n", "has_left", "weight", "learned", "came")
    return dict(zip(names, _summed(rows).T, strict=True))
