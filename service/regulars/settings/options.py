"""One setting of a connector among the words of a command: ``--set NAME=VALUE``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from enum import Enum
from pathlib import PurePath
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from regulars.errors import UsageWrong

_TEXTS = (str, PurePath, SecretStr, Enum)
_CONTAINERS = ("[", "{")


def value_of(name: str, field: FieldInfo | None, text: str) -> Any:
    """The value that the settings file would hold for the same setting.

    A list or a section is written as JSON, a number and a truth value plainly; what is none of
    these stays text, and the connector's settings say what is wrong with it.
    field: None for a setting that the connector does not have. Raises UsageWrong.
    """
    kinds = list(_kinds_in(field.annotation)) if field is not None else [Any]
    takes_text = any(_is_text(kind) for kind in kinds)
    takes_more = not all(_is_text(kind) for kind in kinds)
    if takes_more and text.startswith(_CONTAINERS):
        try:
            return json.loads(text)
        except ValueError as error:
            raise UsageWrong(
                f"The value of {name} is not JSON.",
                to_do=f"""Write it as in --set '{name}=["a", "b"]'.""",
            ) from error
    return text if takes_text or field is None else _plain(text)


def _plain(text: str) -> Any:
    if text in ("true", "false"):
        return text == "true"
    if re.fullmatch(r"[+-]?\d+", text):
        return int(text)
    try:
        return float(text)
    except ValueError:
        return text


def _kinds_in(annotation: Any) -> Iterator[Any]:
    """The kinds of value that an annotation allows: those of a union, each by itself."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _kinds_in(get_args(annotation)[0])
    elif origin is Literal:
        yield from (type(value) for value in get_args(annotation))
    elif origin in (Union, UnionType):
        for part in get_args(annotation):
            yield from _kinds_in(part)
    elif annotation is not type(None):
        yield origin or annotation


def _is_text(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, _TEXTS)
