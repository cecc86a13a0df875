"""What the service lends to a connector that reads mail.

Most mails of a mailbox are private. A connector shows the heads of mails and fetches only those
that the service asks for. The service says yes or no, and hands out no address of a reader.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

Kept: TypeAlias = Literal["no", "waiting", "answered"]
"""Whether a letter is kept, and then whether it is known to be answered."""


@dataclass(frozen=True, slots=True)
class MailHead:
    """What the headers of a mail say. Ids without brackets, the nearest parent last; subjects as
    they are compared (``mail.subjects``); addresses as they stand there."""

    message_id: str = ""
    parents: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    sender: str | None = None
    recipients: tuple[str, ...] = ()


class Correspondence(Protocol):
    """The letters of one publication, as far as a connector needs to know them."""

    @property
    def key(self) -> bytes:
        """The key of the hashes in ``Letter`` and ``PostText``. It never leaves the machine."""
        ...

    @property
    def addresses(self) -> frozenset[str]:
        """The writer's own addresses, colleagues' and reply addresses, folded."""
        ...

    def asks(self, heads: Sequence[MailHead]) -> Sequence[bool]:
        """Whether each mail belongs to a conversation with a reader.

        What was asked for counts as known from then on, so show mails in the order of their time.
        """
        ...

    def kept(self, message_ids: Sequence[str]) -> Sequence[Kept]:
        """Whether the letter of each id (normal, without brackets) is kept already."""
        ...
