"""What a person writes in the settings about mails on disk."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from pydantic import Field, field_validator

from ..addresses import address_fault
from ..contract import ConnectionSettings


class MailFilesSettings(ConnectionSettings):
    """Where the mails lie, and whose they are."""

    local_files: ClassVar[bool] = True
    reads_letters: ClassVar[bool] = True

    path: Path = Field(
        description="an mbox file, a Maildir, a folder of either, or one message (.eml)"
    )
    addresses: tuple[str, ...] = Field(
        default=(), description="addresses that you write from, beside those of the publication"
    )
    checked_by: str | None = Field(
        default=None,
        description="the mail server whose Authentication-Results you trust (default: none)",
    )

    @field_validator("addresses")
    @classmethod
    def _are_addresses(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for number, one in enumerate(given, 1):
            fault = address_fault(one)
            if fault is not None:
                raise ValueError(f"number {number} {fault}")
        return given
