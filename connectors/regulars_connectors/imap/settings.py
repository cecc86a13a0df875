"""What a connection to a mailbox needs to know."""

from __future__ import annotations

import ipaddress
from datetime import date
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, SecretStr, field_validator, model_validator

from ..contract import ConnectionSettings


class ImapSettings(ConnectionSettings):
    """Settings of a connection to a mailbox."""

    reads_letters: ClassVar[bool] = True

    host: str = Field(description="the mail server, such as imap.example.org")
    port: int = Field(default=993, ge=1, le=65_535, description="its port for IMAP")
    user: str = Field(min_length=1, description="who logs in, mostly the whole address")
    password: SecretStr | None = Field(
        default=None, description="an app password, or the password where the server takes it"
    )
    oauth_file: Path | None = Field(
        default=None,
        description="instead of a password: file with an OAuth access token, which another "
        "program keeps fresh. It is read at each login",
    )
    security: Literal["tls", "starttls", "none"] = Field(
        default="tls",
        description='how the connection is protected. "none" serves a program on this machine '
        "alone, such as a local OAuth proxy",
    )
    ca_file: Path | None = Field(
        default=None, description="certificates to trust instead of those of this machine"
    )
    folders: tuple[str, ...] = Field(
        default=(),
        description="folders where replies lie, instead of the inbox and the archive",
    )
    sent_folder: str | None = Field(
        default=None, description="folder of what you sent, where the server does not mark it"
    )
    junk_folder: str | None = Field(
        default=None, description="folder of junk, where the server does not mark it"
    )
    since: date | None = Field(
        default=None, description="read no mail that arrived before this day, such as 2025-01-01"
    )
    checked_by: str | None = Field(
        default=None,
        description="name of the server whose Authentication-Results you trust, such as "
        "mx.example.org (default: none)",
    )

    @field_validator("host")
    @classmethod
    def _bare_name(cls, value: str) -> str:
        name = value.strip()
        if "://" in name or "/" in name or not name:
            raise ValueError("must be the server's name alone, such as imap.example.org")
        return name

    @model_validator(mode="after")
    def _one_key(self) -> ImapSettings:
        if (self.password is None) == (self.oauth_file is None):
            raise ValueError("needs either password or oauth_file")
        if self.security == "none" and not _is_loopback(self.host):
            raise ValueError(
                'security = "none" would send the password and your mail unprotected: it is taken '
                "for 127.0.0.1, ::1 and localhost alone"
            )
        return self


def _is_loopback(host: str) -> bool:
    if host.casefold() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
