"""uvicorn's HTTP protocol, which passes on what a request's target says of the host.

uvicorn keeps the path of ``GET http://host/path HTTP/1.1`` and drops the host. The middleware needs
both, to refuse a request that names two hosts.
"""

from __future__ import annotations

from regulars.api.request_target import TARGET

from .protocol import TimedProtocol


class TargetAwareProtocol(TimedProtocol):
    """Notes a target that begins with a host in the scope, and says nothing of upgrades."""

    def on_headers_complete(self) -> None:
        """Take the target before its path alone is left of it."""
        if not self.url.startswith(b"/"):
            self.scope["extensions"] = {TARGET: {"url": self.url}}
        super().on_headers_complete()

    def _unsupported_upgrade_warning(self) -> None:
        """Anybody can ask for a WebSocket as often as they like, so no line is logged."""
