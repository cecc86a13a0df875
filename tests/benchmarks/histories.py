"""What making histories costs, against a question to the views of 0.2.0 about the same people.

``python tests/benchmarks/histories.py FOLDER [PEOPLE] [POSTS]``: of running totals and of single
signals, in CPU seconds of one process with the default memory. Made whole, after a sync that
touched one person in a hundred, after one that changed nothing, and aside for half a year before.
The same with letters: made whole, after some by one person in a hundred, and after a look into the
mailbox that found none. FOLDER keeps the stores for another run. All invented.
"""

from __future__ import annotations

import os
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import large_store
from history_letters import commit_letters
from large_store import CONNECTION, DAY, FIRST_LOOK, PUBLICATION, WEEK
from measured import _peak

from regulars.replies.making import tie_letters
from regulars.reports.engine.facts import gather
from regulars.reports.engine.histories import prepare_histories
from regulars.reports.engine.kept_histories import keep_histories
from regulars.reports.engine.partitions import materialise_posts
from regulars.settings import PublicationSettings, StoreSettings
from regulars.store import Store
from regulars.store.timestamps import naive
from regulars_connectors.instants import to_datetime

PEOPLE, POSTS = 100_000, 150
KINDS = ("totals", "signals")
FROZEN = Path(__file__).parent / "frozen" / "people_reading_0_2_0.sql"
LETTERS = 20_000
_WITH, _FEW, _NONE = "whole with letters", "few by letters", "no new letters"
GOALS = {
    "whole": 0.6, "few": 0.1, "nothing": 0.02, "earlier": 1.2, _WITH: 1.25, _FEW: 0.1, _NONE: 0.02,
}  # fmt: skip
"""Most of what each may cost: whole and earlier of the views of 0.2.0, the others of whole."""
_LETTERS = PublicationSettings(name=PUBLICATION)
_STATES = (
    "SELECT state, count(*) FROM people_reading($publication, $as_of, 4, 8, FALSE, 'UTC')"
    " GROUP BY state ORDER BY state"
)
_BY_BITS = (
    "SELECT end_kind, count(*), sum(bit_count(low)) FROM histories_of($publication, $as_of)"
    " GROUP BY end_kind ORDER BY end_kind"
)
_OWNER = f"'{PUBLICATION}' AS publication, '{CONNECTION}' AS connection"
_NUMBERED = "'sub_' || lpad(CAST(number AS VARCHAR), 9, '0')"
# Everybody opens a steady share of the posts, and clicks in a few of these.
_SIGNALS = f"""
SELECT {_OWNER}, kind, kind || '_' || $post || '_' || number AS signal_key,
    {_NUMBERED} AS subscription_id, 'post_' || $post AS post_id,
    make_timestamp($sent + 3600000000 * (1 + number % 40)) AS happened_at, FALSE AS machine,
    CASE kind WHEN 'click' THEN 'https://example.org/' || number % 5 END AS url,
    NULL::VARCHAR AS question_id, NULL::VARCHAR AS answer, make_timestamp($seen) AS seen_at
FROM (SELECT range AS number FROM range($people)), (VALUES ('open'), ('click')) AS kinds (kind)
WHERE ($post * 7 + number) % 11 < number % 11 AND (kind = 'open' OR ($post + number) % 13 = 0)
ORDER BY subscription_id, post_id"""
_MORE_SIGNALS = f"""
SELECT {_OWNER}, 'poll' AS kind, 'late_' || $seen || '_' || number AS signal_key,
    {_NUMBERED} AS subscription_id, 'post_' || $post AS post_id,
    make_timestamp($seen - 3600000000) AS happened_at, NULL::BOOLEAN AS machine,
    NULL::VARCHAR AS url, NULL::VARCHAR AS question_id, 'yes' AS answer,
    make_timestamp($seen) AS seen_at
FROM (SELECT 100 * range AS number FROM range($people // 100)) ORDER BY subscription_id"""
_MORE_TOTALS = f"""
SELECT {_OWNER}, {_NUMBERED} AS subscription_id, make_timestamp($seen) AS seen_at,
    $post AS received, $post * (number % 11) // 11 + 1 AS opened,
    $post * (number % 11) // 11 // 5 AS clicked, FALSE AS rounded, 0::INTEGER AS epoch,
    make_timestamp($was) AS was_at, $post AS was_received,
    $post * (number % 11) // 11 AS was_opened, $post * (number % 11) // 11 // 5 AS was_clicked
FROM (SELECT 100 * range AS number FROM range($people // 100)) ORDER BY subscription_id"""


def make_signal_store(folder: Path, people: int, posts: int) -> None:
    """Fill an empty folder with single opens and clicks, as a large store of totals is filled."""
    with Store(StoreSettings(folder=folder, memory_limit_mib=1024)) as store:
        for post in range(posts + 1):
            values = _values(people, post)
            streams = {"signals": _SIGNALS, "posts": large_store.POST}
            if post == 0:
                streams = {
                    "subscriptions": large_store.SUBSCRIPTIONS,
                    "people": large_store.PEOPLE,
                }
            _commit(store, post, values, streams)


def _values(people: int, post: int, later: int = 0) -> dict[str, Any]:
    seen = FIRST_LOOK + post * WEEK + later
    return {
        "people": people, "post": post, "joined": FIRST_LOOK - 90 * DAY,
        "seen": seen, "was": seen - (later or WEEK), "sent": FIRST_LOOK + post * WEEK - 2 * DAY,
    }  # fmt: skip


def _commit(store: Store, number: int, values: dict[str, Any], streams: dict[str, str]) -> None:
    files = [large_store._write(store, number, name, sql, values) for name, sql in streams.items()]
    entry = large_store._entry(number, values["seen"], values["people"], files)
    if "signals" in streams or not streams:
        entry["streams"].append(entry["streams"][0] | {"stream": "signals", "outcome": "events"})
    with store.writing:
        store.append(entry)


def _cpu() -> float:
    now = os.times()
    return now.user + now.system


class _Costs:
    """CPU seconds by what was done."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.answers: dict[str, Any] = {}

    def take(self, name: str, work: Any) -> None:
        before = _cpu()
        self.answers[name] = work()
        self.seconds[name] = _cpu() - before


def measure(folder: Path, kind: str, people: int, posts: int) -> tuple[dict[str, float], float]:
    """CPU seconds by what was done, and the most memory of this process in MiB."""
    if not (folder / "journal").exists():
        make = large_store.make_large_store if kind == "totals" else make_signal_store
        make(folder, people, posts)
    now = to_datetime(FIRST_LOOK + (posts + 3) * WEEK)
    before = now - timedelta(days=182)
    costs = _Costs()
    with Store(StoreSettings(folder=folder)) as store:
        runs = len(store.journal)
        if people <= PEOPLE:
            costs.take("views of 0.2.0", lambda: _ask_frozen(store, now))
            costs.take("views of 0.2.0, earlier", lambda: _ask_frozen(store, before))
        with store.writing:
            store.append(large_store._entry(runs, FIRST_LOOK + (posts + 1) * WEEK, people, []))
        _forget_kept(store)
        costs.take("whole", lambda: keep_histories(store, _LETTERS, now))
        _commit(store, runs + 1, _values(people, posts, 2 * DAY), {})
        costs.take("nothing", lambda: keep_histories(store, _LETTERS, now))
        stream = "counters" if kind == "totals" else "signals"
        more = _MORE_TOTALS if kind == "totals" else _MORE_SIGNALS
        _commit(store, runs + 2, _values(people, posts, (3 + runs) * DAY // 10), {stream: more})
        costs.take("few", lambda: keep_histories(store, _LETTERS, now))
        costs.take("earlier", lambda: _ask_bits(store, before))
        _take_letters(costs, store, now, people, posts)
    made = costs.answers
    assert (made["whole"], made["nothing"], made["few"]) == ("whole", "nothing", "few"), made
    assert made["earlier"]
    assert [made[name] for name in (_WITH, _FEW, _NONE)] == ["whole", "few", "nothing"], made
    return costs.seconds, _peak()


def _take_letters(costs: _Costs, store: Store, now: datetime, people: int, posts: int) -> None:
    """Make the histories with letters of a tenth as many people as there are letters."""
    runs = len(store.journal)
    seen = FIRST_LOOK + (posts + 1) * WEEK + runs * DAY // 10
    commit_letters(store, runs, seen, LETTERS, LETTERS // 10, posts, of=f"first {runs}")
    costs.take("ties of letters", lambda: tie_letters(store, _LETTERS))
    _forget_kept(store)
    costs.take(_WITH, lambda: keep_histories(store, _LETTERS, now))
    few = people // 100
    commit_letters(store, runs + 1, seen + DAY, few, few, posts, of=f"more {runs}")
    costs.take("ties again", lambda: tie_letters(store, _LETTERS))
    costs.take(_FEW, lambda: keep_histories(store, _LETTERS, now))
    entry = large_store._entry(runs + 2, seen + 2 * DAY, 0, [])
    with store.writing:
        store.append(entry | {"connection": "inbox", "streams": []})
    tie_letters(store, _LETTERS)
    costs.take(_NONE, lambda: keep_histories(store, _LETTERS, now))


def _forget_kept(store: Store) -> None:
    with store.read() as cursor:
        cursor.execute("DELETE FROM histories_made")


def _ask_frozen(store: Store, at: datetime) -> Any:
    with store.read() as cursor:
        for text in FROZEN.read_text().split("\n;\n"):
            if text.strip():
                cursor.execute(text.replace("CREATE MACRO", "CREATE TEMP MACRO", 1))
        values = {"publication": PUBLICATION, "as_of": naive(at)}
        return cursor.execute(_STATES, values).fetchall()


def _ask_bits(store: Store, at: datetime) -> Any:
    with store.report_cursor() as cursor:
        cursor.execute("BEGIN")
        materialise_posts(cursor, PUBLICATION, naive(at))
        rule = gather(cursor, _LETTERS, at, at).rule
        prepare_histories(cursor, _LETTERS, at, rule)
        values = {"publication": PUBLICATION, "as_of": naive(at)}
        found = cursor.execute(_BY_BITS, values).fetchall()
        cursor.execute("ROLLBACK")
    return found


def report(kind: str, people: int, seconds: dict[str, float], peak: float) -> dict[str, float]:
    """Print them; each as a share of what it is held against."""
    print(f"\nhistories: {people:,} people, {kind}; CPU s, process at most {peak:.0f} MiB")
    frozen = seconds.get("views of 0.2.0")
    of_whole = ("nothing", "few", _WITH, _FEW, _NONE)
    against = dict.fromkeys(of_whole, seconds["whole"])
    if frozen is not None:
        against["whole"] = frozen
        against["earlier"] = seconds["views of 0.2.0, earlier"]
    ratios = {name: seconds[name] / against[name] for name in against}
    for name, cost in seconds.items():
        share = f"{ratios[name]:8.3f} (goal {GOALS[name]})" if name in ratios else ""
        print(f"  {name:24s} {cost:7.2f} s {share}")
    return ratios


if __name__ == "__main__":
    place, *numbers = sys.argv[1:]
    how_many, weeks = (int(number) for number in (*numbers, *(PEOPLE, POSTS)[len(numbers) :]))
    for which in KINDS:
        report(which, how_many, *measure(Path(place) / which, which, how_many, weeks))
