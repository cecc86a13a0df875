"""Finds connectors by entry point, group ``regulars.connectors``.

To add a connector, install a package with such an entry point. A package that fails to load is
named when you ask for it, and leaves the others alone.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, get_args

from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo

from .contract import ConnectionSettings, Connector, Runtime
from .errors import ConfigurationError
from .plugin_errors import is_interrupt, place_of
from .validation_messages import describe

GROUP = "regulars.connectors"


def installed() -> tuple[EntryPoint, ...]:
    """The entry points of all installed connectors, loaded or not."""
    return tuple(entry_points(group=GROUP))


def names(points: Iterable[EntryPoint] | None = None) -> list[str]:
    """The names that may stand after ``connector =`` in the settings."""
    return sorted({point.name for point in _given(points)})


def find(name: str, points: Iterable[EntryPoint] | None = None) -> type[Connector]:
    """The connector class of that name. Raises ConfigurationError, listing the known names.

    Two packages that give one name to different classes are both refused. Otherwise the settings,
    keys among them, would go to whichever was found first.
    """
    found = [point for point in _given(points) if point.name == name]
    if len({point.value for point in found}) > 1:
        packages = ", ".join(sorted({package_of(point) for point in found}))
        raise ConfigurationError(
            f"The connector {name!r} is installed more than once: {packages}.",
            to_do="Remove all but one of these packages, or give one connector another name.",
        )
    if found:
        return _load(found[0])
    known = ", ".join(names(points)) or "none"
    raise ConfigurationError(f"There is no connector named {name!r}. Installed: {known}.")


def module_of(name: str, points: Iterable[EntryPoint] | None = None) -> str | None:
    """The module of the connector of that name, as its package says."""
    return next((point.module for point in _given(points) if point.name == name), None)


def package_of(point: EntryPoint) -> str:
    """Name and version of the package that an entry point comes from."""
    return f"{point.dist.name} {point.dist.version}" if point.dist else "unknown"


def make(
    name: str,
    options: Mapping[str, Any],
    runtime: Runtime,
    points: Iterable[EntryPoint] | None = None,
) -> Connector:
    """The connector made from the settings of one connection. Raises ConfigurationError."""
    return make_of(find(name, points), options, runtime)


def make_of(found: type[Connector], options: Mapping[str, Any], runtime: Runtime) -> Connector:
    """Make a connector of a class that was found before: a search of all packages takes 2 ms."""
    maker: Any = found  # the protocol leaves the constructor open
    made: Connector = maker(settings_of(found, options), runtime)
    return made


def settings_of(found: type[Connector], options: Mapping[str, Any]) -> ConnectionSettings:
    """The checked settings of one connection. Raises ConfigurationError, without the values."""
    try:
        return found.Settings(**options)
    except ValidationError as error:
        name = getattr(found, "name", found.__name__)
        said = describe(error, found.Settings)
        raise ConfigurationError(f"Settings of the connector {name}: {said}") from None


def is_secret(field: FieldInfo) -> bool:
    """Whether a setting is a secret."""
    return SecretStr in (field.annotation, *get_args(field.annotation))


def _given(points: Iterable[EntryPoint] | None) -> tuple[EntryPoint, ...]:
    return installed() if points is None else tuple(points)


def _load(point: EntryPoint) -> type[Connector]:
    try:
        found = point.load()
    except BaseException as error:  # third-party code may fail in any way when imported
        if is_interrupt(error):
            raise
        raise ConfigurationError(
            f"The connector {point.name!r} is installed but cannot be loaded"
            f" ({_what_failed(point, error)}). The other connectors are unaffected.",
            to_do="Update or remove the package that provides it.",
        ) from error
    if not isinstance(found, type) or not hasattr(found, "Settings"):
        raise ConfigurationError(
            f"The connector {point.name!r} is not a class with settings:"
            f" its package names {point.value!r}.",
            to_do="Update or remove the package that provides it.",
        )
    return found


def _what_failed(point: EntryPoint, error: BaseException) -> str:
    """What its package names, if that is missing; else which error, and where in its code."""
    kind = type(error).__name__
    missing = isinstance(error, ModuleNotFoundError) and point.module == error.name
    loaded = point.module in sys.modules
    if missing or (isinstance(error, AttributeError) and loaded):
        return f"{kind}: its package names {point.value!r}, which is missing"
    return f"{kind} {place_of(error, point.module, Path(__file__))}"
