"""What may stand in the settings of a widget."""

from __future__ import annotations

from typing import Any

import pytest

from regulars.errors import SettingsWrong
from regulars.settings import Settings, build_settings

KEY = f"wgt_{'A' * 22}"
OLD = f"wgt_{'B' * 22}"


def built(*widgets: dict[str, Any]) -> Settings:
    publication = {"name": "invented", "widgets": list(widgets)}
    return build_settings({"publications": [publication]}, None)


@pytest.mark.parametrize(
    "origin",
    ["https://www.example.org/", "www.example.org", "https://a.example; script-src *", "", "null"],
)
def test_an_origin_that_is_none_is_refused(origin: str) -> None:
    with pytest.raises(SettingsWrong, match="is not an origin"):
        built({"key": KEY, "allowed_origins": [origin]})


@pytest.mark.parametrize("origin", ["*", "https://www.example.org", "http://localhost:4000"])
def test_an_origin_is_taken_as_it_is(origin: str) -> None:
    (widget,) = built({"key": KEY, "allowed_origins": [origin]}).publications[0].widgets
    assert widget.allowed_origins == (origin,)


@pytest.mark.parametrize(
    "address", ["regulars.example.org", "ftp://x.example", "https://a.example/?b", "https://[::1"]
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(SettingsWrong, match="is not an address"):
        built({"key": KEY, "public_base_url": address})


def test_a_former_key_has_a_last_day_and_belongs_to_one_widget() -> None:
    (widget,) = built({"key": KEY, "former_keys": {OLD: "2026-12-31"}}).publications[0].widgets
    assert widget.keys == (KEY, OLD)
    with pytest.raises(SettingsWrong, match="duplicate widget key"):
        built({"key": KEY, "former_keys": {OLD: "2026-12-31"}}, {"key": OLD})
    with pytest.raises(SettingsWrong, match="former_keys"):
        built({"key": KEY, "former_keys": {OLD: "soon"}})
    with pytest.raises(SettingsWrong, match="former_keys"):
        built({"key": KEY, "former_keys": {"short": "2026-12-31"}})
