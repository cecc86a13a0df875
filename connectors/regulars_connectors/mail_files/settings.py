"""What a person writes in the settings about mails on disk."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from pydantic import Field

from ..contract import ConnectionSettings


class MailFilesSettings(ConnectionSettings):
    """Where the mails lie, and whose word on their senders counts."""

    local_files: ClassVar[bool] = True
    reads_letters: ClassVar[bool] = True

    path: Path = Field(
        description="an mbox file, a Maildir, a folder of either, or one message (.eml)"
    )
    checked_by: str | None = Field(
        default=None,
        description="the mail server whose Authentication-Results you trust (default: none)",
    )
