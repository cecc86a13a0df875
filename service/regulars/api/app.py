"""Assembles the application: the middleware, the fast path, the routes with their errors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.metadata import version

from fastapi import FastAPI
from fastapi.routing import APIRoute

from regulars.access.attempts import Attempts
from regulars.access.register import Register
from regulars.reports import REPORTS
from regulars.reports.engine.query import AnyReport, Run
from regulars.reports.engine.report import run as run_report
from regulars.settings import Settings
from regulars.store.protocols import WritableStore
from regulars.sync.traffic import TrafficCounts
from regulars_connectors.contract import Clock

from .answer_limit import AnswerLimit
from .authority import Authority
from .documented_app import DocumentedApp
from .fast_path import FastPath
from .forwarding import Forwarding
from .middleware import RequestMiddleware
from .problems import install_handlers
from .report_service import ReportService
from .request_counts import RequestCounts
from .routes.health import health_routes
from .routes.hooks import Hooks, NoHooks, hooks_router
from .routes.keys import keys_router
from .routes.letters import letters_router
from .routes.metrics import MetricSources, metrics_routes
from .routes.pages import letter_form_router, pages_router, sync_form_router
from .routes.public_widgets import widget_lookups, widget_routes
from .routes.reports import publications_router, report_lookups, reports_router
from .routes.schedule import NoSchedule, Schedule, schedule_router
from .routes.sign_in import sign_in_routes, sign_ins_router
from .routes.sync_runs import SyncRuns, sync_router
from .routes.widgets import widget_list_router
from .widget_cache import WidgetCache

BASE = "/api/v1"
DESCRIPTION = (
    "Who keeps reading a newsletter, on which evidence, and how sure that is. Times are RFC 3339 "
    "in UTC, errors are problem documents (RFC 9457). On loopback without a public host every "
    "program of the machine may ask. Otherwise send a key as `Authorization: Bearer`."
)
TAGS = [
    {"name": "publications", "description": "Newsletters of the settings and their sources."},
    {"name": "reports", "description": "Figures about readers, as of an instant."},
    {"name": "letters", "description": "What readers wrote back, and who waits for an answer."},
    {"name": "widgets", "description": "Public figures of the settings."},
    {"name": "webhooks", "description": "What providers deliver by themselves, signed by them."},
    {"name": "sync runs", "description": "Attempts to bring one connection up to date."},
    {"name": "access", "description": "Keys for programs, and links for people to sign in."},
]


def create_app(
    settings: Settings,
    store: WritableStore,
    sync_runs: SyncRuns,
    clock: Clock,
    *,
    reports: Sequence[AnyReport] = REPORTS,
    run: Run = run_report,
    hooks: Hooks | None = None,
    register: Register | None = None,
    schedule: Schedule | None = None,
    faults: Callable[[], Sequence[str]] = tuple,
    traffic: TrafficCounts | None = None,
) -> RequestMiddleware:
    """The application.

    run: computes reports. A test may pass one that invents them. schedule: when connections sync.
    faults: what else is wrong with the service, for /readyz.
    hooks: takes webhooks, by default none.
    register: keys and sessions, by default those of the store.
    traffic: counts of requests to providers, for metrics.
    """
    register = register or Register(store, clock)
    service = ReportService(store, clock, run)
    widgets = WidgetCache(settings, store, service, reports)
    lookups = widget_lookups(widgets) | report_lookups(settings, service, reports, BASE)
    authority = Authority(
        register,
        Attempts(clock),
        is_required=settings.server.needs_authority,
        publications=[one.name for one in settings.publications],
    )
    authority.table.remember(lookups)
    routes = create_routes(
        settings,
        store,
        sync_runs,
        service,
        widgets,
        authority,
        reports,
        hooks=hooks,
        schedule=schedule,
        faults=faults,
    )
    counts = RequestCounts()
    sources = MetricSources(settings, store, clock, counts, traffic or TrafficCounts())
    routes.router.routes.extend(metrics_routes(sources))
    counts.know(routes.routes, lookups)
    limited = AnswerLimit(routes, settings.server.longest_answer_seconds)
    return RequestMiddleware(
        FastPath(lookups, otherwise=limited),
        authority,
        Forwarding(settings.server.trusted_proxies, settings.server.public_names),
        settings.server.names,
        counts,
    )


def create_routes(
    settings: Settings,
    store: WritableStore,
    sync_runs: SyncRuns,
    service: ReportService,
    widgets: WidgetCache,
    authority: Authority,
    reports: Sequence[AnyReport] = REPORTS,
    *,
    hooks: Hooks | None = None,
    schedule: Schedule | None = None,
    faults: Callable[[], Sequence[str]] = tuple,
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
    app.needs_authority = authority.is_required
    install_handlers(app)
    app.include_router(publications_router(settings, service), prefix=BASE)
    app.include_router(reports_router(settings, service, reports), prefix=BASE)
    known_schedule = schedule or NoSchedule()
    app.include_router(letters_router(settings, store, service), prefix=BASE)
    app.include_router(sync_router(sync_runs, settings, known_schedule), prefix=BASE)
    app.include_router(schedule_router(known_schedule), prefix=BASE)
    app.include_router(widget_list_router(widgets), prefix=BASE)
    app.include_router(hooks_router(hooks or NoHooks()), prefix=BASE)
    app.include_router(keys_router(authority.register), prefix=BASE)
    app.include_router(sign_ins_router(authority.register), prefix=BASE)
    app.router.routes.extend(sign_in_routes(authority))
    app.include_router(pages_router(settings, service, known_schedule))
    app.include_router(sync_form_router(settings, known_schedule))
    app.include_router(letter_form_router(settings, store, service))
    app.router.routes.extend(health_routes(store, settings.store.folder, service.clock, faults))
    # First: they get most requests, and routing tries the list in order.
    app.router.routes[:0] = widget_routes(widgets)
    return app


def _operation_id(route: APIRoute) -> str:
    return route.operation_id or route.name
