"""Takes words about a person out of journal entries. Numbers, places and lengths stay.

A segment is written anew beside the old one and takes its place by one rename. A payload that gets
shorter is filled up with spaces, which JSON ignores, so every record stays where it was. The index
of a changed segment is made again when the journal is opened.

A provider may call somebody by a word that is also one of ours, such as the name of a publication.
So fields that hold only our own words keep them: names, paths of files, digests.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
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
_OUR_WORDS = frozenset({
    "action", "alarm", "connection", "connections", "connector", "document", "dropped", "keys",
    "kind", "outcome", "path", "period", "publication", "publications", "run", "sha256", "stream",
    "to", "widget",
})  # fmt: skip
"""Fields whose texts this program or its owner chose."""

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


def names_them(facts: Mapping[str, Any], redact: Redact) -> bool:
    """Whether an entry has words about the person outside of our own fields."""
    return bool(_cleaned(facts, redact) != facts)


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
        return {name: _cleaned_field(name, item, redact) for name, item in value.items()}
    return value


def _cleaned_field(name: str, value: Any, redact: Redact) -> Any:
    if name in _OUR_WORDS:
        return value
    return _place(value, redact) if name in _PLACES else _cleaned(value, redact)


def _place(value: Any, redact: Redact) -> Any:
    return value if _cleaned(value, redact) == value else None
