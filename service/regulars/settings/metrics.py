"""The section ``[metrics]``: what ``/metrics`` may name."""

from __future__ import annotations

from pydantic import Field

from .section import Section


class MetricSettings(Section):
    """What `/metrics` tells."""

    name_connections: bool = Field(
        default=False,
        description="whether /metrics names publications and connections, with how fresh each is",
    )
