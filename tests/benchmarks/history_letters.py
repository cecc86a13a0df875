"""Letters for a large store: readers' mails that answer its posts, and the addresses of who wrote.

They go through the store's own history, journal and ties, as an import of mail leaves them. The ids
that they name are hashes with the store's secret. All invented.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import large_store
from large_store import DAY, FIRST_LOOK, PUBLICATION, WEEK

from regulars.replies.posts import substack_id
from regulars.store import Store
from regulars.store.secret import letters_key
from regulars.store.timestamps import naive
from regulars_connectors.instants import to_datetime
from regulars_connectors.keyed import keyed

MAILBOX = "inbox"


def commit_letters(
    store: Store, number: int, seen: int, letters: int, people: int, posts: int, *, of: str
) -> None:
    """One entry with letters, of ``people`` readers in turn. of: tells their ids from others."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = list(_rows(store, naive(to_datetime(seen)), letters, people, posts, of))
    plain = store.history.temporary(f"run_{number:04d}-plain")
    pq.write_table(pa.Table.from_pylist(rows), plain)
    sql = f"SELECT * FROM read_parquet('{plain}')"
    files = [
        large_store._write(store, number, "letters", sql, {}),
        large_store._write(store, number, "words", large_store.WORDS, {"people": people}),
    ]
    entry = large_store._entry(number, seen, letters, files)
    with store.writing:
        store.append(entry | {"connection": MAILBOX, "streams": []})


def _rows(
    store: Store, seen: datetime, letters: int, people: int, posts: int, of: str
) -> Iterator[dict[str, Any]]:
    key = letters_key(store.secret)
    readers = [keyed(f"reader.{at}@example.org", key) for at in range(people)]
    parents = [keyed(substack_id(f"post_{at}"), key) for at in range(posts)]
    first = naive(datetime.fromtimestamp((FIRST_LOOK - 2 * DAY) / 1e6, UTC))
    for at in range(letters):
        about = 1 + (at * 7) % (posts - 1)
        arrived_at = first + timedelta(days=about * WEEK // DAY, hours=1 + at % 90)
        yield {
            "publication": PUBLICATION, "connection": MAILBOX, "id": keyed(f"{of} {at}", key),
            "direction": "in", "kind": "human", "rule": "person", "arrived_at": arrived_at,
            "clock": "server", "message_id": f"{of}.{at}@mail.example", "sender_certain": True,
            "correspondent": readers[at % people], "canonical": readers[at % people],
            "recipients": 1, "to_writer": True, "is_junk": False, "is_list": False,
            "is_reply": True, "parents": parents[about], "words": 20, "question": False,
            "has_attachment": False, "own_words": keyed(f"own {of} {at}", key), "seen_at": seen,
        }  # fmt: skip
