"""All settings: one file, overridden by environment variables, built by the caller and passed on.

Settings are read when the caller loads them, never at import. Secrets in a connection are written
``{ env = "NAME" }`` or ``{ file = "path" }``, fetched at loading, and never printed.
"""

from .loading import absolute, build_settings, find_settings_file, load_settings, text_of, values_of
from .metrics import MetricSettings
from .model import (
    FILE_NAME,
    NAME,
    ConnectionConfig,
    PublicationSettings,
    Settings,
    StoreSettings,
    WidgetSettings,
    is_base_url,
)
from .notices import MailSettings, NoticeSettings, WebHookSettings, check_hook_address
from .options import value_of
from .schedule import ScheduleSettings, SyncRule, parse_rule
from .secrets import (
    SECRETS,
    Secret,
    fetch_secret,
    plain_name,
    resolve_options,
    secret_given,
    secret_in_clear,
    secret_in_file,
    secret_reference,
    secret_typed,
)
from .server import ServerSettings

__all__ = [
    "FILE_NAME",
    "NAME",
    "SECRETS",
    "ConnectionConfig",
    "MailSettings",
    "MetricSettings",
    "NoticeSettings",
    "PublicationSettings",
    "ScheduleSettings",
    "Secret",
    "ServerSettings",
    "Settings",
    "StoreSettings",
    "SyncRule",
    "WebHookSettings",
    "WidgetSettings",
    "absolute",
    "build_settings",
    "check_hook_address",
    "fetch_secret",
    "find_settings_file",
    "is_base_url",
    "load_settings",
    "parse_rule",
    "plain_name",
    "resolve_options",
    "secret_given",
    "secret_in_clear",
    "secret_in_file",
    "secret_reference",
    "secret_typed",
    "text_of",
    "value_of",
    "values_of",
]
