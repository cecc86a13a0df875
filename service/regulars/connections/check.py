"""What `regulars connector` shows: the installed connectors, and whether one keeps its promises.

It only reads, and leaves the store closed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from regulars.errors import NothingHere, SettingsWrong, UsageWrong
from regulars.settings import (
    ConnectionConfig,
    Settings,
    secret_in_clear,
    secret_reference,
    value_of,
)
from regulars_connectors import registry
from regulars_connectors.conformance import Depth, run_check
from regulars_connectors.conformance.check import CheckResult
from regulars_connectors.contract import Connector, Runtime
from regulars_connectors.errors import ConfigurationError

from .factory import choose, prepared


@dataclass(frozen=True, slots=True)
class Installed:
    """One installed connector. package: name and version of what provides it.

    fault: why loading it fails, None if it loads.
    """

    name: str
    package: str
    place: str
    fault: str | None


def installed_connectors() -> list[Installed]:
    """Every installed connector by name. Loads each, to see whether that works."""
    return sorted(
        (
            Installed(
                point.name,
                registry.package_of(point),
                point.value,
                _fault_of(point.name),
            )
            for point in registry.installed()
        ),
        key=lambda one: (one.name, one.package),
    )


def check_installed(
    settings: Settings,
    name: str,
    runtime: Runtime,
    *,
    connection: str | None = None,
    given: Mapping[str, str],
    pages: int,
) -> CheckResult:
    """Check the connector ``name`` with the settings of a connection, or with those ``given``.

    Raises SettingsWrong, UsageWrong, NothingHere.
    """
    if name not in registry.names():
        known = ", ".join(registry.names())
        raise NothingHere(
            f"There is no connector named {name!r}. Installed are: {known}.",
            to_do="See `regulars connector list`.",
        )
    depth = Depth(pages=pages, resumes=pages)
    try:
        kind = registry.find(name)
        if not _has_settings(kind):
            return run_check(kind, {}, runtime, name=name, depth=depth)
        kind, options = prepared(settings, _config(settings, name, connection, given))
    except ConfigurationError as error:
        raise SettingsWrong(error.happened, to_do=error.to_do) from error
    try:
        return run_check(kind, options, runtime, name=name, depth=depth)
    except ConfigurationError as error:
        if given:
            raise UsageWrong(error.happened, to_do="Correct the values of --set.") from error
        raise SettingsWrong(error.happened, to_do=error.to_do) from error


def _has_settings(kind: type[Connector]) -> bool:
    """Whether it has settings at all. If not, the check says so."""
    model: Any = kind.Settings
    return isinstance(model, type) and issubclass(model, BaseModel)


def _fault_of(name: str) -> str | None:
    try:
        registry.find(name)
    except ConfigurationError as error:
        return error.happened
    return None


def _config(
    settings: Settings, name: str, connection: str | None, given: Mapping[str, str]
) -> ConnectionConfig:
    if given:
        if connection is not None:
            raise UsageWrong("Use either --connection or --set.")
        kind = registry.find(name)
        options = {key: _value(kind, key, text) for key, text in given.items()}
        return ConnectionConfig(name=name, connector=name, options=options)
    if connection is not None:
        ((_, config),) = choose(settings, connection)
        if config.connector != name:
            raise UsageWrong(f"The connection {connection} uses {config.connector!r} instead.")
        return config
    return _only_connection(settings, name)


def _only_connection(settings: Settings, name: str) -> ConnectionConfig:
    using = [config for _, config in settings.connections() if config.connector == name]
    if len(using) == 1:
        return using[0]
    names = ", ".join(config.name for config in using)
    raise UsageWrong(
        f"Several connections use {name!r}: {names}."
        if using
        else f"No connection in the settings uses {name!r}.",
        to_do="Name one with --connection, or pass settings with --set NAME=VALUE.",
    )


def _value(kind: type[Connector], name: str, text: str) -> Any:
    """The value of one setting. For a secret, a reference to where it is."""
    if (reference := secret_reference(text)) is not None:
        return reference
    field = kind.Settings.model_fields.get(name)
    if field is not None and registry.is_secret(field):
        raise secret_in_clear(name)
    return value_of(name, field, text)
