"""Entity tags: made from the bytes, compared as RFC 9110 says."""

from __future__ import annotations

import hashlib


def etag_of(body: bytes) -> str:
    """A strong tag for these bytes."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def is_current(if_none_match: str | None, etag: str) -> bool:
    """Whether the caller already holds the body: weak comparison, any of several tags."""
    if if_none_match is None:
        return False
    given = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return etag in given or "*" in given
