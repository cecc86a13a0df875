"""Connectors: from a newsletter provider's answers to records. The only door of this package."""

from . import records
from .contract import (
    AvailablePublication,
    ConnectionSettings,
    Connector,
    Finding,
    Page,
    Preflight,
    Runtime,
    Stream,
    SupportsDiscovery,
    SyncState,
    Walk,
    WebhookRequest,
)
from .errors import (
    AuthenticationFailed,
    ConfigurationError,
    ConnectorError,
    ContractBroken,
    CursorExpired,
    CursorLoop,
    FeatureUnavailable,
    IncompleteWalk,
    InvalidFile,
    InvalidResponse,
    NotFound,
    QuotaExceeded,
    ResponseTooLarge,
    RetryLater,
    Unreachable,
)
from .instants import Instant
from .records import *  # noqa: F403 - a new record needs no line here

__all__ = [
    "AuthenticationFailed",
    "AvailablePublication",
    "ConfigurationError",
    "ConnectionSettings",
    "Connector",
    "ConnectorError",
    "ContractBroken",
    "CursorExpired",
    "CursorLoop",
    "FeatureUnavailable",
    "Finding",
    "IncompleteWalk",
    "Instant",
    "InvalidFile",
    "InvalidResponse",
    "NotFound",
    "Page",
    "Preflight",
    "QuotaExceeded",
    "ResponseTooLarge",
    "RetryLater",
    "Runtime",
    "Stream",
    "SupportsDiscovery",
    "SyncState",
    "Unreachable",
    "Walk",
    "WebhookRequest",
]
__all__ += records.__all__
