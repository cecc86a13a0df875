"""Syncs of a mailbox that are killed at any moment lose no letter and double none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.dovecot_server import PASSWORD, DovecotServer, dovecot
from support.kill_rig import KillRig, kill_rig
from support.letters_folder import WRITER, letter

from regulars.clock import system_clock

pytestmark = pytest.mark.servers
USER, FIRST, LATER = "ada", 700, 450


def mails(since: int, count: int) -> list[bytes]:
    """Of five, three are letters, one answers the letter before, and one is none of them."""
    found = []
    for at in range(since, since + count):
        reader = f"reader{at // 5}@example.org"
        match at % 5:
            case 3:
                before = f"<{at - 1}@mail.example>"
                found.append(letter(at, WRITER, to=reader, text="Rye.", In_Reply_To=before))
            case 4:
                found.append(letter(at, "bank@bank.example", "Your statement", to="x@y.example"))
            case _:
                found.append(letter(at, reader, text=f"Thank you for number {at}."))
    return found


@pytest.fixture(scope="module")
def server() -> Iterator[DovecotServer]:
    with dovecot() as running:
        yield running


@pytest.fixture(scope="module")
def rig(server: DovecotServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KillRig]:
    server.deliver(USER, mails(0, FIRST))
    at = system_clock()

    def order(folder: Path) -> dict[str, Any]:
        options = {"host": "127.0.0.1", "port": server.port, "security": "none", "user": USER}
        return {
            "folder": str(folder),
            "connector": "imap",
            "options": options | {"password": PASSWORD},
            "letters": {"addresses": [WRITER], "only_newsletter": True},
            "at": at,
        }

    def later() -> None:
        server.deliver(USER, mails(FIRST, LATER))

    with kill_rig(tmp_path_factory.mktemp("kills"), order, later) as made:
        yield made


@pytest.mark.timeout(600)
def test_fifteen_kills_lose_and_double_nothing(
    rig: KillRig, capsys: pytest.CaptureFixture[str]
) -> None:
    hold(rig, capsys, count=15, seed=6)


@pytest.mark.soak
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("seed", [7, 8, 9, 10])
def test_two_hundred_kills_lose_and_double_nothing(
    rig: KillRig, capsys: pytest.CaptureFixture[str], seed: int
) -> None:
    """In four quarters of fifty, so that the ledger can resume between them."""
    hold(rig, capsys, count=50, seed=seed)


def hold(rig: KillRig, capsys: pytest.CaptureFixture[str], count: int, seed: int) -> None:
    """So many kills, a third of them where they can hurt, and letters that are all there."""
    between = rig.rounds(count, seed)
    with capsys.disabled():
        print(f"\n{count} kills, {between} between first part and last commit: tables equal")
    assert between >= count // 3
    assert len(rig.truths["empty"]["letters"]) == (FIRST + LATER) * 4 // 5
