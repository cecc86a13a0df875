"""What the store can tell a connector that plans its walks."""

from __future__ import annotations

from regulars_connectors.contract import Known

from .store import Store


def known_of(store: Store, connection: str, *, full: bool) -> Known:
    """Parents (polls with their number of answers, posts) and checkpoints of a connection."""
    with store.read() as cursor:
        questions = cursor.execute(
            "SELECT id, responses FROM questions"
            " WHERE connection = $connection AND presence <> 'removed'"
            " ORDER BY created_at DESC NULLS LAST, id",
            {"connection": connection},
        ).fetchall()
        posts = cursor.execute(
            "SELECT id FROM posts WHERE connection = $connection AND presence <> 'removed'"
            " ORDER BY sent_at DESC NULLS LAST, id",
            {"connection": connection},
        ).fetchall()
        days, segments = (
            cursor.execute(
                f"SELECT id FROM {table} WHERE connection = $connection ORDER BY id DESC",  # noqa: S608 - two names of ours
                {"connection": connection},
            ).fetchall()
            for table in ("days", "segments")
        )
        checkpoints = cursor.execute(
            "SELECT stream, nullif(parent, ''), checkpoint FROM walks"
            " WHERE connection = $connection AND checkpoint IS NOT NULL",
            {"connection": connection},
        ).fetchall()
    return Known(
        parents={
            "questions": {str(row[0]): row[1] for row in questions},
            "posts": {str(row[0]): None for row in posts},
            "days": {str(row[0]): None for row in days},
            "segments": {str(row[0]): None for row in segments},
        },
        checkpoints={(row[0], row[1]): row[2] for row in checkpoints},
        full=full,
    )


def owner_of(store: Store, connection: str) -> str | None:
    """The publication that a connection brought its data under; None before it brought any."""
    with store.read() as cursor:
        rows = cursor.execute(
            "SELECT publication, entry FROM runs WHERE connection = $connection"
            " UNION ALL BY NAME SELECT publication, 0 AS entry FROM posts"
            " WHERE connection = $connection ORDER BY entry DESC LIMIT 1",
            {"connection": connection},
        ).fetchall()
    return str(rows[0][0]) if rows else None
