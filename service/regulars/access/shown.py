"""Keys and links as JSON values, the same from the server and from the command line."""

from __future__ import annotations

from typing import Any

from regulars.store.actions.access import KeyRecord, SignInRecord
from regulars_connectors.instants import Instant, to_iso


def shown_key(key: KeyRecord) -> dict[str, Any]:
    """A key without its text. Instants are RFC 3339 in UTC, None for never."""
    return {
        "id": key.id,
        "name": key.name,
        "scopes": list(key.scopes),
        "publications": None if key.publications is None else list(key.publications),
        "made_at": to_iso(key.made_at),
        "expires_at": _shown(key.expires_at),
        "last_used_at": _shown(key.used_at),
        "revoked_at": _shown(key.revoked_at),
    }


def shown_link(link: SignInRecord, text: str) -> dict[str, Any]:
    """A one-time link with its text."""
    return {"id": link.id, "link": text, "ends_at": to_iso(link.link_ends_at)}


def _shown(instant: Instant | None) -> str | None:
    return None if instant is None else to_iso(instant)
