"""The model of readers once more, post by post and slowly: sums over orders and stopping times.

Nothing here uses closed forms or our code. A history is a row of reads; its likelihood is a sum
over the posts after which the reader may have stopped.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal, localcontext
from itertools import combinations

DIGITS = 60


def orders(
    x: int, t: int, n: int, block: tuple[int, int, int] = (0, 0, 0)
) -> Iterator[tuple[int, ...]]:
    """Reads that a cell allows, as rows of 0 and 1, for x reads before a block at fixed places.

    block: posts before it, posts in it, reads in it. The reads before the block stand first: where
    they lie changes no likelihood, as long as the last read is later.
    """
    before, size, reads = block
    if not size:
        row = [0] * n
        for at in range(max(0, x - 1)):
            row[at] = 1
        if x:
            row[t - 1] = 1
        yield tuple(row)
        return
    for places in combinations(range(before, before + size), reads):
        row = [int(at < x - reads) for at in range(n)]
        for at in places:
            row[at] = 1
        yield tuple(row)


def grid_likelihood(
    row: Sequence[int], p: float, theta: float, *, alive_at: int = 0, has_left: bool = False
) -> tuple[float, float]:
    """(alive, gone) of one history; ``alive_at``: a proof of life after so many posts."""
    n, last = len(row), max([at + 1 for at, read in enumerate(row) if read] + [alive_at])
    gone = 0.0
    for lived in range(last, n):
        gone += _reads(row[:lived], p) * (1 - theta) ** lived * theta
    alive = _reads(row, p) * (1 - theta) ** n
    return alive * (theta if has_left else 1), gone


def _reads(row: Sequence[int], p: float) -> float:
    chance = 1.0
    for read in row:
        chance *= p if read else 1 - p
    return chance


def log_bgbb(
    x: int, t: int, n: int, shapes: tuple[float, float, float, float], *, has_left: bool = False
) -> Decimal:
    """Log-likelihood of BG/BB with sixty digits, from products of rising factorials alone."""
    with localcontext() as context:
        context.prec = DIGITS
        alpha, beta, gamma, delta = (Decimal(one) for one in shapes)

        def rising(start: Decimal, many: int) -> Decimal:
            found = Decimal(1)
            for step in range(many):
                found *= start + step
            return found

        # chance of the reads up to the last one and of being there until then, for all p and theta
        reads = rising(alpha, x) * rising(beta, t - x) / rising(alpha + beta, t)
        there = rising(delta, t) / rising(gamma + delta, t)
        total = Decimal(0)
        for posts in range(t, n):
            total += reads * there * gamma / (gamma + delta + posts)  # stopped after these posts
            reads *= (beta + posts - x) / (alpha + beta + posts)
            there *= (delta + posts) / (gamma + delta + posts)
        total += reads * there * (gamma / (gamma + delta + n) if has_left else 1)
        return total.ln()


def sustained(p: float, theta: float, reads: int, of: int) -> float:
    """Chance of at least ``reads`` reads in the next ``of``, post by post."""
    chances = futures(p, theta, of)
    return sum(chance for many, chance in chances.items() if many >= reads)


def futures(p: float, theta: float, of: int) -> dict[int, float]:
    """Chances of 0, 1, … reads in the next ``of`` posts for somebody who is there now."""
    there, gone = {0: 1.0}, dict.fromkeys(range(of + 1), 0.0)
    for _ in range(of):
        after: dict[int, float] = {}
        for many, chance in there.items():
            gone[many] += chance * theta
            stays = chance * (1 - theta)
            after[many] = after.get(many, 0.0) + stays * (1 - p)
            after[many + 1] = after.get(many + 1, 0.0) + stays * p
        there = after
    return {many: gone[many] + there.get(many, 0.0) for many in gone}
