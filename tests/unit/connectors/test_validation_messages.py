"""What a person wrote wrongly is told by its place, in words of our own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from pydantic_core._pydantic_core import list_all_errors

from regulars.reports import REPORTS
from regulars.settings import Settings
from regulars_connectors import registry
from regulars_connectors.beehiiv import BeehiivConnector
from regulars_connectors.files import FilesConnector
from regulars_connectors.validation_messages import describe, describe_field, hint_for, reason_of


def said(model: Any, what: str = "setting", **values: Any) -> str:
    with pytest.raises(ValidationError) as raised:
        model(**values)
    return describe(raised.value, model, what)


WIDGET = {"key": "wgt_" + "A" * 22}
UNKNOWN = {
    "at the top": ({"stores": {}}, "stores: is not a setting (did you mean store?)."),
    "nothing near": (
        {"colour": 1},
        (
            "colour: is not a setting (there are: store, server, schedule, notices, metrics,"
            " publications)."
        ),
    ),
    "in a section": (
        {"store": {"memory_limit": 1}},
        "store.memory_limit: is not a setting (did you mean memory_limit_mib?).",
    ),
    "in a publication": (
        {"publications": [{"name": "a"}, {"name": "b", "time_zne": "UTC"}]},
        "publications 2, time_zne: is not a setting (did you mean time_zone?).",
    ),
    "in a widget": (
        {"publications": [{"name": "a", "widgets": [WIDGET | {"cadance": "daily"}]}]},
        "publications 1, widgets 1, cadance: is not a setting (did you mean cadence?).",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", UNKNOWN)
def test_an_unknown_setting_has_its_place_and_the_nearest_known_one(case: str) -> None:
    values, words = UNKNOWN[case]
    assert said(Settings, **values) == words


def test_an_unknown_setting_of_a_connector() -> None:
    words = said(BeehiivConnector.Settings, publication_id="pub_1", api_key="k" * 20, api_keys="x")
    assert words == "api_keys: is not a setting (did you mean api_key?)."


def test_an_unknown_word_below_a_column_of_ones_own(tmp_path: Path) -> None:
    columns = {"posts": [{"id": {"columm": "a"}}]}
    words = said(FilesConnector.Settings, folder=tmp_path, columns=columns)
    assert "columm: is not a setting (did you mean column?)" in words


def test_several_faults_are_told_one_after_the_other() -> None:
    words = said(Settings, store={"threads": 0, "thread": 1})
    assert words.count(";") == 1
    assert "is not a setting" in words


def test_parameters_are_called_so() -> None:
    assert "k: is not a parameter" in said(FilesConnector.Settings, "parameter", folder=".", k="4")


def test_a_word_that_is_near_nothing_gets_no_hint() -> None:
    assert hint_for("sync", ["house", "regulars"]) == ""
    assert hint_for("hose", ["house", "regulars"]) == " (did you mean house?)"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (
            {"publications": {"name": "a"}},
            "publications: must be a list (write a repeatable section in",
        ),
        ({"store": "data"}, "store: must be a section with settings of its own."),
        ({"store": {"folder": 5}}, "store.folder: must be text, the path of a file or folder."),
        ({"publications": [{"name": "Field Notes"}]}, "1, name: must be small letters, digits"),
        ({"publications": [{"name": 5}]}, "publications 1, name: must be text, in quotes."),
    ],
)
def test_values_of_a_wrong_kind_are_told_as_a_person_writes_them(
    values: dict[str, Any], words: str
) -> None:
    assert words in said(Settings, **values)


WRONG: tuple[Any, ...] = (
    None, True, -1, 0, 1.5, 10**30, float("nan"), "", "x", "two words", "a" * 5_000, b"\xff",
    [], ["x"], [1], [[]], {}, {"x": 1}, object(),
)  # fmt: skip


def models() -> Iterator[type[BaseModel]]:
    """Everything that a person fills in: settings, those of connectors, parameters of reports."""
    waiting: list[Any] = [Settings]
    waiting += [registry.find(name).Settings for name in registry.names()]
    waiting += [report.parameters for report in REPORTS]
    seen: set[Any] = set()
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        waiting += get_args(one)
        if isinstance(one, type) and issubclass(one, BaseModel):
            waiting += [field.annotation for field in one.model_fields.values()]
            yield one


def is_said_by_pydantic(fault: ErrorDetails, words: str) -> bool:
    """Whether its own sentence shines through; checks of ours speak for themselves."""
    ours = fault["type"] in ("value_error", "assertion_error")
    return not ours and (fault["msg"] in words or "nput should" in words)


def test_no_setting_is_told_of_in_the_words_of_a_library() -> None:
    seen = 0
    for model in models():
        for name, field in model.model_fields.items():
            for value in WRONG:
                try:
                    model(**{field.alias or name: value})
                except ValidationError as error:
                    words = describe(error, model)
                    for fault in error.errors(include_url=False):
                        assert not is_said_by_pydantic(fault, words), (model, name, value, words)
                        seen += 1
    assert seen > 1_000


def test_every_kind_of_error_has_words_of_ours() -> None:
    for kind in list_all_errors():
        context = kind.get("example_context") or {}
        fault: ErrorDetails = {
            "type": kind["type"],
            "loc": ("x",),
            "msg": kind["example_message_python"],
            "input": None,
            "ctx": context,
        }
        words = reason_of(fault)
        assert words, kind
        assert "{" not in words, kind
        assert not is_said_by_pydantic(fault, words), kind


def test_the_library_would_be_noticed() -> None:
    with pytest.raises(ValidationError) as raised:
        BeehiivConnector.Settings(segments="x")
    fault = next(one for one in raised.value.errors() if one["loc"] == ("segments",))
    assert is_said_by_pydantic(fault, f"segments: {fault['msg']}.")


def test_a_check_of_ours_speaks_for_itself_and_one_field_is_told_alone() -> None:
    with pytest.raises(ValidationError) as raised:
        BeehiivConnector.Settings(api_key="two words", requests_per_minute="many")
    error, model = raised.value, BeehiivConnector.Settings
    assert describe_field(error, model, "api_key") == (
        "api_key: must be the key as beehiiv showed it, without spaces or line ends."
    )
    assert (describe_field(error, model, "requests_per_minute") or "").startswith(
        "requests_per_minute: must be a "
    )
    assert describe_field(error, model, "account") is None
