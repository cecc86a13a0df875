"""/metrics: what Prometheus reads, names and types as its lint wants them, and nobody named."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from support.invented_service import KEY, ApiClient
from support.told_runs import at, paused, record_run, settings_of

from regulars.api.request_counts import RequestCounts
from regulars.api.routes.metrics import MetricSources, _rendered
from regulars.settings import Settings
from regulars.store import Store
from regulars.sync.traffic import TrafficCounts
from regulars_connectors.instants import SECOND

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]
BASE_UNITS = ("_seconds", "_bytes", "_info", "_total")
COUNTED = {"regulars_connections_never_seen"}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(settings_of(tmp_path / "data").store) as opened:
        record_run(opened, at(), alarm="counters_all_zero")
        record_run(opened, at(1), "partial", "It was cut.", people="failed")
        record_run(opened, at(2), "failed", "canary.reader@example.org", connection="two")
        record_run(opened, at(3), connection="two")
        yield opened


def sources(store: Store, settings: Settings) -> MetricSources:
    traffic = TrafficCounts()
    for _ in range(3):
        traffic.note("beehiiv", "page", 1)
    traffic.note("beehiiv", "waited", 1.5)
    traffic.note("ghost", "over quota", 1)
    return MetricSources(settings, store, lambda: at(4), RequestCounts(), traffic)


def scraped(text: str) -> Samples:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(found: Samples, name: str, **labels: str) -> float:
    return found[name, tuple(sorted(labels.items()))]


def rendered(store: Store, settings: Settings) -> str:
    body, kind = _rendered(sources(store, settings))
    assert kind == "text/plain; version=0.0.4; charset=utf-8"
    return body.decode()


def test_runs_and_rows_are_those_of_the_tables(store: Store, tmp_path: Path) -> None:
    found = scraped(rendered(store, settings_of(tmp_path / "data")))
    by = {"connector": "beehiiv"}
    assert value(found, "regulars_runs_total", outcome="complete", **by) == 2
    assert value(found, "regulars_runs_total", outcome="partial", **by) == 1
    assert value(found, "regulars_runs_total", outcome="failed", **by) == 1
    # Three looks at people, each with ten rows, two changed and three written.
    assert value(found, "regulars_rows_seen_total", **by) == 30
    assert value(found, "regulars_rows_changed_total", **by) == 6
    assert value(found, "regulars_rows_written_total", **by) == 9


def test_traffic(store: Store, tmp_path: Path) -> None:
    found = scraped(rendered(store, settings_of(tmp_path / "data")))
    assert value(found, "regulars_provider_pages_total", provider="beehiiv") == 3
    assert value(found, "regulars_provider_wait_seconds_total", provider="beehiiv") == 1.5
    assert value(found, "regulars_provider_over_quota_total", provider="ghost") == 1


def test_freshness(store: Store, tmp_path: Path) -> None:
    found = scraped(rendered(store, settings_of(tmp_path / "data")))
    minute = 60
    newest = value(found, "regulars_last_complete_look_timestamp_seconds")
    assert newest == at(3) / SECOND + minute
    assert value(found, "regulars_oldest_source_timestamp_seconds") == at() / SECOND + minute
    assert value(found, "regulars_connections_never_seen") == 0


def test_what_is_unknown_has_no_sample(tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "data")
    with Store(settings.store) as empty:
        found = scraped(rendered(empty, settings))
        assert ("regulars_oldest_source_timestamp_seconds", ()) not in found
        assert value(found, "regulars_connections_never_seen") == 2
        found = scraped(rendered(empty, paused(settings)))
        assert value(found, "regulars_connections_never_seen") == 0


def test_sizes(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    found = scraped(rendered(store, settings_of(folder)))
    on_disk = sum(file.stat().st_size for file in (folder / "journal").iterdir())
    assert value(found, "regulars_journal_bytes") == on_disk > 0
    assert value(found, "regulars_database_bytes") > 0
    assert value(found, "regulars_disk_free_bytes") > 0
    assert value(found, "regulars_disk_floor_bytes") == 0


def test_publications_and_connections_are_named_if_the_settings_say_so(
    store: Store, tmp_path: Path
) -> None:
    silent = settings_of(tmp_path / "data")
    text = rendered(store, silent)
    for name in ("letters", '"one"', '"two"', "canary"):
        assert name not in text
    told = silent.model_copy(
        update={"metrics": silent.metrics.model_copy(update={"name_connections": True})}
    )
    found = scraped(rendered(store, told))
    name = "regulars_connection_last_look_timestamp_seconds"
    assert value(found, name, publication="letters", connection="one") == at() / SECOND + 60


def test_names_and_types_are_as_the_lint_of_prometheus_wants_them(
    store: Store, tmp_path: Path
) -> None:
    text = rendered(store, settings_of(tmp_path / "data"))
    families = list(text_string_to_metric_families(text))
    assert len({family.name for family in families}) == len(families) > 14
    for family in families:
        assert re.fullmatch(r"regulars_[a-z][a-z_]*[a-z]", family.name), family.name
        assert family.type in ("counter", "gauge"), family.name
        assert family.documentation.endswith((".", "1.")), family.name
        assert not re.search(r"_(counter|gauge|total|count|sum|bucket)$", family.name)
        assert not re.search(r"_(milli|micro|kilo|minutes|hours|days|ms|kb|mib)", family.name)
        for sample in family.samples:
            is_counter = family.type == "counter"
            assert sample.name.endswith("_total") == is_counter, sample.name
            is_known = sample.name.endswith(BASE_UNITS) or sample.name in COUNTED
            assert is_known, f"{sample.name} has no unit"
            assert sample.labels.keys() <= {
                "route", "method", "status", "provider", "connector", "outcome", "version",
                "duckdb",
            }  # fmt: skip
    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
    helps = set(re.findall(r"^# HELP (\S+) \S", text, re.MULTILINE))
    assert set(kinds) == helps


# Requests


def requests(client: ApiClient) -> dict[tuple[str, str, str], float]:
    text = client.get("/metrics").text
    return {
        (sample.labels["route"], sample.labels["method"], sample.labels["status"]): sample.value
        for family in text_string_to_metric_families(text)
        if family.name == "regulars_http_requests"
        for sample in family.samples
    }


@pytest.fixture
def client(make_client: Callable[..., Any], tmp_path: Path) -> ApiClient:
    made: ApiClient = make_client(store={"folder": str(tmp_path)})
    return made


def test_requests_are_counted_by_template_method_and_status(client: ApiClient) -> None:
    for _ in range(2):
        client.get(f"/w/{KEY}.json")
    client.get("/healthz")
    client.get("/w/wgt_canaryAAAAAAAAAAAAAAAAAA.json")
    client.get("/canary/path?email=canary.reader@example.org")
    client.get("/api/v1/publications")
    client.get("/api/v1/publications/canary-name/reports/house")
    counted = requests(client)
    assert counted["/w/{key}.json", "GET", "200"] == 2
    assert counted["/healthz", "GET", "200"] == 1
    assert counted["/w/{key}.json", "GET", "404"] == 1
    assert counted["/api/v1/publications", "GET", "200"] == 1
    assert counted["/api/v1/publications/{publication}/reports/house", "GET", "404"] == 1
    assert counted["none", "GET", "404"] == 1
    assert "canary" not in str(counted)
    assert requests(client)["/metrics", "GET", "200"] == 1


def test_the_fast_path_is_counted_under_the_same_template(client: ApiClient) -> None:
    for _ in range(5):
        assert client.get(f"/w/{KEY}.json").status_code == 200
    assert requests(client)["/w/{key}.json", "GET", "200"] == 5


def test_refusals_and_other_methods_are_counted(client: ApiClient) -> None:
    client.ask("HEAD", "/healthz")
    client.ask("CANARY", "/healthz")
    client.ask("POST", "/api/v1/sync-runs", headers={"Origin": "https://evil.example.org"})
    counted = requests(client)
    assert counted["/healthz", "HEAD", "200"] == 1
    assert counted["none", "POST", "403"] == 1
    assert [key for key in counted if key[1] == "other"]
    assert "CANARY" not in str(counted)


def test_headers(client: ApiClient) -> None:
    answer: httpx.Response = client.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
