"""The one HTTP client of the connectors: bounded, paced, pinned to one host, reads only."""

from .address import base_address, checked_address
from .client import (
    ANSWER_SECONDS,
    CONNECT_SECONDS,
    READ_SECONDS,
    Allowed,
    Got,
    HttpClient,
    Params,
    StatusError,
)
from .setup import pacer_for

__all__ = [
    "ANSWER_SECONDS",
    "CONNECT_SECONDS",
    "READ_SECONDS",
    "Allowed",
    "Got",
    "HttpClient",
    "Params",
    "StatusError",
    "base_address",
    "checked_address",
    "pacer_for",
]
