"""What a connection to Ghost needs to know."""

from __future__ import annotations

import re

from pydantic import Field, SecretStr, field_validator

from ..contract import ConnectionSettings
from ..http import checked_address
from ..webhooks import WebhookSecrets

_ADMIN_KEY = re.compile(r"[0-9a-f]{24}:[0-9a-f]{64}", re.ASCII)
_CONTENT_KEY = re.compile(r"[0-9a-f]{26}", re.ASCII)
_LEAST_SECRET = 16
_NEWSLETTER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,190}", re.ASCII)


class GhostSettings(ConnectionSettings):
    """Settings of a connection to Ghost."""

    base_url: str = Field(
        description="the site's address, such as https://letters.example.org, or the address of "
        "its admin area if that differs"
    )
    admin_key: SecretStr = Field(description="the Admin API key of a custom integration, id:secret")
    newsletter: str | None = Field(
        default=None,
        description="slug or id of one newsletter of the site (default: all together)",
    )
    requests_per_minute: float = Field(
        default=120,
        gt=0,
        le=100_000,
        description="pace: Ghost itself has no limit, but a host in front of it may",
    )

    webhook_secret: WebhookSecrets = Field(
        default=(),
        description="secret that you gave the webhooks in Ghost, or a list of those that hold",
    )

    @field_validator("webhook_secret")
    @classmethod
    def _webhook_secret(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if any(len(one.get_secret_value()) < _LEAST_SECRET for one in value):
            raise ValueError(f"must have at least {_LEAST_SECRET} characters, made by chance")
        return value

    @field_validator("base_url")
    @classmethod
    def _site(cls, value: str) -> str:
        """The site itself, also where the address of its admin area was copied."""
        return checked_address(
            re.sub(r"/ghost(/.*)?$", "", value.strip().split("#", 1)[0].rstrip("/"))
        )

    @field_validator("admin_key")
    @classmethod
    def _key(cls, value: SecretStr) -> SecretStr:
        key = value.get_secret_value().strip()
        if _CONTENT_KEY.fullmatch(key):
            raise ValueError(
                "is a Content API key, which may not read members: copy the Admin API key, which "
                "is below it in Ghost's settings"
            )
        if not _ADMIN_KEY.fullmatch(key):
            raise ValueError(
                "must be the Admin API key as Ghost shows it: 24 characters, a colon, 64 characters"
            )
        return SecretStr(key)

    @field_validator("newsletter")
    @classmethod
    def _slug(cls, value: str | None) -> str | None:
        if value is not None and not _NEWSLETTER.fullmatch(value):
            raise ValueError("must be a newsletter's slug or id, such as default-newsletter")
        return value
