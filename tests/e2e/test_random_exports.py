"""Random exports, in any order: `house` and `regulars` as counted by hand, for every person."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.command import run
from support.dump_store import OWN_TO_A_RUN, tables_of
from support.exports_by_hand import read_exports, tables_read
from support.newsletter import Newsletter, newsletter
from support.random_exports import Export, invent
from support.readers_by_hand import ZONE, Answer, count_readers

from regulars.cli.report import ask_here
from regulars.settings import load_settings
from regulars.store import Store
from regulars.store.verify import verify_store
from regulars_connectors.instants import from_datetime, from_iso, to_iso
from regulars_connectors.simulator import World

pytestmark = pytest.mark.long

NOW = from_iso("2026-03-01T12:00:00Z")
OF_IMPORTS = OWN_TO_A_RUN | {"walks", "post_totals"}
ALIKE = {
    "subscription_versions": "SELECT * EXCLUDE (entry) FROM subscription_versions"
    " WHERE presence <> 'removed' OR was_presence IS DISTINCT FROM 'removed'",
    "signals": "SELECT * EXCLUDE (entry, seen_at) FROM signals",
    "posts": "SELECT * REPLACE ("
    "CASE WHEN presence <> 'removed' THEN seen_at END AS seen_at, NULL AS absent_since) FROM posts",
}
"""What these tables say, whatever the order of imports."""
STATES = "regular,fading,uncertain,quiet,hidden,not_measured,newcomer,occasional"


@pytest.fixture(scope="module")
def importer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsletter]:
    """The command line at noon of 1 March 2026; nothing is asked of the provider."""
    with newsletter(tmp_path_factory.mktemp("random"), World(1, subscribers=1, posts=2)) as made:
        made.clock.set(NOW)
        yield made


def settings(importer: Newsletter, used: dict[str, Export]) -> str:
    head, _, rest = importer.settings_text().partition("[[publications.connections]]")
    assert rest
    return head + "\n".join(map(connection, used.values()))


def connection(export: Export) -> str:
    """The settings of a connection that reads this export."""
    name = export.connection
    lines = [
        "[[publications.connections]]", f'name = "{name}"', 'connector = "files"',
        f'folder = "{name}/{export.day}"', f"complete = {str(export.is_complete).lower()}",
    ]  # fmt: skip
    for table, part in export.maps.items():
        lines += [f"[publications.connections.columns.{table}]", part.toml()]
    return "\n".join(lines) + "\n"


def take_in(importer: Newsletter, name: str, exports: Sequence[Export]) -> Path:
    """A fresh store with these exports, in this order. The same one may come again."""
    folder = importer.folder(name, settings=settings(importer, {}))
    used: dict[str, Export] = {}
    for export in exports:
        place = folder / export.connection / export.day
        place.mkdir(parents=True, exist_ok=True)
        for file, text in export.files.items():
            (place / file).write_text(text)
        used[export.connection] = export
        (folder / "regulars.toml").write_text(settings(importer, used))
        said = run(folder / "regulars.toml", "sync", export.connection, "--accept-removals")
        # 6: a complete export has something unreadable, which might be anybody. 3: an empty file.
        codes = (0, 6) if export.is_complete else (0,)
        assert said.code in (codes if len(tables_read(export)) == 3 else (3,)), said.err
    return folder


class Asked:
    """The reports of a folder's store, asked in this process."""

    def __init__(self, folder: Path) -> None:
        self._settings = load_settings(folder / "regulars.toml")
        self.store = Store(self._settings.store)

    def __call__(self, name: str, day: str, **parameters: str) -> Any:
        answer = ask_here(self._settings, self.store, name, "letters", day, parameters, NOW)
        return answer["result"]


def end_of(day: str) -> datetime:
    """The end of a day in the publication's zone, in UTC without a zone."""
    following = datetime.fromisoformat(day) + timedelta(days=1)
    return following.replace(tzinfo=ZONE).astimezone(UTC).replace(tzinfo=None)


def told(moment: datetime | None) -> str | None:
    return None if moment is None else to_iso(from_datetime(moment.replace(tzinfo=UTC)))


def people_said(ask: Asked, day: str) -> dict[Any, dict[str, Any]]:
    """Everybody whom `regulars` lists in any state, by their subscriptions."""
    result = ask("regulars", day, state=STATES)
    return {
        frozenset((one["connection"], one["provider_id"]) for one in person["subscriptions"]): {
            "state": person["rule_state"],
            "reads": person["evidence"]["reads_low"],
            "of": person["evidence"]["of"],
            "since": person["since"],
            "until": person["until"],
            "joined_at": person["joined_at"],
            "wrote_back": person["wrote_back"],
        }
        for person in result["people"]
    }


def people_counted(answer: Answer) -> dict[Any, dict[str, Any]]:
    moments = ("since", "until", "joined_at")
    return {
        names: person | {name: told(person[name]) for name in moments}
        for names, person in answer.people.items()
    }


def check_house(house: dict[str, Any], answer: Answer) -> None:
    counts = answer.counts()
    unit = "week" if answer.rule.by_week else "post"
    assert house["rule"] == {"k": answer.rule.needed, "n": answer.rule.last, "unit": unit}
    assert house["posts_seen"] == answer.posts_seen
    assert house["active_people"] == len(answer.people)
    for state in ("cannot_tell", "uncertain", "hidden"):
        assert (state, house[state]) == (state, counts[state])
    assert house["wrote_back"] == sum(one["wrote_back"] for one in answer.people.values())
    figure = house["by_rule"]
    if figure is None:
        too_few = answer.posts_seen < answer.rule.last
        assert too_few or not counts["regular"], house["reason"]
        return
    regular, unsure = counts["regular"], counts["cannot_tell"]
    assert (figure["value"], figure["low"]) == (regular, regular)
    assert figure["high"] == regular + unsure
    assert figure["n"] == regular + unsure + counts["occasional"]


def check(importer: Newsletter, seed: int) -> None:
    """One newsletter: its exports in a random order, some of them twice, asked at five dates."""
    chosen = random.Random(seed)
    made = invent(seed)
    exports = chosen.sample(made.exports, len(made.exports))
    exports += [one for one in made.exports if chosen.random() < 0.3]
    folder = take_in(importer, f"asked-{seed}", exports)
    known = read_exports(exports)
    ask = Asked(folder)
    for day in made.dates:
        answer = count_readers(known, end_of(day))
        assert (seed, day, people_said(ask, day)) == (seed, day, people_counted(answer))
        check_house(ask("house", day), answer)
    ask.store.close()


def tables_after(importer: Newsletter, name: str, exports: Sequence[Export]) -> dict[str, Any]:
    """The tables after these imports, without what only tells of the runs that filled them.

    An absence after an absence says nothing, and is written of those that come out of order alone.
    Since when a post is gone is known of those that come in order, and no figure asks for it. A
    signal that comes unchanged keeps the moment of its first import. Each store makes person ids of
    its own.
    """
    folder = take_in(importer, name, exports)
    with Store(load_settings(folder / "regulars.toml").store) as store:
        assert verify_store(store) == []
        found = tables_of(store, without=("entry", "person_id"))
        with store.read() as cursor:
            for table, query in ALIKE.items():
                found[table] = sorted(map(repr, cursor.execute(query).fetchall()))
    return {table: rows for table, rows in found.items() if table not in OF_IMPORTS}


def check_order(importer: Newsletter, seed: int) -> None:
    """The exports of a newsletter in two random orders, with some of them again in between."""
    made, chosen = invent(seed), random.Random(seed)
    found = []
    for turn in range(2):
        exports = chosen.sample(made.exports, len(made.exports))
        for again in chosen.sample(exports, 1):
            exports.insert(chosen.randint(0, len(exports)), again)
        found.append(tables_after(importer, f"order-{seed}-{turn}", exports))
    for table, rows in found[0].items():
        assert (seed, table, rows) == (seed, table, found[1][table])


@pytest.mark.parametrize("seed", range(8))
def test_reports_say_what_a_count_by_hand_says(importer: Newsletter, seed: int) -> None:
    check(importer, seed)


@pytest.mark.soak
@pytest.mark.parametrize("quarter", range(4))
def test_reports_say_what_a_count_by_hand_says_of_two_hundred(
    importer: Newsletter, quarter: int
) -> None:
    for seed in range(50 * quarter, 50 + 50 * quarter):
        check(importer, seed)


@pytest.mark.parametrize("seed", range(400, 402))
def test_any_order_of_exports_gives_the_same_tables(importer: Newsletter, seed: int) -> None:
    check_order(importer, seed)


@pytest.mark.soak
@pytest.mark.parametrize("quarter", range(4))
def test_any_order_of_many_exports_gives_the_same_tables(
    importer: Newsletter, quarter: int
) -> None:
    for seed in range(400 + 15 * quarter, 415 + 15 * quarter):
        check_order(importer, seed)
