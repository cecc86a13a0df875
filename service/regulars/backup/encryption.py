"""Encryption of backups by age, through pyrage. The one place that knows the library."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol, TypeAlias

from regulars.errors import BackupDamaged, UsageWrong

Recipient: TypeAlias = Any
_SECRET_KEY = "AGE-SECRET-KEY-"  # noqa: S105 - how every identity begins


class Reader(Protocol):
    """Something to read bytes from."""

    def read(self, count: int = -1, /) -> bytes:
        """At most so many bytes."""


class Writer(Protocol):
    """Something to write bytes to. error: the system's error that stopped it."""

    error: OSError | None

    def write(self, block: bytes, /) -> int:
        """Write all of it."""

    def flush(self) -> None:
        """Hand on what waits."""


def recipient_of(text: str) -> Recipient:
    """An age recipient (``age1…``) or a public SSH key. Raises UsageWrong."""
    import pyrage

    if text.upper().startswith(_SECRET_KEY):
        raise UsageWrong(
            "--encrypt-to got a secret key.",
            to_do="Give the recipient that belongs to it. It begins with age1, and `age-keygen -y`"
            " prints it.",
        )
    kind = pyrage.ssh if text.startswith("ssh-") else pyrage.x25519
    try:
        return kind.Recipient.from_str(text)
    except pyrage.RecipientError:
        raise UsageWrong(
            "--encrypt-to needs an age recipient, and yours has another form.",
            to_do="Copy the line that begins with age1 from what `age-keygen` printed.",
        ) from None


def identities_of(path: Path) -> list[Any]:
    """The identities of a file as `age-keygen` writes it, or of an SSH key. Raises UsageWrong."""
    import pyrage

    to_do = "Name the file that `age-keygen` wrote."
    try:
        content = path.read_bytes()
        if b"PRIVATE KEY-----" in content:
            return [pyrage.ssh.Identity.from_buffer(content)]
        lines = (line.strip() for line in content.decode("ascii").splitlines())
        found = [pyrage.x25519.Identity.from_str(one) for one in lines if one and one[0] != "#"]
    except OSError as error:
        raise UsageWrong(f"{path}: {error.strerror}.", to_do=to_do) from None
    except (pyrage.IdentityError, UnicodeDecodeError):
        raise UsageWrong(f"{path} is not a file of age identities.", to_do=to_do) from None
    if not found:
        raise UsageWrong(f"{path} holds no identity.", to_do=to_do)
    return found


def encrypt(reader: Reader, writer: Writer, recipient: Recipient) -> None:
    """Write what is read, encrypted. Raises the system's error of the writer."""
    import pyrage

    try:
        pyrage.encrypt_io(reader, writer, [recipient])
    except pyrage.EncryptError:
        if writer.error is not None:
            raise writer.error from None
        raise


def decrypt(reader: Reader, writer: Writer, identities: list[Any], name: str) -> None:
    """Write what is read, decrypted. Raises UsageWrong without the identity, BackupDamaged."""
    import pyrage

    if not identities:
        raise UsageWrong(
            "The backup is encrypted.", to_do="Add --identity with the file of your age identity."
        )
    try:
        pyrage.decrypt_io(reader, writer, identities)
    except pyrage.DecryptError as error:
        if writer.error is not None:
            raise writer.error from None
        if "No matching keys" in str(error):
            raise UsageWrong(
                "The backup was encrypted to somebody else.",
                to_do="Name the identity that belongs to its recipient with --identity.",
            ) from None
        raise BackupDamaged(f"objects/{name} has changed since it was written.") from None
    except OSError:
        if writer.error is not None:
            raise writer.error from None
        raise BackupDamaged(f"objects/{name} has changed since it was written.") from None
