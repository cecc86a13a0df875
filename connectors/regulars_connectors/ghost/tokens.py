"""The tokens with which Ghost is asked: a JWT for each request, signed with the admin key.

Ghost refuses a token that was issued more than five minutes ago, by its own clock. If ours differs,
the Date of its refusal says by how much, and tokens are then dated by its clock.
"""

from __future__ import annotations

from collections.abc import Mapping

import jwt
from pydantic import SecretStr

from ..contract import Clock
from ..http.headers import http_date
from ..instants import SECOND

_LIFE_SECONDS = 300
_WORTH_CORRECTING = 30 * SECOND


class TokenMint:
    """Makes the Authorization header of each request; knows how far Ghost's clock is from ours."""

    def __init__(self, admin_key: SecretStr, clock: Clock) -> None:
        self._id, _, secret = admin_key.get_secret_value().partition(":")
        self._secret = bytes.fromhex(secret)
        self._clock = clock
        self._ahead = 0

    def header(self) -> str:
        """A token that holds for five minutes from now."""
        issued = (self._clock() + self._ahead) // SECOND
        claims = {"iat": issued, "exp": issued + _LIFE_SECONDS, "aud": "/admin/"}
        token = jwt.encode(claims, self._secret, algorithm="HS256", headers={"kid": self._id})
        return f"Ghost {token}"

    def correct(self, headers: Mapping[str, str]) -> bool:
        """Take Ghost's clock from a refusal; whether that makes the next token another one."""
        theirs = http_date(headers.get("date"))
        if theirs is None:
            return False
        ahead = theirs - self._clock()
        differs = abs(ahead - self._ahead) > _WORTH_CORRECTING
        if differs:
            self._ahead = ahead
        return differs
