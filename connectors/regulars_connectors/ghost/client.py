"""How Ghost is asked: one client, the reads that are allowed, and what its refusals mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from msgspec import Raw

from ..contract import Runtime
from ..errors import (
    AuthenticationFailed,
    ConfigurationError,
    ConnectorError,
    FeatureUnavailable,
    InvalidResponse,
    NotFound,
    ResponseTooLarge,
    Unreachable,
)
from ..http import Allowed, Got, Params, StatusError, http_client, quoting
from . import wire
from .settings import GhostSettings
from .tokens import TokenMint

T = TypeVar("T")

LIMIT = 100
"""Ghost gives no more than a hundred rows, whatever is asked for."""

SMALL_LIMIT = 20

_READS = tuple(
    Allowed("GET", path)
    for path in (
        "/site/",
        "/members/",
        "/members/events/",
        "/posts/",
        "/newsletters/",
        "/settings/",
    )
)
# Every event repeats the mail's whole text, which compresses well. So deflate's highest ratio is
# allowed here, within the limit of the unpacked size.
_MAX_RATIO = 1_100
_NEW_KEY = (
    "Make a custom integration in Ghost's settings, put its Admin API key where the settings say, "
    "run `regulars doctor`."
)
_MOVED = (
    "If your Ghost is there, set base_url to that host with https:// before it, and run "
    "`regulars doctor`."
)
_NOT_GHOST = (
    "Check that base_url is the address of your Ghost site. If it is, run the sync again later."
)
_NOT_THERE = (
    "Check that base_url is right and that this machine reaches the site. Then run the sync again: "
    "it resumes where it stopped."
)
_REFUSED_BEFORE = (
    "Let requests to /ghost/api/admin/ through there (they name themselves regulars), or set "
    "base_url to an address without it. Then run `regulars doctor`."
)


class GhostClient:
    """Asks one site. Close it when the run ends."""

    def __init__(self, settings: GhostSettings, runtime: Runtime) -> None:
        self._is_shown = False
        mint = TokenMint(settings.admin_key, runtime.clock)
        self._http = http_client(
            "ghost",
            settings,
            settings.admin_key,
            base_url=f"{settings.base_url}/ghost/api/admin",
            allowed=_READS,
            runtime=runtime,
            authorize=mint.header,
            renew=mint.correct,
            explain=_explain,
            # Line 5 wants one, line 6 answers the same whatever it is told; what comes is told from
            # its content.
            headers={"Accept-Version": "v5.0"},
            max_ratio=_MAX_RATIO,
        )

    def get(self, path: str, params: Params, read: Callable[[bytes], T]) -> Got[T]:
        """Ask for a path below the Admin API. Raises the family of ``errors``.

        If the server fails or takes too long over a list, the list counts as too large and is asked
        for in smaller pages, down to a smallest size.
        """
        try:
            return self._http.get(path, params, read)
        except Unreachable as error:
            if error.heavy and int(dict(params).get("limit", "0")) > SMALL_LIMIT:
                raise ResponseTooLarge(error.happened) from error
            raise
        except NotFound as error:
            if self._is_shown and path != "/site/":
                of_a_list = NotFound(f"Ghost shows the site, and answers 404 for {path}.")
                quoting(of_a_list, error.provider_said)
                raise of_a_list from None
            raise ConfigurationError("There is no Ghost with an Admin API at base_url.") from None
        except StatusError as error:
            if 300 <= error.status < 400:
                raise ConfigurationError(error.happened, to_do=_MOVED) from None
            raise

    def site(self) -> Got[wire.Site]:
        """The site; Ghost shows it without a key as well."""
        try:
            shown = self.get("/site/", (), wire.read_site)
            self._is_shown = True
            return shown
        except InvalidResponse as error:
            raise InvalidResponse(error.happened, to_do=_NOT_GHOST) from error
        except Unreachable as error:
            wait = error.after_seconds
            raise Unreachable(error.happened, after_seconds=wait, to_do=_NOT_THERE) from error

    def sheet(self, name: str, params: Params) -> Got[wire.ListResponse[Raw]]:
        """Rows of a list: members, posts, newsletters, settings."""
        return self.get(f"/{name}/", params, lambda body: wire.read_sheet(body, name))

    def events(self, where: str, limit: int) -> Got[wire.ListResponse[Raw]]:
        """Events that ``where`` (Ghost's filter language) names, newest first."""
        params = (("limit", str(limit)), ("filter", where))
        return self.get("/members/events/", params, lambda body: wire.read_sheet(body, "events"))

    def count(self, name: str, where: str | None = None) -> int | None:
        """How many rows a list has."""
        filters: Params = () if where is None else (("filter", where),)
        return self.sheet(name, (("limit", "1"), *filters)).value.total

    def close(self) -> None:
        """End the connections. May be called twice."""
        self._http.close()


def _explain(status: int, body: bytes, name: str) -> ConnectorError | None:
    if status in (401, 403) and not wire.is_refusal(body):
        return ConfigurationError(
            f"{name} was refused ({status}) by something in front of Ghost, such as a firewall "
            "or a password.",
            to_do=_REFUSED_BEFORE,
        )
    code = wire.refusal_code(body)
    if status == 401 or code == "INVALID_JWT":
        return AuthenticationFailed(f"Ghost refused the admin key ({status}).", to_do=_NEW_KEY)
    if status == 403:
        return AuthenticationFailed(
            f"The admin key may not read {name} (403).",
            to_do=_NEW_KEY,
        )
    if status == 406:
        return FeatureUnavailable(f"This version of Ghost does not serve {name} (406).")
    return None


def one_of(ids: Sequence[str], key: str = "data.member_id") -> str:
    """A condition of Ghost's filter language. Ids are the provider's: 24 hexadecimal digits."""
    return f"{key}:[{','.join(map(quoted, ids))}]"


def none_of(ids: Sequence[str], key: str = "data.member_id") -> str:
    """Its opposite."""
    return f"{key}:-[{','.join(map(quoted, ids))}]"


def quoted(text: str) -> str:
    """A text of Ghost's filter language."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
