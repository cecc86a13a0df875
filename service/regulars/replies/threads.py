"""Threads: ids of mails that stand together, and answers in the order of their parents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class Threads:
    """Ids that stand together in one letter belong to one thread."""

    def __init__(self) -> None:
        self._above: dict[str, str] = {}

    def join(self, ids: Sequence[str]) -> None:
        for one in ids[1:]:
            first, second = self.of(ids[0]), self.of(one)
            if first != second and second:
                self._above[second] = first or ids[0]

    def of(self, one: str) -> str:
        """The id that stands for the thread of an id; empty for none."""
        while (above := self._above.get(one, one)) != one:
            self._above[one] = self._above.get(above, above)
            one = above
        return one


def parents_first(parents: Sequence[Sequence[str]], by_id: Mapping[str, int]) -> list[int]:
    """Places of letters in an order in which parents stand before their answers.

    parents: ids of each letter. Letters that name each other stand in the order of their places.
    """
    order: list[int] = []
    is_met = [False] * len(parents)
    is_placed = [False] * len(parents)
    for start in range(len(parents)):
        waiting = [start]
        while waiting:
            at = waiting[-1]
            if not is_met[at]:
                is_met[at] = True
                above = (by_id.get(one) for one in parents[at])
                waiting += (one for one in above if one is not None and not is_met[one])
                continue
            waiting.pop()
            if not is_placed[at]:
                is_placed[at] = True
                order.append(at)
    return order
