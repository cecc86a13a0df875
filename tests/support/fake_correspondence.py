"""What the service lends to readers of mail, played with a few plain rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from regulars_connectors.correspondence import Kept, MailHead
from regulars_connectors.mail.subjects import base_subjects

KEY = b"the key of these tests, 32 bytes"
WRITER = "ada@letters.example"


class FakeCorrespondence:
    """Asks for mails that name a known parent, or bear the subject of a post and go to the writer.
    With ``everything`` it asks for all.

    shown: every head in the order in which they came. kept_as: what ``kept`` says of an id.
    """

    key = KEY

    def __init__(
        self, *subjects: str, addresses: Iterable[str] = (WRITER,), everything: bool = False
    ) -> None:
        self.addresses = frozenset(addresses)
        self._subjects = {one for subject in subjects for one in base_subjects(subject)}
        self._everything = everything
        self._known: set[str] = set()
        self.shown: list[MailHead] = []
        self.kept_as: dict[str, Kept] = {}

    def asks(self, heads: Sequence[MailHead]) -> Sequence[bool]:
        return [self._asks(head) for head in heads]

    def _asks(self, head: MailHead) -> bool:
        self.shown.append(head)
        is_asked = (
            self._everything
            or not self._known.isdisjoint(head.parents)
            or (
                not self._subjects.isdisjoint(head.subjects)
                and not self.addresses.isdisjoint((*head.recipients, head.sender))
            )
        )
        if is_asked:
            self._known.add(head.message_id)
        return is_asked

    def kept(self, message_ids: Sequence[str]) -> Sequence[Kept]:
        return [self.kept_as.get(one, "no") for one in message_ids]


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
