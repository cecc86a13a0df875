"""What `regulars doctor` says of a mailbox, against a real Dovecot."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from support.dovecot_server import PASSWORD, DovecotServer, dovecot
from support.tls_certificate import make_certificate
from support.tls_front import BehindTls

from regulars.clock import real_runtime
from regulars.connections.factory import connect
from regulars.settings import Settings
from regulars.settings.loading import build_settings
from regulars_connectors.contract import Finding

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def server() -> Iterator[DovecotServer]:
    with dovecot() as running:
        yield running


def settings_of(folder: Path, **options: Any) -> Settings:
    mailbox = {"name": "mail", "connector": "imap", "host": "127.0.0.1", "security": "none"}
    values = {
        "store": {"folder": str(folder / "data")},
        "publications": [{"name": "notes", "connections": [mailbox | options]}],
    }
    return build_settings(values, folder / "regulars.toml")


def findings(folder: Path, **options: Any) -> dict[str, Finding]:
    """The preflight's findings by name, as doctor shows them."""
    settings = settings_of(folder, **options)
    [(_, config)] = settings.connections()
    with closing(connect(settings, config, real_runtime())) as connector:
        return {one.name: one for one in connector.preflight().findings}


def by_password(server: DovecotServer, folder: Path, user: str, **more: Any) -> dict[str, Finding]:
    return findings(folder, **({"port": server.port, "user": user, "password": PASSWORD} | more))


def test_a_sound_mailbox_says_how_each_folder_was_found(
    server: DovecotServer, tmp_path: Path
) -> None:
    found = by_password(server, tmp_path, "sound")
    assert {one.verdict for one in found.values()} == {"ok"}
    assert found["login"].text == "127.0.0.1 lets sound in by password."
    assert found["tls"].text == "Plain, which never leaves this machine (127.0.0.1)."
    assert found["folders"].text == (
        "A sync reads INBOX (inbox: its name says so), Archive (archive: the server marks it), "
        "Sent (sent: the server marks it), Junk (junk: the server marks it)."
    )


def test_a_folder_of_the_settings_is_said_to_be_theirs(
    server: DovecotServer, tmp_path: Path
) -> None:
    found = by_password(server, tmp_path, "theirs", sent_folder="Sent")
    assert "Sent (sent: your settings name it)" in found["folders"].text


def test_a_wrong_password_is_an_error(server: DovecotServer, tmp_path: Path) -> None:
    found = by_password(server, tmp_path, "wrong", password="another")
    assert list(found) == ["login"]
    assert found["login"].verdict == "error"
    assert found["login"].text.startswith("127.0.0.1 refused the password of wrong")
    assert "app password" in (found["login"].fix or "")


def test_a_folder_that_the_settings_misspell(server: DovecotServer, tmp_path: Path) -> None:
    found = by_password(server, tmp_path, "misspelt", sent_folder="Outgoing")
    assert found["login"].verdict == "ok"
    assert found["folders"].text == 'The mailbox has no folder "Outgoing".'
    assert "Sent" in (found["folders"].fix or "")


def test_without_a_folder_of_sent_mail_answers_stay_unknown(
    server_without_folders: DovecotServer, tmp_path: Path
) -> None:
    found = by_password(server_without_folders, tmp_path, "bare")
    assert found["sent"].verdict == "warning"
    assert "sent_folder" in (found["sent"].fix or "")
    assert found["junk"].verdict == "ok"
    assert "junk_folder" in found["junk"].text
    assert found["folders"].text == "A sync reads INBOX (inbox: its name says so)."


@pytest.fixture
def server_without_folders(monkeypatch: pytest.MonkeyPatch) -> Iterator[DovecotServer]:
    from support import dovecot_server

    monkeypatch.setattr(dovecot_server, "_FOLDERS", {})
    with dovecot() as running:
        yield running


# Tokens


def by_token(server: DovecotServer, folder: Path, user: str, token: Path) -> dict[str, Finding]:
    return findings(folder, port=server.port, user=user, oauth_file=str(token))


def token_file(folder: Path, text: str, *, hours: float = 0.0, mode: int = 0o600) -> Path:
    path = folder / "token"
    path.write_text(text)
    path.chmod(mode)
    then = time.time() - hours * 3600
    os.utime(path, (then, then))
    return path


def test_a_fresh_token_that_only_the_owner_reads(server: DovecotServer, tmp_path: Path) -> None:
    server.token_check.tokens["fresh"] = "good"
    found = by_token(server, tmp_path, "fresh", token_file(tmp_path, "good", hours=1.5))
    assert found["token"].verdict == "ok"
    assert found["login"].text == "127.0.0.1 lets fresh in by token."


def test_a_relative_token_file_lies_beside_the_settings(
    server: DovecotServer, tmp_path: Path
) -> None:
    server.token_check.tokens["beside"] = "good-beside"
    token_file(tmp_path, "good-beside")
    found = findings(tmp_path, port=server.port, user="beside", oauth_file="token")
    assert found["login"].verdict == "ok"


@pytest.mark.parametrize(
    ("hours", "mode", "says"),
    [(2.2, 0o600, "was written 2 hours ago"), (0, 0o644, "is open to other users")],
)
def test_a_token_that_wants_a_look(
    server: DovecotServer, tmp_path: Path, hours: float, mode: int, says: str
) -> None:
    server.token_check.tokens["look"] = "good-look"
    token = token_file(tmp_path, "good-look", hours=hours, mode=mode)
    found = by_token(server, tmp_path, "look", token)
    assert found["token"].verdict == "warning"
    assert says in found["token"].text
    assert found["login"].verdict == "ok"


def test_a_spent_token_is_named_with_its_age(server: DovecotServer, tmp_path: Path) -> None:
    server.token_check.tokens["spent"] = "newer"
    found = by_token(server, tmp_path, "spent", token_file(tmp_path, "older", hours=30))
    assert "was written 30 hours ago" in found["token"].text
    assert found["login"].verdict == "error"
    assert "refused the token of spent" in found["login"].text


def test_a_token_file_that_is_not_there(server: DovecotServer, tmp_path: Path) -> None:
    found = by_token(server, tmp_path, "none", tmp_path / "nothing")
    assert found["token"].verdict == "error"
    assert found["login"].verdict == "error"


# TLS


def test_a_foreign_certificate_is_an_error_and_a_trusted_one_is_named(
    server: DovecotServer, tmp_path: Path
) -> None:
    certificate, context = make_certificate(tmp_path, "localhost")
    with BehindTls(server.port, context) as port:
        options = {"host": "localhost", "port": port, "security": "tls"}
        found = by_password(server, tmp_path, "tls", **options)
        assert found["login"].verdict == "error"
        assert "The certificate of localhost is not trusted" in found["login"].text
        found = by_password(server, tmp_path, "tls", ca_file=str(certificate), **options)
    assert found["login"].verdict == "ok"
    assert found["tls"].text == f"TLSv1.3, with a certificate that {certificate} trusts."


def test_a_server_that_is_not_there(server: DovecotServer, tmp_path: Path) -> None:
    found = by_password(server, tmp_path, "away", port=1)
    assert found["login"].verdict == "error"
    assert "cannot be reached" in found["login"].text
