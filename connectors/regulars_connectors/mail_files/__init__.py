"""Letters out of mail on disk: mbox files, Maildirs, folders of messages."""

from .connector import MailFilesConnector

__all__ = ["MailFilesConnector"]
