"""/readyz tells how old the last proven backup is, and is ready whatever it says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.invented_service import NOW

from regulars.store.proven_backups import ProvenBackup, note_proven_backup
from regulars_connectors.instants import DAY, SECOND, from_datetime


@pytest.fixture
def client(make_client: Callable[..., Any], tmp_path: Path) -> Any:
    return make_client(store={"folder": str(tmp_path)})


def test_without_a_backup(client: Any) -> None:
    assert client.get("/readyz").json() == {
        "status": "ok",
        "backup": {"status": "none yet"},
        "disk": {"status": "ok"},
    }


@pytest.mark.parametrize(
    ("age", "status", "days"),
    [
        (0, "ok", 0),
        (DAY - SECOND, "ok", 0),
        (8 * DAY, "ok", 8),
        (8 * DAY + 1, "old", 8),
        (400 * DAY, "old", 400),
        (-DAY, "ok", 0),  # made by a clock that was ahead
    ],
)
def test_the_newest_proven_backup(
    client: Any, tmp_path: Path, age: int, status: str, days: int
) -> None:
    now = from_datetime(NOW)
    note_proven_backup(tmp_path, ProvenBackup(now - age, 7, "/mnt/disk"))
    note_proven_backup(tmp_path, ProvenBackup(now - age - 30 * DAY, 5, "/mnt/older"))
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["backup"] == {"status": status, "days_old": days}
    assert answer.headers["cache-control"] == "no-store"
    assert "/mnt" not in answer.text


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[{}]", b"{"])
def test_a_harmed_list_of_backups_says_that_none_is_known(
    client: Any, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "backups.json").write_bytes(content)
    assert client.get("/readyz").json()["backup"] == {"status": "none yet"}


def test_a_short_disk_is_a_word_for_those_who_ask_so(client: Any) -> None:
    client.store.room = False
    refused = client.get("/readyz")
    assert (refused.status_code, refused.json()["code"]) == (503, "not_ready")
    told = client.get("/readyz?despite=disk")
    assert (told.status_code, told.json()["disk"]) == (200, {"status": "short"})


def test_data_that_cannot_be_read_are_a_fault_whatever_is_asked(client: Any) -> None:
    client.store.broken = True
    for path in ("/readyz", "/readyz?despite=disk"):
        assert client.get(path).status_code == 503
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize("query", ["despite=data", "despite=disk&despite=store", "disk=short"])
def test_other_parameters_are_refused(client: Any, query: str) -> None:
    answer = client.get(f"/readyz?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "parameter_wrong")
