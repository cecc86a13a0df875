"""Who may ask: keys, one-time links and sessions, as acts of the owner.

Only digests are kept. The texts of keys, links and cookies leave the process once and are stored
nowhere. The tables are for the service itself: an export leaves them out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from regulars_connectors.instants import Instant

from ..journal import Entry
from ..journal_records import convert_entry
from ..mending import asked_again
from ..protocols import ReadableStore
from ..timestamps import instant_of, stored_moment

if TYPE_CHECKING:
    import duckdb

KEY_ADDED, KEY_USED, KEY_REVOKED = "key_added", "key_used", "key_revoked"
LINK_MADE, SIGNED_IN = "sign_in_link_made", "signed_in"
SESSION_ENDED, SESSIONS_ENDED = "session_ended", "sessions_ended"
KINDS = (KEY_ADDED, KEY_USED, KEY_REVOKED, LINK_MADE, SIGNED_IN, SESSION_ENDED, SESSIONS_ENDED)
"""Every kind of entry here. None changes a figure."""

TABLES = ("api_keys", "api_key_publications", "sign_ins")


class KeyRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A key. id: key_... digest: HMAC of its text. publications: None for all of them.

    Instants are microseconds, None for never.
    """

    id: str
    name: str
    digest: str
    scopes: tuple[str, ...]
    publications: tuple[str, ...] | None
    made_at: Instant
    expires_at: Instant | None = None
    used_at: Instant | None = None
    revoked_at: Instant | None = None


class SignInRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A one-time link, and the session that it gave. session_digest: None until it is used."""

    id: str
    link_digest: str
    made_at: Instant
    link_ends_at: Instant
    session_digest: str | None = None
    ends_at: Instant | None = None
    ended_at: Instant | None = None


class _KeyAdded(msgspec.Struct, frozen=True):
    key: str
    name: str
    digest: str
    scopes: tuple[str, ...]
    publications: tuple[str, ...] | None
    expires_at: Instant | None
    at: Instant


def key_added(record: KeyRecord) -> dict[str, Any]:
    """The entry of a new key."""
    return {
        "kind": KEY_ADDED,
        "at": record.made_at,
        "key": record.id,
        "name": record.name,
        "digest": record.digest,
        "scopes": list(record.scopes),
        "publications": None if record.publications is None else list(record.publications),
        "expires_at": record.expires_at,
    }


def key_used(key: str, at: Instant) -> dict[str, Any]:
    """The entry that says that a key was used."""
    return {"kind": KEY_USED, "at": at, "key": key}


def key_revoked(key: str, at: Instant) -> dict[str, Any]:
    """The entry that ends a key."""
    return {"kind": KEY_REVOKED, "at": at, "key": key}


def link_made(record: SignInRecord) -> dict[str, Any]:
    """The entry of a new one-time link."""
    return {
        "kind": LINK_MADE,
        "at": record.made_at,
        "sign_in": record.id,
        "digest": record.link_digest,
        "ends_at": record.link_ends_at,
    }


def signed_in(sign_in: str, digest: str, at: Instant, ends_at: Instant) -> dict[str, Any]:
    """The entry of a session. digest: of its cookie."""
    return {"kind": SIGNED_IN, "at": at, "sign_in": sign_in, "digest": digest, "ends_at": ends_at}


def session_ended(sign_in: str, at: Instant) -> dict[str, Any]:
    """The entry that ends one session."""
    return {"kind": SESSION_ENDED, "at": at, "sign_in": sign_in}


def sessions_ended(at: Instant) -> dict[str, Any]:
    """The entry that ends every session and every link."""
    return {"kind": SESSIONS_ENDED, "at": at}


@asked_again
def keys_of(store: ReadableStore) -> list[KeyRecord]:
    """Every key, revoked and expired ones too, oldest first."""
    with store.read() as cursor:
        rows = cursor.execute(
            "SELECT id, name, digest, scopes, CASE WHEN NOT everywhere THEN coalesce((SELECT"
            " list(publication ORDER BY publication) FROM api_key_publications"
            " WHERE key_id = id), []) END, made_at, expires_at, used_at, revoked_at"
            " FROM api_keys ORDER BY entry"
        ).fetchall()
    return [
        KeyRecord(
            id=row[0], name=row[1], digest=row[2], scopes=tuple(row[3].split()),
            publications=None if row[4] is None else tuple(row[4]),
            made_at=instant_of(row[5]), expires_at=_instant(row[6]), used_at=_instant(row[7]),
            revoked_at=_instant(row[8]),
        )
        for row in rows
    ]  # fmt: skip


@asked_again
def sign_ins_of(store: ReadableStore) -> list[SignInRecord]:
    """Every link and session, oldest first."""
    with store.read() as cursor:
        rows = cursor.execute(
            "SELECT id, link_digest, made_at, link_ends_at, session_digest, ends_at, ended_at"
            " FROM sign_ins ORDER BY entry"
        ).fetchall()
    return [
        SignInRecord(
            id=row[0], link_digest=row[1], made_at=instant_of(row[2]),
            link_ends_at=instant_of(row[3]), session_digest=row[4], ends_at=_instant(row[5]),
            ended_at=_instant(row[6]),
        )
        for row in rows
    ]  # fmt: skip


def apply_key_added(cursor: duckdb.DuckDBPyConnection, entry: Entry) -> None:
    """Put a new key into its tables."""
    added = convert_entry(entry.facts, _KeyAdded)
    cursor.execute(
        "INSERT INTO api_keys BY NAME SELECT $id AS id, $name AS name, $digest AS digest,"
        " $scopes AS scopes, $everywhere AS everywhere, $made_at AS made_at,"
        " $expires_at::TIMESTAMP AS expires_at, $entry AS entry",
        {
            "id": added.key,
            "name": added.name,
            "digest": added.digest,
            "scopes": " ".join(added.scopes),
            "everywhere": added.publications is None,
            "made_at": stored_moment(added.at),
            "expires_at": None if added.expires_at is None else stored_moment(added.expires_at),
            "entry": entry.number,
        },
    )
    for publication in added.publications or ():
        cursor.execute(
            "INSERT INTO api_key_publications BY NAME"
            " SELECT $key AS key_id, $publication AS publication",
            {"key": added.key, "publication": publication},
        )


def apply_key_used(cursor: duckdb.DuckDBPyConnection, entry: Entry) -> None:
    """Note when a key was last used."""
    cursor.execute(
        "UPDATE api_keys SET used_at = greatest(used_at, $at) WHERE id = $key",
        {"key": entry.facts["key"], "at": stored_moment(entry.facts["at"])},
    )


def apply_key_revoked(cursor: duckdb.DuckDBPyConnection, entry: Entry) -> None:
    """End a key. The first time counts."""
    cursor.execute(
        "UPDATE api_keys SET revoked_at = coalesce(revoked_at, $at) WHERE id = $key",
        {"key": entry.facts["key"], "at": stored_moment(entry.facts["at"])},
    )


def apply_link_made(cursor: duckdb.DuckDBPyConnection, entry: Entry) -> None:
    """Put a one-time link into its table."""
    cursor.execute(
        "INSERT INTO sign_ins BY NAME SELECT $id AS id, $digest AS link_digest,"
        " $made_at AS made_at, $ends_at AS link_ends_at, $entry AS entry",
        {
            "id": entry.facts["sign_in"],
            "digest": entry.facts["digest"],
            "made_at": stored_moment(entry.facts["at"]),
            "ends_at": stored_moment(entry.facts["ends_at"]),
            "entry": entry.number,
        },
    )


def apply_signed_in(cursor: duckdb.DuckDBPyConnection, entry: Entry) -> None:
    """Give a link its session."""
    cursor.execute(
        "UPDATE sign_ins SET session_digest = $digest, ends_at = $ends_at"
        " WHERE id = $id AND session_digest IS NULL AND ended_at IS NULL",
        {
            "id": entry.facts["sign_in"],
            "digest": entry.facts["digest"],
            "ends_at": stored_moment(entry.facts["ends_at"]),
        },
    )


def apply_session_ended(cursor: duckdb.DuckDBPyConnection, entry: Entry) -> None:
    """End one session."""
    cursor.execute(
        "UPDATE sign_ins SET ended_at = coalesce(ended_at, $at) WHERE id = $id",
        {"id": entry.facts["sign_in"], "at": stored_moment(entry.facts["at"])},
    )


def apply_sessions_ended(cursor: duckdb.DuckDBPyConnection, entry: Entry) -> None:
    """End every session and every link."""
    cursor.execute(
        "UPDATE sign_ins SET ended_at = coalesce(ended_at, $at)",
        {"at": stored_moment(entry.facts["at"])},
    )


def _instant(moment: Any) -> Instant | None:
    return None if moment is None else instant_of(moment)
