"""What every section of the settings file has in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A section: it cannot change, refuses unknown names, and keeps values out of its errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
