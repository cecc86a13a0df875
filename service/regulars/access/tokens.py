"""The texts of keys, links and cookies: how they are made, and what is kept of them.

A key is ``rgl_``, 256 random bits in 43 characters, and a checksum in six. The checksum tells a cut
or mistyped key at once, without a look into the store. Letters and digits alone let a double click
select the whole key.
"""

from __future__ import annotations

import hmac
import re
import secrets
import string
import zlib
from collections.abc import Callable
from hashlib import sha256
from typing import TypeAlias

Random: TypeAlias = Callable[[int], bytes]
"""Gives so many random bytes."""

PREFIX = "rgl_"
SECRET_BYTES = 32
_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_SECRET_LENGTH, _CHECK_LENGTH = 43, 6
_KEY = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{_SECRET_LENGTH + _CHECK_LENGTH}}}", re.ASCII)
LONGEST = 200
"""Characters of a text that is looked at. Longer ones are no key of ours."""


def new_key(random: Random = secrets.token_bytes) -> str:
    """The text of a new key."""
    secret = new_token(random)
    return f"{PREFIX}{secret}{_checksum(PREFIX + secret)}"


def new_token(random: Random = secrets.token_bytes) -> str:
    """256 random bits in letters and digits, for a link or a cookie."""
    return _in_letters(int.from_bytes(random(SECRET_BYTES)), _SECRET_LENGTH)


def new_id(prefix: str, random: Random = secrets.token_bytes) -> str:
    """A public name, such as key_5f0c9a7be1d24688."""
    return f"{prefix}_{random(8).hex()}"


def is_whole_key(text: str) -> bool:
    """Whether the checksum holds. A key that was cut or mistyped fails."""
    if not _KEY.fullmatch(text):
        return False
    return _checksum(text[:-_CHECK_LENGTH]) == text[-_CHECK_LENGTH:]


def digest_of(secret: bytes, purpose: str, text: str) -> str:
    """What is kept of a text: HMAC-SHA256 with the store's secret, in hex.

    purpose: what the text is for, so that none can stand for another.
    """
    return hmac.digest(secret, f"{purpose}\0{text}".encode(errors="replace"), sha256).hex()


def _checksum(text: str) -> str:
    return _in_letters(zlib.crc32(text.encode("ascii")), _CHECK_LENGTH)


def _in_letters(number: int, length: int) -> str:
    letters = []
    for _ in range(length):
        number, rest = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[rest])
    return "".join(reversed(letters))
