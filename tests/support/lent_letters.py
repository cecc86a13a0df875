"""A correspondence of tests: it asks for every mail, or for those of some subjects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from regulars_connectors.correspondence import Kept, MailHead


@dataclass
class LentLetters:
    """subjects: as they are compared; None asks for all. held: ids of letters that are kept."""

    key: bytes = b"a key of tests that is long enough"
    addresses: frozenset[str] = frozenset({"ada@letters.example"})
    subjects: frozenset[str] | None = None
    held: dict[str, Kept] = field(default_factory=dict)
    shown: list[MailHead] = field(default_factory=list)

    def asks(self, heads: Sequence[MailHead]) -> Sequence[bool]:
        self.shown += heads
        wanted = self.subjects
        return [wanted is None or not wanted.isdisjoint(head.subjects) for head in heads]

    def kept(self, message_ids: Sequence[str]) -> Sequence[Kept]:
        return [self.held.get(one, "no") for one in message_ids]


def mail(number: int, subject: str = "Re: Bread", **more: str) -> bytes:
    """An invented mail from a reader. more: headers with underscores, and ``text``."""
    text = more.pop("text", f"Thank you for number {number}.")
    headers = {
        "From": f"Reader {number} <reader{number}@example.org>",
        "To": "Ada <ada@letters.example>",
        "Subject": subject,
        "Message-ID": f"<{number}@example.org>",
        "Date": f"Mon, {number % 28 + 1} Mar 2026 10:00:00 +0000",
    } | {name.replace("_", "-"): value for name, value in more.items()}
    head = "".join(f"{name}: {value}\n" for name, value in headers.items())
    return f"{head}\n{text}\n".encode()
