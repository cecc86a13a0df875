"""The HTTP client of a connection, paced with all others of its account, and the clock check."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from pydantic import SecretStr

from ..contract import Finding, Runtime
from ..instants import SECOND
from .client import Allowed, Got, HttpClient
from .clock import response_date
from .pacing import Pacer, Pacers

_SKEW_SECONDS = 300


class Paced(Protocol):
    """Settings that say whose quota is used, and how fast."""

    @property
    def account(self) -> str | None: ...

    @property
    def requests_per_minute(self) -> float: ...


def http_client(
    provider: str,
    settings: Paced,
    key: SecretStr,
    *,
    base_url: str,
    allowed: Sequence[Allowed],
    runtime: Runtime,
    **further: Any,
) -> HttpClient:
    """The client of one connection. further: other arguments of ``HttpClient``."""
    pacer = pacer_for(runtime, provider, settings.account, key, settings.requests_per_minute)
    return HttpClient(
        base_url=base_url,
        key=key,
        allowed=allowed,
        runtime=runtime,
        pacer=pacer,
        provider=provider,
        **further,
    )


def clock_skew(got: Got[Any]) -> float | None:
    """Seconds that the provider's clock is ahead of ours, None for an undated response."""
    theirs = response_date(got.headers)
    return None if theirs is None else (theirs - got.fetched_at) / SECOND


def clock_findings(skew: float | None, provider: str, besides: str = "") -> list[Finding]:
    """The finding about the clock, if known. besides: what else depends on the clock."""
    if skew is None:
        return []
    if abs(skew) <= _SKEW_SECONDS:
        return [Finding("clock", "ok", f"This machine's clock agrees with {provider}'s.")]
    return [
        Finding(
            "clock",
            "warning",
            f"This machine's clock differs from {provider}'s by {abs(skew):.0f} seconds{besides}.",
            "Set the clock of this machine. Every recorded time depends on it.",
        )
    ]


def pacer_for(
    runtime: Runtime, provider: str, account: str | None, key: SecretStr, requests_per_minute: float
) -> Pacer:
    """The pacer of a connection, from the process's ``Pacers`` or a new one."""
    pacers = runtime.pacers if isinstance(runtime.pacers, Pacers) else Pacers()
    return pacers.of_account(provider, account, key.get_secret_value(), requests_per_minute)
