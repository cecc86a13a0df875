"""The mailbox of an invented writer: letters of readers, mail of machines, and the answers.

Times are whole Unix seconds, as everywhere inside the world. Nothing of it is shown by the
provider::

    mails = mails_of(world)                         # oldest first, both directions
    for part in mbox(world, instant): ...           # the mailbox as it stood then
    truth = letters_truth(world, instant)           # what the reports should say
"""

from .correspondence import Mail, mails_of
from .mbox import WRITER, mbox
from .truth import LettersTruth, TrueConversation, TrueReply, letters_truth

__all__ = [
    "WRITER",
    "LettersTruth",
    "Mail",
    "TrueConversation",
    "TrueReply",
    "letters_truth",
    "mails_of",
    "mbox",
]
