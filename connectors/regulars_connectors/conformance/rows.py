"""Checks of the records on the pages of a walk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from ..contract import Page, Stream
from ..contract_faults import page_faults
from ..record_validation import has_id, is_sequence, record_of, time_faults, type_faults
from ..records import Quarantined
from .promises import Ledger

_JSON_FIELDS: dict[str, type] = {"extra": dict, "attributes": dict, "choices": list}


def judge_page(ledger: Ledger, stream: Stream, page: Any, where: str) -> bool:
    """Whether it is a page with records that can be checked."""
    faults = list(page_faults(page))
    ledger.expect("pages-typed", not faults, where, "; ".join(faults))
    if not isinstance(page, Page):
        return False
    found = "has a checkpoint in the middle of a state stream"
    checked = page.checkpoint is None or page.cursor is None or stream.kind == "events"
    ledger.expect("checkpoints-of-events", checked, where, found)
    return is_sequence(page.records) and _are_quarantined(page.quarantined)


def judge_rows(ledger: Ledger, stream: Stream, pages: Sequence[Page], where: str) -> bool:
    """Check types, times, ids and JSON of every record. Returns whether all types are right."""
    ledger.judged("records-of-stream", "field-types", "instants", "ids-given", "json-fields")
    seen: dict[tuple[Any, ...], Any] = {}
    ledger.judged("ids-once")
    sound = True
    for number, page in enumerate(pages, start=1):
        for row, record in enumerate(page.records, start=1):
            place = f"{where}, page {number}, row {row}"
            if _judge_record(ledger, stream, record, place):
                _judge_key(ledger, seen, record, place)
            else:
                sound = False
    return sound


def key_of(record: Any) -> tuple[Any, ...]:
    """The key that identifies a record. Without an id, the whole record is its key."""
    if getattr(record, "id", None) is None:
        return (type(record).__name__, repr(record))
    kind = getattr(record, "kind", "")
    return (type(record).__name__, kind, record.id, getattr(record, "spell", ""))


def keys_of(pages: Sequence[Page]) -> list[tuple[Any, ...]]:
    """The keys of all records on these pages, in order."""
    return [key_of(record) for page in pages for record in page.records]


def ids_seen(pages: Sequence[Page]) -> int:
    """How many different rows came, quarantined ones included."""
    ids = {getattr(record, "id", None) for page in pages for record in page.records}
    return len(ids | {row.id for page in pages for row in page.quarantined if row.id})


def _judge_record(ledger: Ledger, stream: Stream, row: object, where: str) -> bool:
    record: Any = row
    if not isinstance(row, record_of(stream.name)):
        fault = next(type_faults(stream.name, record))
        ledger.broken("records-of-stream", where, str(fault))
        return False
    faults = list(type_faults(stream.name, record))
    for fault in faults:
        name = "ids-given" if fault.field == "id" and not record.id else "field-types"
        ledger.broken(name, where, str(fault))
    if not has_id(record_of(stream.name)) and getattr(record, "id", None) == "":
        ledger.broken("ids-given", where, "id is empty (use None for a signal without an id)")
    for fault in time_faults(record):
        ledger.broken("instants", where, str(fault))
    for text in _json_faults(record):
        ledger.broken("json-fields", where, text)
    return not faults


def _judge_key(ledger: Ledger, seen: dict[tuple[Any, ...], Any], record: Any, where: str) -> None:
    key = key_of(record)
    if seen.get(key) == record:
        ledger.warn("ids-once", where, "the same row came before, unchanged")
    seen[key] = record


def _json_faults(record: Any) -> Iterator[str]:
    for name, kind in _JSON_FIELDS.items():
        value = getattr(record, name, None)
        if not isinstance(value, str):
            continue
        try:
            holds = isinstance(msgspec.json.decode(value), kind)
        except (msgspec.DecodeError, UnicodeEncodeError):
            holds = False
        if not holds:
            yield f"{name} must be a JSON {'list' if kind is list else 'object'}"


def _are_quarantined(rows: Any) -> bool:
    return is_sequence(rows) and all(isinstance(row, Quarantined) for row in rows)
