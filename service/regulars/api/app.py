"""Assembles the application: the middleware, the fast path, the routes with their errors."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

from fastapi import FastAPI
from fastapi.routing import APIRoute

from regulars.reports import REPORTS
from regulars.reports.engine.cache import ReportCache
from regulars.reports.engine.query import AnyReport, Run
from regulars.reports.engine.report import run as run_report
from regulars.settings import Settings
from regulars.store.protocols import WritableStore
from regulars.sync.traffic import TrafficCounts
from regulars_connectors.contract import Clock

from .documented_app import DocumentedApp
from .fast_path import FastPath
from .middleware import RequestMiddleware
from .problems import install_handlers
from .report_service import ReportService
from .request_counts import RequestCounts
from .routes.health import health_routes
from .routes.metrics import MetricSources, metrics_routes
from .routes.pages import pages_router
from .routes.public_widgets import widget_lookups, widget_routes
from .routes.reports import publications_router, report_lookups, reports_router
from .routes.sync_runs import SyncRuns, sync_router
from .routes.widgets import widget_list_router
from .widget_cache import WidgetCache

BASE = "/api/v1"
DESCRIPTION = (
    "Who keeps reading a newsletter, on which evidence, and how sure that is. Times are RFC 3339 "
    "in UTC, errors are problem documents (RFC 9457). The service listens on loopback only."
)
TAGS = [
    {"name": "publications", "description": "Newsletters of the settings and their sources."},
    {"name": "reports", "description": "Figures about readers, as of an instant."},
    {"name": "widgets", "description": "Public figures of the settings."},
    {"name": "sync runs", "description": "Attempts to bring one connection up to date."},
]


def create_app(
    settings: Settings,
    store: WritableStore,
    sync_runs: SyncRuns,
    clock: Clock,
    *,
    reports: Sequence[AnyReport] = REPORTS,
    run: Run = run_report,
    report_cache: ReportCache | None = None,
    traffic: TrafficCounts | None = None,
) -> RequestMiddleware:
    """The application.

    run: computes reports. A test may pass one that invents them.
    report_cache: cached reports in the store's folder, which outlive the process. traffic: counts
    of requests to providers, for metrics.
    """
    service = ReportService(store, clock, run, report_cache)
    widgets = WidgetCache(settings, store, service, reports)
    lookups = widget_lookups(widgets) | report_lookups(settings, service, reports, BASE)
    routes = create_routes(settings, store, sync_runs, service, widgets, reports)
    counts = RequestCounts()
    sources = MetricSources(settings, store, clock, counts, traffic or TrafficCounts())
    routes.router.routes.extend(metrics_routes(sources))
    counts.know(routes.routes, lookups)
    return RequestMiddleware(FastPath(lookups, otherwise=routes), counts)


def create_routes(
    settings: Settings,
    store: WritableStore,
    sync_runs: SyncRuns,
    service: ReportService,
    widgets: WidgetCache,
    reports: Sequence[AnyReport] = REPORTS,
) -> FastAPI:
    """Every route and its documentation. Serve it behind ``RequestMiddleware`` only."""
    app = DocumentedApp(
        title="Regulars",
        version=version("regulars"),
        summary="Who keeps reading, who writes back.",
        description=DESCRIPTION,
        openapi_url=f"{BASE}/openapi.json",
        docs_url=None,
        redoc_url=None,
        openapi_tags=TAGS,
        generate_unique_id_function=_operation_id,
    )
    install_handlers(app)
    app.include_router(publications_router(settings, service), prefix=BASE)
    app.include_router(reports_router(settings, service, reports), prefix=BASE)
    app.include_router(sync_router(sync_runs), prefix=BASE)
    app.include_router(widget_list_router(widgets), prefix=BASE)
    app.include_router(pages_router(settings, service))
    app.router.routes.extend(health_routes(store, settings.store.folder, service.clock))
    # First: they get most requests, and routing tries the list in order.
    app.router.routes[:0] = widget_routes(widgets)
    return app


def _operation_id(route: APIRoute) -> str:
    return route.operation_id or route.name
