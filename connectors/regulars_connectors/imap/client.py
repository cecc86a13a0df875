"""A mailbox on a server: looked at, never changed.

Folders are opened by EXAMINE and mails fetched by BODY.PEEK, so no flag moves. What a server sends
is bounded, and whatever goes wrong becomes an error that says what to do.
"""

from __future__ import annotations

import imaplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Self

from ..errors import AuthenticationFailed, ConfigurationError, NotFound, Unreachable
from ..foreign_text import one_line
from ..mail.limits import MOST_PARSED
from .folders import Folder
from .settings import ImapSettings

if TYPE_CHECKING:
    from imapclient import IMAPClient

# What decides whether a mail is a letter: 749 bytes a mail, measured on 100,000 real ones.
HEADERS = (
    "FROM", "TO", "CC", "DELIVERED-TO", "SUBJECT", "DATE", "MESSAGE-ID", "IN-REPLY-TO",
    "REFERENCES", "X-MS-EXCHANGE-PARENT-MESSAGE-ID", "AUTO-SUBMITTED", "X-FAILED-RECIPIENTS",
    "X-AUTOREPLY", "RETURN-PATH", "X-ORIGINAL-FROM",
)  # fmt: skip
CONNECT_SECONDS, READ_SECONDS = 30.0, 120.0
_MOST_LITERAL = MOST_PARSED + 256 * 1024
_HEAD = f"BODY.PEEK[HEADER.FIELDS ({' '.join(HEADERS)})]"
_HEADS = f"({_HEAD} INTERNALDATE RFC822.SIZE FLAGS)"
_BODY = f"BODY.PEEK[]<0.{MOST_PARSED + 1}>"  # one byte more says that it was cut


@dataclass(frozen=True, slots=True)
class Head:
    """What is fetched of every mail. arrived_at: by the server; raw: some of its headers."""

    uid: int
    raw: bytes
    arrived_at: datetime | None
    size: int
    is_answered: bool


class Mailbox:
    """One login. Raises the family of ``errors``."""

    def __init__(self, settings: ImapSettings) -> None:
        self._settings = settings
        self._client: IMAPClient | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def folders(self) -> list[Folder]:
        """Every folder, with the server's marks."""
        with self._asked("list the folders") as client:
            rows = client.list_folders()
        return [
            Folder(
                str(name),
                frozenset(mark.decode("ascii", "replace").lower() for mark in marks),
                delimiter.decode("ascii", "replace") if delimiter else "/",
            )
            for marks, delimiter, name in rows
        ]

    def protection(self) -> str | None:
        """The version of TLS that is spoken, such as TLSv1.3. None for a plain connection."""
        with self._asked("speak TLS") as client:
            line = client.socket()
        return line.version() if isinstance(line, ssl.SSLSocket) else None

    def open_folder(self, name: str) -> int:
        """Open a folder for reading; its UIDVALIDITY. Raises NotFound where it is gone."""
        with self._asked("open a folder") as client:
            try:
                answer = client.select_folder(name, readonly=True)
            except imaplib.IMAP4.abort:
                raise
            except imaplib.IMAP4.error as error:
                raise NotFound(
                    f'The folder "{name}" cannot be opened any more.',
                    to_do="Run the sync again. If you renamed it, correct the settings.",
                ) from error
        return int(answer[b"UIDVALIDITY"])

    def uids_after(self, uid: int, since: date | None) -> list[int]:
        """UIDs above one, ascending. since: of mails that arrived on that day or later."""
        # With nothing new, `5:*` is the last mail, which is known.
        found = self._search(["UID", f"{uid + 1}:*"], since)
        return [one for one in found if one > uid]

    def answered_uids(self, up_to: int, since: date) -> list[int]:
        """UIDs up to one whose mails are flagged as answered."""
        return self._search(["UID", f"1:{up_to}", "ANSWERED"], since) if up_to else []

    def heads(self, uids: Sequence[int]) -> list[Head]:
        """Some headers of mails, in the order of their UIDs; fewer where mails are gone."""
        with self._asked("read headers") as client:
            rows = _fetch_heads(client, uids)
        return [_head(uid, rows[uid]) for uid in sorted(rows) if uid in set(uids)]

    def mails(self, uids: Sequence[int]) -> Iterator[tuple[int, bytes]]:
        """Mails, each up to its first MiB and a byte, in the order of their UIDs."""
        with self._asked("read mails") as client:
            rows = client.fetch(list(uids), [_BODY]) if uids else {}
        for uid in sorted(set(rows) & set(uids)):
            raw = rows[uid].get(b"BODY[]<0>", rows[uid].get(b"BODY[]"))
            if isinstance(raw, bytes):
                yield uid, raw

    def close(self) -> None:
        """Log out. May be called twice."""
        client, self._client = self._client, None
        if client is None:
            return
        with suppress(OSError, imaplib.IMAP4.error, ValueError):
            client.logout()
        with suppress(OSError, imaplib.IMAP4.error, ValueError):
            client.shutdown()

    def _search(self, criteria: list[Any], since: date | None) -> list[int]:
        wanted = [*criteria, "SINCE", since] if since is not None else criteria
        with self._asked("look for new mail") as client:
            return sorted(int(uid) for uid in client.search(wanted))

    @contextmanager
    def _asked(self, doing: str) -> Iterator[IMAPClient]:
        """The client, logged in, with its errors as ours."""
        host = self._settings.host
        try:
            yield self._logged_in()
        except ssl.SSLCertVerificationError as error:
            raise ConfigurationError(
                f"The certificate of {host} is not trusted: {error.verify_message}.",
                to_do="Write the server's own name as host, or give the certificates of its"
                " authority as ca_file.",
            ) from error
        except ssl.SSLError as error:
            raise Unreachable(
                f"{host} does not speak TLS on this port ({error.reason})."
            ) from error
        except TimeoutError as error:
            raise Unreachable(f"{host} did not answer in time when asked to {doing}.") from error
        except (imaplib.IMAP4.abort, EOFError) as error:
            raise Unreachable(f"{host} broke off when asked to {doing}: {_said(error)}.") from error
        except OSError as error:
            raise Unreachable(f"{host} cannot be reached: {error.strerror or error}.") from error
        except imaplib.IMAP4.error as error:
            raise Unreachable(f"{host} refused to {doing}: {_said(error)}.") from error
        except (ValueError, KeyError, IndexError, TypeError, AssertionError) as error:
            # What the library makes of an answer that breaks the protocol.
            raise Unreachable(
                f"{host} gave an answer that is no IMAP when asked to {doing}."
            ) from error

    def _logged_in(self) -> IMAPClient:
        if self._client is None:
            client = self._connected()
            self._client = client
            try:
                self._log_in(client)
            except BaseException:
                self.close()
                raise
        return self._client

    def _connected(self) -> IMAPClient:
        from imapclient import IMAPClient, SocketTimeout

        settings = self._settings
        context = ssl.create_default_context(cafile=settings.ca_file)
        client = IMAPClient(
            settings.host,
            port=settings.port,
            ssl=settings.security == "tls",
            ssl_context=context if settings.security == "tls" else None,
            timeout=SocketTimeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
        )
        client.normalise_times = False  # else times lose their zone
        _bound_answers(client)
        if settings.security == "starttls":
            client.starttls(context)
        return client

    def _log_in(self, client: IMAPClient) -> None:
        from imapclient.exceptions import LoginError

        settings = self._settings
        try:
            if settings.oauth_file is not None:
                client.oauth2_login(settings.user, self._token())
            elif settings.password is not None:
                client.login(settings.user, settings.password.get_secret_value())
        except LoginError as error:
            if isinstance(error.__context__, imaplib.IMAP4.abort):  # cut off, and not refused
                raise error.__context__ from None
            raise self._refused(_said(error)) from error
        if client.has_capability("ID"):
            with suppress(imaplib.IMAP4.error):
                client.id_({"name": "Regulars"})

    def _token(self) -> str:
        path = self._settings.oauth_file
        assert path is not None  # noqa: S101 - the caller asked
        try:
            token = path.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(
                f"The token file {path} cannot be read.",
                to_do="Let the program that keeps the token fresh write it there, readable for"
                " Regulars.",
            ) from error
        if not token or not token.isascii() or not token.isprintable() or " " in token:
            raise ConfigurationError(
                f"The token file {path} holds no token.",
                to_do="It must hold one access token, and nothing else.",
            )
        return token

    def _refused(self, said: str) -> AuthenticationFailed:
        host, user = self._settings.host, self._settings.user
        if self._settings.oauth_file is not None:
            return AuthenticationFailed(
                f"{host} refused the token of {user}: {said}.",
                to_do="Renew the token. It is read again at the next login.",
            )
        return AuthenticationFailed(
            f"{host} refused the password of {user}: {said}.",
            to_do="Make an app password at your mail provider, put it where the settings say, and"
            " run `regulars doctor`. Microsoft takes tokens alone: see oauth_file.",
        )


def _bound_answers(client: IMAPClient) -> None:
    """Refuse an answer that is larger than anything that was asked for, before it is read."""
    inner: Any = client._imap
    read = inner.read

    def bounded(size: int) -> bytes:
        if size > _MOST_LITERAL:
            raise imaplib.IMAP4.abort("an answer larger than what was asked for")
        data: bytes = read(size)
        return data

    inner.read = bounded


def _fetch_heads(client: IMAPClient, uids: Sequence[int]) -> dict[int, dict[bytes, Any]]:
    """As ``client.fetch``, which would read the names of all fields sign by sign at every mail."""
    from imapclient.response_parser import parse_fetch_response

    if not uids:
        return {}
    inner: Any = client._imap
    kind, data = inner.uid("FETCH", ",".join(map(str, uids)), _HEADS)
    client._checkok("fetch", kind, data)
    shortened = [_shortened(one) if isinstance(one, tuple) else one for one in data]
    rows: Any = parse_fetch_response(shortened, client.normalise_times)
    return dict(rows)


def _shortened(record: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    said, literal = record
    start = said.find(b"BODY[HEADER.FIELDS")
    end = said.find(b"]", start)
    if min(start, end) < 0:
        return record
    return said[:start] + b"BODY[HEADER" + said[end:], literal


def _head(uid: int, row: dict[bytes, Any]) -> Head:
    raw = next((value for name, value in row.items() if name.startswith(b"BODY[HEADER")), b"")
    arrived_at = row.get(b"INTERNALDATE")
    return Head(
        uid,
        raw if isinstance(raw, bytes) else b"",
        arrived_at if isinstance(arrived_at, datetime) else None,
        int(row.get(b"RFC822.SIZE", 0)),
        any(flag.lower() == b"\\answered" for flag in row.get(b"FLAGS", ())),
    )


def _said(error: BaseException) -> str:
    """The server's own words, bounded and clean."""
    text = str(error).removeprefix("b'").rstrip("'")
    return one_line(text)[:200] if text else "no reason given"
