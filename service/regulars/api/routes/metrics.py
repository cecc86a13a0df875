"""/metrics: how the service does, in the text format of Prometheus.

Requests and traffic are counted in this process. Everything else is read when it is asked for:
runs from the tables, sizes from the disk. Labels hold templates of routes, statuses, outcomes and
names of connectors. Publications and connections are named if the settings say so.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from regulars.notices.facts import ConnectionFacts, gather_facts
from regulars.settings import Settings
from regulars.store.mending import asked_again
from regulars.store.protocols import ReadableStore
from regulars.store.sql_files import sql_text
from regulars.sync.traffic import TrafficCounts
from regulars_connectors.contract import Clock
from regulars_connectors.instants import SECOND

from ..request_counts import RequestCounts

if TYPE_CHECKING:
    from prometheus_client.core import CounterMetricFamily, Metric

_NO_STORE = {"Cache-Control": "no-store"}
_TRAFFIC = {
    "page": ("regulars_provider_pages", "Good answers of a provider, each a page of rows."),
    "retry": ("regulars_provider_retries", "Requests that were sent once more."),
    "over quota": ("regulars_provider_over_quota", "Answers 429: the quota was used up."),
    "waited": ("regulars_provider_wait_seconds", "Seconds waited for a turn, or to try again."),
}


@dataclass(frozen=True, slots=True, eq=False)
class MetricSources:
    """Where metrics come from."""

    settings: Settings
    store: ReadableStore
    clock: Clock
    requests: RequestCounts
    traffic: TrafficCounts

    def collect(self) -> Iterator[Metric]:
        """Every metric, as the library's registry asks for it."""
        yield _build()
        yield self._requests()
        yield from self._traffic()
        yield from self._runs()
        yield from self._freshness()
        yield from self._sizes()

    def _requests(self) -> Metric:
        counter = _counter(
            "regulars_http_requests",
            "Responses by template of the route, method and status.",
            ("route", "method", "status"),
        )
        for (route, method, status), count in sorted(self.requests.counts().items()):
            counter.add_metric((route, method, str(status)), count)
        return counter

    def _traffic(self) -> Iterator[Metric]:
        sums = sorted(self.traffic.sums().items())
        for kind, (name, text) in _TRAFFIC.items():
            counter = _counter(name, text, ("provider",))
            for (provider, its_kind), amount in sums:
                if its_kind == kind:
                    counter.add_metric((provider,), amount)
            yield counter

    def _runs(self) -> Iterator[Metric]:
        runs = _counter("regulars_runs", "Sync runs in the store.", ("connector", "outcome"))
        seen = _counter("regulars_rows_seen", "Rows that runs got from providers.", ("connector",))
        changed = _counter(
            "regulars_rows_changed", "Rows among them that were new or different.", ("connector",)
        )
        written = _counter("regulars_rows_written", "Rows of history written.", ("connector",))
        ended, rows = _of_runs(self.store)
        for connector, outcome, count in ended:
            runs.add_metric((connector, outcome), count)
        for connector, *sums in rows:
            for counter, amount in zip((seen, changed, written), sums, strict=True):
                counter.add_metric((connector,), amount)
        yield from (runs, seen, changed, written)

    def _freshness(self) -> Iterator[Metric]:
        facts = gather_facts(
            self.store,
            self.settings,
            self.clock(),
            next_look=lambda *_: None,  # asks for the past
        )
        active = [one for one in facts.connections if not one.is_paused]
        seen = [one.last_seen for one in active if one.last_seen is not None]
        yield _gauge(
            "regulars_last_complete_look_timestamp_seconds",
            "When a look at any connection last saw people.",
            max(seen) / SECOND if seen else None,
        )
        yield _gauge(
            "regulars_oldest_source_timestamp_seconds",
            "The same of the connection whose last such look is the oldest.",
            min(seen) / SECOND if seen else None,
        )
        yield _gauge(
            "regulars_connections_never_seen",
            "Connections none of whose looks has seen people yet.",
            len(active) - len(seen),
        )
        if self.settings.metrics.name_connections:
            yield _by_connection(active)

    def _sizes(self) -> Iterator[Metric]:
        root = self.settings.store.folder
        yield _gauge(
            "regulars_database_bytes",
            "Size of the database with its log.",
            sum(_size(root / name) for name in ("regulars.duckdb", "regulars.duckdb.wal")),
        )
        for name, text in (
            ("history", "Size of the history."),
            ("journal", "Size of the journal."),
        ):
            yield _gauge(f"regulars_{name}_bytes", text, _size_below(root / name))
        try:
            free: int | None = shutil.disk_usage(root).free
        except OSError:
            free = None
        yield _gauge("regulars_disk_free_bytes", "Free space on the disk of the store.", free)
        floor = self.settings.store.free_space_floor_mib * 1024 * 1024
        yield _gauge(
            "regulars_disk_floor_bytes", "Free space without which syncs do not begin.", floor
        )


def metrics_routes(sources: MetricSources) -> list[Route]:
    """/metrics, made in a thread: it asks the store and the disk."""

    async def metrics(_: Request) -> Response:
        body, kind = await anyio.to_thread.run_sync(_rendered, sources)
        return Response(body, headers=_NO_STORE | {"Content-Type": kind})

    return [Route("/metrics", metrics)]


def _rendered(sources: MetricSources) -> tuple[bytes, str]:
    # Loaded with the first request: nothing else needs the library.
    from prometheus_client import CollectorRegistry
    from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

    registry = CollectorRegistry(auto_describe=False)
    registry.register(sources)
    return generate_latest(registry), CONTENT_TYPE_PLAIN_0_0_4


def _build() -> Metric:
    from prometheus_client.core import GaugeMetricFamily

    labels = {"version": version("regulars"), "duckdb": version("duckdb")}
    found = GaugeMetricFamily(
        "regulars_build_info", "The version that runs, always 1.", labels=list(labels)
    )
    found.add_metric(list(labels.values()), 1)
    return found


def _counter(name: str, text: str, labels: tuple[str, ...]) -> CounterMetricFamily:
    from prometheus_client.core import CounterMetricFamily

    return CounterMetricFamily(name, text, labels=labels)


def _gauge(name: str, text: str, value: float | None) -> Metric:
    """A gauge; without a sample where the value is unknown, which is no zero."""
    from prometheus_client.core import GaugeMetricFamily

    found = GaugeMetricFamily(name, text, labels=())
    if value is not None:
        found.add_metric((), value)
    return found


def _by_connection(connections: list[ConnectionFacts]) -> Metric:
    from prometheus_client.core import GaugeMetricFamily

    found = GaugeMetricFamily(
        "regulars_connection_last_look_timestamp_seconds",
        "When a look at this connection last saw people.",
        labels=("publication", "connection"),
    )
    for one in connections:
        if one.last_seen is not None:
            found.add_metric((one.publication, one.name), one.last_seen / SECOND)
    return found


@asked_again
def _of_runs(store: ReadableStore) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    with store.read() as cursor:
        ended = cursor.execute(sql_text("metrics_runs", "api/routes")).fetchall()
        rows = cursor.execute(sql_text("metrics_rows", "api/routes")).fetchall()
    return ended, rows


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _size_below(folder: Path) -> int:
    return sum(_size(Path(place) / name) for place, _, names in os.walk(folder) for name in names)
