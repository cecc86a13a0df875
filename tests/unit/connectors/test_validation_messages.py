"""What a person wrote wrongly is told by its place, in words of our own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from regulars.settings import Settings
from regulars_connectors.beehiiv import BeehiivConnector
from regulars_connectors.files import FilesConnector
from regulars_connectors.validation_messages import describe, hint_for


def said(model: Any, what: str = "setting", **values: Any) -> str:
    with pytest.raises(ValidationError) as raised:
        model(**values)
    return describe(raised.value, model, what)


WIDGET = {"key": "wgt_" + "A" * 22}
UNKNOWN = {
    "at the top": ({"stores": {}}, "stores: is not a setting (did you mean store?)."),
    "nothing near": (
        {"colour": 1}, "colour: is not a setting (there are: store, server, publications).",
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
        ({"publications": {"name": "a"}}, "publications: must be a list; "),
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
