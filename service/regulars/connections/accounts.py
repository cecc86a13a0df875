"""Which connections share one account at a provider, and so its quota."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable
from pathlib import Path
from typing import get_origin

from pydantic.fields import FieldInfo

from regulars.errors import SettingsWrong
from regulars.settings import ConnectionConfig, Settings, resolve_options
from regulars_connectors import registry
from regulars_connectors.errors import ConfigurationError, ContractBroken

from .guarded import attributing_errors


def account_of(settings: Settings, config: ConnectionConfig) -> Hashable:
    """Whose quota a connection uses, as its pacer sees it: its ``account``, or its secrets.

    A connection without secrets, or with wrong settings, has a quota of its own.
    """
    base = settings.source_file.resolve().parent if settings.source_file else Path.cwd()
    try:
        kind = registry.find(config.connector)
        with attributing_errors(config.connector, "its settings"):
            fields = kind.Settings.model_fields
        options = resolve_options(config, base)
    except (ConfigurationError, ContractBroken, SettingsWrong):
        return (config.connector, "alone", config.name)
    if options.get("account"):
        return (config.connector, "account", str(options["account"]))
    secrets = tuple(
        (name, str(options[name]))
        for name in fields
        if name in options and registry.is_secret(fields[name]) and not _are_several(fields[name])
    )
    if not secrets:
        return (config.connector, "alone", config.name)
    # Its digest: the key itself stays out of the table of queues.
    return (config.connector, "secrets", hashlib.sha256(repr(secrets).encode()).digest())


def _are_several(field: FieldInfo) -> bool:
    """Whether a setting holds several secrets, such as those of webhooks: a key stands alone."""
    return get_origin(field.annotation) is tuple
