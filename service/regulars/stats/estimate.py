"""Estimates: a number of people with its interval, sample size and method."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Count = Annotated[int, Field(strict=True, ge=0)]


class Estimate(BaseModel):
    """A whole number of people with its interval, which rules out rates and NaN.

    >>> Estimate(value=148, low=139, high=158, n=420, method="k_of_n/1").words()
    'about 148 (139 to 158)'
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: Count = Field(description="the number itself")
    low: Count = Field(description="the least that the evidence allows")
    high: Count = Field(description="the most that the evidence allows")
    n: Count = Field(description="how many people were judged")
    method: str = Field(
        pattern=r"^[a-z][a-z0-9_]*/[1-9][0-9]*$", description="stable name of the method"
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.low <= self.value <= self.high:
            raise ValueError("an estimate lies within its interval: low <= value <= high")
        if self.high > self.n:
            raise ValueError("an estimate is at most the number of people judged")
        return self

    def words(self) -> str:
        """The number in words: with its interval, or alone where both ends are equal."""
        if self.low == self.high:
            return str(self.value)
        return f"about {self.value} ({self.low} to {self.high})"
