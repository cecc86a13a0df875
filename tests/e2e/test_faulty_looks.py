"""Weekly looks of which one meets a fault: that run says so, and the figures come out the same.

The right figures are those of the same weeks without the fault. A look that a fault spoils leaves
two posts between two looks, which may widen the range, and never moves it away from them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.newsletter import Newsletter, before_post, newsletter

from regulars_connectors.simulator import World
from regulars_connectors.simulator.faults import REFUSALS

pytestmark = pytest.mark.timeout(600)

HARMLESS = {
    # asked again in the same run, or ended by what came
    "edge-408", "edge-425", "edge-520", "edge-522", "edge-524", "error-inside",
    "more-pages-than-rows", "no-total-pages",
}  # fmt: skip
SAYS = {
    # exit code, and words of the reason or the notices
    "challenge": (5, "something in front of beehiiv"),
    "challenge-people": (5, "something in front of beehiiv"),
    "challenge-later-pages": (5, "something in front of beehiiv"),
    "forbidden-people": (6, 'The answer says: "API access requires the Harbour plan"'),
    "forbidden-posts": (6, 'The answer says: "API access requires the Harbour plan"'),
    "people-gone": (6, "answers 404 for its subscriptions"),
    "posts-gone": (6, "answers 404 for its posts"),
    "people-gone-later": (6, "no longer knows the cursor"),
    "come-back-later": (5, "quota is used up"),
    "total-never-agrees": (6, "came where the provider counts"),
    "refused-expand": (0, "beehiiv refuses tags of its subscriptions"),
    "refused-recipients": (0, "beehiiv refuses recipients of its posts"),
    "refused-stats": (0, "beehiiv refuses stats of its subscriptions"),
}
IN_EACH_CHECK = {
    # one of each kind
    "edge-520", "error-inside", "more-pages-than-rows", "challenge-people", "forbidden-people",
    "people-gone-later", "come-back-later", "total-never-agrees", "refused-stats",
}  # fmt: skip
FAULTS = [
    pytest.param(fault, marks=[pytest.mark.soak] * (fault not in IN_EACH_CHECK))
    for fault in sorted(REFUSALS)
]


@dataclass
class Weeks:
    """A newsletter, a store before the look with the fault, and the figures without one.

    faulty, last: the posts before which the look with the fault and the last look are taken.
    """

    letters: Newsletter
    before: Path
    faulty: int
    last: int
    right: dict[str, Any]

    def looks(self, folder: Path, first: int, last: int) -> None:
        for number in range(first, last + 1):
            self.letters.clock.set(before_post(self.letters.world, number))
            self.letters.run(folder, "sync")

    def house(self, folder: Path) -> dict[str, Any]:
        words = ("report", "house", "--publication", "letters", "--json")
        result: dict[str, Any] = self.letters.run(folder, *words).json["result"]
        return result


@contextmanager
def made_weeks(root: Path, first: int, faulty: int, last: int) -> Iterator[Weeks]:
    """Weekly looks from before the post ``first`` on."""
    world = World(3, subscribers=160, spike=False, posts=last + 2)
    with newsletter(root, world) as letters:
        made = Weeks(letters, letters.folder("before"), faulty, last, {})
        made.looks(made.before, first, faulty - 1)
        healthy = letters.folder("healthy", made.before)
        made.looks(healthy, faulty, last)
        made.right = made.house(healthy)
        assert made.right["sustained_readers"]["value"] > 10
        yield made


@pytest.fixture(scope="module")
def weeks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Weeks]:
    with made_weeks(tmp_path_factory.mktemp("weeks"), 8, 12, 17) as made:
        yield made


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Weeks]:
    with made_weeks(tmp_path_factory.mktemp("year"), 8, 40, 60) as made:
        yield made


def test_every_fault_is_here() -> None:
    assert HARMLESS | set(SAYS) == set(REFUSALS)
    assert set(REFUSALS) >= IN_EACH_CHECK


@pytest.mark.long
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_one_weekly_look(weeks: Weeks, fault: str) -> None:
    spoil_one_look(weeks, fault)


@pytest.mark.soak
@pytest.mark.parametrize("fault", sorted(REFUSALS))
def test_a_fault_in_one_look_of_a_year(year: Weeks, fault: str) -> None:
    spoil_one_look(year, fault)


def spoil_one_look(weeks: Weeks, fault: str) -> None:
    """Let one look meet the fault, and compare the figures after the others."""
    letters = weeks.letters
    folder = letters.folder(fault, weeks.before)
    letters.clock.set(before_post(letters.world, weeks.faulty))
    letters.trouble(fault)
    code, words = SAYS.get(fault, (0, ""))
    (run,) = letters.run(folder, "sync", "--json", code=code).json["runs"]
    assert (run["state"] == "complete") is (code == 0)
    assert any(words in text for text in (run["reason"] or "", *run["notices"]))
    if fault in HARMLESS:
        assert run["notices"] == []
    letters.heal()
    weeks.looks(folder, weeks.faulty + 1, weeks.last)
    found = weeks.house(folder)
    if fault in HARMLESS or fault in ("refused-expand", "refused-recipients"):
        assert found == weeks.right
    right, figure = weeks.right["sustained_readers"], found["sustained_readers"]
    assert figure["low"] <= right["value"] <= figure["high"]
    for name in ("active_people", "posts_seen"):
        assert found[name] == weeks.right[name]


@pytest.mark.long
def test_the_wait_that_the_provider_names_is_in_every_form(weeks: Weeks) -> None:
    letters = weeks.letters
    folder = letters.folder("the wait", weeks.before)
    letters.clock.set(before_post(letters.world, weeks.faulty))
    letters.trouble("come-back-later")
    (run,) = letters.run(folder, "sync", "--json", code=5).json["runs"]
    letters.heal()
    assert run["error"]["after_seconds"] == 7200
    assert run["error"]["retry_at"] == run["retry_at"]
    assert run["error"]["to_do"].startswith("Run the sync again in 2 hours.")


@pytest.mark.long
def test_a_count_that_never_agrees_can_be_accepted(weeks: Weeks) -> None:
    letters = weeks.letters
    folder = letters.folder("accepted", weeks.before)
    letters.trouble("total-never-agrees")
    states = []
    for number in range(weeks.faulty, weeks.faulty + 5):
        letters.clock.set(before_post(letters.world, number))
        accepts = ("--accept-count",) if number == weeks.faulty + 3 else ()
        code = 6 if number < weeks.faulty + 3 else 0
        (run,) = letters.run(folder, "sync", "--json", *accepts, code=code).json["runs"]
        states.append(run["state"])
    letters.heal()
    assert states == ["partial"] * 3 + ["complete"] * 2
    (people,) = (one for one in run["streams"] if one["stream"] == "subscriptions")
    assert (people["count_difference"], people["accepted_difference"]) == (-3, -3)
