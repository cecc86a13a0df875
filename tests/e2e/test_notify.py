"""`regulars notify`: what would be said now, and whether a test message reaches the owner."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.command import CANARY_KEY, run
from support.hook_receiver import HookReceiver, ok
from support.smtp_server import SmtpServer
from support.told_runs import at, daily, record_run

from regulars.notices import Notifier
from regulars.server.run import serving
from regulars.settings import load_settings
from regulars.store import Store
from regulars_connectors.contract import Runtime

SETTINGS = """
[store]
folder = "data"
free_space_floor_mib = 0

[notices]
listed_hosts = ["127.0.0.1:{hook}"]

[notices.mail]
host = "127.0.0.1"
port = {mail}
security = "none"
sender = "regulars@example.org"
recipients = ["owner@example.org"]

[[notices.web_hooks]]
name = "team"
url = {{ env = "HOOK_URL" }}
secret = {{ env = "HOOK_SECRET" }}

[[publications]]
name = "letters"

[[publications.connections]]
name = "one"
connector = "beehiiv"
publication_id = "pub_00000000-0000-4000-8000-000000000000"
api_key = {{ env = "KEY" }}
"""


@pytest.fixture
def mail() -> SmtpServer:
    return SmtpServer()


@pytest.fixture
def hook() -> HookReceiver:
    return HookReceiver()


def written(folder: Path, mail: SmtpServer, hook: HookReceiver, patch: pytest.MonkeyPatch) -> Path:
    patch.setenv("HOOK_URL", f"{hook.url}&{CANARY_KEY}")
    patch.setenv("HOOK_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    patch.setattr("regulars.clock.system_clock", lambda: at(300))
    file = folder / "regulars.toml"
    file.write_text(SETTINGS.format(mail=mail.port, hook=hook.port))
    return file


def test_a_test_message_by_every_way(
    tmp_path: Path, mail: SmtpServer, hook: HookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mail, hook:
        said = run(written(tmp_path, mail, hook, monkeypatch), "notify", "--test")
        assert said.code == 0
        assert said.out == (
            f"mail (127.0.0.1:{mail.port}): the message was taken.\n"
            "team (web hook team): the message was taken.\n"
        )
        mail.mood = "refuses the recipients"
        hook.answers = [ok(500)]
        said = run(tmp_path / "regulars.toml", "notify", "--test")
    assert said.code == 1
    assert "refused every recipient (550).\n    To do: Correct [notices]" in said.out
    assert "team (web hook team): 127.0.0.1 answered with status 500." in said.out
    assert "This message tests" in mail.mails[0]
    assert len(hook.received) == 2
    assert not (tmp_path / "data").exists()


def test_a_test_as_json(
    tmp_path: Path, mail: SmtpServer, hook: HookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mail, hook:
        said = run(written(tmp_path, mail, hook, monkeypatch), "notify", "--test", "--json")
    assert [(one["way"], one["shape"], one["delivered"]) for one in said.json["ways"]] == [
        ("mail", "mail", True),
        ("team", "standard", True),
    ]


def test_what_would_be_said_now(
    tmp_path: Path, mail: SmtpServer, hook: HookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mail, hook:
        file = written(tmp_path, mail, hook, monkeypatch)
        assert run(file, "notify").out == "There is no store yet, so nothing is to be said.\n"
        with Store(load_settings(file).store) as store:
            record_run(store, at(298), "failed", "The provider refused the key (401).")
            record_run(store, at(300), "failed", "The provider refused the key (401).")
        said = run(file, "notify")
        as_json = run(file, "notify", "--json").json
    assert "mail (127.0.0.1" in said.out
    assert "1 to say now, 0 said before." in said.out
    assert "one brings no people. one, a connection of letters, has never seen" in said.out
    assert [one["notices"][0]["type"] for one in as_json["ways"]] == ["connection.failed"] * 2
    assert not mail.mails
    assert not hook.received


def test_while_a_server_holds_the_store(
    tmp_path: Path, mail: SmtpServer, hook: HookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mail, hook:
        file = written(tmp_path, mail, hook, monkeypatch)
        settings = load_settings(file)
        with Store(settings.store) as store:
            record_run(store, at(298), "failed", "The provider refused the key (401).")
            record_run(store, at(300), "failed", "The provider refused the key (401).")
            hook.answers = [ok(500)]
            Notifier(settings, lambda: at(300), next_look=daily).step(store, at(300))
            runtime = Runtime(clock=lambda: at(300), sleep=lambda _: None)
            with serving(settings, store, runtime):
                said = run(file, "notify")
                as_json = run(file, "notify", "--json").json
    assert "mail (127.0.0.1" in said.out
    assert "1 said before.\n    said: connection.failed one\n" in said.out
    assert "It failed last: 127.0.0.1 answered with status 500." in said.out
    assert as_json["served"] is True
    assert as_json["ways"][0]["said_before"] == ["connection.failed one"]
    assert as_json["ways"][1]["next_at"] == "2026-12-27T05:20:00Z"


def test_without_a_way(tmp_path: Path) -> None:
    file = tmp_path / "regulars.toml"
    file.write_text('[store]\nfolder = "data"\n')
    for words in (("notify",), ("notify", "--test")):
        assert run(file, *words).out.startswith("The settings name no way for notices.")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('password = "in clear"\nusername = "u"', "notices.mail.password: is a secret"),
        ('sender = "nobody"', "notices.mail.sender: is not a plain mail address"),
        ("recipients = []", "notices.mail.recipients"),
        ('security = "none"\nhost = "mail.example.org"', "on this machine alone"),
        ('username = "u"', "username and password go together"),
        ('security = "ssl"', "notices.mail.security"),
    ],
)
def test_mail_settings_that_are_wrong(tmp_path: Path, line: str, told: str) -> None:
    given = {
        "host": '"mail.example.org"', "sender": '"a@example.org"', "recipients": '["b@example.org"]'
    } | dict(one.split(" = ", 1) for one in line.split("\n"))  # fmt: skip
    file = tmp_path / "regulars.toml"
    lines = "\n".join(f"{name} = {value}" for name, value in given.items())
    file.write_text(f"[notices.mail]\n{lines}\n")
    said = run(file, "notify")
    assert said.code == 3
    assert told in said.three_lines("settings_wrong")["happened"]
    assert "in clear" not in said.err


@pytest.mark.parametrize(
    ("hooks", "told"),
    [
        ('name = "a"\nurl = "http://example.org/x"\nshape = "slack"', "must begin with https://"),
        ('name = "a"\nurl = "https://u:p@example.org/x"\nshape = "slack"', "must be plain"),
        ('name = "a"\nurl = "https://example.org/x"', "secret goes with the shape standard"),
        ('name = "mail"\nurl = "https://example.org/x"\nshape = "ntfy"', "belongs to"),
        ('name = "a"\nurl = 7\nshape = "ntfy"', "is a secret"),
        ('name = "a"\nurl = "https://e.org"\nshape = "slack"\ntoken = { env = "A" }', "ntfy"),
    ],
)
def test_web_hooks_that_are_wrong(tmp_path: Path, hooks: str, told: str) -> None:
    file = tmp_path / "regulars.toml"
    file.write_text(f"[[notices.web_hooks]]\n{hooks}\n")
    said = run(file, "notify")
    assert said.code == 3
    assert told in said.three_lines("settings_wrong")["happened"]


def test_two_web_hooks_of_one_name(tmp_path: Path) -> None:
    file = tmp_path / "regulars.toml"
    one = '[[notices.web_hooks]]\nname = "a"\nurl = "https://example.org"\nshape = "slack"\n'
    file.write_text(one + one)
    assert "duplicate web hook name" in run(file, "notify").err
