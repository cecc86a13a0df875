"""Sync runs over HTTP."""

from __future__ import annotations

from typing import Any

RUNS = "/api/v1/sync-runs"


def test_one_connection_is_started_and_found_under_its_address(client: Any) -> None:
    answer = client.ask("POST", RUNS, json={"connection": "files-1", "full": True})
    assert answer.status_code == 202
    assert client.runs.started == [("files-1", True, False)]
    run = client.get(answer.headers["location"]).json()
    assert (run["id"], run["state"]) == ("run_1", "running")


def test_without_a_body_everything_is_synced(client: Any) -> None:
    answer = client.ask("POST", RUNS)
    assert answer.status_code == 202
    assert client.runs.started == [(None, False, False)]
    assert answer.headers["location"] == RUNS
    assert [run["id"] for run in answer.json()["items"]] == ["run_1", "run_2"]


def test_a_second_sync_of_the_same_connection_is_a_conflict(client: Any) -> None:
    client.runs.busy = True
    answer = client.ask("POST", RUNS, json={"connection": "files-1"})
    assert answer.status_code == 409
    assert answer.json()["detail"] == "A sync of files-1 is already running."


def test_runs_are_listed(client: Any) -> None:
    assert [run["id"] for run in client.get(f"{RUNS}?limit=1").json()["items"]] == ["run_1"]


def test_limits_have_bounds(client: Any) -> None:
    for limit in ("0", "201", "x"):
        assert client.get(f"{RUNS}?limit={limit}").status_code == 422


def test_an_unknown_run(client: Any) -> None:
    assert client.get(f"{RUNS}/run_9").status_code == 404


def test_parameters_that_mean_nothing_are_refused(client: Any) -> None:
    assert client.ask("POST", f"{RUNS}?connection=files-1").status_code == 422
    assert client.get(f"{RUNS}/run_1?verbose=1").status_code == 422


def test_health_answers_without_the_store(client: Any) -> None:
    client.store.broken = True
    assert client.get("/healthz").json() == {"status": "ok"}
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert ready.headers["retry-after"]
    assert ready.json()["detail"] == "The service is not ready: the store fails to answer."


def test_too_little_disk_is_not_ready(client: Any) -> None:
    assert client.get("/readyz").status_code == 200
    client.store.room = False
    assert "disk" in client.get("/readyz").json()["detail"]
