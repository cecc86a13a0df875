"""The first sync of a large mailbox on a real Dovecot: what is sent, and what the client costs.

``python tests/benchmarks/large_mailbox.py [MAILS]``. One mail of fifty is a letter. The others are
those of easy-ham-1 again and again, or invented where these are missing. Ours is the connector with
the worker that reads letters. Beside it stands imap-tools, which reads headers alone, 500 at a
time; it gets an environment of its own in the cache folder, from requirements/bench-mail.txt with
hashes. Each runs in a process of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
_REQUIREMENTS = ROOT / "requirements" / "bench-mail.txt"
MAILS, GOAL_SENT = 100_000, 1024
_LETTERS = 50  # one of so many mails is a letter
_BULK = 500
_USER = "large"
_IN_MEMORY = Path("/dev/shm")  # a hundred thousand files take minutes elsewhere
OURS, PEER = "regulars", "imap-tools"


@dataclass(frozen=True)
class Found:
    """Bytes of the letters, what Dovecot says of our session, and seconds of either client.

    clients: CPU and wall seconds, and the letters or mails that came.
    """

    mails: int
    letter_bytes: int
    traffic: dict[str, int]
    clients: dict[str, dict[str, float]]

    @property
    def letters(self) -> int:
        return -(-self.mails // _LETTERS)

    @property
    def sent(self) -> float:
        """Bytes that Dovecot sent for each mail that is no letter, if letters cost their size."""
        return (self.traffic["sent"] - self.letter_bytes) / (self.mails - self.letters)


def measure(mails: int) -> Found:
    """Fill a mailbox, and read it once by either client."""
    from support.dovecot_server import dovecot
    from support.environments import kept_environment

    python = {OURS: sys.executable, PEER: str(kept_environment(_REQUIREMENTS))}
    sizes: list[int] = []
    with dovecot(_IN_MEMORY if _IN_MEMORY.is_dir() else None) as server:
        server.fill(_USER, _mails(mails, sizes))
        clients = {
            name: _run([python[name], __file__, "--client", name, str(server.port)])
            for name in (OURS, PEER)
        }
        traffic = next(one for one in server.traffic(_USER) if one.get("body_count"))
    return Found(mails, sum(sizes), traffic, clients)


def _mails(count: int, sizes: list[int]) -> Iterator[bytes]:
    """Letters and others. sizes: takes those of the letters, as the server sends them."""
    from support import mail_corpora as corpora
    from support.fake_correspondence import mail

    others = corpora.ham()
    for at in range(count):
        if at % _LETTERS == 0:
            found = mail(at)
            sizes.append(len(found) + found.count(b"\n"))
            yield found
        elif others:
            yield others[at % len(others)].replace(b"Message-Id: <", b"Message-ID: <%d." % at, 1)
        else:
            yield mail(at, subject="Lunch", text="x" * 2_000)


def _run(command: list[str]) -> dict[str, float]:
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


def _ours(port: int) -> int:
    """The connector's walk over the inbox; its letters."""
    sys.path.insert(0, str(ROOT / "tests"))
    from support.dovecot_server import PASSWORD
    from support.fake_correspondence import FakeCorrespondence

    from regulars_connectors import Runtime, SyncState
    from regulars_connectors.imap import ImapConnector
    from regulars_connectors.imap.settings import ImapSettings

    options: dict[str, Any] = {"host": "127.0.0.1", "port": port, "security": "none"}
    settings = ImapSettings.model_validate(options | {"user": _USER, "password": PASSWORD})
    runtime = Runtime(
        clock=lambda: time.time_ns() // 1000,
        sleep=time.sleep,
        correspondence=FakeCorrespondence("Bread"),
    )
    connector = ImapConnector(settings, runtime)
    letters = 0
    for walk in connector.walks(connector.streams()[0], SyncState()):
        letters += sum(len(page.records) for page in connector.pages(walk))
    connector.close()
    return letters


def _peer(port: int) -> int:
    """What decides whether a mail is a letter, read by imap-tools; the mails."""
    from imap_tools import MailBoxUnencrypted

    mails = 0
    with MailBoxUnencrypted("127.0.0.1", port).login(_USER, "not-a-secret") as mailbox:
        for mail in mailbox.fetch(headers_only=True, mark_seen=False, bulk=_BULK):
            mails += bool((mail.from_, mail.to, mail.subject, mail.headers))
    return mails


def client(name: str, port: int) -> None:
    """One client in this process; prints what it cost, children included."""
    began, cpu = time.monotonic(), sum(os.times()[:4])
    count = {OURS: _ours, PEER: _peer}[name](port)
    cost = {"cpu": sum(os.times()[:4]) - cpu, "wall": time.monotonic() - began}
    print(json.dumps(cost | {"count": count}))


def report(found: Found) -> float:
    """Print the figures with their goals. Our CPU as a share of the other client's."""
    print(
        f"\na mailbox of {found.mails:,} mails, {found.letters:,} letters:"
        f" {found.sent:.0f} bytes sent for each other mail (goal {GOAL_SENT}),"
        f" {found.traffic['body_count']:,} mails sent whole (goal {found.letters:,})"
    )
    for name, cost in found.clients.items():
        print(f"  {name:10s} {cost['cpu']:6.1f} CPU s  {cost['wall']:6.1f} s by the wall")
    share = found.clients[OURS]["cpu"] / found.clients[PEER]["cpu"]
    print(f"  CPU of ours: {share:.2f} of {PEER} with headers alone (goal 1)")
    return share


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["--client"]:
        client(arguments[1], int(arguments[2]))
        return
    sys.path.insert(0, str(ROOT / "tests"))
    report(measure(int(arguments[0]) if arguments else MAILS))


if __name__ == "__main__":
    main(sys.argv[1:])
