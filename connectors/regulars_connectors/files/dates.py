"""The date that an owner gives for an export."""

from __future__ import annotations

from datetime import UTC, date, datetime

from ..instants import EARLIEST, from_datetime
from ..tabular.times import moment_of


def as_exported(value: object) -> object:
    """The owner's date as a moment in UTC: a day or a month means its beginning, as in a name.

    Raises ValueError.
    """
    if isinstance(value, date) and not isinstance(value, datetime):
        value = value.isoformat()
    if isinstance(value, str):
        text = value.strip()
        try:
            value = moment_of(f"{text}-01" if len(text) == len("2026-06") else text)
        except ValueError:
            raise ValueError("must be a date, such as 2026-06-30 or 2026-06-30T07:30Z") from None
    if isinstance(value, datetime):
        value = value if value.tzinfo else value.replace(tzinfo=UTC)
        if from_datetime(value) < EARLIEST:
            raise ValueError("must be a date from 1990 on")
    return value
