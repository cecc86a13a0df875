"""Letters out of a mailbox: read over IMAP, and left as they are."""

from .connector import ImapConnector

__all__ = ["ImapConnector"]
