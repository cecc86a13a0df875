"""Keeps forgotten people out of a pull, before anything of it is written.

Somebody is recognised by the provider's id or by the address. What they did goes with them, and
their address goes from the texts of others. A forgotten person who has a new id by now is added to
the action, so that what they do under it stays out as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import msgspec

from regulars_connectors.records import (
    ANSWER_KINDS,
    Letter,
    Quarantined,
    Record,
    Signal,
    Subscription,
)

from .actions.forgetting import keys_in_force, new_action
from .forgotten_keys import address_keys, answer_key, id_key
from .redaction import may_hold_address, without_addresses, without_words

if TYPE_CHECKING:
    from regulars_connectors.instants import Instant

    from .store import Store

R = TypeVar("R", bound=msgspec.Struct)


@dataclass(slots=True)
class ForgottenFilter:
    """Whom to keep out of one connection's pulls. keys: of all that is forgotten there.

    new_ids: ids under which forgotten people came again, each with the key of their address.
    """

    secret: bytes
    connection: str
    keys: set[str]
    new_ids: dict[str, str] = field(default_factory=dict)

    def keep_out(self, records: Sequence[Record]) -> tuple[list[int], list[Record], list[str]]:
        """The places of the records that stay, these records, and the keys of the others."""
        places: list[int] = []
        kept: list[Record] = []
        forgotten: list[str] = []
        for place, record in enumerate(records):
            key = self._key_of(record)
            if key is None:
                places.append(place)
                kept.append(self._without_addresses(record))
            else:
                forgotten.append(key)
        return places, kept, forgotten

    def keep_out_unreadable(
        self, rows: Sequence[Quarantined]
    ) -> tuple[list[Quarantined], list[str]]:
        """The same for rows that could not be read."""
        kept: list[Quarantined] = []
        forgotten: list[str] = []
        for row in rows:
            key = id_key(self.secret, self.connection, row.id) if row.id else None
            if key is not None and key in self.keys:
                forgotten.append(key)
            else:
                kept.append(self._without_addresses(row))
        return kept, forgotten

    def _key_of(self, record: Record) -> str | None:
        """The key by which a record belongs to somebody forgotten, None if it does not."""
        name = record.id if isinstance(record, Subscription) else None
        name = name or getattr(record, "subscription_id", None)
        key = id_key(self.secret, self.connection, name) if name else None
        if key is not None and key in self.keys:
            return key
        email = getattr(record, "email", None)
        if isinstance(record, Letter):
            return self._key_of_letter(record)
        found = self._address_key(email) if email else None
        if found is not None:
            if name and key is not None:
                self.keys.add(key)
                self.new_ids[name] = found
            return key or found
        return self._key_of_answer(record)

    def _key_of_letter(self, record: Letter) -> str | None:
        """A letter bears no address but its hashes, which are among the keys."""
        hashes = (record.correspondent, record.canonical)
        return next((one for one in hashes if one is not None and one in self.keys), None)

    def _key_of_answer(self, record: Record) -> str | None:
        if not isinstance(record, Signal) or record.id is None or record.kind not in ANSWER_KINDS:
            return None
        key = answer_key(self.secret, self.connection, record.kind, record.id)
        return key if key in self.keys else None

    def _without_addresses(self, record: R) -> R:
        """The record, without addresses of forgotten people in its texts."""
        if isinstance(record, Letter):
            quoted = without_words(record.quoted_addresses, self.keys)
            if quoted != record.quoted_addresses:
                return msgspec.structs.replace(record, quoted_addresses=quoted)
            return record
        changed = {}
        for name in record.__struct_fields__:
            value = getattr(record, name)
            if isinstance(value, str) and may_hold_address(value):
                after = without_addresses(value, self._is_forgotten)
                if after != value:
                    changed[name] = after
        return msgspec.structs.replace(record, **changed) if changed else record

    def _is_forgotten(self, address: str) -> bool:
        return self._address_key(address) is not None

    def _address_key(self, address: str) -> str | None:
        """The key under which an address is forgotten, None if it is not."""
        found = address_keys(self.secret, address)
        return next((key for key in found if key in self.keys), None)


def forgotten_filter(store: Store, publication: str, connection: str) -> ForgottenFilter | None:
    """The filter for pulls of a connection, None while nobody of its publication is forgotten."""
    keys = keys_in_force(store.journal, [publication])
    return ForgottenFilter(store.secret, connection, keys) if keys else None


def note_new_ids(store: Store, publication: str, chosen: ForgottenFilter, now: Instant) -> None:
    """Commit the ids under which forgotten people came again.

    What came under such an id before is erased when the store is opened next.
    """
    if not chosen.new_ids:
        return
    names = sorted(chosen.new_ids)
    # With the address, so that one who is let in again comes in under every id.
    addresses = set(chosen.new_ids.values())
    chosen.new_ids.clear()
    with store.read() as cursor:
        ((held,),) = cursor.execute(
            "SELECT count(*) FROM signals WHERE connection = $connection"
            " AND subscription_id IN (SELECT unnest($names))",
            {"connection": chosen.connection, "names": names},
        ).fetchall()
    keys = addresses | {id_key(store.secret, chosen.connection, name) for name in names}
    with store.writing:
        store.append(new_action(now, [publication], keys, nothing_held=not held).facts())
