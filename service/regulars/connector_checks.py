"""What `regulars connector` shows: which connectors are installed, and whether one keeps its
promises. Reads only; the store is not opened."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, SecretStr

from regulars_connectors import registry
from regulars_connectors.conformance import Depth, run_check
from regulars_connectors.conformance.check import Checked
from regulars_connectors.contract import Connector, Tools
from regulars_connectors.errors import FixSettings

from .connections import choose, prepared
from .errors import SettingsWrong, UsageWrong
from .settings import ConnectionConfig, Settings


@dataclass(frozen=True, slots=True)
class Installed:
    """One installed connector. package: name and version of what provides it.

    fault: why it cannot be loaded, None where it can.
    """

    name: str
    package: str
    place: str
    fault: str | None


def installed_connectors() -> list[Installed]:
    """Every connector by its name; each is loaded to see whether it can be."""
    return sorted(
        (
            Installed(
                point.name,
                f"{point.dist.name} {point.dist.version}" if point.dist else "unknown",
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
    tools: Tools,
    *,
    connection: str | None = None,
    given: Sequence[str] = (),
    pages: int,
) -> Checked:
    """Check the connector ``name`` with the settings of a connection, or with those ``given``.

    Raises SettingsWrong, UsageWrong, NothingHere.
    """
    depth = Depth(pages=pages, resumes=pages)
    try:
        found = registry.find(name)
        if not _has_settings(found):
            return run_check(found, {}, tools, name=name, depth=depth)
        config = _config(settings, name, connection, given)
        found, options = prepared(settings, config)
        return run_check(found, options, tools, name=name, depth=depth)
    except FixSettings as error:
        raise SettingsWrong(error.happened, to_do=error.to_do) from error


def _has_settings(found: type[Connector]) -> bool:
    """Whether settings can be made at all; the check says what is wrong where they cannot."""
    model: Any = found.Settings
    return isinstance(model, type) and issubclass(model, BaseModel)


def _fault_of(name: str) -> str | None:
    try:
        registry.find(name)
    except FixSettings as error:
        return error.happened
    return None


def _config(
    settings: Settings, name: str, connection: str | None, given: Sequence[str]
) -> ConnectionConfig:
    if given:
        if connection is not None:
            raise UsageWrong("Say either --connection or --set, not both.")
        found = registry.find(name)
        options = dict(_option(found, text) for text in given)
        return ConnectionConfig(name=name, connector=name, options=options)
    if connection is not None:
        ((_, config),) = choose(settings, connection)
        if config.connector != name:
            raise UsageWrong(f"The connection {connection} is one of {config.connector!r}.")
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
        else f"The settings have no connection that uses {name!r}.",
        to_do="Name one with --connection, or give settings with --set KEY=VALUE.",
    )


def _option(found: type[Connector], text: str) -> tuple[str, Any]:
    """One ``KEY=VALUE``; ``env:NAME`` and ``file:PATH`` say where a secret is to be fetched."""
    key, equals, value = text.partition("=")
    if not equals:
        raise UsageWrong(f"--set wants KEY=VALUE, not {key!r}.")
    for source in ("env", "file"):
        if value.startswith(f"{source}:"):
            return key, {source: value.removeprefix(f"{source}:")}
    field = found.Settings.model_fields.get(key)
    if field is not None and SecretStr in (field.annotation, *get_args(field.annotation)):
        raise UsageWrong(
            f"{key} is a secret, and secrets are not taken from the command line.",
            to_do=f"Write --set {key}=env:NAME or --set {key}=file:PATH.",
        )
    if value[:1] in ("[", "{"):
        try:
            return key, json.loads(value)
        except ValueError as error:
            raise UsageWrong(f"The value of {key} is not JSON.") from error
    return key, value
