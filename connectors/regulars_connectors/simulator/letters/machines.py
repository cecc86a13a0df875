"""What machines send beside people: notices of absence and bounces."""

from __future__ import annotations

from collections.abc import Mapping

from .mail import Mail

_MARKS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "sieve": (("Auto-Submitted", "auto-replied (vacation)"),),
}


def machine_headers(mail: Mail) -> tuple[tuple[str, str], ...]:
    """The headers by which a machine shows itself."""
    return _MARKS.get(mail.machine, ())
