"""Who may ask for what: one table of every route, and what is checked before a route is asked.

A route that the table lacks is refused to everybody, so that a new one cannot be open by mistake.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from starlette.requests import Request
from starlette.routing import compile_path
from starlette.types import Scope as AsgiScope

from regulars.access.attempts import Attempts
from regulars.access.register import Refusal, Register
from regulars.access.scopes import OPEN, Caller, Scope
from regulars.errors import NothingHere

from .access_errors import Forbidden, TooManyAttempts, Unauthorized
from .forwarding import CLIENT
from .problems import MethodNotAllowed, OriginRefused, RequestMalformed
from .responses import header

CALLER = "regulars.caller"
"""The key of the scope that holds who asks."""
NOBODY = Caller("open", "", frozenset(), frozenset())
"""Who asks where nothing was checked: may nothing, sees nothing."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_BEARER = re.compile(rb"bearer +(\S+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Need:
    """What a route asks of its caller. scope: None for any key or session.

    of: ``public`` asks nothing. ``owner`` asks for the scope even where all else is open, since
    what such a route gives lasts. ``all`` asks for every publication.
    """

    scope: Scope | None = None
    of: Literal["public", "caller", "owner", "all"] = "caller"


PUBLIC, ANYBODY, OWNER = Need(of="public"), Need(), Need("admin", of="owner")
FIGURES, PEOPLE, REPLIES = Need("read:figures"), Need("read:people"), Need("read:replies")
WIDGETS, SYNC = Need("widgets:manage"), Need("sync:run")
_REPORTS = "GET /api/v1/publications/{publication}/reports"

NEEDS: Mapping[str, Need] = {
    "GET /healthz": PUBLIC,
    "GET /readyz": PUBLIC,
    "GET /metrics": Need("read:figures", of="all"),
    "GET /w/{key}.json": PUBLIC,
    "OPTIONS /w/{key}.json": PUBLIC,
    "GET /w/{key}": PUBLIC,
    "GET /w/{key}/": PUBLIC,
    "GET /w/{key}/frame": PUBLIC,
    "GET /w/{key}/frame/": PUBLIC,
    "GET /w/{key}/{name}": PUBLIC,
    "OPTIONS /w/{key}/{name}": PUBLIC,
    "GET /w/{key}/{period}/{name}": PUBLIC,
    "OPTIONS /w/{key}/{period}/{name}": PUBLIC,
    "GET /oembed": PUBLIC,
    "GET /schemas/widget/v1.json": PUBLIC,
    "GET /embed/v1.0.0/regulars.js": PUBLIC,
    "GET /embed/v1/regulars.js": PUBLIC,
    "GET /static/{path:path}": PUBLIC,
    "GET /problems/{code}": PUBLIC,
    "GET /sign-in": PUBLIC,
    "POST /sign-in": PUBLIC,
    "GET /sign-out": ANYBODY,
    "POST /sign-out": ANYBODY,
    "POST /api/v1/hooks/{connection}": PUBLIC,  # the provider signs what it sends
    "GET /": Need("read:people", of="all"),
    "GET /p/{publication}": PEOPLE,
    "POST /p/{publication}/sync": SYNC,
    "GET /p/{publication}/waiting": REPLIES,
    "POST /p/{publication}/letters/{letter}/{action}": Need("write:answers"),
    "GET /api/v1/openapi.json": ANYBODY,
    "GET /api/v1/publications": FIGURES,
    "GET /api/v1/publications/{publication}": FIGURES,
    _REPORTS: FIGURES,
    f"{_REPORTS}/house": FIGURES,
    f"{_REPORTS}/regulars": PEOPLE,
    f"{_REPORTS}/movement": PEOPLE,
    f"{_REPORTS}/variation": FIGURES,
    f"{_REPORTS}/calibration": FIGURES,
    f"{_REPORTS}/answers": REPLIES,
    f"{_REPORTS}/letters": REPLIES,
    f"{_REPORTS}/waiting": REPLIES,
    f"{_REPORTS}/coverage": FIGURES,
    f"{_REPORTS}/{{report}}": FIGURES,  # a name that no report has
    "GET /api/v1/publications/{publication}/replies": REPLIES,
    "GET /api/v1/publications/{publication}/conversations": REPLIES,
    "POST /api/v1/publications/{publication}/conversations/acts": Need("write:answers"),
    "GET /api/v1/schedule": FIGURES,
    "GET /api/v1/sync-runs": FIGURES,
    "POST /api/v1/sync-runs": SYNC,
    "GET /api/v1/sync-runs/{run_id}": FIGURES,
    "GET /api/v1/widgets": WIDGETS,
    "GET /api/v1/keys": OWNER,
    "POST /api/v1/keys": OWNER,
    "DELETE /api/v1/keys/{key_id}": OWNER,
    "POST /api/v1/sign-in-links": OWNER,
    "DELETE /api/v1/sessions": OWNER,
}


@dataclass(frozen=True, slots=True)
class _Found:
    """The routes of one path, by method. publication: the name in the path."""

    needs: Mapping[str, Need]
    publication: str | None = None


class Table:
    """Finds the needs of a path. A path is of the first template that fits it, as in routing."""

    def __init__(self, needs: Mapping[str, Need] = NEEDS) -> None:
        by_path: dict[str, dict[str, Need]] = {}
        for name, need in needs.items():
            method, _, path = name.partition(" ")
            by_path.setdefault(path, {})[method] = need
        self._exact = {path: _Found(found) for path, found in by_path.items() if "{" not in path}
        self._patterns = [
            (compile_path(path)[0], found) for path, found in by_path.items() if "{" in path
        ]
        self._known: dict[str, _Found] = {}

    def remember(self, paths: Iterable[str]) -> None:
        """Find these paths at once from now on."""
        for path in paths:
            if (found := self.find(path)) is not None:
                self._known[path] = found

    def find(self, path: str) -> _Found | None:
        """The needs of a path, None for one that the table lacks."""
        found = self._known.get(path) or self._exact.get(path)
        if found is not None:
            return found
        for pattern, needs in self._patterns:
            if matched := pattern.match(path):
                return _Found(needs, matched.groupdict().get("publication"))
        return None


class Authority:
    """Decides for each request. is_required: whether every request needs a key or session.

    publications: the short names of all.
    """

    def __init__(
        self,
        register: Register,
        attempts: Attempts,
        *,
        is_required: bool,
        publications: Iterable[str] = (),
        table: Table | None = None,
    ) -> None:
        self.register = register
        self.is_required = is_required
        self._attempts = attempts
        self._publications = tuple(publications)
        self.table = table or Table()

    def admit(self, scope: AsgiScope) -> Caller | None:
        """Let the request through, and note its caller in the scope. None: it needs none.

        Raises Unauthorized, Forbidden, TooManyAttempts, OriginRefused, and NothingHere or
        MethodNotAllowed for what the table lacks.
        """
        found = self.table.find(scope["path"])
        need = found.needs.get(scope["method"]) if found else None
        if need is not None and need.of == "public":
            return None
        if not self.is_required and (need is None or need.of != "owner"):
            scope[CALLER] = OPEN
            return None
        caller = self._caller(scope)
        if found is None:
            raise NothingHere(
                "This address does not exist.", to_do="See /api/v1/openapi.json for every address."
            )
        if need is None:
            raise MethodNotAllowed("This path answers other methods only.", tuple(found.needs))
        self._check(caller, need, found.publication)
        scope[CALLER] = caller
        return caller

    def require_force(self, caller: Caller) -> None:
        """Raise Unauthorized if the caller of a request under way counts no more."""
        if not self.register.is_in_force(caller):
            raise Unauthorized(
                "The key or session ended while the request was under way.",
                is_key_given=caller.kind == "key",
            )

    def require_patience(self, scope: AsgiScope) -> None:
        """Raise TooManyAttempts if too much that was wrong came from this address."""
        seconds = self._attempts.seconds_to_wait(_client(scope))
        if seconds:
            raise TooManyAttempts("Too many wrong keys came from this address.", seconds=seconds)

    def note_wrong(self, scope: AsgiScope) -> None:
        """A key or link of this request was none of ours."""
        self._attempts.note(_client(scope))

    def _caller(self, scope: AsgiScope) -> Caller:
        given = [value for name, value in scope["headers"] if name == b"authorization"]
        if len(given) > 1:
            raise RequestMalformed("The request has several Authorization headers.")
        if given:
            return self._of_key(scope, given[0])
        cookie = session_cookie(scope)
        caller = self.register.of_session(cookie) if cookie else None
        if caller is None:
            raise Unauthorized(
                "Your session is over." if cookie else "This address needs a key or a sign-in."
            )
        if scope["method"] not in SAFE_METHODS and not _says_where_it_comes_from(scope):
            raise OriginRefused("A request with a session has to say which page it comes from.")
        return caller

    def _of_key(self, scope: AsgiScope, value: bytes) -> Caller:
        matched = _BEARER.fullmatch(value.strip())
        found = (
            self.register.of_key(matched[1].decode("latin-1"))
            if matched
            else Refusal("The Authorization header is no `Bearer` with a key.", is_wrong=True)
        )
        if isinstance(found, Caller):
            return found
        if found.is_wrong:
            self.require_patience(scope)
            self.note_wrong(scope)
        raise Unauthorized(found.reason, is_key_given=True)

    def _check(self, caller: Caller, need: Need, publication: str | None) -> None:
        if need.scope is not None and not caller.may(need.scope):
            raise Forbidden(f"This key lacks the scope `{need.scope}`.", scope=need.scope)
        if publication is not None and not caller.sees(publication):
            raise Forbidden("This key is for other publications.")
        if need.of == "all" and not caller.sees_all(self._publications):
            raise Forbidden("This page shows every publication, and this key is for some.")


def caller_of(request: Request) -> Caller:
    """Who asks, for a route that shows a part of what there is."""
    caller: Caller = request.scope.get(CALLER, NOBODY)
    return caller


def cookie_name(scope: AsgiScope) -> str:
    """The session's cookie. Behind TLS its name lets browsers refuse one of another host."""
    return "__Host-regulars" if scope["scheme"] == "https" else "regulars"


def session_cookie(scope: AsgiScope) -> str | None:
    """The text of the session's cookie, None without one. Cookies of others may be odd."""
    wanted = cookie_name(scope)
    for one in (header(scope, b"cookie") or b"").decode("latin-1").split(";"):
        name, _, text = one.strip().partition("=")
        if name == wanted:
            return text
    return None


def _says_where_it_comes_from(scope: AsgiScope) -> bool:
    """Whether a browser named the page, which ``middleware`` has found to be one of ours."""
    return any(name in (b"origin", b"sec-fetch-site") for name, _ in scope["headers"])


def _client(scope: AsgiScope) -> str:
    client: str = scope.get(CLIENT, "")
    return client
