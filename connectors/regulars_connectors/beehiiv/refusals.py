"""What a refusal at beehiiv's address means, where that is more than its status."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import ConnectorError, FeatureUnavailable
from ..http import Got, is_json_object, refused_in_front
from . import wire


def explain(status: int, body: bytes, name: str) -> ConnectorError | None:
    """The error for a refusal, None for the usual one.

    beehiiv refuses by an object of JSON. Any other text comes from the edge before it.
    """
    if status in (401, 403) and body.strip() and not is_json_object(body):
        return refused_in_front(status, name, "beehiiv")
    return None


def why_refused(
    error: FeatureUnavailable, ask_permissions: Callable[[], Got[bytes]], below: str
) -> tuple[str, str]:
    """Whether the key lacks the right, or has it and something else refused; and what to do."""
    try:
        granted = wire.read_permissions(ask_permissions().value)
    except ConnectorError:
        granted = frozenset()
    right = f"{below}:read"
    if not granted:
        return error.happened, error.to_do
    if right in granted:
        happened = (
            f"{error.happened} The key has the right {right}, so your plan leaves this out or"
            " something between you and beehiiv refused it."
        )
        return happened, "Try again from another network, or ask beehiiv whether your plan has it."
    return (
        f"{error.happened} The key lacks the right {right}.",
        "Give the key this right in beehiiv's settings, or make a new key.",
    )


def explained(
    error: FeatureUnavailable, ask_permissions: Callable[[], Got[bytes]], below: str
) -> FeatureUnavailable:
    """The refusal of a list, with what the key's rights say of it."""
    happened, to_do = why_refused(error, ask_permissions, below)
    better = FeatureUnavailable(happened, to_do=to_do)
    better.provider_said = error.provider_said  # it stands in our sentence already
    return better
