"""The Dovecot of the tests is one that mail programs could use."""

from __future__ import annotations

import imaplib
from datetime import UTC, datetime

import pytest
from support.dovecot_server import dovecot

pytestmark = pytest.mark.servers
MAIL = (
    b"From: Mara <mara@example.org>\r\nTo: ada@example.com\r\nSubject: Re: One\r\n"
    b"Message-ID: <1@example.org>\r\n\r\nThank you.\r\n"
)


def test_mail_comes_in_and_its_flags_and_traffic_are_told() -> None:
    with dovecot() as server:
        server.deliver("ada", [MAIL, MAIL])
        server.append("ada", MAIL, to="Sent", flags=r"\Seen", at=datetime(2026, 3, 1, tzinfo=UTC))
        assert server.flags("ada") == {1: "", 2: ""}
        assert server.flags("ada", "Sent") == {1: r"\Seen"}
        with server.logged_in("ada") as client:
            assert b"SPECIAL-USE" in b" ".join(client.capability()[1])
            client.select("INBOX", readonly=True)
            client.uid("FETCH", "1:2", "(BODY.PEEK[HEADER])")
        before = server.control("mailbox", "status", "-u", "ada", "uidvalidity", "INBOX")
        server.change_uidvalidity("ada")
        after = server.control("mailbox", "status", "-u", "ada", "uidvalidity", "INBOX")
        assert before != after
        assert server.traffic("ada")[-1]["hdr_count"] == 2


def test_a_token_opens_the_mailbox_of_its_owner_alone() -> None:
    with dovecot() as server:
        server.token_check.tokens["ada"] = "good"
        for token, answer in (("good", "OK"), ("spent", "NO")):
            client = imaplib.IMAP4("127.0.0.1", server.port, timeout=60)
            given = f"user=ada\x01auth=Bearer {token}\x01\x01".encode()
            try:
                said, _ = client.authenticate("XOAUTH2", lambda _, given=given: given)
            except imaplib.IMAP4.error:
                said = "NO"
            assert said == answer, token
            client.shutdown()
        assert server.token_check.asked[0] == "good"
