"""What a server may answer, and which error it becomes."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.bad_imap_server import saying

from regulars_connectors.errors import (
    AuthenticationFailed,
    ConfigurationError,
    ConnectorError,
    NotFound,
    Unreachable,
)
from regulars_connectors.imap import client as client_module
from regulars_connectors.imap.client import Mailbox
from regulars_connectors.imap.settings import ImapSettings

CAPABLE = b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nTAG OK done\r\n"
OPENED = b"* 3 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\nTAG OK [READ-ONLY] done\r\n"


def mailbox(port: int, **more: object) -> Mailbox:
    given = {"host": "127.0.0.1", "port": port, "user": "ada", "password": "app"}
    return Mailbox(ImapSettings.model_validate(given | {"security": "none"} | more))


def test_a_wrong_password_is_the_providers_word() -> None:
    answers = {"CAPABILITY": CAPABLE, "LOGIN": b"TAG NO [AUTHENTICATIONFAILED] wrong\r\n"}
    with saying(answers) as port, pytest.raises(AuthenticationFailed) as caught:
        mailbox(port).folders()
    assert "refused the password of ada" in caught.value.happened
    assert "app password" in caught.value.to_do


def test_a_spent_token_is_read_again_at_the_next_login(tmp_path: Path) -> None:
    token = tmp_path / "token"
    answers = {"CAPABILITY": CAPABLE, "AUTHENTICATE": b"TAG NO [AUTHENTICATIONFAILED] spent\r\n"}
    with saying(answers) as port:
        box = mailbox(port, password=None, oauth_file=str(token))
        with pytest.raises(ConfigurationError, match="cannot be read"):
            box.folders()
        token.write_text("two words")
        with pytest.raises(ConfigurationError, match="holds no token"):
            box.folders()
        token.write_text("spent\n")
        with pytest.raises(AuthenticationFailed, match="refused the token of ada"):
            box.folders()
        answers["AUTHENTICATE"] = b"TAG OK welcome\r\n"
        assert box.folders() == []
        box.close()


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"greeting": b"* BYE too many\r\n"}, "127.0.0.1"),
        ({"greeting": b"HTTP/1.1 400 Bad Request\r\n\r\n"}, "127.0.0.1"),
        ({"LIST": b"* LIST (\r\nTAG OK done\r\n"}, "list the folders"),
        ({"LIST": b"TAG NO not now\r\n"}, "refused to list the folders"),
        ({"LIST": b"* BYE closing\r\n"}, "list the folders"),
    ],
)
def test_an_answer_that_is_no_imap_is_tried_again_later(
    answers: dict[str, bytes], said: str
) -> None:
    with saying({"CAPABILITY": CAPABLE} | answers) as port:
        box = mailbox(port)
        with pytest.raises(Unreachable, match=said):
            box.folders()
        box.close()


def test_a_line_without_end_is_given_up() -> None:
    endless = b"* LIST (" + b"a" * 2_000_000 + b"\r\nTAG OK done\r\n"
    with saying({"CAPABILITY": CAPABLE, "LIST": endless}) as port:
        box = mailbox(port)
        with pytest.raises(Unreachable):
            box.folders()
        box.close()


def test_an_answer_larger_than_what_was_asked_for_is_refused_before_it_is_read() -> None:
    huge = b"* 1 FETCH (UID 1 BODY[]<0> {99999999999}\r\n"
    with saying({"CAPABILITY": CAPABLE, "EXAMINE": OPENED, "FETCH": huge}) as port:
        box = mailbox(port)
        assert box.open_folder("INBOX") == 7
        with pytest.raises(Unreachable, match="larger than what was asked for"):
            list(box.mails([1]))
        box.close()


def test_a_folder_that_is_gone_is_named() -> None:
    with saying({"CAPABILITY": CAPABLE, "EXAMINE": b"TAG NO no such mailbox\r\n"}) as port:
        box = mailbox(port)
        with pytest.raises(NotFound, match='"Replies"'):
            box.open_folder("Replies")
        box.close()


def test_the_star_of_a_search_brings_no_known_mail_again() -> None:
    with saying({"CAPABILITY": CAPABLE, "SEARCH": b"* SEARCH 9\r\nTAG OK done\r\n"}) as port:
        box = mailbox(port)
        assert box.uids_after(9, None) == []
        assert box.uids_after(8, None) == [9]
        box.close()


def test_a_silent_server_is_left_after_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CONNECT_SECONDS", "READ_SECONDS"):
        monkeypatch.setattr(client_module, name, 0.2)
    with saying({"CAPABILITY": b""}) as port:
        box = mailbox(port)
        with pytest.raises(Unreachable, match="did not answer in time"):
            box.folders()
        box.close()


def test_nobody_listens() -> None:
    with pytest.raises(ConnectorError) as caught:
        mailbox(9).folders()
    assert isinstance(caught.value, Unreachable)
