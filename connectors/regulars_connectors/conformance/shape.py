"""Checks of the class and its settings, before any object is made."""

from __future__ import annotations

import inspect
import re
from typing import Any, get_args

from pydantic import BaseModel, SecretStr

from ..contract import ConnectionSettings
from .promises import Ledger

# The methods and their arguments, besides the object itself.
_METHODS: dict[str, tuple[None, ...]] = {
    "streams": (),
    "walks": (None, None),
    "pages": (None, None),
    "preflight": (),
    "close": (),
}
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_SECRET = re.compile(r"(^|_)(key|token|secret|password|passphrase)s?(_|$)")
_PUBLIC = re.compile(r"(^|_)(public|id)(_|$)")


def judge_class(ledger: Ledger, found: Any, name: str | None) -> bool:
    """Whether the class is good enough for further checks."""
    where = f"class {getattr(found, '__name__', found)}"
    faults = [f"needs a usable {method}()" for method in _METHODS if not _is_usable(found, method)]
    if not isinstance(found, type):
        faults.insert(0, "must be a class")
    if not _is_model(getattr(found, "Settings", None)):
        faults.append("needs Settings, a pydantic model")
    if not isinstance(getattr(found, "name", None), str):
        faults.append("needs a name")
    ledger.expect("class-shape", not faults, where, ", ".join(faults))
    if not faults:
        fits = _NAME.fullmatch(found.name) and name in (None, found.name)
        message = "has another name, or a name with other characters"
        ledger.expect("class-name", bool(fits), where, message)
    return not faults


def judge_settings(ledger: Ledger, model: type[BaseModel]) -> None:
    """The settings model: strict, frozen, described, and careful with secrets."""
    where = f"class {model.__name__}"
    strict = issubclass(model, ConnectionSettings) and model.model_config.get("extra") == "forbid"
    ledger.expect("settings-known-names", strict, where, "accepts unknown names")
    frozen = bool(model.model_config.get("frozen"))
    ledger.expect("settings-frozen", frozen, where, "can be changed")
    ledger.judged("settings-described", "settings-secrets")
    for name, field in model.model_fields.items():
        place = f"{where}, setting {name}"
        if not field.description:
            ledger.broken("settings-described", place, "has no description")
        sounds_secret = _SECRET.search(name) and not _PUBLIC.search(name)
        if sounds_secret and SecretStr not in (field.annotation, *get_args(field.annotation)):
            ledger.broken("settings-secrets", place, "is not a SecretStr")


def secrets_of(settings: BaseModel) -> list[str]:
    """The values of all secrets that are long enough to recognise in a text."""
    values: list[Any] = []
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        values += value if isinstance(value, list | tuple) else [value]
    secrets = [value.get_secret_value() for value in values if isinstance(value, SecretStr)]
    return [secret for secret in secrets if len(secret) >= 6]


def _is_model(found: object) -> bool:
    return isinstance(found, type) and issubclass(found, BaseModel)


def _is_usable(found: Any, method: str) -> bool:
    function = getattr(found, method, None)
    if not callable(function):
        return False
    try:
        inspect.signature(function).bind(None, *_METHODS[method])
    except (TypeError, ValueError):
        return False
    return True
