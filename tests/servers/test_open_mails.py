"""Open mails all the way: delivered into a real Dovecot, synced, tied, and shown.

The 2,500 mails of easy-ham-1 come in without what lists added to their headers. A mail that begins
a thread is an issue: it is imported as a post, and its copy in the mailbox is the writer's. Which
mails answer which is worked out with the standard library alone.
"""

from __future__ import annotations

import csv
import email
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from email.header import decode_header, make_header
from email.utils import parseaddr, parsedate_to_datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from support import mail_corpora as corpora
from support.command import run
from support.dovecot_server import PASSWORD, DovecotServer, dovecot
from support.ham_threads import threads, without_list_headers
from support.served_store import served_store

pytestmark = [pytest.mark.servers, pytest.mark.long, pytest.mark.timeout(600)]
NAME, USER, WRITER = "notes", "ada", "ada@letters.example"
_FROM = re.compile(rb"^From:.*(?:\n[ \t].*)*", re.MULTILINE)


@dataclass(frozen=True)
class OpenMails:
    """Mails in the order of their dates. answers: the place of its post by that of an answer."""

    raws: list[bytes]
    answers: dict[int, int]

    @property
    def posts(self) -> list[int]:
        return sorted(set(self.answers.values()))

    def header(self, at: int, name: str) -> str:
        found = email.message_from_bytes(self.raws[at])[name]
        return " ".join(str(make_header(decode_header(str(found or "")))).split())

    def id(self, at: int) -> str:
        local, _, domain = self.header(at, "Message-ID").strip("<>").rpartition("@")
        return f"{local}@{domain.lower()}"

    def address(self, at: int) -> str:
        return parseaddr(self.header(at, "From"))[1].lower()

    def sent_at(self, at: int) -> str:
        return parsedate_to_datetime(self.header(at, "Date")).astimezone(UTC).isoformat()


def open_mails() -> OpenMails:
    """What would arrive, parents before their answers."""
    raws = [without_list_headers(raw) for raw in corpora.ham()]
    start_of = threads(raws).start_of
    whole = OpenMails(raws, start_of)
    posts = set(start_of.values())
    order = sorted(range(len(raws)), key=lambda at: (at not in posts, whole.sent_at(at)))
    place = {at: number for number, at in enumerate(order)}
    written = b"From: Ada <" + WRITER.encode() + b">"
    moved = [_FROM.sub(written, raws[at], count=1) if at in posts else raws[at] for at in order]
    return OpenMails(moved, {place[at]: place[start] for at, start in start_of.items()})


@pytest.fixture(scope="module")
def mails() -> OpenMails:
    if not corpora.ham():
        pytest.skip("left out, for want of it: easy-ham-1 (scripts/install-mail-parts)")
    return open_mails()


@pytest.fixture(scope="module")
def server() -> Iterator[DovecotServer]:
    with dovecot() as running:
        yield running


def folder_of(mails: OpenMails, server: DovecotServer, root: Path) -> Path:
    """Settings, and files of the posts and of everybody who answers one. The settings."""
    files = root / "files"
    files.mkdir()
    with (files / "posts.csv").open("w", newline="") as handle:
        table = csv.writer(handle)
        table.writerow(["id", "title", "status", "sent_at"])
        for at in mails.posts:
            table.writerow([mails.id(at), mails.header(at, "Subject"), "sent", mails.sent_at(at)])
    people = sorted({mails.address(at) for at in mails.answers})
    with (files / "subscriptions.csv").open("w", newline="") as handle:
        table = csv.writer(handle)
        table.writerow(["id", "email", "joined_at", "left_at", "status", "source"])
        for at, address in enumerate(people):
            table.writerow([f"s{at}", address, "2001-01-01T00:00:00Z", "", "active", ""])
    config = root / "regulars.toml"
    config.write_text(
        f'[store]\nfolder = "store"\n[[publications]]\nname = "{NAME}"\n'
        f'[publications.letters]\naddresses = ["{WRITER}"]\n'
        '[[publications.connections]]\nname = "mailbox"\nconnector = "imap"\nhost = "127.0.0.1"\n'
        f'port = {server.port}\nsecurity = "none"\nuser = "{USER}"\npassword = "{PASSWORD}"\n'
    )
    return config


@dataclass(frozen=True)
class Shown:
    """What a folder of settings shows of its letters."""

    config: Path
    server: DovecotServer

    def sync(self) -> dict[str, int]:
        """Sync the mailbox once; its letters, and what Dovecot's log says of the session."""
        before = len(self.server.traffic(USER))
        said = run(self.config, "sync", "mailbox", "--json")
        assert said.code == 0, said.err
        (told,) = said.json["runs"]
        (stream,) = told["streams"]
        for _ in range(100):  # the log may be a moment behind
            found = self.server.traffic(USER)[before:]
            if found:
                break
            time.sleep(0.05)
        return {"seen": stream["seen"], "fetched": sum(one["body_count"] for one in found)}

    def letters(self) -> Any:
        said = run(self.config, "report", "letters", "--publication", NAME, "--json")
        assert said.code == 0, said.err
        return said.json["result"]

    def ties(self) -> dict[str, str | None]:
        """The post of each letter by Message-ID."""
        (database,) = self.config.parent.rglob("*.duckdb")
        with duckdb.connect(str(database), read_only=True) as connection:
            rows = connection.execute(
                "SELECT letters.message_id, ties.post_id FROM letter_ties AS ties"
                " JOIN letters ON letters.id = ties.letter_id"
            ).fetchall()
        return dict(rows)


def test_delivered_synced_tied_and_shown(
    mails: OpenMails, server: DovecotServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.deliver(USER, mails.raws)
    flags = server.flags(USER)
    assert len(flags) == len(mails.raws) == 2_500
    shown = Shown(folder_of(mails, server, tmp_path), server)
    said = run(shown.config, "import", "files", str(tmp_path / "files"), "--publication", NAME)
    assert said.code == 0, said.err

    first = shown.sync()
    # Some answers are dated before what they answer, so they lie before it: the next sync, which
    # looks again at what came of late, finds them.
    later, last = shown.sync(), shown.sync()
    result, ties = shown.letters(), shown.ties()
    right = sum(ties.get(mails.id(at)) == mails.id(post) for at, post in mails.answers.items())
    with capsys.disabled():
        print(
            f"\n2,500 mails, {first['fetched']} fetched and {later['fetched']} later:"
            f" {right} of {len(mails.answers)} answers tied right"
        )
    assert (first["seen"], later["seen"]) == (first["fetched"], later["fetched"])
    assert later["fetched"] < 10
    assert last == {"seen": 0, "fetched": 0}
    assert right == len(mails.answers) >= 568
    assert server.flags(USER) == flags

    assert len(result["writers"]) == len({mails.address(at) for at in mails.answers})
    people = {one["post_id"]: one["people"] for one in result["posts"]}
    # Everything arrived today, and more than twenty letters of one person in a day count once.
    counts = Counter(mails.address(at) for at in range(len(mails.raws)))
    for post in mails.posts:
        wrote = {mails.address(at) for at, start in mails.answers.items() if start == post}
        assert people.get(mails.id(post), 0) >= sum(counts[one] <= 20 for one in wrote)
    with served_store(shown.config) as served:
        for path in (f"/p/{NAME}", f"/p/{NAME}/waiting"):
            assert f"{result['people']} people wait for an answer." in served.get(path).text
    assert run(shown.config, "verify").code == 0
