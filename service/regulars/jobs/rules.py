"""The rule of each connection: as its settings say, or what suits its connector."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any

from regulars.connections.factory import connect
from regulars.errors import RegularsError
from regulars.settings import ConnectionConfig, Settings, SyncRule, parse_rule
from regulars_connectors import registry
from regulars_connectors.contract import ConnectionSettings, Connector, Runtime, Stream
from regulars_connectors.errors import ConnectorError

from .schedule import usual_minute

logger = logging.getLogger(__name__)


def default_rule(
    name: str, kind: type[ConnectionSettings] | None, streams: Sequence[Stream]
) -> SyncRule:
    """The rule of a connection without ``sync``.

    kind: the settings of its connector. One that reads files is never pulled by itself. Running
    totals want a look between every two posts. Others have a time of day, by the name.
    """
    if kind is not None and kind.local_files:
        return SyncRule("off", "off")
    minute = usual_minute(name)
    if any(stream.running_totals for stream in streams):
        return SyncRule("before posts", "before posts", minute=minute)
    return SyncRule("daily", f"daily {minute // 60:02}:{minute % 60:02}", minute=minute)


def fitting_rule(
    name: str, kind: type[Connector], options: Mapping[str, Any], runtime: Runtime
) -> SyncRule | None:
    """The same for a connection that is about to be set up. None if its connector cannot be made.

    options: its settings, secrets in clear.
    """
    given = {key: value for key, value in options.items() if value is not None}
    try:
        connector = registry.make_of(kind, given, runtime)
        with closing(connector):
            return default_rule(name, kind.Settings, connector.streams())
    except Exception:  # noqa: BLE001 - whatever it is, it is theirs
        # A third-party connector may fail in any way. Its rule is then found at each start.
        logger.info("no rule was found for %s", name)
        return None


class Rules:
    """The rules of the connections of some settings."""

    def __init__(self, settings: Settings, runtime: Runtime) -> None:
        self._settings = settings
        self._runtime = runtime
        self._known: dict[str, tuple[SyncRule, bool]] = {}

    def of(self, config: ConnectionConfig) -> tuple[SyncRule, bool]:
        """The rule of a connection, and whether it is the default."""
        if config.name not in self._known:
            if config.sync is not None:
                rule = parse_rule(config.sync)
                if rule.kind == "before posts":  # it has a daily time as well
                    rule = replace(rule, minute=usual_minute(config.name))
                self._known[config.name] = rule, False
            else:
                kind, streams = self._kind(config), self._streams(config)
                rule = default_rule(config.name, kind, streams or ())
                if streams is None:  # its settings are wrong for now
                    return rule, True
                self._known[config.name] = rule, True
        return self._known[config.name]

    def _kind(self, config: ConnectionConfig) -> type[ConnectionSettings] | None:
        try:
            return registry.find(config.connector).Settings
        except ConnectorError:
            return None

    def _streams(self, config: ConnectionConfig) -> Sequence[Stream] | None:
        """The streams of a connection. None if its connector cannot be made.

        Making a connector asks nothing of the provider.
        """
        try:
            connector = connect(self._settings, config, self._runtime)
            with closing(connector):
                return connector.streams()
        except (RegularsError, ConnectorError) as error:
            logger.info("connection %s has no rule yet: %s", config.name, error)
            return None
