"""The OpenAPI document: every operation named, tagged, told in words and shown by example."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from support.invented_house import Invented
from support.invented_service import ApiClient, settings_of

from regulars.reports import REPORTS

JSON = "application/json"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    answer = ApiClient(settings_of(), Invented()).get("/api/v1/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_it_is_version_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1.")


def test_every_report_has_its_own_path_and_its_own_answer(document: dict[str, Any]) -> None:
    answers = set()
    for report in REPORTS:
        path = f"/api/v1/publications/{{publication}}/reports/{report.name}"
        operation = document["paths"][path]["get"]
        assert operation["operationId"] == f"{report.name}_read"
        schema = operation["responses"]["200"]["content"][JSON]["schema"]
        answers.add(schema["$ref"])
    assert len(answers) == len(REPORTS)


def test_operations_have_a_name_one_tag_and_words(document: dict[str, Any]) -> None:
    names = []
    for path, _, operation in operations(document):
        assert len(operation["tags"]) == 1, path
        assert operation["summary"], path
        names.append(operation["operationId"])
    assert len(names) == len(set(names))
    assert all(name.replace("_", "").isalpha() and name.islower() for name in names)


EMPTY = ("204", "304")
"""Answers without a body."""


def test_every_answer_and_every_request_has_an_example(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        bodies = [operation["requestBody"]] if "requestBody" in operation else []
        bodies += [r for status, r in operation["responses"].items() if status not in EMPTY]
        for body in bodies:
            for kind, content in body["content"].items():
                assert has_example(document, content), (path, method, kind)


def has_example(document: dict[str, Any], content: dict[str, Any]) -> bool:
    if "example" in content or "examples" in content:
        return True
    schema = content["schema"]
    for option in schema.get("anyOf", [schema]):
        if "$ref" in option:
            name = option["$ref"].rpartition("/")[2]
            if document["components"]["schemas"][name].get("examples"):
                return True
    return False


def test_errors_are_declared_as_problem_documents(document: dict[str, Any]) -> None:
    for path, _, operation in operations(document):
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                assert "application/problem+json" in response["content"], (path, status)


def test_pages_and_widgets_stay_out_of_it(document: dict[str, Any]) -> None:
    assert all(path.startswith("/api/v1/") for path in document["paths"])


def test_no_schema_is_unnamed(document: dict[str, Any]) -> None:
    for path, _, operation in operations(document):
        for status, response in operation["responses"].items():
            for content in response.get("content", {}).values():
                if int(status) < 400:
                    assert "$ref" in content["schema"], (path, status)


def test_as_of_is_a_date_or_a_time(document: dict[str, Any]) -> None:
    for report in REPORTS:
        path = f"/api/v1/publications/{{publication}}/reports/{report.name}"
        parameters = document["paths"][path]["get"]["parameters"]
        (as_of,) = (one for one in parameters if one["name"] == "as_of")
        forms = {one.get("format") for one in as_of["schema"]["anyOf"] if one["type"] == "string"}
        assert forms == {"date", "date-time", None}  # an empty one is now


def test_every_reference_leads_to_a_schema(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    names = set(re.findall(r'"\$ref": "#/components/schemas/(\w+)"', text))
    assert {"Problem", "Fault"} <= names
    assert names <= set(document["components"]["schemas"])
    assert text.count('"$ref"') == len(re.findall(r'"\$ref": "#/components/schemas/\w+"', text))


@pytest.mark.parametrize("server", [{}, {"public_host": "regulars.example.org"}])
def test_it_says_who_may_ask(make_client: Any, server: dict[str, str]) -> None:
    client = make_client(server=server)
    token = {"Authorization": f"Bearer {client.register.make_command_token()}"}
    found = client.get("/api/v1/openapi.json", headers=token).json()
    assert set(found["components"]["securitySchemes"]) == {"key", "session"}
    for path, _, operation in operations(found):
        if path == "/api/v1/hooks/{connection}":  # open to everybody: its provider signs
            assert not {"security", "x-scope"} & set(operation)
            continue
        assert {"401", "403", "429"} <= set(operation["responses"]), path
        is_closed = bool(server) or operation["x-scope"] == "admin"
        expected = [{"key": [operation["x-scope"]]}, {"session": []}] if is_closed else None
        assert operation.get("security") == expected, path
