"""Keyed hashes: equal texts are equal under one key, and nobody without it can try texts out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b

MOST_KEPT_RUNS = 3_800  # of one text; as many as have room in a field of a record
_BYTES = 16


def keyed(text: str, key: bytes) -> str:
    """The hash of a text (keyed BLAKE2b, RFC 7693) as 32 digits. key: 1 to 64 bytes."""
    return blake2b(text.encode("utf-8", "replace"), digest_size=_BYTES, key=key).hexdigest()


def all_keyed(texts: Iterable[str], key: bytes) -> str | None:
    """The hashes of several texts, each once, in order, with blanks between. None without any."""
    return " ".join(dict.fromkeys(keyed(text, key) for text in texts)) or None


def runs_as_text(runs: Sequence[int]) -> str | None:
    """Hashes of runs of words as texts of 16 digits, with blanks between. None without any.

    Of too many the smallest are kept: they lie all over the text, and are the same ones in a quote.
    """
    if len(runs) > MOST_KEPT_RUNS:
        runs = sorted(runs)[:MOST_KEPT_RUNS]
    return " ".join(f"{run:016x}" for run in runs) or None


def runs_from_text(text: str | None) -> list[int]:
    """What ``runs_as_text`` wrote."""
    return [int(run, 16) for run in text.split()] if text else []
