"""Signatures of web hooks that go out, as Standard Webhooks describes them.

The scheme: ``webhook-id``, ``webhook-timestamp`` in whole Unix seconds, and ``webhook-signature``,
``v1,`` before the base64 of HMAC-SHA256 over ``id.timestamp.body``. A secret is ``whsec_`` before
the base64 of its 24 to 64 bytes. See https://www.standardwebhooks.com.
"""

from __future__ import annotations

import base64

from regulars.errors import SettingsWrong
from regulars_connectors.instants import SECOND, Instant
from regulars_connectors.webhooks import digest_of, standard_key

_LEAST, _MOST = 24, 64
"""Bytes of a key, as the standard asks of whoever makes one."""


def signed_headers(secret: str, message_id: str, at: Instant, body: bytes) -> dict[str, str]:
    """The three headers of a signed body. at: when it is sent. Raises SettingsWrong."""
    seconds = str(at // SECOND)
    signed = b".".join((message_id.encode("ascii"), seconds.encode("ascii"), body))
    digest = digest_of(_key(secret), signed)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": seconds,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode('ascii')}",
    }


def _key(secret: str) -> bytes:
    try:
        key = standard_key(secret)
    except ValueError:
        key = b""
    if not _LEAST <= len(key) <= _MOST:
        raise SettingsWrong(
            "The signing secret of a web hook is not of the form whsec_ and base64 of 24 to 64"
            " bytes.",
            to_do="Make one with: echo whsec_$(head -c 32 /dev/urandom | base64)",
        )
    return key
