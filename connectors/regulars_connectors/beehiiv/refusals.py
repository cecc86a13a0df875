"""What a refusal at beehiiv's address means, where that is more than its status."""

from __future__ import annotations

from ..errors import ConnectorError
from ..http import is_json_object, refused_in_front


def explain(status: int, body: bytes, name: str) -> ConnectorError | None:
    """The error for a refusal, None for the usual one.

    beehiiv refuses by an object of JSON. Any other text comes from the edge before it.
    """
    if status in (401, 403) and body.strip() and not is_json_object(body):
        return refused_in_front(status, name, "beehiiv")
    return None
