"""Takes words about a person out of journal entries. Numbers, places and lengths stay.

A segment is written anew beside the old one and takes its place by one rename. A payload that gets
shorter is filled up with spaces, which JSON ignores, so every record stays where it was. The index
of a changed segment is made again when the journal is opened.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import google_crc32c
import msgspec

from regulars.files import write_atomically

from .journal_records import decode_entry

_HEAD = struct.Struct("<II")
_PLACES = ("cursor", "checkpoint")
"""A provider's place in a walk is whole or useless: one that names the person is left out, and the
walk begins again."""

Redact = Callable[[str], str]


def redact_journal(folder: Path, mentions: Callable[[bytes], bool], redact: Redact) -> int:
    """Rewrite the segments with entries that mention the person. Returns how many entries.

    mentions: whether a payload may. redact: a text without the person, no longer in UTF-8.
    """
    changed = 0
    for path in sorted(folder.glob("[0-9]*.log")):
        content = path.read_bytes()
        fresh, count = _redacted(content, path.name, mentions, redact)
        if count:
            path.with_suffix(".index").unlink(missing_ok=True)
            write_atomically(path, fresh)
            changed += count
    return changed


def _redacted(
    content: bytes, segment: str, mentions: Callable[[bytes], bool], redact: Redact
) -> tuple[bytes, int]:
    if not mentions(content):
        return content, 0
    fresh = bytearray(content)
    place = changed = 0
    while place + _HEAD.size <= len(content):
        length, _ = _HEAD.unpack_from(content, place)
        start, end = place + _HEAD.size, place + _HEAD.size + length
        payload = content[start:end]
        if mentions(payload):
            facts = _cleaned(decode_entry(payload, dict[str, Any], segment), redact)
            after = msgspec.json.encode(facts).ljust(length)
            if len(after) == length and after != payload:
                fresh[place:end] = _HEAD.pack(length, google_crc32c.value(after)) + after
                changed += 1
        place = end
    return bytes(fresh), changed


def _cleaned(value: Any, redact: Redact) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, list):
        return [_cleaned(item, redact) for item in value]
    if isinstance(value, dict):
        return {
            name: _place(item, redact) if name in _PLACES else _cleaned(item, redact)
            for name, item in value.items()
        }
    return value


def _place(value: Any, redact: Redact) -> Any:
    return value if _cleaned(value, redact) == value else None
