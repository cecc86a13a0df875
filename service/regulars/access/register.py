"""The register of keys and sessions: what is in force, held in memory, changed by acts.

The process that holds the store is the only one that writes, so memory and tables agree. A check
reads memory alone. Acts take the store's turn of writers, and are durable when they return.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from regulars.errors import NothingHere, UsageWrong
from regulars.store.actions import access
from regulars.store.actions.access import KeyRecord, SignInRecord
from regulars.store.protocols import WritableStore
from regulars_connectors.bounds import said
from regulars_connectors.contract import Clock
from regulars_connectors.instants import DAY, SECOND, Instant, to_iso

from .scopes import COMMAND, SCOPES, USUAL, Caller, Scope
from .tokens import LONGEST, PREFIX, Random, digest_of, is_whole_key, new_id, new_key, new_token

LINK_ENDS_AFTER: Instant = 10 * 60 * SECOND
SESSION_ENDS_AFTER: Instant = 30 * DAY
MOST_KEYS = 1_000
LONGEST_NAME = 80
"""Characters of a key's name."""
_KEY, _LINK, _SESSION, _COMMAND = "api key", "sign-in link", "session", "command line"
_NOBODYS_DIGEST = "0" * 64


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a key is refused, in a sentence. is_wrong: whether it is none that we made."""

    reason: str
    is_wrong: bool


@dataclass(frozen=True, slots=True)
class _InForce:
    """Everything by digest and by id, as of the last act."""

    keys: dict[str, KeyRecord] = field(default_factory=dict)
    links: dict[str, SignInRecord] = field(default_factory=dict)
    sessions: dict[str, SignInRecord] = field(default_factory=dict)
    keys_by_id: dict[str, KeyRecord] = field(default_factory=dict)
    sign_ins_by_id: dict[str, SignInRecord] = field(default_factory=dict)


CUT = Refusal("This key is cut or mistyped: its checksum does not hold.", is_wrong=True)
UNKNOWN = Refusal("This key is unknown.", is_wrong=True)


class Register:
    """Keys, links and sessions of an open store. Every method may be called from any thread."""

    def __init__(
        self, store: WritableStore, clock: Clock, *, random: Random = secrets.token_bytes
    ) -> None:
        self._store = store
        self._clock = clock
        self._random = random
        self._command: str | None = None
        self._loaded: _InForce | None = None

    # Checks, in memory

    def of_key(self, text: str) -> Caller | Refusal:
        """Who sends this key. An unknown one takes as long as a known one."""
        if len(text) > LONGEST:
            return CUT
        if not text.startswith(PREFIX):
            return COMMAND if self._is_command(text) else CUT
        if not is_whole_key(text):
            return CUT
        digest = self._digest(_KEY, text)
        found = self._in_force.keys.get(digest)
        if not _is_same(digest, found.digest if found else _NOBODYS_DIGEST) or found is None:
            return UNKNOWN
        return _caller_of(found, self._clock())

    def of_session(self, text: str) -> Caller | None:
        """Whose cookie this is, None for one that is unknown or over."""
        if len(text) > LONGEST:
            return None
        digest = self._digest(_SESSION, text)
        found = self._in_force.sessions.get(digest)
        known = found.session_digest if found else None
        if not _is_same(digest, known or _NOBODYS_DIGEST) or found is None:
            return None
        if found.ended_at is not None or found.ends_at is None or found.ends_at <= self._clock():
            return None
        return Caller("session", found.id, frozenset({"admin"}), None, found.ends_at)

    def is_in_force(self, caller: Caller) -> bool:
        """Whether the caller of a request under way still counts."""
        if caller.expires_at is not None and caller.expires_at <= self._clock():
            return False
        match caller.kind:
            case "key":
                key = self._in_force.keys_by_id.get(caller.id)
                return key is not None and key.revoked_at is None
            case "session":
                sign_in = self._in_force.sign_ins_by_id.get(caller.id)
                return sign_in is not None and sign_in.ended_at is None
            case _:
                return True

    def is_use_due(self, caller: Caller) -> bool:
        """Whether a use of this key is to be noted: once a day."""
        if caller.kind != "key":
            return False
        found = self._in_force.keys_by_id.get(caller.id)
        return found is not None and (
            found.used_at is None or self._clock() // DAY > found.used_at // DAY
        )

    @property
    def lets_somebody_in(self) -> bool:
        """Whether a key or a session is in force, or a link is still open."""
        now = self._clock()
        return bool(self.keys_in_force() or self.sessions()) or any(
            _is_open(link, now) for link in self._in_force.links.values()
        )

    def keys_in_force(self) -> list[KeyRecord]:
        """Keys that are neither revoked nor expired."""
        now = self._clock()
        return [one for one in self.all_keys() if isinstance(_caller_of(one, now), Caller)]

    def all_keys(self) -> list[KeyRecord]:
        """Every key, revoked and expired ones too, oldest first."""
        return list(self._in_force.keys.values())

    def sessions(self) -> list[SignInRecord]:
        """Sessions that are in force."""
        now = self._clock()
        return [
            one
            for one in self._in_force.sessions.values()
            if one.ended_at is None and one.ends_at is not None and one.ends_at > now
        ]

    # Acts

    def make_command_token(self) -> str:
        """A token for the owner's command line. The one before ends, and nothing is stored."""
        text = new_token(self._random)
        self._command = self._digest(_COMMAND, text)
        return text

    def add_key(
        self,
        name: str,
        scopes: Sequence[Scope] = USUAL,
        publications: Iterable[str] | None = None,
        expires_at: Instant | None = None,
    ) -> tuple[KeyRecord, str]:
        """Make a key. Returns it with its text, which nobody can be told again.

        Raises UsageWrong for an instant that has passed, and where there are too many.
        """
        text, now = new_key(self._random), self._clock()
        if expires_at is not None and expires_at <= now:
            raise UsageWrong("The key would expire at once.", to_do="Give a later day.")
        if sum(one.revoked_at is None for one in self.all_keys()) >= MOST_KEYS:
            raise UsageWrong(
                f"There are {MOST_KEYS} keys already.",
                to_do="Revoke one that is used no more: `regulars keys list` shows it.",
            )
        record = KeyRecord(
            id=new_id("key", self._random),
            name=name,
            digest=self._digest(_KEY, text),
            scopes=tuple(scope for scope in SCOPES if scope in scopes),
            publications=None if publications is None else tuple(sorted(set(publications))),
            made_at=now,
            expires_at=expires_at,
        )
        with self._store.writing:
            self._commit(access.key_added(record))
        return record, text

    def revoke_key(self, key_id: str) -> KeyRecord:
        """End a key now. One that was revoked before stays so. Raises NothingHere."""
        with self._store.writing:
            found = self._in_force.keys_by_id.get(key_id)
            if found is None:
                raise NothingHere(
                    f"There is no key {said(key_id)!r}.",
                    to_do="See `regulars keys list` for the ids.",
                )
            if found.revoked_at is None:
                self._commit(access.key_revoked(found.id, self._clock()))
            return self._in_force.keys_by_id[key_id]

    def note_use(self, caller: Caller) -> None:
        """Note that a key was used, if that is due."""
        with self._store.writing:
            if self.is_use_due(caller):
                self._commit(access.key_used(caller.id, self._clock()))

    def make_link(self) -> tuple[SignInRecord, str]:
        """Make a one-time link. Returns it with the text that opens it once, for ten minutes."""
        text, now = new_token(self._random), self._clock()
        record = SignInRecord(
            id=new_id("sgn", self._random),
            link_digest=self._digest(_LINK, text),
            made_at=now,
            link_ends_at=now + LINK_ENDS_AFTER,
        )
        with self._store.writing:
            self._commit(access.link_made(record))
        return record, text

    def is_open_link(self, text: str) -> bool:
        """Whether the link can still be used."""
        return self._open_link(text) is not None

    def sign_in(self, text: str) -> tuple[Caller, str] | None:
        """Use a link. Returns the session and its cookie, None for a link that opens nothing.

        Of two who use a link at once, one gets the session.
        """
        with self._store.writing:
            link = self._open_link(text)
            if link is None:
                return None
            cookie, now = new_token(self._random), self._clock()
            digest = self._digest(_SESSION, cookie)
            self._commit(access.signed_in(link.id, digest, now, now + SESSION_ENDS_AFTER))
        caller = self.of_session(cookie)
        return None if caller is None else (caller, cookie)

    def end_session(self, caller: Caller) -> None:
        """Sign out."""
        if caller.kind == "session":
            with self._store.writing:
                self._commit(access.session_ended(caller.id, self._clock()))

    def end_all(self) -> int:
        """End every session and every link. Returns how many sessions were in force."""
        with self._store.writing:
            ended = len(self.sessions())
            self._commit(access.sessions_ended(self._clock()))
        return ended

    def form_token(self, caller: Caller) -> str:
        """What a form of this caller must send along, so that no other page can send it."""
        return self._digest("form", caller.id)

    # Within

    def _is_command(self, text: str) -> bool:
        command = self._command
        return command is not None and _is_same(self._digest(_COMMAND, text), command)

    def _open_link(self, text: str) -> SignInRecord | None:
        digest = self._digest(_LINK, text[:LONGEST])
        found = self._in_force.links.get(digest)
        if not _is_same(digest, found.link_digest if found else _NOBODYS_DIGEST) or found is None:
            return None
        return found if _is_open(found, self._clock()) else None

    def _digest(self, purpose: str, text: str) -> str:
        return digest_of(self._store.secret, purpose, text)

    def _commit(self, facts: dict[str, object]) -> None:
        """The caller holds the turn of writers."""
        self._store.catch_up()
        self._store.append(facts)
        self._load()

    @property
    def _in_force(self) -> _InForce:
        """Read at the first question, as an open service on loopback never asks."""
        return self._loaded or self._load()

    def _load(self) -> _InForce:
        keys, sign_ins = access.keys_of(self._store), access.sign_ins_of(self._store)
        loaded = _InForce(
            keys={one.digest: one for one in keys},
            keys_by_id={one.id: one for one in keys},
            sign_ins_by_id={one.id: one for one in sign_ins},
            links={one.link_digest: one for one in sign_ins},
            sessions={one.session_digest: one for one in sign_ins if one.session_digest},
        )
        self._loaded = loaded
        return loaded


def _caller_of(key: KeyRecord, now: Instant) -> Caller | Refusal:
    if key.revoked_at is not None:
        return Refusal(f"This key was revoked on {to_iso(key.revoked_at)}.", is_wrong=False)
    if key.expires_at is not None and key.expires_at <= now:
        return Refusal(f"This key expired on {to_iso(key.expires_at)}.", is_wrong=False)
    publications = None if key.publications is None else frozenset(key.publications)
    return Caller("key", key.id, frozenset(key.scopes), publications, key.expires_at)


def _is_open(link: SignInRecord, now: Instant) -> bool:
    is_used = link.session_digest is not None or link.ended_at is not None
    return not is_used and link.link_ends_at > now


def _is_same(one: str, other: str) -> bool:
    return hmac.compare_digest(one, other)
