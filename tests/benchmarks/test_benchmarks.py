"""``make bench``: the figures of this folder. They are printed, not judged: machines differ.

What is judged is that both ways came to the same rows, and that nothing is far off.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import at_rest
import flat_memory
import forty
import histories
import large_mailbox
import latency
import long_journal
import mail
import mail_files
import model
import own_words
import peer
import pull
import reports
import serve
import small_pulls
import start
import waiting
import worst_bodies

pytestmark = [pytest.mark.bench, pytest.mark.timeout(3000)]


def test_pull() -> None:
    ratios = pull.report(pull.measure(rounds=3))
    assert ratios["unchanged"] < ratios["first"]


def test_flat_memory() -> None:
    ratio, peak = flat_memory.report(
        {people: flat_memory.measure(people) for people in flat_memory.SIZES}
    )
    assert ratio < 2
    assert peak < 600


def test_start() -> None:
    found = start.measure(start.PEOPLE, start.POSTS, 3, None)
    kept = start.report(start.PEOPLE, start.POSTS, found)
    assert kept < found["first ever"][0].seconds


def test_serve() -> None:
    ratios = serve.report(serve.measure(rounds=3, requests=10_000))
    assert min(ratios.values()) > 0.02


def test_latency() -> None:
    tails = latency.report(latency.measure(latency.SECONDS, latency.PAGES))
    assert tails["quota"] < 1_000


def test_schedule_at_rest() -> None:
    given = at_rest.SECONDS, at_rest.PUBLICATIONS, at_rest.PEOPLE
    assert at_rest.report(*given, at_rest.measure(*given)) < 10 * at_rest.GOAL


def test_peer() -> None:
    ratios = peer.report(peer.measure(rounds=3))
    assert ratios["records"] > 1


def test_forty() -> None:
    size = forty.PUBLICATIONS, forty.PEOPLE
    assert forty.report(*size, forty.measure(*size)) < 600


def test_reports(tmp_path: Path) -> None:
    costs, frozen = reports.measure(tmp_path / "store", reports.PEOPLE, reports.POSTS)
    ratios = reports.report_costs(reports.PEOPLE, costs, frozen)
    assert all(ratios[name] < 3 * goal for name, goal in reports.GOALS.items())
    assert all(cost["peak"] < 1024 for found in costs.values() for cost in found.values())


def test_model() -> None:
    times = model.report_peer({26: model.measure_peer(3, 26), 52: model.measure_peer(1, 52)})
    assert times[26] > 1
    for people in model.PEOPLE:
        found = model.report_list(people, model.measure_list(people))
        assert found["own"] < 10 * model.GOALS["cpu"]
        assert found["beyond"] < model.GOALS["peak"][people]


@pytest.mark.parametrize("kind", histories.KINDS)
def test_histories(tmp_path: Path, kind: str) -> None:
    found = histories.measure(tmp_path / kind, kind, histories.PEOPLE, histories.POSTS)
    ratios = histories.report(kind, histories.PEOPLE, *found)
    assert ratios["whole"] < 1
    assert ratios["few"] < 0.5


def test_small_pulls() -> None:
    assert small_pulls.report(small_pulls.measure(rounds=3)) < 120


def test_long_journal() -> None:
    cpu, peak = long_journal.report(long_journal.measure(long_journal.MANY, rounds=5))
    assert cpu < 1
    assert peak < 100


def test_waiting() -> None:
    worst = waiting.report(waiting.measure())
    assert worst["others"] < 5 * waiting.GOALS["others"]
    assert worst["end"] < waiting.GOALS["end"]


def test_worst_bodies() -> None:
    assert worst_bodies.report(worst_bodies.measure()) < worst_bodies.GOAL_MIB


def test_own_words() -> None:
    costs, right, of = own_words.measure(rounds=3)
    if not of:
        pytest.skip("no corpora: see tests/support/mail_corpora.py")
    share = own_words.report(costs, right, of)
    assert share < 1 / 3
    assert right[own_words.OURS] > max(right[name] for name in own_words.LIBRARIES)


def test_mail() -> None:
    found, peaks = mail.speed(), mail.memory(mail.BIG)
    mail.report(found, peaks, mail.BIG)
    assert found[0] > 250
    assert peaks[1] - peaks[0] < 150


def test_mail_files() -> None:
    found = mail_files.measure(mail.BIG)
    assert mail_files.report(found, mail.BIG) < mail_files.GOAL
    _, first, again = found
    assert first.letters == -(-first.mails // 50)
    assert again.letters == 0


def test_mailbox() -> None:
    found = large_mailbox.measure(large_mailbox.MAILS)
    assert large_mailbox.report(found) < 3
    assert found.sent <= large_mailbox.GOAL_SENT
    assert (
        found.clients[large_mailbox.OURS]["count"] == found.letters == found.traffic["body_count"]
    )
    assert found.clients[large_mailbox.PEER]["count"] == found.mails
