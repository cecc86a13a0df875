"""From the settings of a connection to its connector."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError

from regulars.errors import NoConnections, NothingHere, SettingsWrong, UsageWrong
from regulars.settings import (
    ConnectionConfig,
    PublicationSettings,
    Settings,
    absolute,
    resolve_options,
)
from regulars.store import Store
from regulars.store.sync_state import owner_of
from regulars_connectors import registry
from regulars_connectors.bounds import said
from regulars_connectors.contract import Connector, Runtime
from regulars_connectors.errors import ConfigurationError
from regulars_connectors.validation_messages import describe

from .guarded import attributing_errors, guard


def connect(settings: Settings, config: ConnectionConfig, runtime: Runtime) -> Connector:
    """Make the guarded connector of a connection. Its texts are free of secrets.

    Raises SettingsWrong, and ContractBroken if the connector fails while it is made.
    """
    try:
        module = registry.module_of(config.connector)
        with attributing_errors(config.connector, "its constructor", module):
            kind, options = prepared(settings, config)
            connector = registry.make_of(kind, options, runtime)
        return guard(connector, config.connector)
    except ConfigurationError as error:
        raise SettingsWrong(
            f"Connection {config.name}: {error.happened}", to_do=error.to_do
        ) from error


def prepared(
    settings: Settings, config: ConnectionConfig
) -> tuple[type[Connector], dict[str, Any]]:
    """The class of a connection's connector, and its settings with secrets fetched.

    Raises ConfigurationError for a connector that is missing or fails to load, and SettingsWrong.
    """
    base = settings.source_file.resolve().parent if settings.source_file else Path.cwd()
    kind = registry.find(config.connector)
    return kind, _with_absolute_paths(kind, resolve_options(config, base), base)


def _with_absolute_paths(
    kind: type[Connector], options: dict[str, Any], base: Path
) -> dict[str, Any]:
    """Paths in the settings file are relative to its folder."""
    fields = kind.Settings.model_fields
    return {
        key: absolute(Path(value), base)
        if key in fields and _is_path(fields[key].annotation) and isinstance(value, str | Path)
        else value
        for key, value in options.items()
    }


def _is_path(annotation: Any) -> bool:
    """Whether a setting is a path, or may be left out and is one."""
    return Path in (annotation, *get_args(annotation))


def wrong_option(connector: str, options: dict[str, Any]) -> tuple[str, str] | None:
    """The first wrong setting of a connector: its name, and what is wrong with it. None if fine.

    For settings that come with a command, whose advice differs from that on the settings file.
    Raises ConfigurationError for a connector that is missing or fails to load.
    """
    kind = registry.find(connector)
    try:
        kind.Settings(**options)
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        return name, describe(error, kind.Settings).removeprefix(f"{name}.").removeprefix(name)
    return None


def choose(
    settings: Settings, name: str | None
) -> list[tuple[PublicationSettings, ConnectionConfig]]:
    """The connections to sync: the named one, or all except paused ones.

    Raises NothingHere, SettingsWrong, UsageWrong.
    """
    every = settings.connections()
    if name is None:
        if not every:
            raise NoConnections("The settings have no connection to sync.")
        return [pair for pair in every if not pair[0].paused]
    chosen = [pair for pair in every if pair[1].name == name]
    if not chosen:
        known = ", ".join(config.name for _, config in every) or "none"
        raise NothingHere(
            f"There is no connection named {said(name)!r}. The settings have: {known}."
        )
    if chosen[0][0].paused:
        paused = chosen[0][0].name
        raise UsageWrong(
            f"The publication {paused!r} is paused.",
            to_do=f"Run `regulars publication resume {paused}`, then sync again.",
        )
    return chosen


def require_owner(store: Store, publication: str, connection: str) -> None:
    """Raise SettingsWrong if the connection brought its data under another publication.

    A sync would leave half of the data under each name.
    """
    owner = owner_of(store, connection)
    if owner is not None and owner != publication:
        raise SettingsWrong(
            f"The data of connection {connection} belong to the publication {owner!r},"
            f" but the settings say {publication!r}.",
            to_do=f"Run `regulars publication rename {owner} {publication}`,"
            " or give the connection another name.",
        )
