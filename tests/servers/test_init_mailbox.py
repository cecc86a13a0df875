"""`regulars init` and the mailbox where replies arrive, against a real Dovecot."""

from __future__ import annotations

import stat
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.command import CANARY_KEY, Said, run
from support.dovecot_server import PASSWORD, DovecotServer, dovecot
from support.organisation import Provider, organisation

from regulars.settings import load_settings

pytestmark = pytest.mark.servers
ADA = "ada@letters.example"
ZONE = "Europe/Lisbon"


@pytest.fixture(scope="module")
def server() -> Iterator[DovecotServer]:
    with dovecot() as running:
        yield running


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with organisation(1) as made:
        yield made


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BEEHIIV_API_KEY", CANARY_KEY)
    monkeypatch.delenv("IMAP_PASSWORD", raising=False)
    return tmp_path


def words(provider: Provider, server: DovecotServer, *more: str) -> list[str]:
    """On loopback a mailbox needs no TLS; the port is the test's."""
    return [
        "init", "--connector", "beehiiv", "--base-url", provider.api_url,
        "--mail", f"port={server.port}", "--mail", "security=none", *more,
    ]  # fmt: skip


def scripted(provider: Provider, server: DovecotServer, *more: str) -> Said:
    given = ["--no-input", "--all", "--replies", "server", "--mail", "host=127.0.0.1", *more]
    return run(None, *words(provider, server, *given))


def settings_of(place: Path) -> dict[str, Any]:
    return tomllib.loads((place / "regulars.toml").read_text())


def test_the_mailbox_is_asked_for_tried_and_written(
    provider: Provider, server: DovecotServer, place: Path
) -> None:
    answers = ["", ZONE, "data", "server", "ada", ADA, "127.0.0.1", "", "wrong-word"]
    answers += ["server", ADA, "127.0.0.1", "", PASSWORD]
    said = run(None, *words(provider, server), typed="".join(f"{one}\n" for one in answers))
    assert said.code == 0, said.err
    assert "'ada' is not an address" in said.err
    assert f"127.0.0.1 refused the password of {ADA}" in said.err
    assert "A sync reads INBOX (inbox: its name says so), Archive (archive: the server" in said.err
    [publication] = settings_of(place)["publications"]
    assert publication["letters"] == {"addresses": [ADA]}
    mailbox = publication["connections"][1]
    assert mailbox == {
        "name": f"{publication['name']}-mail", "connector": "imap", "host": "127.0.0.1",
        "port": server.port, "security": "none", "user": ADA,
        "password": {"file": "secrets/imap-password"}, "sync": "every 15 minutes",
    }  # fmt: skip
    text = (place / "regulars.toml").read_text()
    assert PASSWORD not in text + said.out + said.err
    assert "# Where replies arrive." in text
    assert "# Your own addresses." in text
    kept = place / "secrets" / "imap-password"
    assert kept.read_text().strip() == PASSWORD
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert load_settings(place / "regulars.toml").publications[0].letters.addresses == (ADA,)
    assert run(None, "doctor").code == 0


def test_a_script_gives_everything_by_options(
    provider: Provider, server: DovecotServer, place: Path
) -> None:
    (place / "word").write_text(PASSWORD)
    given = ("--address", ADA, "--address", "bo@letters.example", "--mail", "password=file:word")
    said = scripted(provider, server, *given)
    assert said.code == 0, said.err
    [publication] = settings_of(place)["publications"]
    assert publication["letters"]["addresses"] == [ADA, "bo@letters.example"]
    assert publication["connections"][1]["password"] == {"file": "word"}
    assert publication["connections"][1]["user"] == ADA


def test_a_password_of_the_environment_stays_there(
    provider: Provider, server: DovecotServer, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMAP_PASSWORD", PASSWORD)
    said = scripted(provider, server, "--address", ADA)
    assert said.code == 0, said.err
    assert not (place / "secrets").exists()
    mailbox = settings_of(place)["publications"][0]["connections"][1]
    assert mailbox["password"] == {"env": "IMAP_PASSWORD"}


def test_a_refused_password_ends_a_script_with_4_and_nothing_is_written(
    provider: Provider, server: DovecotServer, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMAP_PASSWORD", "wrong-word")
    said = scripted(provider, server, "--address", ADA)
    assert said.code == 4
    assert "refused the password" in said.err
    assert "Nothing was written." in said.err
    assert list(place.iterdir()) == []


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ((), "--no-input needs --address ADDRESS"),
        (("--address", ADA), "--no-input needs --mail password=file:PATH, or IMAP_PASSWORD"),
        (("--address", ADA, "--mail", "password=word"), "password is a secret"),
        (("--address", ADA, "--mail", "colour=red"), "'colour' is not a setting of imap"),
    ],
)
def test_a_script_that_lacks_something_is_told(
    provider: Provider, server: DovecotServer, place: Path, given: tuple[str, ...], says: str
) -> None:
    said = scripted(provider, server, *given)
    assert said.code == 2, said.err
    assert says in said.err
    assert list(place.iterdir()) == []


def test_a_token_file_serves_outlook(
    provider: Provider, server: DovecotServer, place: Path
) -> None:
    server.token_check.tokens[ADA] = "good-token"
    (place / "token").write_text("good-token\n")
    given = ["--no-input", "--all", "--replies", "outlook", "--address", ADA]
    given += ["--mail", "host=127.0.0.1", "--mail", f"oauth_file={place / 'token'}"]
    said = run(None, *words(provider, server, *given))
    assert said.code == 0, said.err
    mailbox = settings_of(place)["publications"][0]["connections"][1]
    assert mailbox["oauth_file"] == str(place / "token")
    assert "password" not in mailbox


def test_mail_files_are_named_and_looked_at(provider: Provider, place: Path) -> None:
    (place / "replies.mbox").write_bytes(b"From a Thu Jan  1 00:00:00 2026\nSubject: Hi\n\nHi.\n")
    answers = ["", ZONE, "data", "files", ADA, "nothing.mbox", "replies.mbox"]
    command = ["init", "--connector", "beehiiv", "--base-url", provider.api_url]
    said = run(None, *command, typed="".join(f"{one}\n" for one in answers))
    assert said.code == 0, said.err
    assert f"There is no {place / 'nothing.mbox'}." in said.err
    letters = settings_of(place)["publications"][0]["connections"][1]
    assert letters["connector"] == "mail-files"
    assert letters["path"] == str(place / "replies.mbox")
    assert "sync" not in letters
