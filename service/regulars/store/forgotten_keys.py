"""Keyed digests that recognise a forgotten person and tell nobody who it is.

HMAC-SHA256 (RFC 2104) with the store's secret, over an address or over a provider's id. Whoever
lacks the secret can neither read them nor try addresses on them.
"""

from __future__ import annotations

import hmac
import unicodedata

_DIGITS = 40

FOLDED = "lower(nfc_normalize(trim({})))"
"""An address in SQL as ``fold`` gives it."""


def fold(address: str) -> str:
    """An address in the form in which equal ones are equal, as ``people.differences.sql`` has it.

    Letter by letter, as DuckDB does it: Python alone knows letters that become two.
    """
    letters = unicodedata.normalize("NFC", address.strip(" "))
    return "".join(letter.lower()[:1] for letter in letters)


def address_key(secret: bytes, address: str) -> str:
    """The key of an address, which is folded first."""
    return _key(secret, "address", fold(address))


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
