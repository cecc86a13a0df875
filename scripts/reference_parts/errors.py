"""Every error code: what it means, what is safe, what to do."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

import regulars
from regulars.errors import RegularsError, exit_code_of
from regulars_connectors import errors as connector_errors

from .markdown import all_below, first_line

STATUS_OF_CONNECTORS = 502
# Where the docstring speaks to those who write code.
SAID_OTHERWISE = {
    "failed": "Anything else that went wrong.",
    "connector_failed": "Anything else that went wrong with a provider.",
    "provider_busy": "The provider is away, slow or over quota. The same call may work later.",
}


def error_codes() -> str:
    """A heading for each code; an error of the service and one of a connector may share it."""
    by_code: dict[str, list[type[RegularsError | connector_errors.ConnectorError]]] = {}
    connectors = all_below(connector_errors.ConnectorError)
    # Whatever is derived without a code of its own is the same thing to a person.
    for kind in [*service_errors(), *(kind for kind in connectors if "code" in vars(kind))]:
        by_code.setdefault(kind.code, []).append(kind)
    return "\n\n".join(section_of(code, by_code[code]) for code in sorted(by_code))


def service_errors() -> list[type[RegularsError]]:
    """Every error class of the service, wherever it is defined."""
    for module in pkgutil.walk_packages(regulars.__path__, "regulars."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    # What a running server said is told with the server's own code.
    return [kind for kind in all_below(RegularsError) if "code" in vars(kind)]


def section_of(code: str, kinds: list[type[Any]]) -> str:
    """What a code means, where it is seen and what to do."""
    blocks = [f"### `{code}`"]
    for kind in kinds:
        error = kind("")
        status = getattr(error, "status", STATUS_OF_CONNECTORS)
        side = "" if isinstance(error, RegularsError) else "From a connector: "
        blocks.append(
            f"{side}{SAID_OTHERWISE.get(code) or first_line(kind)}\n\n"
            f"- Safe: {error.safe}\n- To do: {error.to_do}\n"
            f"- Exit code {exit_code_of(error)}, HTTP status {status}"
        )
    return "\n\n".join(blocks)
