"""Mail over SMTP: encrypted, signed in, bounded in time, and named errors for every trouble."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.smtp_server import Mood, SmtpServer
from support.tls_certificate import make_certificate
from support.told_runs import at

from regulars.errors import NoticeUndelivered
from regulars.notices.mail import send_mail
from regulars.settings import MailSettings


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def trusted(tls: tuple[Path, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """The server's TLS, with a certificate that this machine trusts."""
    certificate, context = tls
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    return context


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with SmtpServer() as up:
        yield up


def mail(server: SmtpServer, **changes: Any) -> MailSettings:
    given: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": server.port,
        "security": "none",
        "sender": "regulars@example.org",
        "recipients": ["owner@example.org", "second@example.org"],
    }
    return MailSettings(**given | changes)


def send(settings: MailSettings, password: str | None = None, **seconds: float) -> None:
    send_mail(
        settings,
        password,
        subject="Regulars: one brings no people",
        body="What happened.\n\nTo do: nothing.\n",
        ids="connection.failed.one.1",
        now=at(),
        **{"step_seconds": 5, "whole_seconds": 5} | seconds,
    )


def trouble(settings: MailSettings, password: str | None = None, **seconds: float) -> str:
    with pytest.raises(NoticeUndelivered) as caught:
        send(settings, password, **seconds)
    assert caught.value.code == "notice_undelivered"
    return f"{caught.value.why}: {caught.value.happened}"


def test_a_mail_is_taken(server: SmtpServer) -> None:
    send(mail(server))
    (taken,) = server.mails
    head, _, body = taken.partition("\r\n\r\n")
    assert body == "What happened.\r\n\r\nTo do: nothing.\r\n"
    assert "From: regulars@example.org" in head
    assert "Auto-Submitted: auto-generated" in head
    assert "Date: Mon, 02 Mar 2026 05:15:00 +0000" in head
    assert len(server.recipients) == 2


def test_the_message_id_is_that_of_what_it_says(server: SmtpServer) -> None:
    send(mail(server))
    send(mail(server))
    ids = {line for one in server.mails for line in one.split("\r\n") if "Message-ID" in line}
    assert len(ids) == 1


def test_starttls_and_signing_in(trusted: ssl.SSLContext) -> None:
    with SmtpServer(tls=trusted) as server:
        settings = mail(
            server, host="localhost", security="starttls", username="regulars",
            password={"env": "NAME"},
        )  # fmt: skip
        send(settings, "s3cret")
    assert len(server.mails) == 1
    assert server.logins == ["\0regulars\0s3cret"]


def test_tls_from_the_first_byte(trusted: ssl.SSLContext) -> None:
    with SmtpServer(tls=trusted, is_tls=True) as server:
        send(mail(server, host="localhost", security="tls"))
    assert len(server.mails) == 1


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_certificate_that_nobody_trusts(tls: tuple[Path, ssl.SSLContext], security: str) -> None:
    with SmtpServer(tls=tls[1], is_tls=security == "tls") as server:
        said = trouble(mail(server, host="localhost", security=security), "s3cret")
    assert said.startswith("unreachable: ")
    assert "no certificate that this machine trusts" in said
    assert not server.mails
    assert not server.logins


def test_a_server_without_starttls_gets_no_password(server: SmtpServer) -> None:
    settings = mail(
        server, host="localhost", security="starttls", username="u", password={"env": "N"}
    )
    assert trouble(settings, "s3cret").startswith("refused: ")
    assert not server.logins


REFUSALS: dict[Mood, str] = {
    "refuses at once": "refused: The mail server 127.0.0.1:{port} refused the message (554).",
    "refuses the recipients": (
        "refused: The mail server 127.0.0.1:{port} refused every recipient (550)."
    ),
    "refuses the message": "refused: The mail server 127.0.0.1:{port} refused the message (554).",
    "drops at once": "dropped: The mail server 127.0.0.1:{port} broke the connection off.",
    "drops before the message": (
        "dropped: The mail server 127.0.0.1:{port} broke the connection off."
    ),
    "drops after the message": (
        "dropped: The mail server 127.0.0.1:{port} broke the connection off."
    ),
}


@pytest.mark.parametrize("mood", REFUSALS)
def test_a_server_that_refuses_or_drops(server: SmtpServer, mood: Mood) -> None:
    server.mood = mood
    said = trouble(mail(server))
    assert said == REFUSALS[mood].format(port=server.port)
    assert not server.mails


def test_a_server_that_refuses_the_password(trusted: ssl.SSLContext) -> None:
    with SmtpServer("refuses the password", tls=trusted) as server:
        settings = mail(
            server, host="localhost", security="starttls", username="u", password={"env": "N"}
        )
        said = trouble(settings, "s3cret")
    assert said.startswith("refused: ")
    assert "user name or password (535)" in said
    assert "canary" not in said


def test_a_server_that_drops_after_it_took_the_message_took_it(server: SmtpServer) -> None:
    server.mood = "drops at the end"
    send(mail(server))
    assert len(server.mails) == 1


@pytest.mark.parametrize("mood", ["hangs at once", "hangs after the message", "drips"])
def test_a_server_that_hangs_or_drips(server: SmtpServer, mood: Mood) -> None:
    server.mood = mood
    began = time.monotonic()
    said = trouble(mail(server), step_seconds=0.3, whole_seconds=0.6)
    assert said == f"too slow: The mail server 127.0.0.1:{server.port} took too long."
    assert time.monotonic() - began < 5


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    with SmtpServer() as server:
        said = trouble(mail(server, port=port))
    assert said == (
        f"unreachable: The mail server 127.0.0.1:{port} cannot be reached (Connection refused)."
    )


def test_a_name_that_there_is_not(server: SmtpServer) -> None:
    said = trouble(mail(server, host="mail.invalid", security="tls"))
    assert said.startswith("unreachable: The mail server mail.invalid:")
