"""Errors that cross from the process of a connector to ours.

Only texts and numbers cross: an error of a stranger may hold anything, and may need more than its
text to be made again.
"""

from __future__ import annotations

import signal
from dataclasses import dataclass, field
from typing import NoReturn

from regulars import errors as service_errors
from regulars_connectors import errors as connector_errors
from regulars_connectors.errors import ConnectorError

_FAMILIES = {module.__name__: module for module in (service_errors, connector_errors)}
Plain = str | int | float | bool | None


class ChildEnded(ConnectorError):
    """The process in which the connector decodes pages ended by itself, or was ended."""

    code = "decoding_ended"
    safe = "What came before is stored."
    to_do = (
        "Run the sync again: it resumes there. If it happens twice, see how much memory is free."
    )


def child_ended(connector: str, returncode: int | None) -> ChildEnded:
    """The error for a process that ended. returncode: as ``subprocess`` has it."""
    return ChildEnded(
        f"The process that decodes the pages of {connector!r} ended{_how(returncode)}."
    )


def _how(returncode: int | None) -> str:
    if returncode is None or returncode >= 0:
        return "" if returncode is None else f" with code {returncode}"
    try:
        return f" by {signal.Signals(-returncode).name}"
    except ValueError:
        return f" by signal {-returncode}"


@dataclass(frozen=True, slots=True)
class CarriedError:
    """An error on its way: the nearest class of our families, its text and its plain facts."""

    module: str
    kind: str
    text: str
    facts: dict[str, Plain] = field(default_factory=dict)


def carried(error: BaseException) -> CarriedError:
    """The error, ready to be sent. Of one outside the families only its kind crosses."""
    for kind in type(error).__mro__:
        if kind.__module__ in _FAMILIES:
            facts = {
                name: value
                for name, value in vars(error).items()
                if isinstance(value, str | int | float | bool | None)
            }
            code = getattr(error, "code", None)
            if isinstance(code, str):
                facts["code"] = code
            return CarriedError(kind.__module__, kind.__name__, str(error), facts)
    text = f"The connector's process failed ({type(error).__name__})."
    return CarriedError(service_errors.__name__, "RegularsError", text, {"happened": text})


def raise_carried(error: CarriedError) -> NoReturn:
    """Raise the error again."""
    kind: type[Exception] = getattr(_FAMILIES[error.module], error.kind)
    made = kind.__new__(kind, error.text)
    vars(made).update(error.facts)
    raise made
