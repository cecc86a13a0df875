"""A number about people never stands alone."""

import math

import pytest
from pydantic import ValidationError

from regulars.stats.estimate import Estimate

GOOD = {"value": 148, "low": 139, "high": 158, "n": 420, "method": "k_of_n/1"}


def test_as_it_is_spoken():
    assert Estimate(**GOOD).words() == "about 148 (139 to 158)"
    assert Estimate(**GOOD | {"low": 148, "high": 148}).words() == "148"


@pytest.mark.parametrize(
    "fault",
    [
        {"low": 149},
        {"high": 147},
        {"n": 157},
        {"value": 148.5},
        {"value": math.nan},
        {"value": True},
        {"low": -1},
        {"method": ""},
        {"method": "k of n"},
        {"unit": "%"},
    ],
)
def test_what_cannot_be_said(fault):
    with pytest.raises(ValidationError):
        Estimate(**GOOD | fault)


@pytest.mark.parametrize("missing", GOOD)
def test_nothing_may_be_missing(missing):
    with pytest.raises(ValidationError):
        Estimate(**{name: value for name, value in GOOD.items() if name != missing})
