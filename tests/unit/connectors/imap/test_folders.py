"""Which folders are read: by the server's marks, by names in many languages, by the settings."""

from __future__ import annotations

import pytest

from regulars_connectors.errors import NotFound
from regulars_connectors.imap.folders import Chosen, Folder, choose
from regulars_connectors.imap.settings import ImapSettings


def settings(**more: object) -> ImapSettings:
    return ImapSettings.model_validate(
        {"host": "imap.example.org", "user": "ada", "password": "app"} | more
    )


def folders(*named: str) -> list[Folder]:
    """`Sent*\\Sent` is a folder with a mark."""
    found = []
    for text in named:
        name, _, mark = text.partition("*")
        found.append(Folder(name, frozenset({mark.lower()} if mark else ())))
    return found


def roles(listed: list[Folder], **more: object) -> list[tuple[str, str]]:
    return [(one.name, one.role) for one in choose(listed, settings(**more))]


def test_marks_decide_and_sent_mail_comes_after_readers() -> None:
    listed = folders("Sent*\\Sent", "INBOX", "Keep*\\Archive", "Bin*\\Trash", "Spam*\\Junk")
    assert roles(listed) == [
        ("INBOX", "inbox"), ("Keep", "archive"), ("Sent", "sent"), ("Spam", "junk"),
    ]  # fmt: skip


def test_a_folder_of_all_mails_stands_for_inbox_archive_and_sent() -> None:
    listed = folders(
        "INBOX", "[Gmail]*\\Noselect", "[Gmail]/Alle Nachrichten*\\All", "[Gmail]/Gesendet*\\Sent",
        "[Gmail]/Spam*\\Junk",
    )  # fmt: skip
    assert roles(listed) == [("[Gmail]/Alle Nachrichten", "all"), ("[Gmail]/Spam", "junk")]


@pytest.mark.parametrize(
    ("sent", "junk"),
    [
        ("Gesendete Elemente", "Junk-E-Mail"), ("Éléments envoyés", "Courrier indésirable"),
        ("Elementos enviados", "Correo no deseado"), ("送信済みアイテム", "迷惑メール"),
        ("Отправленные", "Спам"), ("Sent Items", "Junk Email"),
    ],
)  # fmt: skip
def test_without_marks_names_decide(sent: str, junk: str) -> None:
    assert roles(folders("INBOX", f"INBOX/{sent}", junk)) == [
        ("INBOX", "inbox"), (f"INBOX/{sent}", "sent"), (junk, "junk"),
    ]  # fmt: skip


def test_the_settings_go_before_marks_and_names() -> None:
    listed = folders("INBOX", "Replies", "Sent*\\Sent", "Out", "All*\\All")
    found = roles(listed, folders=["Replies"], sent_folder="Out")
    assert found == [("Replies", "inbox"), ("Out", "sent")]


def test_a_folder_that_is_renamed_or_gone_is_named_with_those_that_are_there() -> None:
    with pytest.raises(NotFound) as caught:
        choose(folders("INBOX", "Letters"), settings(folders=["Replies"]))
    assert caught.value.happened == 'The mailbox has no folder "Replies".'
    assert "INBOX, Letters" in caught.value.to_do


def test_a_folder_is_read_once() -> None:
    found = choose(folders("INBOX", "Sent*\\Sent"), settings(folders=["INBOX", "INBOX"]))
    assert found == [Chosen("INBOX", "inbox", "settings"), Chosen("Sent", "sent", "mark")]
