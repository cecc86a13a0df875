"""Who delivered a webhook, and when: signatures over the raw body.

``verify_standard`` judges the scheme of Svix and Standard Webhooks. A provider with a scheme of its
own uses the steps below it: ``header_of``, ``require_recent``, ``require_signed``. A delivery is
refused in the same words whatever is wrong with it, so that a forger learns nothing.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator, SecretStr

from .contract import WebhookRequest
from .errors import FeatureUnavailable, WebhookRefused
from .instants import SECOND, Instant

SIGNED_WITHIN = 5 * 60 * SECOND
"""How far the moment of a signature may be from now, in both directions."""
_MOST_SIGNATURES = 8
"""A provider signs with each of its keys, and has two while it changes them."""
_LEAST_KEY_BYTES = 16
_ID = re.compile(r"[A-Za-z0-9_-]{1,128}", re.ASCII)
_SECONDS = re.compile(r"[1-9]\d{9}", re.ASCII)
_PREFIXES = ("svix", "webhook")


def _several(value: Any) -> Any:
    return (value,) if isinstance(value, str | SecretStr) else value


WebhookSecrets = Annotated[tuple[SecretStr, ...], BeforeValidator(_several)]
"""One secret, or a list of those that hold while you change them."""


def standard_key(secret: str) -> bytes:
    """The key in a secret of the form ``whsec_`` and base64. Raises ValueError."""
    prefix, found, encoded = secret.partition("_")
    try:
        key = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if prefix != "whsec" or not found or len(key) < _LEAST_KEY_BYTES:
        raise ValueError("must be a signing secret as your provider shows it, whsec_…")
    return key


def verify_standard(request: WebhookRequest, keys: Sequence[bytes], now: Instant) -> str:
    """The id of a delivery that one of the keys signed, the same at each try.

    The signature is the HMAC-SHA256 of ``id.timestamp.body``. Raises WebhookRefused, and
    FeatureUnavailable without a key.
    """
    prefix = next((name for name in _PREFIXES if header_of(request, f"{name}-id")), _PREFIXES[0])
    delivery_id, moment, given = (
        header_of(request, f"{prefix}-{part}") for part in ("id", "timestamp", "signature")
    )
    require_key(keys)
    if not _ID.fullmatch(delivery_id) or not _SECONDS.fullmatch(moment):
        raise refused()
    require_recent(int(moment) * SECOND, now)
    signatures = [one[3:] for one in given.split(" ")[:_MOST_SIGNATURES] if one[:3] == "v1,"]
    signed = f"{delivery_id}.{moment}.".encode() + request.body
    require_signed(signatures, (_in_base64(digest_of(key, signed)) for key in keys))
    return delivery_id


def header_of(request: WebhookRequest, name: str) -> str:
    """A header by its name in small letters, empty without one."""
    for given, value in request.headers.items():
        if given.lower() == name:
            return value
    return ""


def require_key(keys: Sequence[object]) -> None:
    """Raise FeatureUnavailable where the settings have no secret to judge by."""
    if not keys:
        raise FeatureUnavailable(
            "This connection takes no webhooks: its settings have no webhook_secret.",
            to_do="Put the signing secret of the webhook into the settings.",
        )


def require_recent(signed_at: Instant, now: Instant) -> None:
    """Raise WebhookRefused for a signature of another time, such as one that is sent again."""
    if abs(now - signed_at) > SIGNED_WITHIN:
        raise refused()


def require_signed(given: Iterable[str], expected: Iterable[str]) -> None:
    """Raise WebhookRefused unless one of the texts is one of those that the keys give.

    It compares each with each, in constant time.
    """
    right = [text.encode() for text in expected]
    sent = [text.encode("utf-8", "surrogatepass") for text in given]
    if not sum(hmac.compare_digest(one, other) for one in right for other in sent):
        raise refused()


def digest_of(key: bytes, content: bytes) -> bytes:
    """The HMAC-SHA256 of ``content``."""
    return hmac.digest(key, content, hashlib.sha256)


def refused() -> WebhookRefused:
    """The one error for a delivery that is forged, changed, cut, or sent again too late."""
    return WebhookRefused("The delivery is not signed by the provider, or was signed long ago.")


def _in_base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()
