"""The one HTTP client of the connectors: bounded, paced, pinned to one host, reads only."""

from .address import base_address, checked_address
from .client import (
    ANSWER_SECONDS,
    CONNECT_SECONDS,
    READ_SECONDS,
    SEGMENT,
    Allowed,
    Got,
    HttpClient,
    Params,
    segment,
)
from .headers import http_date
from .outgoing import Outgoing, PostFailed
from .pacing import Pacer, Pacers
from .refusals import StatusError, is_json_object, quoting, refused_in_front
from .setup import clock_findings, clock_skew, http_client, pacer_for

__all__ = [
    "ANSWER_SECONDS",
    "CONNECT_SECONDS",
    "READ_SECONDS",
    "SEGMENT",
    "Allowed",
    "Got",
    "HttpClient",
    "Outgoing",
    "Pacer",
    "Pacers",
    "Params",
    "PostFailed",
    "StatusError",
    "base_address",
    "checked_address",
    "clock_findings",
    "clock_skew",
    "http_client",
    "http_date",
    "is_json_object",
    "pacer_for",
    "quoting",
    "refused_in_front",
    "segment",
]
