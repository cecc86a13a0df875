"""Records of a journal segment: length, CRC-32C and payload, one behind the other."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import google_crc32c
import msgspec

from regulars.errors import StoreDamaged

HOW_TO_GO_ON = (
    "Restore the store from a backup. To go on with what is left, run `regulars verify --repair`."
)
HEAD = struct.Struct("<II")
_LARGEST_RECORD = 64 * 1024 * 1024
_READ_BYTES = 256 * 1024
T = TypeVar("T")


def record_of(payload: bytes) -> bytes:
    return HEAD.pack(len(payload), google_crc32c.value(payload)) + payload


def append_record(path: Path, payload: bytes) -> None:
    record = record_of(payload)
    handle = os.open(path, os.O_WRONLY | os.O_APPEND)
    before = os.fstat(handle).st_size
    try:
        written = os.write(handle, record)
        if written != len(record):
            raise OSError(28, "short write")
        os.fsync(handle)
    except OSError:
        os.ftruncate(handle, before)
        raise
    finally:
        os.close(handle)


def records(path: Path, start: int) -> Iterator[bytes]:
    """The payloads of a segment from a place on, up to the first that is not whole."""
    with path.open("rb", buffering=_READ_BYTES) as file:
        file.seek(start)
        while head := file.read(HEAD.size):
            length = HEAD.unpack(head)[0] if len(head) == HEAD.size else 0
            record = head + file.read(length) if length <= _LARGEST_RECORD else head
            payload = payload_at(record, 0)
            if payload is None:
                return
            yield payload


def decode_entry(payload: bytes, kind: type[T], segment: str) -> T:
    """What a payload says. Raises StoreDamaged for one whose checksum holds and whose words do not.

    segment: the name of its file, for the error.
    """
    try:
        return msgspec.json.decode(payload, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise unreadable(segment) from error


def convert_entry(facts: Mapping[str, Any], kind: type[T]) -> T:
    """An entry's facts as a type of ours. Raises StoreDamaged with the entry's number."""
    try:
        return msgspec.convert(facts, kind)
    except msgspec.ValidationError as error:
        raise StoreDamaged(
            f"Entry {facts.get('number')} of the journal cannot be read: {error}.",
            to_do=HOW_TO_GO_ON,
        ) from error


def unreadable(segment: str) -> StoreDamaged:
    """The error for an entry that is whole and says nothing that this version can read."""
    return StoreDamaged(
        f"The journal segment {segment} has an entry that cannot be read.", to_do=HOW_TO_GO_ON
    )


def losing(last: int, known: int, witness: str, *, plural: bool = False) -> StoreDamaged:
    """The error for a journal that ends at entry ``last``, though one as late as ``known`` was.

    witness: what knows it. plural: whether that is several things.
    """
    knows = "know" if plural else "knows"
    lost = f"entry {known} is" if known == last + 1 else f"entries {last + 1} to {known} are"
    return StoreDamaged(
        f"The journal ends at entry {last}, but {witness} {knows} entry {known}: {lost} lost.",
        to_do=HOW_TO_GO_ON,
    )


def of_another_store(number: int, witness: str) -> StoreDamaged:
    """The error for a witness that knows another entry of that number."""
    return StoreDamaged(
        f"Entry {number} of the journal differs from the one that {witness} knows: they come from"
        " two stores, or from two copies of one.",
        to_do=HOW_TO_GO_ON,
    )


def bytes_from(path: Path, place: int) -> bytes:
    with path.open("rb") as file:
        file.seek(place)
        return file.read()


def payload_at(content: bytes, place: int) -> bytes | None:
    """The record's payload, or None if it is cut short or fails its checksum."""
    if place + HEAD.size > len(content):
        return None
    length, checksum = HEAD.unpack_from(content, place)
    payload = content[place + HEAD.size : place + HEAD.size + length]
    if not 0 < length <= _LARGEST_RECORD or len(payload) < length:
        return None
    return payload if google_crc32c.value(payload) == checksum else None


def a_record_follows(content: bytes) -> bool:
    """Whether the bad record is complete in length, or a whole one starts somewhere behind it.

    Zeros up to the end are space that the file system had reserved and left unfilled.
    """
    if not content.strip(b"\0"):
        return False
    if len(content) >= HEAD.size:
        length, _ = HEAD.unpack_from(content, 0)
        if len(content) >= HEAD.size + length and length > 0:
            return True
    start = content.find(b'{"number":', HEAD.size + 1)
    while start >= 0:
        if payload_at(content, start - HEAD.size) is not None:
            return True
        start = content.find(b'{"number":', start + 1)
    return False
