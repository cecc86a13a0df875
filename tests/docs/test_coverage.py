"""Whatever a person can name has its heading in the reference; a twin shows that each can fail."""

from __future__ import annotations

import re
from types import SimpleNamespace

import msgspec
import pytest
from pydantic import BaseModel, Field
from reference_parts import records, settings
from reference_parts.contract import classes_of
from support import docs_coverage
from support.docs_coverage import page

import regulars_connectors.errors
from regulars import cli
from regulars.errors import RegularsError
from regulars.reports import REPORTS
from regulars.reports.engine.report import Parameters
from regulars_connectors import contract


def all_codes() -> list[str]:
    docs_coverage.load_everything()
    families = (RegularsError, regulars_connectors.errors.ConnectorError)
    return [kind.code for one in families for kind in docs_coverage.classes_below(one)]  # type: ignore[attr-defined]


# Settings


def test_every_setting_has_its_row_and_a_description() -> None:
    found = settings.sections()
    assert {"[store]", "[server]", "[[publications]]"} <= {place for place, _ in found}
    assert not list(docs_coverage.missing_settings(page("settings.md"), found))


def test_a_setting_without_its_row_is_named() -> None:
    class Fresh(BaseModel):
        folder: str = Field(default="", description="known already")
        colour: str = Field(default="green", description="what it looks like")
        shape: str = "round"

    told = list(docs_coverage.missing_settings(page("settings.md"), [("[store]", Fresh)]))
    assert told == [
        "settings.md needs a row for `colour` below `[store]`: run `make docs`",
        "Fresh.shape needs a description: Field(description=…)",
        "settings.md needs a row for `shape` below `[store]`: run `make docs`",
    ]


def test_every_connector_of_ours_has_its_heading_and_rows() -> None:
    assert not list(
        docs_coverage.missing_connectors(page("connectors.md"), settings.own_connectors())
    )


def test_a_connector_without_its_heading_or_a_row_is_named() -> None:
    text = page("connectors.md")
    (told,) = docs_coverage.missing_connectors(text.replace("## files", "## drawers"), ["files"])
    assert "needs a heading `## files`" in told
    (told,) = docs_coverage.missing_connectors(
        text.replace("| `folder` |", "| `drawer` |"), ["files"]
    )
    assert told == "connectors.md needs a row for `folder` below `## files`: run `make docs`"


# Verbs, exit codes, routes


def test_every_verb_has_its_heading() -> None:
    verbs = ["regulars", *docs_coverage.verbs_of(cli.main, "regulars")]
    assert "regulars connector check" in verbs
    assert not list(docs_coverage.missing_verbs(page("command-line.md"), verbs))


def test_a_verb_without_its_heading_is_named() -> None:
    (told,) = docs_coverage.missing_verbs(
        page("command-line.md"), ["regulars sync", "regulars dance"]
    )
    assert told == "command-line.md needs a heading for `regulars dance`: run `make docs`"


def test_every_exit_code_has_its_row() -> None:
    listed = re.findall(r"(?<!\S)(\d+)  \S", cli.main.epilog or "")
    rows = re.findall(r"^\| (\d+) \|", page("command-line.md"), re.MULTILINE)
    assert sorted(map(int, listed)) == [int(code) for code in rows] == [*range(9), 130]


def test_every_route_has_its_heading_or_row() -> None:
    routes = list(docs_coverage.routes_of(docs_coverage.application()))
    assert {("GET", "/healthz"), ("POST", "/api/v1/sync-runs"), ("GET", "/p/{publication}")} <= {
        *routes
    }
    assert not list(docs_coverage.missing_routes(page("http-api.md"), routes))


def test_a_route_without_its_heading_is_named() -> None:
    app = docs_coverage.application()

    @app.get("/api/v1/teapots", summary="Teapots")
    def teapots() -> dict[str, int]:
        return {}

    @app.get("/teapot", include_in_schema=False)
    def teapot() -> dict[str, int]:
        return {}

    app.openapi_schema = None
    told = list(docs_coverage.missing_routes(page("http-api.md"), docs_coverage.routes_of(app)))
    assert told == [
        "http-api.md needs a heading `### `GET /api/v1/teapots``: run `make docs`",
        (
            "http-api.md needs a row `GET /teapot` in the table below "
            "`## Outside of the OpenAPI document`"
        ),
    ]


# Reports, errors


def test_every_report_has_its_heading_and_rows() -> None:
    assert not list(docs_coverage.missing_reports(page("reports.md"), REPORTS))


def test_a_report_without_its_heading_is_named() -> None:
    class Asked(Parameters):
        colour: str = "green"

    class Answer(BaseModel):
        teapots: int

    report = SimpleNamespace(name="teapots", parameters=Asked, result=Answer)
    told = list(docs_coverage.missing_reports(page("reports.md"), [report]))
    assert "needs a heading `## teapots`" in told[0]
    assert told[1:] == [
        "reports.md needs a row for `colour` of teapots: run `make docs`",
        "reports.md needs a row for `teapots` of teapots: run `make docs`",
        "the parameter colour of teapots needs Field(description=…)",
    ]


def test_every_error_code_has_its_heading() -> None:
    codes = all_codes()
    assert {"connector_broken", "sync_running"} <= set(codes)
    assert not list(docs_coverage.missing_errors(page("errors.md"), codes))


def test_an_error_code_without_its_heading_is_named() -> None:
    (told,) = docs_coverage.missing_errors(page("errors.md"), ["teapot", "disk_full"])
    assert told == "errors.md needs a heading for `teapot`: run `make docs`"


# Records and the contract


def test_every_field_of_a_record_is_explained() -> None:
    kinds = records.record_classes()
    assert {"Post", "Signal", "Quarantined"} <= {kind.__name__ for kind in kinds}
    assert not list(docs_coverage.missing_records(page("records.md"), kinds))


def test_a_field_that_is_not_explained_is_named() -> None:
    text = page("records.md")

    class Post(msgspec.Struct):
        id: str
        colour: str

    class Teapot(msgspec.Struct):
        id: str

    (told,) = docs_coverage.missing_records(text, [Post])
    assert "does not say what Post.colour is" in told
    (told,) = docs_coverage.missing_records(text, [Teapot])
    assert told == "records.md needs a heading for Teapot: run `make docs`"
    emptied = text.replace("| its title, or the subject of the mail |", "|  |")
    (told,) = docs_coverage.missing_records(emptied, records.record_classes())
    assert "does not say what Post.title is" in told


@pytest.mark.parametrize("kind", classes_of(contract), ids=lambda kind: kind.__name__)
def test_every_class_and_field_of_the_contract_is_there(kind: type) -> None:
    below = docs_coverage.section(page("connector-contract.md"), kind.__name__)
    assert below, f"connector-contract.md needs a heading for {kind.__name__}: run `make docs`"
    names = {name for name in kind.__annotations__ if name != "model_config"}
    assert names <= docs_coverage.rows(below)


def test_every_error_of_the_family_is_in_the_contract() -> None:
    family = docs_coverage.classes_below(regulars_connectors.errors.ConnectorError)
    own = {kind.__name__ for kind in family if kind.__module__ == "regulars_connectors.errors"}
    assert own <= docs_coverage.rows(page("connector-contract.md"))
