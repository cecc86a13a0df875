"""Publications and their reports, with one documented route for each declared report."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import cache
from typing import Annotated, Any, get_origin

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, create_model
from starlette.types import Scope

from regulars.errors import NothingHere
from regulars.reports.engine.envelope import Source
from regulars.reports.engine.query import AnyReport, ReportQuery
from regulars.reports.engine.report import Parameters
from regulars.settings import PublicationSettings, Settings

from ..authority import caller_of
from ..fast_path import Lookup
from ..openapi_examples import CATALOGUE, ENVELOPES, PUBLICATION, PUBLICATIONS
from ..problems import problem_responses
from ..query_parameters import no_parameters, refuse_doubled
from ..report_service import ReportService

AS_OF = "a date (the end of that day in the publication's zone) or a time, by default now"
PublicationName = Annotated[
    str, Path(description="short name of the publication, as in the settings")
]


class PublicationSummary(BaseModel):
    """One newsletter."""

    name: str = Field(description="short name, used in paths")
    title: str = Field(description="name for people")
    time_zone: str = Field(description="zone of its days and weeks (IANA name)")
    paused: bool = Field(description="whether syncs skip it until resumed")
    house_size: int = Field(description="how many people the writer wants in the house")


class PublicationList(BaseModel):
    """All newsletters of the settings."""

    model_config = ConfigDict(json_schema_extra={"examples": [PUBLICATIONS]})

    items: list[PublicationSummary]


class PublicationDetail(PublicationSummary):
    """One newsletter with its rule, its posts, and the freshness of each source."""

    model_config = ConfigDict(json_schema_extra={"examples": [PUBLICATION]})

    rule: str = Field(description="what it takes to be a regular, in a sentence")
    posts: int = Field(description="known posts that went out by mail")
    sources: list[Source]


class CatalogueEntry(BaseModel):
    """One report of a publication."""

    name: str
    question: str
    definition: str = Field(description="how it counts, with the rule in force")
    parameters: dict[str, Any] = Field(description="JSON Schema of its parameters")
    path: str


class Catalogue(BaseModel):
    """Every report of a publication."""

    model_config = ConfigDict(json_schema_extra={"examples": [CATALOGUE]})

    items: list[CatalogueEntry]


def publications_router(settings: Settings, service: ReportService) -> APIRouter:
    """GET /publications and GET /publications/{publication}."""
    router = APIRouter(tags=["publications"], dependencies=[no_parameters])

    @router.get(
        "/publications",
        operation_id="publications_list",
        summary="Every publication of the settings",
        responses=problem_responses(400, 406, 421, 422, 500),
    )
    def list_publications(request: Request) -> PublicationList:
        caller = caller_of(request)
        own = [one for one in settings.publications if caller.sees(one.name)]
        return PublicationList(items=[_summary(one) for one in own])

    @router.get(
        "/publications/{publication}",
        operation_id="publication_read",
        summary="One publication, with the freshness of each source",
        responses=problem_responses(400, 404, 406, 421, 422, 500, 503),
    )
    def read_publication(publication: PublicationName) -> PublicationDetail:
        found = settings.publication(publication)
        facts = service.facts(found)
        return PublicationDetail(
            **_summary(found).model_dump(),
            rule=facts.rule.words(),
            posts=len(facts.posts),
            sources=facts.sources,
        )

    return router


def reports_router(
    settings: Settings, service: ReportService, reports: Sequence[AnyReport]
) -> APIRouter:
    """The catalogue, and one route for each report of it."""
    router = APIRouter(prefix="/publications/{publication}/reports", tags=["reports"])

    @router.get(
        "",
        operation_id="reports_list",
        summary="The reports of a publication",
        responses=problem_responses(400, 404, 406, 421, 422, 500, 503),
        dependencies=[no_parameters],
    )
    def list_reports(publication: PublicationName) -> Catalogue:
        found = settings.publication(publication)
        facts = service.facts(found)
        return Catalogue(
            items=[
                CatalogueEntry(
                    name=report.name,
                    question=report.question,
                    definition=service.definition(report, found, facts),
                    parameters=query_model(report).model_json_schema(),
                    path=f"/api/v1/publications/{found.name}/reports/{report.name}",
                )
                for report in reports
            ]
        )

    for report in reports:
        router.add_api_route(
            f"/{report.name}",
            _endpoint(report, settings, service),
            operation_id=f"{report.name}_read",
            summary=report.question,
            description=(report.build.__doc__ or report.question),
            response_model=report.envelope,
            responses=_responses(report),
        )

    @router.get("/{report}", include_in_schema=False)
    def read_unknown(publication: PublicationName, report: str) -> Response:
        settings.publication(publication)
        names = ", ".join(known.name for known in reports)
        raise NothingHere(
            f"There is no report named {report[:60]!r}.", to_do=f"Use one of: {names}."
        )

    return router


def _endpoint(
    report: AnyReport, settings: Settings, service: ReportService
) -> Callable[..., Awaitable[Response]]:
    model = query_model(report)
    fields = model.model_fields.items()
    lists = {name for name, field in fields if get_origin(field.annotation) is tuple}

    async def read(publication: PublicationName, request: Request, query: BaseModel) -> Response:
        refuse_doubled(request, lists)
        asked = query.model_dump()
        as_of = asked.pop("as_of")
        parameters: Parameters = report.parameters.model_validate(asked)
        wanted = service.query(report, settings.publication(publication), parameters, as_of)
        answer = await service.response(wanted, request.receive)
        return answer.answer(request.scope)

    # The model belongs to this report alone, so an annotation in text could never name it.
    read.__annotations__["query"] = Annotated[model, Query()]
    return read


def report_lookups(
    settings: Settings, service: ReportService, reports: Sequence[AnyReport], prefix: str
) -> dict[str, Lookup]:
    """A lookup for each report without parameters, by address."""
    return {
        f"{prefix}/publications/{publication.name}/reports/{report.name}": _lookup(
            service, ReportQuery(report, publication)
        )
        for publication in settings.publications
        for report in reports
    }


def _lookup(service: ReportService, query: ReportQuery) -> Lookup:
    def lookup(scope: Scope) -> Response | None:
        answer = None if scope["query_string"] else service.find(query)
        return answer.answer(scope) if answer else None

    return lookup


@cache
def query_model(report: AnyReport) -> type[BaseModel]:
    """The query parameters of a report's route: its own and ``as_of``."""
    return create_model(
        f"{report.name.capitalize()}Query",
        __base__=report.parameters,
        __doc__=f"Parameters of the report {report.name}.",
        as_of=(
            str | None,
            Field(default=None, description=AS_OF, json_schema_extra=_as_date_or_time),
        ),
    )


def _as_date_or_time(schema: dict[str, Any]) -> None:
    """Show the two forms of an instant, which the route itself reads."""
    forms: list[dict[str, Any]] = [{"format": "date"}, {"format": "date-time"}, {"maxLength": 0}]
    schema["anyOf"] = [*({"type": "string"} | form for form in forms), {"type": "null"}]
    schema["examples"] = ["2026-11-22", "2026-11-22T18:00:00Z"]


def _responses(report: AnyReport) -> dict[int | str, dict[str, Any]]:
    known = problem_responses(400, 404, 406, 421, 422, 500, 503)
    known[304] = {"description": "Unchanged since the ETag in the request"}
    known[200] = {
        "headers": {"ETag": {"description": "tag of this response", "schema": {"type": "string"}}},
    }
    if report.name in ENVELOPES:
        known[200]["content"] = {"application/json": {"example": ENVELOPES[report.name]}}
    return known


def _summary(publication: PublicationSettings) -> PublicationSummary:
    return PublicationSummary(
        name=publication.name,
        title=publication.title or publication.name,
        time_zone=publication.time_zone,
        paused=publication.paused,
        house_size=publication.house_size,
    )
