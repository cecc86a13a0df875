"""What a connection to beehiiv needs to know."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, field_validator

from ..contract import ConnectionSettings
from ..http import checked_address
from ..webhooks import WebhookSecrets, standard_key
from .segments import SegmentMeaning, refuse_doubles


class BeehiivSettings(ConnectionSettings):
    """Settings of a connection to beehiiv."""

    publication_id: str = Field(description="the publication's id, pub_…, beside the API keys")
    api_key: SecretStr = Field(description="an API key or OAuth token that may read")
    base_url: Annotated[str, AfterValidator(checked_address)] = Field(
        default="https://api.beehiiv.com/v2", description="address of the API, or of a simulator"
    )
    requests_per_minute: float = Field(
        default=90,
        gt=0,
        le=100_000,
        description="pace: half of the 180 a minute that beehiiv allows a whole organisation",
    )
    segments: tuple[SegmentMeaning, ...] = Field(
        default=(), description="what segments of the dashboard mean, each in a table of its own"
    )

    webhook_secret: WebhookSecrets = Field(
        default=(),
        description="signing secret of a webhook, whsec_…, or a list of those that hold",
    )

    @field_validator("webhook_secret")
    @classmethod
    def _webhook_secret(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for one in value:
            standard_key(one.get_secret_value())
        return value

    @field_validator("segments")
    @classmethod
    def _segments(cls, value: tuple[SegmentMeaning, ...]) -> tuple[SegmentMeaning, ...]:
        refuse_doubles(value)
        return value

    @field_validator("publication_id")
    @classmethod
    def _publication(cls, value: str) -> str:
        if not value.startswith("pub_") or not value[4:].replace("-", "").isalnum():
            raise ValueError(
                "must look like pub_00000000-0000-4000-8000-000000000000: beehiiv shows it beside "
                "the API keys in the settings, as the publication id for API V2"
            )
        return value

    @field_validator("api_key")
    @classmethod
    def _key(cls, value: SecretStr) -> SecretStr:
        key = value.get_secret_value()
        if not key or not key.isascii() or not key.isprintable() or " " in key:
            raise ValueError("must be the key as beehiiv showed it, without spaces or line ends")
        return value
