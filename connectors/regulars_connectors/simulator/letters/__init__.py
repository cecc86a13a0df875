"""The letters of a world: what readers and the writer send each other, as mails and as the truth.

Made from ``Person.letters`` without touching anything else in the world. Each person's letters have
randomness of their own.
"""

from __future__ import annotations

from .exchanges import exchanges
from .mail import COLLEAGUE, NEWSLETTER, WRITER, WRITERS, Exchange
from .mailbox import mailbox
from .others import others
from .truth import ConversationTruth, LettersTruth, ReplyTruth, truth_at

__all__ = [
    "COLLEAGUE",
    "NEWSLETTER",
    "WRITER",
    "WRITERS",
    "ConversationTruth",
    "Exchange",
    "LettersTruth",
    "ReplyTruth",
    "exchanges",
    "mailbox",
    "others",
    "truth_at",
]
