"""Errors about who asks. ``problems`` renders them.

    RequestRefused
    ├── Unauthorized     401  no key and no session, or one that does not count
    ├── Forbidden        403  a key without the scope, or of another publication
    ├── LinkOver         410  a one-time link that opens nothing
    └── TooManyAttempts  429  too many wrong keys or links from one address

Each says what to do, and none says which keys there are.
"""

from __future__ import annotations

from regulars.errors import RegularsError, RequestRefused


class Unauthorized(RequestRefused):
    """The request needs a key or a sign-in, and has none that counts.

    is_key_given: whether it brought a key.
    """

    code = "unauthorized"
    status = 401
    to_do = (
        "Make a key with `regulars keys add` and send it as `Authorization: Bearer`, or run"
        " `regulars sign-in` and open its link in your browser."
    )

    def __init__(self, happened: str, *, is_key_given: bool = False) -> None:
        super().__init__(happened)
        self.is_key_given = is_key_given


class Forbidden(RequestRefused):
    """The key is for another publication, or lacks the scope.

    scope: the one that is missing, if that is why.
    """

    code = "forbidden"
    status = 403
    to_do = "Use a key with that scope and publication: `regulars keys add --help` shows how."

    def __init__(self, happened: str, *, scope: str | None = None) -> None:
        super().__init__(happened)
        self.scope = scope


class LinkOver(RequestRefused):
    """The one-time link was used already, is over, or is none of ours."""

    code = "link_over"
    status = 410
    to_do = "Run `regulars sign-in` for a new one, and open it within ten minutes."


class TooManyAttempts(RequestRefused):
    """Too many wrong keys or links came from this address.

    seconds: until it may try again.
    """

    code = "too_many_attempts"
    status = 429
    to_do = "Wait for the seconds in Retry-After. Keys that count are answered meanwhile."

    def __init__(self, happened: str, *, seconds: int = 1) -> None:
        super().__init__(happened)
        self.seconds = seconds


def headers_of(error: RegularsError) -> dict[str, str]:
    """What the response of such an error carries beside its body (RFC 6750, RFC 9110)."""
    match error:
        case Unauthorized(is_key_given=True):
            return {"WWW-Authenticate": 'Bearer realm="regulars", error="invalid_token"'}
        case Unauthorized():
            return {"WWW-Authenticate": 'Bearer realm="regulars"'}
        case Forbidden(scope=str(scope)):
            challenge = f'Bearer realm="regulars", error="insufficient_scope", scope="{scope}"'
            return {"WWW-Authenticate": challenge}
        case TooManyAttempts():
            return {"Retry-After": str(error.seconds)}
        case _:
            return {}
