"""Ties of open mails through the tables: hashes alone tie as well as words do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from support import mail_corpora as corpora
from support.empty_database import tables_in_memory
from support.ham_threads import Threads, threads, without_list_headers
from support.tied_store import KEY, NAME, TiedStore, read_letters

from regulars.settings import PublicationSettings
from regulars_connectors import Letter
from regulars_connectors.keyed import all_keyed, runs_as_text
from regulars_connectors.mail.reading import Reading, Request, Setup, read
from regulars_connectors.mail.traces import links_of, runs_of

pytestmark = [pytest.mark.long]
WITHOUT_IDS = {"message_id": None, "parents": None, "returned": None}


class Ham:
    """easy-ham-1: every mail read, as a letter, and which answers which."""

    def __init__(self) -> None:
        raws = [without_list_headers(raw) for raw in corpora.ham()]
        self.readings: list[Reading] = [read(Request(raw), Setup(key=KEY)) for raw in raws]
        self.letters: list[Letter] = read_letters(raws, own=())
        self.known: Threads = threads(raws)


@pytest.fixture(scope="module")
def ham() -> Ham:
    if not corpora.ham():
        pytest.skip("left out, for want of it: easy-ham-1 (scripts/install-mail-parts)")
    return Ham()


@pytest.fixture
def store(empty_database: Path) -> Iterator[TiedStore]:
    with tables_in_memory(empty_database) as connection:
        yield TiedStore(connection)


def put_post(store: TiedStore, name: str, reading: Reading, *, has_ids: bool) -> None:
    traces, text = reading.traces, f"{reading.text}\n{reading.signature}"
    sent_at = None if traces.sent_at is None else datetime.fromtimestamp(traces.sent_at, UTC)
    store.put_post(name, f"Number {name}", sent_at=sent_at and sent_at.replace(tzinfo=None))
    row = {
        "publication": NAME,
        "connection": "list",
        "id": name,
        "subjects": all_keyed(traces.subjects, KEY),
        "message_ids": all_keyed([traces.message_id], KEY) if has_ids else None,
        "links": all_keyed(links_of(text), KEY),
        "runs": runs_as_text(runs_of(text, KEY, 20_000)),
        "presence": "present",
        "seen_at": datetime.now(UTC).replace(tzinfo=None),
    }
    store.put("post_texts", [row])


def tied(store: TiedStore, ham: Ham, *, has_ids: bool) -> dict[int, str | None]:
    """The post of each mail that is no start; the starts are the posts."""
    starts = set(ham.known.start_of.values())
    for at in sorted(starts):
        put_post(store, str(at), ham.readings[at], has_ids=has_ids)
    letters = {at: one for at, one in enumerate(ham.letters) if at not in starts}
    changed = {} if has_ids else WITHOUT_IDS
    store.put_letters(
        {one.id: msgspec.structs.replace(one, **changed) for one in letters.values()}.values()
    )
    assert store.tie(PublicationSettings(name=NAME))
    rows = store.connection.execute("SELECT letter_id, post_id FROM letter_ties").fetchall()
    posts = dict(rows)
    return {at: posts[one.id] for at, one in letters.items()}


def test_with_ids(store: TiedStore, ham: Ham, capsys: pytest.CaptureFixture[str]) -> None:
    ties, truth = tied(store, ham, has_ids=True), ham.known.start_of
    right = sum(ties[at] == str(start) for at, start in truth.items())
    with capsys.disabled():
        print(f"\ntied right by hashes, with ids: {right} of {len(truth)} (goal 568, all)")
    assert right == len(truth) >= 568


def test_without_ids(store: TiedStore, ham: Ham, capsys: pytest.CaptureFixture[str]) -> None:
    ties, known = tied(store, ham, has_ids=False), ham.known
    named = [at for at in known.start_of if ties[at] is not None]
    right = {at for at in named if ties[at] == str(known.start_of[at])}
    direct = right.intersection(known.direct)
    shares = {
        "precision": (len(right) / len(named), 0.97),
        "recall": (len(right) / len(known.start_of), 0.87),
        "recall of direct answers": (len(direct) / len(known.direct), 0.95),
    }
    with capsys.disabled():
        for what, (share, goal) in shares.items():
            print(f"\nby hashes, without ids, {what}: {share:.1%} (goal {goal:.0%})", end="")
    assert all(share >= goal for share, goal in shares.values())
