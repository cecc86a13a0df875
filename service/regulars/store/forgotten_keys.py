"""Keyed digests that recognise a forgotten person and tell nobody who it is.

HMAC-SHA256 (RFC 2104) with the store's secret, over an address or over a provider's id. Whoever
lacks the secret can neither read them nor try addresses on them.
"""

from __future__ import annotations

import hmac
import unicodedata

from regulars_connectors.addresses import fold_address, plain_address
from regulars_connectors.keyed import keyed

from .secret import letters_key

_DIGITS = 40


def address_key(secret: bytes, address: str) -> str:
    """The key of an address, which is folded first."""
    return _key(secret, "address", fold_address(address))


def address_keys(secret: bytes, address: str) -> tuple[str, ...]:
    """The key of an address, and the one that versions before 0.3 gave it, if it differs."""
    letters = unicodedata.normalize("NFC", address.strip(" "))
    former = "".join(letter.lower()[:1] for letter in letters)
    now = fold_address(address)
    return tuple(_key(secret, "address", one) for one in dict.fromkeys((now, former)))


def letter_keys(secret: bytes, address: str) -> tuple[str, ...]:
    """The hashes by which letters know an address: as it is, and in its plain form."""
    folded, key = fold_address(address), letters_key(secret)
    return tuple(keyed(one, key) for one in dict.fromkeys((folded, plain_address(folded))))


def id_key(secret: bytes, connection: str, subscription_id: str) -> str:
    """The key of a subscription by the provider's id."""
    return _key(secret, "id", connection, subscription_id)


def answer_key(secret: bytes, connection: str, kind: str, signal_key: str) -> str:
    """The key of an answer, which a provider may go on to show without its author."""
    return _key(secret, "answer", connection, kind, signal_key)


def id_key_in_sql(connection: str, subscription_id: str) -> str:
    """``id_key`` of two columns, as an expression with ``$inner_key`` and ``$outer_key``."""
    message = f"'id' || chr(10) || {connection} || chr(10) || {subscription_id}"
    inner = f"unhex(sha256($inner_key || encode({message})))"
    return f"substr(sha256($outer_key || {inner}), 1, {_DIGITS})"


def _key(secret: bytes, *parts: str) -> str:
    message = "\n".join(parts).encode("utf-8", "surrogatepass")
    return hmac.digest(secret, message, "sha256").hex()[:_DIGITS]
