"""The store's secret, on which person ids depend: made once, and never replaced.

With another secret, a returning person would look like a new one. ``secret`` has 32 bytes in hex.
``secret.sha256`` has their digest, so that a changed secret shows. It stands in a file of its own,
because versions before 0.3 read ``secret`` and accept nothing else in it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from regulars.errors import StoreDamaged
from regulars.files import write_atomically

if TYPE_CHECKING:
    import duckdb

_BYTES = 32
_NAME, _CHECK = "secret", "secret.sha256"
_TO_DO = (
    "Restore the file `secret` from a backup: nothing else in the store holds it. If only its"
    " checksum was harmed, `regulars verify --repair` makes that again."
)


def read_secret(root: Path, *, despite_checksum: bool = False) -> bytes | None:
    """The secret, None if the store has none yet. Raises StoreDamaged if it was changed."""
    try:
        text = (root / _NAME).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _damaged(f"cannot be read: {error.strerror}") from error
    try:
        secret = bytes.fromhex(text.decode("ascii").strip())
    except ValueError as error:
        raise _damaged("was changed") from error
    if len(secret) != _BYTES:
        raise _damaged("is cut short")
    if has_checksum(root) and not despite_checksum and not checksum_holds(root, secret):
        raise _damaged(f"disagrees with its checksum in `{_CHECK}`")
    return secret


def has_checksum(root: Path) -> bool:
    """Whether the secret has a checksum. Versions before 0.3 made none."""
    return (root / _CHECK).exists()


def checksum_holds(root: Path, secret: bytes) -> bool:
    """Whether the secret has a checksum, and agrees with it."""
    try:
        return (root / _CHECK).read_bytes().strip() == _check_of(secret)
    except OSError:
        return False


def write_checksum(root: Path, secret: bytes) -> None:
    """Give a proven secret its checksum, unless it has it."""
    if not checksum_holds(root, secret):
        write_atomically(root / _CHECK, _check_of(secret) + b"\n")


def make_secret(root: Path) -> bytes:
    """Make the secret of a new store."""
    secret = secrets.token_bytes(_BYTES)
    write_atomically(root / _NAME, secret.hex().encode())
    write_checksum(root, secret)
    return secret


def letters_key(secret: bytes) -> bytes:
    """The key of the hashes in letters and texts of posts, 32 bytes."""
    return hmac.digest(secret, b"regulars letters 1", "sha256")


def padded_keys(secret: bytes) -> tuple[bytes, bytes]:
    """The two keys of HMAC-SHA256 (RFC 2104) for a secret of at most one block."""
    block = hashlib.sha256().block_size
    padded = secret.ljust(block, b"\0")
    return bytes(b ^ 0x36 for b in padded), bytes(b ^ 0x5C for b in padded)


def is_secret_of(
    cursor: duckdb.DuckDBPyConnection, secret: bytes, *, least_people: int = 0
) -> bool:
    """Whether the ids of the people in these tables come from the secret.

    Without people nothing speaks against it. least_people: how many there must be to say so.
    """
    ((people,),) = cursor.execute("SELECT count(*) FROM people").fetchall()
    if people == 0:
        return least_people == 0
    inner, outer = padded_keys(secret)
    return bool(
        cursor.execute(
            "SELECT 1 FROM people WHERE person_id = 'per_' || substr(sha256($outer_key || unhex("
            "sha256($inner_key || encode(connection || '/' || subscription_id)))), 1, 26) LIMIT 1",
            {"inner_key": inner, "outer_key": outer},
        ).fetchall()
    )


def another_secret() -> StoreDamaged:
    """The error for a secret from which nobody's id in the store comes."""
    return _damaged("is another one than that of the people in the store")


def missing_secret() -> StoreDamaged:
    """The error for a store that has entries and no secret."""
    return _damaged("is missing")


def _check_of(secret: bytes) -> bytes:
    return hashlib.sha256(secret).hexdigest().encode()


def _damaged(what: str) -> StoreDamaged:
    return StoreDamaged(f"The store's file `{_NAME}` {what}.", to_do=_TO_DO)
