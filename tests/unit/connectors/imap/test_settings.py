"""What a connection to a mailbox takes, and what it refuses."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from regulars_connectors.imap.settings import ImapSettings

GIVEN = {"host": "imap.example.org", "user": "ada@example.org", "password": "app"}


def test_tls_on_the_usual_port_unless_said_otherwise() -> None:
    made = ImapSettings.model_validate(GIVEN)
    assert (made.port, made.security, made.folders) == (993, "tls", ())
    assert "app" not in repr(made)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.8.8.8"])
def test_unprotected_is_taken_on_this_machine_alone(host: str) -> None:
    assert ImapSettings.model_validate(GIVEN | {"host": host, "security": "none"}).host == host


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"security": "none"}, "unprotected"),
        ({"password": None}, "either password or oauth_file"),
        ({"oauth_file": "token"}, "either password or oauth_file"),
        ({"host": "imaps://imap.example.org"}, "name alone"),
        ({"user": ""}, "at least 1 character"),
        ({"folder": "INBOX"}, "not permitted"),
    ],
)
def test_what_cannot_work_is_refused(more: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        ImapSettings.model_validate(GIVEN | more)
