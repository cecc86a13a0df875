"""Removes keys, addresses of readers and query strings from log lines and errors.

``redact`` cleans texts. ``Redactor`` cleans the log lines of httpx and httpcore: a logging filter
that every client attaches to their loggers while it is open.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence

MARK = "[redacted]"

_LIBRARY_LOGGERS = (
    "httpx",
    "httpcore.connection",
    "httpcore.http11",
    "httpcore.http2",
    "httpcore.proxy",
    "httpcore.socks",
)
_BEARER = re.compile(r"(?i)\b(bearer|basic|token)\s+[\w.~+/=-]{6,}")
_QUERY = re.compile(r"\?[^\s\"'<>]+")
_ADDRESS = re.compile(r"[^\s\"'<>/=&?,;()]+(?:@|%40)[^\s\"'<>/=&?,;()]+")
_HEADERS = re.compile(r"(headers=|return_value=\(b'HTTP/[\d.]+', \d+, b'[^']*', )\[.*\]", re.DOTALL)


def redact(text: str, secrets: Sequence[str] = ()) -> str:
    """``text`` without the given secrets, credentials, query strings and addresses."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, MARK)
    text = _BEARER.sub(rf"\1 {MARK}", text)
    text = _QUERY.sub(f"?{MARK}", text)
    return _ADDRESS.sub(MARK, text)


class Redactor(logging.Filter):
    """Cleans the log lines of the HTTP library: no header lists, queries or secrets."""

    def __init__(self, secrets: Sequence[str]) -> None:
        super().__init__()
        self._secrets = tuple(secrets)

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record in place. Always True."""
        text = _HEADERS.sub(rf"\1{MARK}", record.getMessage())
        record.msg = redact(text, self._secrets)
        record.args = ()
        return True

    def attach(self) -> None:
        """Add this filter to the loggers of the HTTP library."""
        for name in _LIBRARY_LOGGERS:
            logging.getLogger(name).addFilter(self)

    def detach(self) -> None:
        """Remove it again. May be called twice."""
        for name in _LIBRARY_LOGGERS:
            logging.getLogger(name).removeFilter(self)
