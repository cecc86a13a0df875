"""Notices by mail, over SMTP with the standard library."""

from __future__ import annotations

import hashlib
import smtplib
import socket
import ssl
import textwrap
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from email.utils import format_datetime

from regulars.errors import NoticeUndelivered
from regulars.settings import MailSettings
from regulars_connectors.instants import Instant, to_datetime

STEP_SECONDS = 20.0
"""For connecting, and for each answer of the server."""
WHOLE_SECONDS = 60.0
"""For the whole delivery: a server that drips keeps every single answer within its time."""
_WIDTH = 72
_READY = 220


def send_mail(
    mail: MailSettings,
    password: str | None,
    *,
    subject: str,
    body: str,
    ids: str,
    now: Instant,
    step_seconds: float = STEP_SECONDS,
    whole_seconds: float = WHOLE_SECONDS,
) -> None:
    """Send a plain text to the recipients of the settings. Raises NoticeUndelivered.

    ids: of the notices in it. Every attempt with the same ids has the same Message-ID, by which
    mail programs know a repetition. step_seconds, whole_seconds: how long to wait at most.
    """
    message = _message(mail, subject, body, ids, now)
    client = _client(mail, step_seconds)
    with _errors_in_words(mail), _watched(client, whole_seconds):
        code, answer = client.connect(mail.host, mail.port_in_use)
        if code != _READY:
            raise smtplib.SMTPConnectError(code, answer)
        if mail.security == "starttls":
            client.starttls(context=ssl.create_default_context())
        if mail.username is not None and password is not None:
            client.login(mail.username, password)
        client.send_message(message)
        with suppress(smtplib.SMTPException, OSError):
            client.quit()  # it has taken the message, whatever it says now


def _message(mail: MailSettings, subject: str, body: str, ids: str, now: Instant) -> EmailMessage:
    message = EmailMessage()
    message["From"] = mail.sender
    message["To"] = ", ".join(mail.recipients)
    message["Subject"] = subject
    message["Date"] = format_datetime(to_datetime(now))
    digest = hashlib.sha256(ids.encode()).hexdigest()[:32]
    message["Message-ID"] = f"<{digest}@{mail.sender.partition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("\n".join(textwrap.fill(line, _WIDTH) for line in body.split("\n")))
    return message


def _client(mail: MailSettings, seconds: float) -> smtplib.SMTP:
    """A client that is not connected yet: only then its whole work can be watched."""
    # A name of our own: the default asks the network for this machine's.
    if mail.security == "tls":
        tls = smtplib.SMTP_SSL(
            timeout=seconds, local_hostname="localhost", context=ssl.create_default_context()
        )
        tls._host = mail.host  # type: ignore[attr-defined]  # the name that the certificate is for
        return tls
    plain = smtplib.SMTP(timeout=seconds, local_hostname="localhost")
    plain._host = mail.host  # type: ignore[attr-defined]
    return plain


@contextmanager
def _watched(client: smtplib.SMTP, seconds: float) -> Iterator[None]:
    """Break the connection off after so many seconds, and close it at the end in any case."""
    is_late = threading.Event()

    def let_go() -> None:
        is_late.set()
        _shut(client)

    timer = threading.Timer(seconds, let_go)
    timer.daemon = True
    timer.start()
    try:
        yield
    except (smtplib.SMTPException, OSError) as error:
        # The library calls a server that is late disconnected.
        if is_late.is_set() or isinstance(error.__context__, TimeoutError):
            raise TimeoutError from error
        raise
    finally:
        timer.cancel()
        client.close()


def _shut(client: smtplib.SMTP) -> None:
    with suppress(OSError, AttributeError):
        client.sock.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]


@contextmanager
def _errors_in_words(mail: MailSettings) -> Iterator[None]:
    """Raise what goes wrong as NoticeUndelivered. The server's own words stay out: they may name
    a recipient."""
    place = f"{mail.host}:{mail.port_in_use}"
    try:
        yield
    except smtplib.SMTPAuthenticationError as error:
        raise NoticeUndelivered(
            f"The mail server {place} refused the user name or password ({error.smtp_code}).",
            why="refused",
            to_do="Correct username and password in [notices.mail], then run"
            " `regulars notify --test`.",
        ) from error
    except smtplib.SMTPRecipientsRefused as error:
        codes = ", ".join(sorted({str(code) for code, _ in error.recipients.values()}))
        raise NoticeUndelivered(
            f"The mail server {place} refused every recipient ({codes}).", why="refused"
        ) from error
    except smtplib.SMTPNotSupportedError as error:
        raise NoticeUndelivered(
            f"The mail server {place} offers neither what starttls nor what signing in needs.",
            why="refused",
        ) from error
    except smtplib.SMTPServerDisconnected as error:
        raise NoticeUndelivered(
            f"The mail server {place} broke the connection off.", why="dropped"
        ) from error
    except smtplib.SMTPResponseException as error:
        raise NoticeUndelivered(
            f"The mail server {place} refused the message ({error.smtp_code}).", why="refused"
        ) from error
    except TimeoutError as error:
        raise NoticeUndelivered(
            f"The mail server {place} took too long.", why="too slow"
        ) from error
    except ssl.SSLError as error:
        raise NoticeUndelivered(
            f"The mail server {place} has no certificate that this machine trusts"
            f" ({error.reason or 'TLS failed'}).",
            why="unreachable",
        ) from error
    except (ConnectionResetError, BrokenPipeError) as error:
        raise NoticeUndelivered(
            f"The mail server {place} broke the connection off.", why="dropped"
        ) from error
    except (smtplib.SMTPException, OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise NoticeUndelivered(
            f"The mail server {place} cannot be reached ({reason}).", why="unreachable"
        ) from error
