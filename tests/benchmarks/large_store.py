"""A large store, made quickly: history files and journal entries as syncs would leave them.

``python tests/benchmarks/large_store.py FOLDER PEOPLE POSTS``: PEOPLE subscriptions with running
totals, looked at after each of POSTS weekly posts. Rows are made by DuckDB and go through the
store's own history, journal and statements; nothing is inserted behind its back. All invented.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from regulars.settings import StoreSettings
from regulars.store import Store
from regulars.store.history import HistoryFile

PUBLICATION = CONNECTION = "letters"
FIRST_LOOK = 1_640_995_200_000_000  # 2022-01-01
DAY = 86_400_000_000
WEEK = 7 * DAY

_OWNER = f"'{PUBLICATION}' AS publication, '{CONNECTION}' AS connection"
_PERSON = "lpad(CAST(number AS VARCHAR), 9, '0')"
_PEOPLE = "(SELECT range AS number FROM range($people))"

SUBSCRIPTIONS = f"""
SELECT {_OWNER}, 'sub_' || {_PERSON} AS subscription_id, '' AS spell, 'active' AS status,
    NULL::VARCHAR AS provider_status, make_timestamp($joined) AS joined_at,
    NULL::TIMESTAMP AS left_at, 'free' AS tier, 'website' AS channel, NULL::VARCHAR AS source,
    NULL::VARCHAR AS medium, NULL::VARCHAR AS campaign, 'present' AS presence,
    NULL::TIMESTAMP AS absent_since, NULL::VARCHAR AS was_status, NULL::VARCHAR AS was_presence,
    make_timestamp($seen) AS seen_at
FROM {_PEOPLE} ORDER BY subscription_id"""
PEOPLE = f"""
SELECT {_OWNER}, 'sub_' || {_PERSON} AS subscription_id, 'per_' || {_PERSON} AS person_id
FROM {_PEOPLE} ORDER BY subscription_id"""
WORDS = f"""
SELECT {_OWNER}, 'subscription' AS subject, 'sub_' || {_PERSON} AS id,
    'reader.' || number || '@example.org' AS email, NULL::VARCHAR AS name,
    NULL::VARCHAR AS text, NULL::VARCHAR AS words
FROM {_PEOPLE} ORDER BY id"""
POST = f"""
SELECT {_OWNER}, 'post_' || $post AS id, 'Letter ' || $post AS title, 'sent' AS status,
    'email' AS form, make_timestamp($sent) AS sent_at, make_timestamp($sent) AS created_at,
    NULL::VARCHAR AS web_url, NULL::VARCHAR AS audience, NULL::BOOLEAN AS opens_tracked,
    $people AS delivered, NULL::BIGINT AS unique_opens, NULL::BIGINT AS unique_clicks,
    NULL::BIGINT AS verified_clicks, NULL::BIGINT AS unsubscribes, NULL::VARCHAR AS extra,
    'present' AS presence, NULL::TIMESTAMP AS absent_since, make_timestamp($seen) AS seen_at"""
# Everybody opens a steady share of the posts: none, one in eleven … ten in eleven.
COUNTERS = f"""
SELECT {_OWNER}, 'sub_' || {_PERSON} AS subscription_id, make_timestamp($seen) AS seen_at,
    $post AS received, $post * (number % 11) // 11 AS opened,
    $post * (number % 11) // 11 // 5 AS clicked, FALSE AS rounded, 0::INTEGER AS epoch,
    CASE WHEN $post > 0 THEN make_timestamp($was) END AS was_at,
    CASE WHEN $post > 0 THEN $post - 1 END AS was_received,
    CASE WHEN $post > 0 THEN ($post - 1) * (number % 11) // 11 END AS was_opened,
    CASE WHEN $post > 0 THEN ($post - 1) * (number % 11) // 11 // 5 END AS was_clicked
FROM {_PEOPLE} ORDER BY subscription_id"""


def make_large_store(folder: Path, people: int, posts: int) -> int:
    """Fill an empty folder; the instant of the last look."""
    seen = FIRST_LOOK
    with Store(StoreSettings(folder=folder, memory_limit_mib=1024)) as store:
        for post in range(posts + 1):
            seen = FIRST_LOOK + post * WEEK
            values = {
                "people": people, "post": post, "joined": FIRST_LOOK - 90 * DAY,
                "seen": seen, "was": seen - WEEK, "sent": seen - 2 * DAY,
            }  # fmt: skip
            streams = {"counters": COUNTERS}
            if post == 0:
                streams |= {"subscriptions": SUBSCRIPTIONS, "people": PEOPLE, "words": WORDS}
            else:
                streams |= {"posts": POST}
            files = [_write(store, post, name, sql, values) for name, sql in streams.items()]
            with store.writing:
                store.append(_entry(post, seen, people, files))
    return seen


def _write(store: Store, post: int, stream: str, sql: str, values: dict[str, Any]) -> HistoryFile:
    temporary = store.history.temporary(f"run_{post:04d}-{stream}")
    named = {name: value for name, value in values.items() if f"${name}" in sql}
    with store.read() as cursor:
        ((rows,),) = cursor.execute(
            f"COPY ({sql}) TO '{temporary}' (FORMAT parquet, COMPRESSION zstd,"
            f" KV_METADATA {{regulars_format: '1', stream: '{stream}'}})",
            named,
        ).fetchall()
    return store.history.place(temporary, PUBLICATION, stream, int(rows))


def _entry(post: int, seen: int, people: int, files: list[HistoryFile]) -> dict[str, Any]:
    whose = {"publication": PUBLICATION, "connection": CONNECTION, "connector": "beehiiv"}
    stream = {
        "stream": "subscriptions", "outcome": "whole", "seen": people, "written": people,
        "quarantined": 0, "held_removals": 0, "reason": None, "alarm": None,
        "started_at": seen, "ended_at": seen,
    }  # fmt: skip
    return {
        "kind": "run", "at": seen, "run": f"run_{post:04d}", **whose, "outcome": "complete",
        "reason": None, "started_at": seen, "ended_at": seen, "streams": [stream], "walks": [],
        "files": [file.facts() for file in files],
    }  # fmt: skip


if __name__ == "__main__":
    print(make_large_store(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
