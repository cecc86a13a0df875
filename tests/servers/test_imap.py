"""The connector of a mailbox against a real Dovecot."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.bad_imap_server import cutting
from support.dovecot_server import PASSWORD, DovecotServer, dovecot
from support.fake_correspondence import FakeCorrespondence, mail
from support.tls_certificate import make_certificate
from support.tls_front import BehindTls

from regulars_connectors import Letter, Runtime, SyncState
from regulars_connectors.conformance import check_connector, complaints
from regulars_connectors.errors import (
    AuthenticationFailed,
    ConfigurationError,
    CursorExpired,
    RetryLater,
)
from regulars_connectors.imap import ImapConnector
from regulars_connectors.imap.connector import LETTERS
from regulars_connectors.imap.settings import ImapSettings
from regulars_connectors.instants import from_datetime

pytestmark = pytest.mark.servers
NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def server() -> Iterator[DovecotServer]:
    with dovecot() as running:
        yield running


def runtime(letters: FakeCorrespondence | None = None) -> Runtime:
    lent = letters or FakeCorrespondence(everything=True)
    return Runtime(clock=lambda: from_datetime(NOW), sleep=lambda _: None, correspondence=lent)


def options(server: DovecotServer, user: str, **more: Any) -> dict[str, Any]:
    given = {"host": "127.0.0.1", "port": server.port, "security": "none", "user": user}
    return given | {"password": PASSWORD} | more


def connector(
    server: DovecotServer, user: str, letters: FakeCorrespondence | None = None, **more: Any
) -> ImapConnector:
    settings = ImapSettings.model_validate(options(server, user, **more))
    return ImapConnector(settings, runtime(letters))


def walked(
    made: ImapConnector, checkpoints: dict[tuple[str, str | None], str] | None = None
) -> tuple[list[Letter], dict[tuple[str, str | None], str]]:
    """Every letter of one run, and the checkpoints after it."""
    ends = dict(checkpoints or {})
    found: list[Letter] = []
    with closing(made):
        for walk in made.walks(LETTERS, SyncState(checkpoints=ends)):
            for page in made.pages(walk):
                found += page.records  # type: ignore[arg-type]
                if page.checkpoint is not None:
                    ends["letters", walk.parent] = page.checkpoint
    return found, ends


def told_traffic(server: DovecotServer, user: str) -> dict[str, int]:
    """What the log says of the session that read headers, once it is written."""
    for _ in range(200):
        for one in server.traffic(user):
            if one.get("hdr_count"):
                return one
        threading.Event().wait(0.05)
    raise AssertionError(server.log)


def test_every_promise_of_a_connector_is_kept(server: DovecotServer) -> None:
    server.deliver("check", [mail(n) for n in range(1, 8)])
    given = options(server, "check")
    verdicts = check_connector(ImapConnector, given, runtime(), name="imap")
    assert not complaints(verdicts)


def test_letters_come_once_and_flags_stay(server: DovecotServer) -> None:
    server.deliver("ada", [mail(n) for n in range(1, 6)])
    server.append("ada", mail(9, From="ada@letters.example", To="r@example.org"), to="Sent")
    server.append("ada", mail(3), to="Junk")
    before = server.flags("ada"), server.flags("ada", "Sent"), server.flags("ada", "Junk")
    letters = FakeCorrespondence(everything=True)
    found, ends = walked(connector(server, "ada", letters))
    assert [one.direction for one in found] == ["in"] * 5 + ["out", "in"]
    # What was put in has no Received, and a Date months before: a copy, whose own time says more.
    assert [one.clock for one in found] == ["server"] * 5 + ["sent"] * 2
    assert [one.is_junk for one in found] == [False] * 6 + [True]
    assert len({one.id for one in found}) == 6
    letters.kept_as = {str(one.message_id): "answered" for one in found}
    again, _ = walked(connector(server, "ada", letters), ends)
    assert again == []
    assert (server.flags("ada"), server.flags("ada", "Sent"), server.flags("ada", "Junk")) == before


def test_of_other_mails_the_headers_alone_are_sent(server: DovecotServer) -> None:
    others = [mail(n, subject="Private", text="x" * 20_000) for n in range(1, 101)]
    server.deliver("many", [*others, mail(200), mail(201)])
    letters = FakeCorrespondence("Bread")
    found, _ = walked(connector(server, "many", letters))
    assert [one.message_id for one in found] == ["200@example.org", "201@example.org"]
    traffic = told_traffic(server, "many")
    assert traffic["body_count"] == 2
    assert traffic["sent"] < 1024 * 100 + 8192


def test_uidvalidity_that_changes_reads_the_folder_again(server: DovecotServer) -> None:
    server.deliver("moved", [mail(1), mail(2)])
    _, ends = walked(connector(server, "moved"))
    server.change_uidvalidity("moved")
    made = connector(server, "moved")
    found, later = walked(made, ends)
    assert len(found) == 2
    assert later != ends
    with closing(made):
        walks = made.walks(LETTERS, SyncState())
        (inbox,) = [one for one in walks if one.parent == "inbox/INBOX"]
        with pytest.raises(CursorExpired):
            list(made.pages(inbox, ends["letters", "inbox/INBOX"]))


def test_a_mail_of_the_last_days_is_looked_at_again(server: DovecotServer) -> None:
    # The post that it answers is shown by the provider after the mail has come.
    old, new = NOW - timedelta(days=30), NOW - timedelta(days=1)
    server.append("late", mail(1), at=old)
    server.append("late", mail(2), at=new)
    letters = FakeCorrespondence()
    found, ends = walked(connector(server, "late", letters))
    assert found == []
    letters = FakeCorrespondence("Bread")
    found, _ = walked(connector(server, "late", letters), ends)
    assert [one.message_id for one in found] == ["2@example.org"]
    assert [one.message_id for one in letters.shown] == ["2@example.org"]


def test_that_a_letter_was_answered_is_seen_later(server: DovecotServer) -> None:
    server.append("flag", mail(1), at=NOW - timedelta(days=20))
    letters = FakeCorrespondence(everything=True)
    found, ends = walked(connector(server, "flag", letters))
    assert [one.is_answered for one in found] == [False]
    letters.kept_as = {"1@example.org": "waiting"}
    assert walked(connector(server, "flag", letters), ends)[0] == []
    with server.logged_in("flag") as client:
        client.select("INBOX")
        client.uid("STORE", "1", "+FLAGS", r"(\Answered)")
    found, _ = walked(connector(server, "flag", letters), ends)
    assert [one.is_answered for one in found] == [True]
    letters.kept_as = {"1@example.org": "answered"}
    assert walked(connector(server, "flag", letters), ends)[0] == []


def test_a_wrong_password(server: DovecotServer) -> None:
    with pytest.raises(AuthenticationFailed):
        walked(connector(server, "ada", password="wrong"))


def test_a_token_that_is_renewed(server: DovecotServer, tmp_path: Path) -> None:
    server.token_check.tokens["token"] = "fresh"
    server.deliver("token", [mail(1)])
    file = tmp_path / "token"
    file.write_text("spent\n")
    made = connector(server, "token", password=None, oauth_file=str(file))
    with pytest.raises(AuthenticationFailed):
        walked(made)
    file.write_text("fresh\n")
    assert len(walked(made)[0]) == 1


@pytest.mark.parametrize(("trusted", "name"), [(True, "localhost"), (False, "localhost")])
def test_a_foreign_certificate_is_refused(
    server: DovecotServer, tmp_path: Path, *, trusted: bool, name: str
) -> None:
    certificate, context = make_certificate(tmp_path, name)
    with BehindTls(server.port, context) as port:
        more: dict[str, Any] = {"ca_file": str(certificate)} if trusted else {}
        made = connector(server, "tls", host=name, port=port, security="tls", **more)
        if trusted:
            assert walked(made)[0] == []
        else:
            with pytest.raises(ConfigurationError, match="is not trusted"):
                walked(made)


def test_a_connection_that_drops_at_every_response(server: DovecotServer) -> None:
    server.deliver("cut", [mail(n) for n in range(1, 5)])
    with cutting(server.port) as line:
        whole, _ = walked(connector(server, "cut", port=line.port))
        answers = line.answers
        assert answers > 10
        for after in range(1, answers + 1):
            line.after, line.answers = after, 0
            made = connector(server, "cut", port=line.port)
            try:
                found, _ = walked(made)
            except RetryLater:
                found = []
            finally:
                line.after = 0
            assert found in ([], whole), after
        assert walked(connector(server, "cut", port=line.port))[0] == whole
